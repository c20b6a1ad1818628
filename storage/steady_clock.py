"""The time that storage goes by: the machine's clock, but that it never goes back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class SteadyClock:
    """Microseconds since the epoch, rising. Any thread.

    When somebody sets the machine's clock back, it goes on from where it was, as fast as time goes by, until the
    machine's has caught up: rows that come then do not get older than others, nor stay young for as long as that takes.
    """

    def __init__(
        self, wall_ns: Callable[[], int] = time.time_ns, elapsed_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._wall_ns = wall_ns
        self._elapsed_ns = elapsed_ns
        self._ahead_ns = wall_ns() - elapsed_ns()
        """Of the time that elapses: it only grows."""

    def __call__(self) -> int:
        """The time now."""
        elapsed_ns = self._elapsed_ns()
        self._ahead_ns = max(self._ahead_ns, self._wall_ns() - elapsed_ns)
        return (elapsed_ns + self._ahead_ns) // 1_000
