"""How much memory the hot tier takes, against a limit: rows that are not in segments, committed or not, and hot deaths.

Nothing here is exact: it counts what grows. Of tuples a fixed size for each value is counted, and their encoded bytes;
of Arrow tables what they are. Rows that a transaction inserts as tuples are measured when its next statement begins, so
that an insert that commits at once is measured only by what its commit has encoded anyway.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from storage.errors import HotTierFull

if TYPE_CHECKING:
    from collections.abc import Callable

NO_LIMIT: Final = sys.maxsize

HIGH_WATER: Final = 0.8
"""The share of the limit from which on tables should be flushed."""

LOW_WATER: Final = 0.5
"""The share that flushes should leave."""

DEATH_BYTES: Final = 64
"""Of a dead hot row, besides the row."""


class HotMemory:
    """What is held, and who waits for some of it to be freed. On the loop."""

    __slots__ = ("_listeners", "_waiters", "held_bytes", "high_water_bytes", "limit_bytes", "low_water_bytes")

    def __init__(self, limit_bytes: int = NO_LIMIT) -> None:
        self.limit_bytes = limit_bytes
        self.high_water_bytes = int(limit_bytes * HIGH_WATER)
        self.low_water_bytes = int(limit_bytes * LOW_WATER)
        self.held_bytes = 0
        """By everything: committed rows, and those of open transactions."""
        self._waiters: dict[Callable[[], None], int] = {}
        """And how many bytes they need."""
        self._listeners: list[Callable[[], None]] = []

    def has_room(self, needed_bytes: int = 0) -> bool:
        """Whether rows may be inserted now: a few, or a load that takes so much."""
        return self.held_bytes + needed_bytes < self.limit_bytes

    @property
    def is_high(self) -> bool:
        """Whether tables should be flushed."""
        return self.held_bytes >= self.high_water_bytes or bool(self._waiters)

    @property
    def excess_bytes(self) -> int:
        """How much should be flushed."""
        wanted_bytes = max(self._waiters.values(), default=0)
        return max(self.held_bytes - self.low_water_bytes, self.held_bytes + wanted_bytes - self.limit_bytes)

    def require_room(self, needed_bytes: int = 0) -> None:
        """Raise `HotTierFull` if rows may not be inserted now: a few, or a load that takes so much."""
        if self.held_bytes + needed_bytes >= self.limit_bytes:
            raise HotTierFull(needed_bytes)

    def change(self, grown_bytes: int) -> None:
        """So much more is held, or less. Wakes whoever waits for room, and tells who listens for the high water."""
        before = self.held_bytes
        self.held_bytes = before + grown_bytes
        if grown_bytes > 0:
            if before < self.high_water_bytes <= self.held_bytes:
                self._tell()
        elif self._waiters:
            for wake in [wake for wake, needed_bytes in self._waiters.items() if self.has_room(needed_bytes)]:
                del self._waiters[wake]
                wake()

    def wait(self, wake: Callable[[], None], needed_bytes: int = 0) -> Callable[[], None]:
        """Have `wake` called once, when there is room. Returns what ends the waiting."""
        self._waiters[wake] = needed_bytes
        self._tell()
        return partial(self._waiter_gone, wake)

    def on_high(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called when the high water is reached, or somebody waits. Returns what ends that."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _waiter_gone(self, wake: Callable[[], None]) -> None:
        self._waiters.pop(wake, None)


class UncommittedRows:
    """What the rows of one open transaction take."""

    __slots__ = ("_memory", "held_bytes")

    def __init__(self, memory: HotMemory) -> None:
        self._memory = memory
        self.held_bytes = 0

    def change(self, grown_bytes: int) -> None:
        """It has inserted rows, or takes some back."""
        if grown_bytes:
            self.held_bytes += grown_bytes
            self._memory.change(grown_bytes)

    def release(self) -> None:
        """It has ended."""
        self.change(-self.held_bytes)
