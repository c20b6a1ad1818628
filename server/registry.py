"""The connections that are served now: how many there may be, and which one a cancel request means."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final, Protocol

from server.errors import TooManyConnections

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECRET_BYTES: Final = 4
"""What BackendKeyData of protocol 3.0 has room for."""
_MAX_PID: Final = (1 << 31) - 1
_TOLD_MAX: Final = 32
"""Connections beyond twice those allowed that are still heard, so that their clients are told what is wrong."""


class Member(Protocol):
    """A connection, so far as the registry knows it."""

    def cancel_running(self) -> None:
        """Interrupt the running statement, if there is one."""

    async def terminate(self, error: Exception, *, interrupt: bool = False) -> None:
        """End the connection; return when it is gone."""


class ConnectionRegistry:
    """Keeps the connections by process id. A process id is a number here: the server is one process."""

    def __init__(self, max_connections: int, reserved_connections: int = 0) -> None:
        self._max_connections = max_connections
        self._reserved_connections = reserved_connections
        self._open: set[Member] = set()
        self._members: dict[int, tuple[Member, bytes]] = {}
        self._last_pid = 0

    def __len__(self) -> int:
        """Connections that have a session, or are about to get one."""
        return len(self._members)

    @property
    def open(self) -> Iterable[Member]:
        """Every connection, those that have not authenticated included."""
        return tuple(self._open)

    def find(self, pid: int) -> Member | None:
        """The connection with that process id."""
        found = self._members.get(pid)
        return None if found is None else found[0]

    def add(self, member: Member) -> None:
        """A connection was opened."""
        self._open.add(member)

    def remove(self, member: Member, pid: int | None) -> None:
        """A connection is gone."""
        self._open.discard(member)
        if pid is not None:
            self._members.pop(pid, None)

    @property
    def is_crowded(self) -> bool:
        """Whether one more connection cannot even be heard.

        Whoever only connects and says nothing would else take all files that the process may open, and RocksDB and
        Parquet files could not be opened any more.
        """
        return len(self._open) >= 2 * self._max_connections + _TOLD_MAX

    def check_room(self) -> None:
        """Refuse what need not authenticate first, as there is no room anyway.

        Twice the connections allowed may be open, as in PostgreSQL, so that those who only knock cannot use up memory.
        Raises `TooManyConnections`.
        """
        if len(self._open) > 2 * self._max_connections or len(self._members) >= self._max_connections:
            raise TooManyConnections

    def enrol(self, member: Member) -> tuple[int, bytes]:
        """Give a connection its process id and cancel key. Raises `TooManyConnections`."""
        self.check_room()
        pid = self._last_pid % _MAX_PID + 1
        while pid in self._members:
            pid = pid % _MAX_PID + 1
        self._last_pid = pid
        secret = secrets.token_bytes(_SECRET_BYTES)
        self._members[pid] = (member, secret)
        return pid, secret

    def check_reserved(self) -> None:
        """Refuse an ordinary user the slot that its connection has just taken, if that is a reserved one."""
        if len(self._members) > self._max_connections - self._reserved_connections:
            raise TooManyConnections("remaining connection slots are reserved for superusers")

    def cancel(self, pid: int, secret: bytes) -> None:
        """Interrupt what the connection with this key is running; do nothing when there is no such connection."""
        member, expected = self._members.get(pid) or (None, secrets.token_bytes(_SECRET_BYTES))
        if hmac.compare_digest(secret, expected) and member is not None:
            member.cancel_running()
