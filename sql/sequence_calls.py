"""Calls of the functions of sequences, in trees."""

from __future__ import annotations

from sqlglot import exp

from sql.token_rewrites import call_of


def is_nextval(tree: exp.Expr) -> bool:
    """Whether a tree is a call of nextval()."""
    return isinstance(tree, exp.Anonymous) and call_of(tree) in ((None, "nextval"), ("pg_catalog", "nextval"))
