"""Waiting until a time."""

from __future__ import annotations

import asyncio

import pytest

from jobs.clock import SystemClock, ends_by
from tests.jobs.world import START_US, FakeClock


async def test_what_ends_in_time_is_told_apart_from_what_does_not():
    """`ends_by` says whether the work ended, and cancels it if it did not."""
    clock = FakeClock()
    assert await ends_by(clock, asyncio.sleep(0), START_US + 1)
    never = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(ends_by(clock, never, START_US + 1_000))
    await clock.somebody_sleeps_until(START_US + 1_000)
    clock.advance(0.001)
    assert not await waiting
    assert never.cancelled()


async def test_an_error_of_the_work_is_raised():
    """What the work raises comes out."""

    async def work() -> None:
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        await ends_by(FakeClock(), work(), None)


async def test_the_system_clock_reaches_its_times():
    """It sleeps until its own now is at the time, and not at all for a time that has passed."""
    clock = SystemClock()
    at_us = clock.now_us() + 2_000
    await clock.sleep_until(at_us)
    assert clock.now_us() >= at_us
    await clock.sleep_until(0)
