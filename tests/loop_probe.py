"""Watches, from outside, for how long a server's event loop answers nobody."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

    from tests.server_process import ServerProcess

PAUSE_S: Final = 0.002


class LoopProbe:
    """Asks the server for nothing, every two milliseconds on a connection of its own, as long as it is entered.

    `longest_s` is the longest that it waited for an answer. That is what the loop was held up, or what the machine had
    to do besides: a bound on it must leave room for that.
    """

    def __init__(self, server: ServerProcess) -> None:
        self.longest_s = 0.0
        self._server = server
        self._stopping = threading.Event()
        self._asking = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> LoopProbe:
        self._thread.start()
        assert self._asking.wait(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _ask(self) -> None:
        with self._server.connect() as connection:
            connection.execute("SELECT 1")
            self._asking.set()
            while not self._stopping.wait(PAUSE_S):
                asked = time.monotonic()
                connection.execute("SELECT 1")
                self.longest_s = max(self.longest_s, time.monotonic() - asked)
