"""The door to SQL: sessions for clients that have logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors
from sql.session import Session
from sql.settings import checked_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sql.session_state import Client
    from sql.shared import Shared

DATABASE_NAME = "siltdb"


class Database:
    """The one database of a server. Lives on the event loop's thread."""

    def __init__(self, shared: Shared, *, synchronous_commit: bool = True) -> None:
        self._shared = shared
        self._synchronous_commit = synchronous_commit

    def authenticate_lookup(self, user: str) -> str | None:
        """The SCRAM verifier of a role that may log in; `None` if there is no such role, or no password for it."""
        role = self._shared.storage.catalog.role(user)
        return role.verifier if role is not None and role.login else None

    def connect(self, user: str, dbname: str, options: Mapping[str, str], pid: int, client: Client) -> Session:
        """A session for a client that has proved who it is.

        Raises `UndefinedDatabase`, `InvalidAuthorization`, and what bad start-up options raise.
        """
        role = self._shared.storage.catalog.role(user)
        if role is None:
            raise errors.InvalidAuthorization(f'role "{user}" does not exist')
        if not role.login:
            raise errors.InvalidAuthorization(f'role "{user}" is not permitted to log in')
        if dbname and dbname not in (DATABASE_NAME, user, "postgres"):
            raise errors.UndefinedDatabase(f'database "{dbname}" does not exist')
        start = {"synchronous_commit": "on" if self._synchronous_commit else "off", **checked_start(options)}
        session = Session(self._shared, role, pid, client, start)
        self._shared.sessions[pid] = session.info
        self._shared.backends[pid] = session.backend
        return session
