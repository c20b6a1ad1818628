"""What a client is told beside results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    from psycopg.errors import Diagnostic


@dataclass(frozen=True)
class Told:
    """A notice or a warning."""

    severity: str | None
    sqlstate: str | None
    message: str | None
    detail: str | None
    hint: str | None


def notices_of(connection: psycopg.Connection[Any]) -> list[Told]:
    """What the connection is told from now on."""
    told: list[Told] = []

    def keep(said: Diagnostic) -> None:
        told.append(Told(said.severity, said.sqlstate, said.message_primary, said.message_detail, said.message_hint))

    connection.add_notice_handler(keep)
    return told
