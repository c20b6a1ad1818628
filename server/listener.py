"""The sockets that clients connect to."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from server.authentication import AuthenticationRules
from server.connection import Connection
from server.context import ConnectionContext
from server.protocol.server_protocol import DEFAULT_MAX_MESSAGE_BYTES
from server.registry import ConnectionRegistry
from sql.errors import AdminShutdown

if TYPE_CHECKING:
    from pathlib import Path

    from server.tls import TlsSettings
    from sql.database import Database

_BACKLOG: Final = 512
_OWNER_ONLY: Final = 0o700


class ListenerOptions(Struct, frozen=True):
    """Where to listen, and what to allow."""

    host: str = "127.0.0.1"
    port: int = 5433
    """0 takes a free one."""
    unix_socket_dir: Path | None = None
    """Where to make `.s.PGSQL.<port>`, the name that clients look for."""
    max_connections: int = 100
    reserved_connections: int = 3
    """How many of these only superusers get."""
    authentication_timeout_s: float = 60.0
    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    tls: TlsSettings | None = None
    authentication: AuthenticationRules = field(default_factory=AuthenticationRules)


class Listener:
    """Accepts connections to a database, between `start` and `stop`."""

    def __init__(self, database: Database, options: ListenerOptions) -> None:
        self._options = options
        self._servers: list[asyncio.Server] = []
        self._address = (options.host, options.port)
        self.registry = ConnectionRegistry(options.max_connections, options.reserved_connections)
        self._context = ConnectionContext(
            database=database,
            registry=self.registry,
            rules=options.authentication,
            mock_secret=secrets.token_bytes(32),
            tls=options.tls,
            authentication_timeout_s=options.authentication_timeout_s,
            max_message_bytes=options.max_message_bytes,
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of TCP, with the port that was taken."""
        return self._address

    @property
    def unix_socket_path(self) -> Path | None:
        """The Unix socket, if there is one."""
        folder = self._options.unix_socket_dir
        return None if folder is None else folder / f".s.PGSQL.{self._address[1]}"

    async def start(self) -> None:
        """Listen. Raises `OSError` when an address cannot be taken."""
        loop = asyncio.get_running_loop()
        tcp = await loop.create_server(self._connect, self._options.host, self._options.port, backlog=_BACKLOG)
        self._servers.append(tcp)
        self._address = (self._options.host, tcp.sockets[0].getsockname()[1])
        path = self.unix_socket_path
        if path is not None:
            path.parent.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
            path.parent.chmod(_OWNER_ONLY)
            try:
                self._servers.append(await loop.create_unix_server(self._connect, str(path), backlog=_BACKLOG))
            except OSError:
                await self.stop(0)
                raise

    async def stop(self, grace_s: float) -> None:
        """Accept no more, end every connection: running statements have `grace_s` to end, then they are interrupted."""
        for server in self._servers:
            server.close()
        endings = [asyncio.create_task(each.terminate(AdminShutdown())) for each in self.registry.open]
        if endings:
            _, late = await asyncio.wait(endings, timeout=grace_s)
            interrupted = [each.terminate(AdminShutdown(), interrupt=True) for each in self.registry.open]
            await asyncio.gather(*late, *interrupted)
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()
        path = self.unix_socket_path
        if path is not None:
            path.unlink(missing_ok=True)

    def _connect(self) -> Connection:
        return Connection(self._context)
