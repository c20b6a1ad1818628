"""Looking at sqlglot's tree: positions, and the guard that nothing in a node is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import FeatureNotSupported
from sql.names import fold, position_of

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["fold", "only", "position_at", "position_of", "refuse"]


def position_at(node: exp.Expr) -> int | None:
    """Where a node stands: its own position or that of the first name in it."""
    start = node.meta.get("start") if node._meta else None
    return int(start) + 1 if start is not None else position_of(node)


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
