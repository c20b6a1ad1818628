"""Flush policies as schedules: whose they are, how they follow the tables, and what happens when a flush fails."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobs.durable import wait_durable
from jobs.flush import FlushBody
from jobs.record import JobStatus
from jobs.schedules.errors import ScheduleNotAllowed
from jobs.schedules.options import SchedulerOptions
from jobs.schedules.schedule import OverlapPolicy, ScheduleChange, ScheduleSource
from storage.catalog_entries import Column, Table
from storage.flush_policy import FlushPolicy
from storage.types import BIGINT
from tests.jobs.schedules.scheduling import Scheduling, create_policy_table, create_role, idle, only, set_policy
from tests.jobs.tables import drop_table, flush_of, hot_rows, insert
from tests.jobs.world import ADMIN, ALICE, START_US

if TYPE_CHECKING:
    from jobs.schedules.scheduler import Scheduler
    from tests.jobs.world import World

SECOND_US = 1_000_000
NAME = "flush-public-t"


async def opened(scheduling: Scheduling, default: str = "none") -> Scheduler:
    """A scheduler on a manager that can flush."""
    options = SchedulerOptions(flush_policy=FlushPolicy.parse(default))
    return await scheduling.open(FlushBody(scheduling.world.open_storage()), options=options, max_retries=0)


async def test_a_policy_is_a_schedule(world: World, scheduling: Scheduling):
    """With the table's owner, the statement that does the same, its interval, and its next time once rows are hot."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:1000,interval:300s")
    shown = only(scheduler, NAME)
    assert (shown.cron, shown.statement, shown.owner) == ("@every 5min", "FLUSH TABLE public.t", "alice")
    assert (shown.source, shown.on_overlap) == (ScheduleSource.POLICY, OverlapPolicy.QUEUE)
    assert shown.parameters == {"namespace": "public", "table_name": "t"}
    assert (shown.next_run_at, shown.last_run_at, shown.last_job_id) == (None, None, None)
    await insert(world.storage, table, [1])
    assert only(scheduler, NAME).next_run_at == START_US + 300 * SECOND_US
    await scheduling.reaches(START_US + 300 * SECOND_US)
    (job,) = await scheduling.made(1)
    await idle()
    shown = only(scheduler, NAME)
    assert (shown.last_run_at, shown.last_job_id, shown.next_run_at) == (job.created_at, job.job_id, None)
    await scheduler.stop()


async def test_names_that_need_quotes_have_them(world: World, scheduling: Scheduling):
    """The statement can be run as it stands."""
    scheduler = await opened(scheduling, "rows:10")
    await create_policy_table(world, None, 'My "t"')
    assert only(scheduler, 'flush-public-My "t"').statement == 'FLUSH TABLE public."My ""t"""'
    await scheduler.stop()


async def test_the_default_policy_and_tables_without_any(world: World, scheduling: Scheduling):
    """A table that says nothing has the default; `none` turns it off; a stream has none whatever is said."""
    scheduler = await opened(scheduling, "rows:10")
    defaulted = await create_policy_table(world, None, "defaulted")
    off = await create_policy_table(world, "none", "off")
    assert [schedule.schedule_name for schedule in scheduler.schedules()] == ["flush-public-defaulted"]
    for table in (off, defaulted):
        await insert(world.storage, table, range(10))
    (job,) = await scheduling.made(1)
    assert job.table_name == "defaulted"
    await set_policy(world, defaulted, "none")
    assert scheduler.schedules() == ()
    await insert(world.storage, defaulted, range(10, 30))
    await idle()
    assert len(world.jobs()) == 1
    await scheduler.stop()


async def test_a_policy_that_cannot_be_read_is_told_and_keeps_nothing_from_working(
    world: World, scheduling: Scheduling
):
    """Whoever takes it into the catalog checks it; what is there nevertheless must not keep a server from starting."""
    await create_policy_table(world, "often")
    scheduler = await opened(scheduling, "rows:10")
    (line,) = [line for line in world.lines if line["event"] == "a flush policy cannot be read"]
    assert (line["table"], line["level"]) == ("public.t", "error")
    assert scheduler.schedules() == ()
    await scheduler.stop()


async def test_streams_are_never_flushed(world: World, scheduling: Scheduling):
    """Their rows leave in another way."""
    scheduler = await opened(scheduling, "rows:1,interval:1s")
    tx = world.storage.begin()
    options = {"type": "stream", "ttl": "1h"}
    stream = Table(tx.new_oid(), "public", "s", "alice", (Column(1, "id", BIGINT),), options=options)
    tx.change_catalog(lambda catalog: catalog.with_table(stream))
    await wait_durable(world.storage.commit(tx))
    assert scheduler.schedules() == ()
    await scheduler.stop()


async def test_the_rows_of_all_users_count_together(world: World, scheduling: Scheduling):
    """A user table has one policy, and one flush settles the rows of all."""
    scheduler = await opened(scheduling)
    roles = [await create_role(world, name) for name in ("alice", "bob")]
    tx = world.storage.begin()
    options = {"type": "user", "flush_policy": "rows:10"}
    table = Table(tx.new_oid(), "public", "t", "alice", (Column(1, "id", BIGINT),), options=options)
    tx.change_catalog(lambda catalog: catalog.with_table(table))
    await wait_durable(world.storage.commit(tx))
    for role, rows in zip(roles, (6, 4), strict=True):
        assert world.jobs() == []
        tx = world.storage.begin()
        tx.insert(tx.partition(table.oid, role), [(number,) for number in range(rows)])
        await wait_durable(world.storage.commit(tx))
        await idle()
    (job,) = await scheduling.made(1)
    assert (job.status, job.result["rows"]) == (JobStatus.COMPLETED, 10)
    await scheduler.stop()


async def test_a_changed_policy_counts_what_is_hot_already(world: World, scheduling: Scheduling):
    """A lower limit that has been passed takes effect at once."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:1000")
    await insert(world.storage, table, range(50))
    table = await set_policy(world, table, "rows:100")
    await idle()
    assert world.jobs() == []
    await set_policy(world, table, "rows:50")
    (job,) = await scheduling.made(1)
    assert job.result["rows"] == 50
    await scheduler.stop()


async def test_a_policy_goes_with_its_table(world: World, scheduling: Scheduling):
    """What was remembered of it, too: a new table of the same name is not paused."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:10")
    await scheduler.alter(NAME, ScheduleChange(paused=True), ADMIN)
    await drop_table(world.storage, table)
    assert scheduler.schedules() == ()
    await create_policy_table(world, "rows:10")
    assert not only(scheduler, NAME).paused
    assert list(world.storage.scan(b"js")) == []
    await scheduler.stop()


async def test_a_renamed_table_takes_its_policy_along(world: World, scheduling: Scheduling):
    """Under the new name, and as paused as it was."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:10")
    await scheduler.alter(NAME, ScheduleChange(paused=True), ADMIN)
    tx = world.storage.begin()
    renamed = replace(table, name="other", version=table.version + 1)
    tx.change_catalog(lambda catalog: catalog.with_table(renamed))
    await wait_durable(world.storage.commit(tx))
    assert [(s.schedule_name, s.paused) for s in scheduler.schedules()] == [("flush-public-other", True)]
    await scheduler.stop()


@pytest.mark.parametrize("policy", ["rows:10", "interval:5s"])
async def test_a_paused_policy_flushes_nothing_until_it_is_resumed(world: World, scheduling: Scheduling, policy: str):
    """Rows over a limit are then flushed at once, and those of an interval an interval later. It survives a restart."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, policy)
    await scheduler.alter(NAME, ScheduleChange(paused=True), ALICE)
    await insert(world.storage, table, range(20))
    world.clock.advance(60)
    await idle()
    await scheduler.stop()
    await world.crash()
    scheduler = await opened(scheduling)
    await idle()
    assert world.jobs() == []
    assert (only(scheduler, NAME).paused, only(scheduler, NAME).next_run_at) == (True, None)
    await scheduler.alter(NAME, ScheduleChange(paused=False), ALICE)
    if policy == "interval:5s":
        await scheduling.reaches(START_US + 65 * SECOND_US)
    (job,) = await scheduling.made(1)
    assert job.result["rows"] == 20
    await scheduler.stop()


async def test_a_policy_cannot_be_dropped(world: World, scheduling: Scheduling):
    """The hint says what can be done instead."""
    scheduler = await opened(scheduling)
    await create_policy_table(world, "rows:10")
    with pytest.raises(ScheduleNotAllowed, match="is a flush policy: it can only be paused, resumed and run") as raised:
        await scheduler.drop(NAME, ADMIN)
    assert raised.value.hint == "Set the table's flush_policy, or flush.default_policy in config.toml."
    await scheduler.stop()


async def test_nothing_hot_makes_no_job(world: World, scheduling: Scheduling):
    """However often the interval passes, and also when it is run by hand."""
    scheduler = await opened(scheduling, "interval:5s")
    table = await create_policy_table(world, None)
    world.clock.advance(3600)
    await idle()
    assert await scheduler.run(NAME, ADMIN) == ()
    await insert(world.storage, table, [1])
    await scheduling.manager.start_job(flush_of(table))
    await scheduling.made(1)
    world.clock.advance(3600)
    await idle()
    assert len(world.jobs()) == 1
    await scheduler.stop()


async def test_a_flush_that_fails_is_asked_for_again_ever_later(world: World, scheduling: Scheduling):
    """After 10 s, 20 s, 40 s …: a full disk does not fill `system.jobs`. A success forgets that."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:10")
    world.disk.errors += [OSError(errno.ENOSPC, "No space left on device")] * 3
    await insert(world.storage, table, range(10))
    (first,) = await scheduling.made(1)
    assert first.status is JobStatus.FAILED
    at_us = START_US
    for number, wait_s in enumerate((10, 20, 40), start=2):
        await insert(world.storage, table, range(number * 10, number * 10 + 10))
        await idle()
        at_us += wait_s * SECOND_US
        await scheduling.reaches(at_us)
        jobs = await scheduling.made(number)
    assert [job.status for job in jobs] == [JobStatus.FAILED] * 3 + [JobStatus.COMPLETED]
    assert jobs[-1].result["rows"] == 40
    assert hot_rows(world.storage, table) == 0
    world.clock.advance(1)
    await insert(world.storage, table, range(100, 110))
    assert (await scheduling.made(5))[-1].status is JobStatus.COMPLETED
    await scheduler.stop()


async def test_a_flush_that_is_killed_does_not_come_back_at_once(world: World, scheduling: Scheduling):
    """Whoever killed it has time to pause the policy."""
    scheduler = await opened(scheduling)
    table = await create_policy_table(world, "rows:10")
    world.disk.hold_at("flush.before_write")
    await insert(world.storage, table, range(10))
    await asyncio.to_thread(world.disk.reached.wait)
    (job,) = world.jobs()
    kill = asyncio.create_task(scheduling.manager.cancel_job(job.job_id, ALICE))
    await world.saw(job.job_id, JobStatus.CANCELLING)
    world.disk.release()
    await kill
    await insert(world.storage, table, range(10, 20))
    await idle()
    assert len(world.jobs()) == 1
    await scheduling.reaches(START_US + 10 * SECOND_US)
    jobs = await scheduling.made(2)
    assert [job.status for job in jobs] == [JobStatus.CANCELLED, JobStatus.COMPLETED]
    await scheduler.stop()
