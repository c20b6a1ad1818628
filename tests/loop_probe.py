"""Watches, from outside, for how long a server's event loop answers nobody."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

    from tests.server_process import ServerProcess

PAUSE_S: Final = 0.005


class LoopProbe:
    """Asks the server for nothing, every five milliseconds on a connection of its own, as long as it is entered.

    `longest_s` is the longest that it waited for an answer, or the processor time that the server used meanwhile, where
    that is less: the machine may have had something else to do, and the server none of the time.
    """

    def __init__(self, server: ServerProcess) -> None:
        self.longest_s = 0.0
        self._server = server
        self._stopping = threading.Event()
        self._asking = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> LoopProbe:
        self._thread.start()
        assert self._asking.wait(60)
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
                asked_s, used_s = time.monotonic(), self._server.cpu_s
                connection.execute("SELECT 1")
                held_s = min(time.monotonic() - asked_s, self._server.cpu_s - used_s)
                self.longest_s = max(self.longest_s, held_s)
