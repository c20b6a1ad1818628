"""FETCH FIRST n ROWS WITH TIES: the rows up to the n-th, and those that the order puts beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding.tree import position_at, refuse
from sql.errors import SqlSyntaxError

if TYPE_CHECKING:
    from collections.abc import Sequence


def has_ties(node: exp.Expr) -> bool:
    """Whether a query asks for them. Raises `SqlSyntaxError` without ORDER BY, and 0A000 with DISTINCT."""
    limit = node.args.get("limit")
    options = limit.args.get("limit_options") if isinstance(limit, exp.Fetch) else None
    if options is None or not options.args.get("with_ties"):
        return False
    if node.args.get("order") is None:
        raise SqlSyntaxError("WITH TIES cannot be specified without ORDER BY clause", position=position_at(node))
    if isinstance(node.args.get("distinct"), exp.Distinct):
        raise refuse("FETCH FIRST … WITH TIES of SELECT DISTINCT", node)
    return True


def ties(order: Sequence[str], count: str, offset: str) -> str:
    """The text of a clause behind HAVING. `count` and `offset` are texts of numbers, the latter empty without one."""
    last = f"silt_rows_with_ties({count})"
    before = f" + coalesce({offset}, 0)" if offset else ""
    return f" QUALIFY {last} > 0 AND rank() OVER (ORDER BY {', '.join(order)}) <= {last}{before}"
