"""The same few requests through psycopg and through asyncpg."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg
import psycopg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.server_process import ServerProcess

Statement = tuple[str, tuple[object, ...]]
"""Text with a `%s` for each parameter, and the parameters."""

TIMEOUT_S = 60
"""No statement of these tests takes so long, however busy the machine is."""


class ServerGone(Exception):
    """the connection is lost: what was asked for may be done or not"""


class Refused(Exception):
    """the server has answered with an error: nothing was done"""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate

    def must_be(self, sqlstate: str) -> None:
        """Raise it again if it is another error than that."""
        if self.sqlstate != sqlstate:
            raise self


class Client(Protocol):
    """A connection to the server that is to be killed. All methods raise `ServerGone` and `Refused`."""

    def run(self, statements: Sequence[Statement]) -> None:
        """Run one statement by itself, or several in one transaction."""

    def copy(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """COPY rows into a table."""

    def close(self) -> None:
        """Let go of the connection."""


class PsycopgClient:
    """Through psycopg: text parameters, simple and extended protocol as it likes."""

    def __init__(self, server: ServerProcess, user: str) -> None:
        try:
            self._connection = server.connect(user=user)
        except psycopg.OperationalError as error:
            raise ServerGone from error

    def run(self, statements: Sequence[Statement]) -> None:
        """See `Client`."""
        with _Psycopg():
            if len(statements) == 1:
                self._connection.execute(*statements[0])
            else:
                with self._connection.transaction():
                    for statement in statements:
                        self._connection.execute(*statement)

    def query(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows."""
        with _Psycopg():
            cursor = self._connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def copy(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """See `Client`."""
        with _Psycopg(), self._connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        """See `Client`."""
        self._connection.close()


class _Psycopg:
    """Turns psycopg's errors into those of `Client`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, psycopg.Error):
            if error.sqlstate is None:
                raise ServerGone from error
            raise Refused(error.sqlstate, str(error)) from error


class AsyncpgClient:
    """Through asyncpg: binary parameters, prepared statements, binary COPY. It has an event loop of its own."""

    def __init__(self, server: ServerProcess, user: str) -> None:
        self._loop = asyncio.new_event_loop()
        where = server.conninfo(user=user)
        connecting = asyncpg.connect(
            host=where["host"], port=where["port"], user=user, database=where["dbname"], ssl=False, timeout=30
        )
        try:
            self._connection: asyncpg.Connection[Any] = self._await(connecting)
        except BaseException:
            self._loop.close()
            raise

    def run(self, statements: Sequence[Statement]) -> None:
        """See `Client`."""
        self._await(self._run(statements))

    async def _run(self, statements: Sequence[Statement]) -> None:
        if len(statements) == 1:
            await self._execute(statements[0])
            return
        async with self._connection.transaction():
            for statement in statements:
                await self._execute(statement)

    async def _execute(self, statement: Statement) -> None:
        sql, parameters = statement
        numbers = iter(range(1, len(parameters) + 1))
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", sql).replace("%%", "%")
        await self._connection.execute(numbered, *parameters, timeout=TIMEOUT_S)

    def copy(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """See `Client`."""
        self._await(self._connection.copy_records_to_table(table, records=rows, timeout=TIMEOUT_S))

    def _await(self, awaitable: Any) -> Any:
        try:
            return self._loop.run_until_complete(awaitable)
        except asyncpg.PostgresError as error:
            if error.sqlstate is None or error.sqlstate.startswith("08"):
                raise ServerGone from error
            raise Refused(error.sqlstate, str(error)) from error
        except (OSError, asyncpg.InterfaceError) as error:
            raise ServerGone from error

    def close(self) -> None:
        """See `Client`."""
        self._connection.terminate()
        # What asyncpg still has to say to a connection that has gone is said now, and not when the loop is forgotten.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
