"""The acceptance scenarios of automatic flushing that concern policies, each under its number; the clock is a fake."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from jobs.flush import FlushBody
from jobs.record import JobStatus, Trigger
from jobs.schedules.options import SchedulerOptions
from storage.flush_policy import FlushPolicy
from tests.jobs.schedules.scheduling import Scheduling, create_policy_table, idle, only
from tests.jobs.tables import flush_of, hot_rows, insert, row_ids
from tests.jobs.world import ADMIN, START_US

if TYPE_CHECKING:
    from jobs.schedules.scheduler import Scheduler
    from tests.jobs.world import World

SECOND_US = 1_000_000


async def opened(scheduling: Scheduling, default: str = "none") -> Scheduler:
    """A scheduler on a manager that can flush."""
    options = SchedulerOptions(flush_policy=FlushPolicy.parse(default))
    storage = scheduling.world.open_storage()
    return await scheduling.open(FlushBody(storage), options=options)


async def test_automatic_flush_01_an_interval_of_5_seconds(world: World, scheduling: Scheduling):
    """Five seconds after the first hot row the table is flushed, and as long after the next one again."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "interval:5s")
    await insert(world.storage, table, range(10))
    world.clock.advance(2)
    await insert(world.storage, table, range(10, 20))
    await idle()
    assert world.jobs() == []
    assert only(scheduler, "flush-public-t").next_run_at == START_US + 5 * SECOND_US
    await scheduling.reaches(START_US + 5 * SECOND_US)
    (job,) = await scheduling.made(1)
    assert (job.status, job.result["rows"]) == (JobStatus.COMPLETED, 20)
    assert (job.trigger, job.schedule_name, job.owner) == (Trigger.SCHEDULE, "flush-public-t", "alice")
    assert job.idempotency_key == "schedule-flush-public-t-2023-11-14T22:13:25Z"
    assert only(scheduler, "flush-public-t").next_run_at is None
    world.clock.advance(100)
    await insert(world.storage, table, [20])
    await scheduling.reaches(START_US + 110 * SECOND_US)
    assert len(await scheduling.made(2)) == 2
    assert hot_rows(world.storage, table) == 0
    await scheduler.stop()


async def test_automatic_flush_02_a_threshold_of_1000_rows(world: World, scheduling: Scheduling):
    """The commit that reaches it makes the job: no timer, the clock stands still."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:1000")
    await insert(world.storage, table, range(999))
    await idle()
    assert world.jobs() == []
    await insert(world.storage, table, [999])
    (job,) = await scheduling.made(1)
    assert (job.status, job.result["rows"], job.created_at) == (JobStatus.COMPLETED, 1000, START_US)
    await scheduler.stop()


async def test_automatic_flush_03_both_and_time_comes_first(world: World, scheduling: Scheduling):
    """Of `rows:1000,interval:5s` the interval flushes a table of few rows."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:1000,interval:5s")
    await insert(world.storage, table, range(10))
    await scheduling.reaches(START_US + 5 * SECOND_US)
    (job,) = await scheduling.made(1)
    assert (job.result["rows"], job.created_at) == (10, START_US + 5 * SECOND_US)
    await scheduler.stop()


async def test_automatic_flush_04_both_and_rows_come_first(world: World, scheduling: Scheduling):
    """Of `rows:1000,interval:5s` the rows flush a table that grows fast, and the interval finds nothing then."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:1000,interval:5s")
    await insert(world.storage, table, range(1000))
    (job,) = await scheduling.made(1)
    assert (job.result["rows"], job.created_at) == (1000, START_US)
    world.clock.advance(60)
    await idle()
    assert len(world.jobs()) == 1
    await scheduler.stop()


@pytest.mark.parametrize("policy", ["rows:1000", "rows:1000,interval:1h"])
async def test_automatic_flush_05_counters_start_again_after_a_flush(world: World, scheduling: Scheduling, policy: str):
    """Also after one that a user asked for; rows that come while a flush runs count for the next one."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, policy)
    await insert(world.storage, table, range(600))
    await scheduler.run("flush-public-t", ADMIN)
    await scheduling.made(1)
    await insert(world.storage, table, range(600, 1200))
    await idle()
    assert len(world.jobs()) == 1
    world.disk.hold_at("flush.before_write")
    world.clock.advance(1)
    await insert(world.storage, table, range(1200, 1600))
    await asyncio.to_thread(world.disk.reached.wait)
    await insert(world.storage, table, range(1600, 2599))
    world.disk.release()
    jobs = await scheduling.made(2)
    assert [job.result["rows"] for job in jobs] == [600, 1000]
    world.clock.advance(1)
    await insert(world.storage, table, [2599])
    jobs = await scheduling.made(3)
    assert [job.result["rows"] for job in jobs] == [600, 1000, 1000]
    assert row_ids(world.storage, table) == dict.fromkeys(range(2600), 1)
    await scheduler.stop()


@pytest.mark.parametrize(("policy", "down_s"), [("interval:1h", 3600), ("rows:10", 0), ("rows:10,interval:1h", 0)])
async def test_automatic_flush_10_a_policy_that_is_due_fires_after_a_restart(
    world: World, scheduling: Scheduling, policy: str, down_s: int
):
    """Rows that came before a crash, and whose flush was not asked for by then, are flushed at the start."""
    table = await create_policy_table(world, policy)
    await insert(world.storage, table, range(10))
    await world.crash()
    world.clock.advance(down_s)
    scheduler = await opened(scheduling)
    (job,) = await scheduling.made(1)
    assert (job.status, job.result["rows"]) == (JobStatus.COMPLETED, 10)
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)
    await scheduler.stop()


async def test_lifecycle_15_a_flush_that_is_running_is_joined(world: World, scheduling: Scheduling):
    """A policy that becomes due while a user's flush runs makes no second job."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:20")
    await insert(world.storage, table, range(10))
    world.disk.hold_at("flush.before_write")
    await scheduling.manager.start_job(flush_of(table))
    await asyncio.to_thread(world.disk.reached.wait)
    await insert(world.storage, table, range(10, 20))
    await idle()
    world.disk.release()
    (job,) = await scheduling.made(1)
    assert (job.result["rows"], job.owner) == (20, "alice")
    await scheduler.stop()
