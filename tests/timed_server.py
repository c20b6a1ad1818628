"""`python -m tests.timed_server serve …`: a server that writes down what holds up its event loop.

Every callback of the loop is timed by the CPU time of the loop's thread: what other processes take of a busy machine
does not count. A callback that takes longer than `WORTH_TELLING_MS` is a line in the file `HOLDS_PATH`: its
milliseconds, and what it was.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import uvloop

from server import cli, connection

if TYPE_CHECKING:
    from collections.abc import Callable

WORTH_TELLING_MS = 3.0
HOLDS_PATH = "HOLDS_PATH"


class Holds:
    """Times callbacks, those that a callback runs as parts of it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._is_timing = False

    def timed(self, callback: Callable[..., Any], *arguments: Any) -> Any:
        """Run a callback."""
        if self._is_timing:
            return callback(*arguments)
        self._is_timing = True
        begun_ns = time.thread_time_ns()
        try:
            return callback(*arguments)
        finally:
            held_ms = (time.thread_time_ns() - begun_ns) / 1e6
            self._is_timing = False
            if held_ms > WORTH_TELLING_MS:
                self._file.write(f"{held_ms:.1f} {callback!r}\n")


def _timing_loop(holds: Holds) -> type[uvloop.Loop]:
    class TimingLoop(uvloop.Loop):
        """Times what it is asked to call; what its transports call is timed where that is defined."""

        def call_soon(self, callback: Any, *arguments: Any, context: Any = None) -> Any:
            return super().call_soon(holds.timed, callback, *arguments, context=context)

        def call_soon_threadsafe(self, callback: Any, *arguments: Any, context: Any = None) -> Any:
            return super().call_soon_threadsafe(holds.timed, callback, *arguments, context=context)

        def call_later(self, delay: float, callback: Any, *arguments: Any, context: Any = None) -> Any:
            return super().call_later(delay, holds.timed, callback, *arguments, context=context)

        def call_at(self, when: float, callback: Any, *arguments: Any, context: Any = None) -> Any:
            return super().call_at(when, holds.timed, callback, *arguments, context=context)

    return TimingLoop


def main() -> int:
    """Run the server's command."""
    with Path(os.environ[HOLDS_PATH]).open("a", buffering=1) as file:
        holds = Holds(file)
        received = connection.Connection.data_received

        def data_received(self: connection.Connection, data: bytes) -> None:
            holds.timed(received, self, data)

        connection.Connection.data_received = data_received  # type: ignore[method-assign]  # only to time it
        uvloop.run = partial(uvloop.run, loop_factory=_timing_loop(holds))
        return cli.main()


if __name__ == "__main__":
    sys.exit(main())
