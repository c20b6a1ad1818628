"""A statement that has to wait: run in a thread of its own, while the test goes on with another client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from tests.server_process import ServerProcess

    Connection = psycopg.Connection[tuple[Any, ...]]

TIMEOUT_S = 60


class Waiting:
    """A statement under way. `result` waits for its end."""

    def __init__(self, server: ServerProcess, connection: Connection, run: Callable[[], psycopg.Cursor[Any]]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(run)
        # That it is active would only say that it has begun: who it waits for may then still wait for it first.
        query = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type IS NOT NULL"
        deadline = time.monotonic() + TIMEOUT_S
        with server.connect() as observer:
            while not self._future.done() and time.monotonic() < deadline:
                if observer.execute(query, (connection.info.backend_pid,)).fetchone():
                    return
        if self._future.done():
            raise AssertionError("it should have had to wait") from self._future.exception()
        raise AssertionError(f"it does not say within {TIMEOUT_S} s that it waits")

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._future.done()

    def result(self) -> psycopg.Cursor[Any]:
        """Its cursor. Raises its error."""
        try:
            return self._future.result(TIMEOUT_S)
        finally:
            self._pool.shutdown()


@contextmanager
def waiting(
    server: ServerProcess, connection: Connection, sql: str, parameters: tuple[object, ...] = ()
) -> Iterator[Waiting]:
    """A statement that another client's transaction holds up: the body of the `with` lets it go on."""
    statement = Waiting(server, connection, lambda: connection.execute(sql, parameters or None))
    yield statement
