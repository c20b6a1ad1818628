"""Identifiers in a parsed statement: folded as PostgreSQL folds them, and where they stand in the text."""

from __future__ import annotations

from msgspec import Struct
from sqlglot import exp


class QualifiedName(Struct, frozen=True):
    """`[namespace.]name`, folded."""

    namespace: str | None
    name: str
    position: int

    def __str__(self) -> str:
        return self.name if self.namespace is None else f"{self.namespace}.{self.name}"


def fold(identifier: exp.Expr) -> str:
    """The name meant: lower case unless it was quoted."""
    name = str(identifier.this) if isinstance(identifier, exp.Identifier) else identifier.name
    return name if identifier.args.get("quoted") else name.lower()


def is_default(tree: exp.Expr) -> bool:
    """Whether an expression is the keyword DEFAULT."""
    if isinstance(tree, exp.Column) and tree.args.get("table") is None:
        identifier = tree.this
        return isinstance(identifier, exp.Identifier) and not identifier.quoted and fold(identifier) == "default"
    return isinstance(tree, exp.Var) and tree.name.lower() == "default"


def position_of(tree: exp.Expr) -> int | None:
    """Where the first identifier of a tree stands in characters, the first is 1; `None` where that is not known."""
    starts = [identifier.meta.get("start") for identifier in tree.find_all(exp.Identifier)]
    known = [int(start) for start in starts if start is not None]
    return min(known) + 1 if known else None


def position_at(node: exp.Expr) -> int | None:
    """Where a node stands: its own position or that of the first name in it."""
    start = node.meta.get("start") if node._meta else None
    return int(start) + 1 if start is not None else position_of(node)
