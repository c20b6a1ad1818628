"""ASC and DESC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.tree import only

if TYPE_CHECKING:
    from sqlglot import exp


def direction(item: exp.Expr) -> str:
    """ASC or DESC of an ORDER BY item, with where its nulls go."""
    only(item, "this", "desc", "nulls_first")
    return f" {'DESC' if item.args.get('desc') else 'ASC'} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"
