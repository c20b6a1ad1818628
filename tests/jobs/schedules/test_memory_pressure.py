"""The hot tier nearly full: tables are flushed by themselves, those that hold most; the clock is a fake."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jobs.flush import FlushBody
from jobs.record import JobStatus, JobType, Trigger
from jobs.schedules.options import SchedulerOptions, SystemSchedule
from jobs.schedules.schedule import ScheduleChange
from tests.jobs.schedules.scheduling import Scheduling, idle, only
from tests.jobs.tables import create_table, hot_rows, insert
from tests.jobs.world import ADMIN

if TYPE_CHECKING:
    from jobs.schedules.scheduler import Scheduler
    from tests.jobs.world import World

LIMIT_BYTES = 1_000_000
PRESSURE = SystemSchedule(
    name="hot-memory", timing=None, job_type=JobType.FLUSH, statement="FLUSH ALL TABLES", setting="hot.memory_limit"
)


async def opened(scheduling: Scheduling) -> Scheduler:
    """A scheduler on a manager that can flush, over a small hot tier."""
    scheduling.world.hot_memory_limit_bytes = LIMIT_BYTES
    storage = scheduling.world.open_storage()
    return await scheduling.open(FlushBody(storage), options=SchedulerOptions(system=(PRESSURE,)))


async def fill(world: World, table: object, first: int, share: float) -> int:
    """Insert until the hot tier holds that share of its limit; gives the next free id."""
    while world.storage.hot_memory.held_bytes < LIMIT_BYTES * share:
        await insert(world.storage, table, range(first, first + 20))
        first += 20
    return first


async def test_the_table_that_holds_most_is_flushed(world: World, scheduling: Scheduling):
    """At four fifths of the limit, as many tables as it takes to free half of it, by jobs that anyone can see."""
    scheduler = await opened(scheduling)
    large, small = await create_table(world.storage, "large"), await create_table(world.storage, "small")
    await insert(world.storage, small, range(50))
    await fill(world, large, 0, 0.75)
    await idle()
    assert world.jobs() == []
    await fill(world, large, 1_000_000, 0.8)
    (job,) = await scheduling.made(1)
    assert (job.status, job.table_name) == (JobStatus.COMPLETED, "large")
    assert (job.trigger, job.schedule_name, job.owner) == (Trigger.SCHEDULE, "hot-memory", "system")
    assert (hot_rows(world.storage, large), hot_rows(world.storage, small)) == (0, 50)
    assert only(scheduler, "hot-memory").last_job_id == job.job_id
    assert only(scheduler, "hot-memory").next_run_at is None
    await scheduler.stop()


async def test_more_is_hot_at_the_start_than_there_may_be(world: World, scheduling: Scheduling):
    """Then it is flushed at once."""
    table = await create_table(world.open_storage(), "t")
    await insert(world.storage, table, range(60_000))
    await world.close()
    scheduler = await opened(scheduling)
    (job,) = await scheduling.made(1)
    assert (job.status, job.result["rows"]) == (JobStatus.COMPLETED, 60_000)
    await scheduler.stop()


async def test_paused_it_does_nothing(world: World, scheduling: Scheduling):
    """And resumed it looks again within a second."""
    scheduler = await opened(scheduling)
    await scheduler.alter("hot-memory", ScheduleChange(paused=True), ADMIN)
    table = await create_table(world.storage, "t")
    await fill(world, table, 0, 0.9)
    await idle()
    assert world.jobs() == []
    await scheduler.alter("hot-memory", ScheduleChange(paused=False), ADMIN)
    await scheduling.reaches(world.clock.now_us() + 1_000_000)
    (job,) = await scheduling.made(1)
    assert job.status is JobStatus.COMPLETED
    await scheduler.stop()


async def test_a_flush_that_was_killed_is_made_again_later(world: World, scheduling: Scheduling):
    """Not at once, but after as long as policies wait."""
    scheduler = await opened(scheduling)
    table = await create_table(world.storage, "t")
    world.disk.hold_at("flush.before_write")
    await fill(world, table, 0, 0.8)
    await asyncio.to_thread(world.disk.reached.wait, 30)
    (job,) = world.jobs()
    await world.manager.cancel_job(job.job_id, ADMIN, "not now", sync=False)
    world.disk.release()
    await world.saw(job.job_id, JobStatus.CANCELLED)
    cancelled_us = world.clock.now_us()
    await scheduling.reaches(cancelled_us + 1_000_000)
    await idle()
    assert len(world.jobs()) == 1
    world.clock.advance(10)
    jobs = await scheduling.made(2)
    assert jobs[-1].status is JobStatus.COMPLETED
    assert hot_rows(world.storage, table) == 0
    await scheduler.stop()
