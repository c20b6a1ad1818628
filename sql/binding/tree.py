"""Looking at sqlglot's tree: positions, and the guard that nothing in a node is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import FeatureNotSupported
from sql.names import fold, position_at, position_of

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["fold", "only", "position_at", "position_of", "refuse"]


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
