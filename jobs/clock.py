"""Time, as something that is handed in: tests hand in one that they move by hand.

Somebody may set the machine's clock, to an earlier time, too. So what is to happen at a moment goes by that clock, and
what is to happen after a while (timeouts, retries) by the time that has elapsed, which nobody sets.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

LONGEST_NAP_S: Final = 30.0
"""A sleeper looks at the wall clock at least this often, because somebody may set it."""

SET_BACK_US: Final = 1_000_000
"""By how much a clock goes back when somebody sets it: what is less is the slewing of time servers, and rounding."""


class Clock(Protocol):
    """Wall-clock time in microseconds since the Unix epoch, elapsed time, and ways to wait for both."""

    def now_us(self) -> int:
        """The time now."""

    def elapsed_us(self) -> int:
        """The time since some moment, in microseconds: it only rises, as fast as time goes by."""

    async def sleep_until(self, at_us: int) -> None:
        """Return when `now_us()` has reached `at_us`; or earlier, when it was set back."""

    async def sleep(self, seconds: float) -> None:
        """Return when so much time has elapsed."""


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """The time now."""
        return time.time_ns() // 1_000

    def elapsed_us(self) -> int:
        """The time since some moment, in microseconds: it only rises, as fast as time goes by."""
        return time.monotonic_ns() // 1_000

    async def sleep_until(self, at_us: int) -> None:
        """Return when `now_us()` has reached `at_us`; or earlier, when it was set back."""
        latest_us = self.now_us()
        while (left_us := at_us - latest_us) > 0:
            # Not an event: what it waits for is the time itself.
            await asyncio.sleep(min(left_us / 1e6, LONGEST_NAP_S))
            now_us = self.now_us()
            if now_us < latest_us - SET_BACK_US:
                return
            latest_us = now_us

    async def sleep(self, seconds: float) -> None:
        """Return when so much time has elapsed."""
        await asyncio.sleep(seconds)


async def ends_by(clock: Clock, awaitable: Awaitable[Any], at_us: int | None) -> bool:
    """Wait for `awaitable` until `at_us` (`None`: for ever). Whether it ended in time; if not, it is cancelled."""
    return await _ends_before(awaitable, None if at_us is None else clock.sleep_until(at_us))


async def ends_within(clock: Clock, awaitable: Awaitable[Any], seconds: float | None) -> bool:
    """Wait for `awaitable` so long (`None`: for ever). Whether it ended in time; if not, it is cancelled."""
    return await _ends_before(awaitable, None if seconds is None else clock.sleep(seconds))


async def _ends_before(awaitable: Awaitable[Any], sleep: Coroutine[Any, Any, None] | None) -> bool:
    work = asyncio.ensure_future(awaitable)
    sleeper = None if sleep is None else asyncio.ensure_future(sleep)
    try:
        await asyncio.wait({work} if sleeper is None else {work, sleeper}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        return work.done()
    finally:
        for waiting in (work, sleeper):
            if waiting is not None:
                waiting.cancel()
