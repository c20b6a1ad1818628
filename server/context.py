"""What every connection of a listener shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from server.authentication import AuthenticationRules
    from server.registry import ConnectionRegistry
    from server.tls import TlsSettings
    from sql.database import Database


class ConnectionContext(Struct, frozen=True):
    """Where a connection finds its neighbours, and its limits."""

    database: Database
    registry: ConnectionRegistry
    rules: AuthenticationRules
    mock_secret: bytes
    """What verifiers of users that do not exist are made from."""
    tls: TlsSettings | None
    authentication_timeout_s: float
    max_message_bytes: int
