"""Identifiers in a parsed statement: folded as PostgreSQL folds them, and where they stand in the text."""

from __future__ import annotations

from sqlglot import exp


def fold(identifier: exp.Expr) -> str:
    """The name meant: lower case unless it was quoted."""
    name = str(identifier.this) if isinstance(identifier, exp.Identifier) else identifier.name
    return name if identifier.args.get("quoted") else name.lower()


def position_of(tree: exp.Expr) -> int | None:
    """Where the first identifier of a tree stands in characters, the first is 1; `None` where that is not known."""
    starts = [identifier.meta.get("start") for identifier in tree.find_all(exp.Identifier)]
    known = [int(start) for start in starts if start is not None]
    return min(known) + 1 if known else None
