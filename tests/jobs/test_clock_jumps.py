"""Somebody sets the clock while jobs wait and run: waits are as long as they were to be, and no time runs backwards."""

from __future__ import annotations

import asyncio

import pytest

from jobs.errors import TransientJobError, WaitTimedOut
from jobs.record import JobStatus
from tests.jobs.world import START_US, Gate, Scripted, World, advancing, failing, request, running

HOUR_US = 3_600_000_000
YEAR_US = 365 * 24 * HOUR_US
JUMPS = pytest.mark.parametrize("jump_us", [-YEAR_US, -HOUR_US, HOUR_US, YEAR_US])

S = JobStatus


@JUMPS
async def test_a_timeout_is_as_long_as_it_was_to_be(world: World, jump_us: int):
    """Setting the clock ends no wait, and prolongs none."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    waiting = asyncio.create_task(world.manager.wait_for_job(job_id, 30))
    await world.clock.somebody_sleeps_until(START_US + 30_000_000)
    world.clock.set(START_US + jump_us)
    await asyncio.sleep(0)
    world.clock.advance(29)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    world.clock.advance(1)
    with pytest.raises(WaitTimedOut, match=job_id):
        await waiting
    gate.opened.set()
    await world.ended(job_id)


@JUMPS
async def test_a_retry_comes_after_its_wait(world: World, jump_us: int):
    """Neither at once nor years later."""
    body = Scripted(failing(TransientJobError("busy")))
    await world.open(body, retry_backoff_ms=60_000)
    job_id = (await world.manager.start_job(request())).record.job_id
    retrying = await world.saw(job_id, S.RETRYING)
    assert retrying.next_run_at is not None
    wait_us = retrying.next_run_at - world.clock.now_us()
    await world.clock.somebody_sleeps_until(retrying.next_run_at)
    world.clock.set(START_US + jump_us)
    world.clock.advance(wait_us / 1e6 - 1)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (await world.manager.get_job_status(job_id)).status is S.RETRYING
    world.clock.advance(1)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert body.runs == 2


async def test_no_job_ends_before_it_began(world: World):
    """The times of a record, its attempts and events rise, though the clock is set back at each step."""

    async def run_back(context: object) -> object:
        world.clock.set(world.clock.now_us() - HOUR_US)
        return await script(context)  # type: ignore[arg-type]

    script = failing(TransientJobError("busy"))
    await world.open(Scripted(run_back))  # type: ignore[arg-type]
    job_id = (await world.manager.start_job(request())).record.job_id
    world.clock.set(world.clock.now_us() - HOUR_US)
    async with advancing(world.clock):
        record = await world.ended(job_id)
    assert record.started_at is not None
    assert record.finished_at is not None
    assert record.created_at <= record.started_at <= record.finished_at == record.updated_at
    for attempt in world.manager.find_attempts(job_id):
        assert attempt.finished_at is not None
        assert attempt.started_at <= attempt.finished_at
    times = [event.at for event in world.manager.find_events(job_id)]
    assert times == sorted(times)


async def test_a_restart_in_an_earlier_time_ends_nothing_before_it_began(world: World):
    """Work that was running at the crash is closed, done again, and ends, all after it began."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    await world.crash()
    world.clock.set(START_US - HOUR_US)
    gate.opened.set()
    await world.open(Scripted(gate))
    record = await world.ended(job_id)
    assert record.started_at is not None
    assert record.finished_at is not None
    assert record.created_at <= record.started_at <= record.finished_at
    for attempt in world.manager.find_attempts(job_id):
        assert attempt.finished_at is not None
        assert attempt.started_at <= attempt.finished_at
