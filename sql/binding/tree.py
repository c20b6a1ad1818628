"""Looking at sqlglot's tree: positions, and the guard that nothing in a node is passed over."""

from __future__ import annotations

from sqlglot import exp

from sql.errors import FeatureNotSupported
from sql.names import fold, position_at, position_of

__all__ = ["fold", "only", "position_at", "position_of", "query_in", "refuse"]


def only(node: exp.Expr, *handled: str) -> None:
    """Raise `FeatureNotSupported` if the node says something in any other argument than these."""
    for key, value in node.args.items():
        if value and key not in handled:
            raise FeatureNotSupported(
                f"{key.rstrip('_').replace('_', ' ').upper()} of {node.key.upper()} is not supported",
                position=position_at(node),
            )


def refuse(what: str, node: exp.Expr) -> FeatureNotSupported:
    """The error for something that PostgreSQL may have, and this server has not."""
    return FeatureNotSupported(f"{what} is not supported", position=position_at(node))


def query_in(node: exp.Expr) -> exp.Expr | None:
    """The query that an expression is, with or without parentheses around it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node if isinstance(node, exp.Query | exp.Values) else None
