"""Time, as something that is handed in: tests hand in one that they move by hand."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable

LONGEST_NAP_S: Final = 30.0
"""A sleeper looks at the wall clock at least this often, because somebody may set it."""


class Clock(Protocol):
    """Wall-clock time in microseconds since the Unix epoch, and a way to wait for it."""

    def now_us(self) -> int:
        """The time now."""

    async def sleep_until(self, at_us: int) -> None:
        """Return when `now_us()` has reached `at_us`."""


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """The time now."""
        return time.time_ns() // 1_000

    async def sleep_until(self, at_us: int) -> None:
        """Return when `now_us()` has reached `at_us`."""
        # Not an event: what it waits for is the time itself.
        while (left_us := at_us - self.now_us()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left_us / 1e6, LONGEST_NAP_S))


async def ends_by(clock: Clock, awaitable: Awaitable[Any], at_us: int | None) -> bool:
    """Wait for `awaitable` until `at_us` (`None`: for ever). Whether it ended in time; if not, it is cancelled."""
    work = asyncio.ensure_future(awaitable)
    sleeper = None if at_us is None else asyncio.ensure_future(clock.sleep_until(at_us))
    try:
        await asyncio.wait({work} if sleeper is None else {work, sleeper}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        return work.done()
    finally:
        for waiting in (work, sleeper):
            if waiting is not None:
                waiting.cancel()
