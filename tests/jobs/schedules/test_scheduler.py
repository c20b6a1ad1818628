"""Schedules as users make, see, change, drop and run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobs.errors import InvalidJobParameters
from jobs.permissions import JOB_OPERATOR, JOB_VIEWER, Actor, may_see
from jobs.record import JobType, Trigger
from jobs.schedules.errors import InvalidSchedule, NoSuchSchedule, ScheduleExists, ScheduleNotAllowed
from jobs.schedules.options import SchedulerOptions, SystemSchedule
from jobs.schedules.schedule import OverlapPolicy, ScheduleChange, ScheduleSource
from jobs.schedules.timing import Cron, Every
from tests.jobs.schedules.scheduling import FIRST_MINUTE_US, MINUTE_US, idle, new, only
from tests.jobs.world import ADMIN, ALICE, BOB, START_US

if TYPE_CHECKING:
    from jobs.schedules.schedule import NewSchedule
    from tests.jobs.schedules.scheduling import Scheduling
    from tests.jobs.world import World

VIEWER = Actor("vera", member_of=frozenset({"vera", JOB_VIEWER}))
OPERATOR = Actor("otto", member_of=frozenset({"otto", JOB_OPERATOR}))

NIGHTLY = SystemSchedule(
    name="compaction",
    timing=Cron.parse("0 2 * * *"),
    job_type=JobType.COMPACTION,
    statement="VACUUM",
    setting="compaction.cron",
)


async def test_a_schedule_is_durable_with_all_that_was_said(world: World, scheduling: Scheduling):
    """It is there after a crash, as it was made and altered."""
    scheduler = await scheduling.open()
    asked = new(
        cron="0  8 * * mon-fri",
        timezone="Europe/Paris",
        on_overlap=OverlapPolicy.QUEUE,
        parameters={"tables": ["a", "b"]},
    )
    await scheduler.create(asked, ALICE)
    before = only(scheduler)
    assert before.cron == "0 8 * * mon-fri"
    assert (before.owner, before.source, before.created_at) == ("alice", ScheduleSource.USER, START_US)
    assert (before.timezone, before.on_overlap, before.statement) == ("Europe/Paris", "queue", "COMPACT TABLE t")
    await scheduler.stop()
    await world.crash()
    scheduler = await scheduling.open()
    assert only(scheduler) == before
    await scheduler.stop()


async def test_a_name_is_taken_once(scheduling: Scheduling):
    """The second is an error, or nothing with IF NOT EXISTS; also of somebody else and of the server's own names."""
    scheduler = await scheduling.open(options=SchedulerOptions(system=(NIGHTLY,)))
    assert await scheduler.create(new(), ALICE)
    for name in ("tidy", "compaction"):
        with pytest.raises(ScheduleExists, match=f'schedule "{name}" already exists'):
            await scheduler.create(new(name), BOB)
        assert not await scheduler.create(new(name, cron="0 0 * * *"), BOB, if_not_exists=True)
    assert (only(scheduler).owner, only(scheduler).cron) == ("alice", "* * * * *")
    await scheduler.stop()


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        (new(cron="* * * * * *"), InvalidSchedule, "invalid cron expression"),
        (new(timezone="Mars/Base"), InvalidSchedule, 'time zone "Mars/Base" not recognized'),
        (new("flush-public-t"), InvalidSchedule, 'unacceptable schedule name "flush-public-t"'),
        (new(""), InvalidSchedule, "unacceptable schedule name"),
        (new(parameters={"tables": 3}), InvalidJobParameters, "invalid parameters of a compaction job"),
        (new(job_type=JobType.BACKUP), InvalidJobParameters, "this server runs no backup jobs"),
    ],
)
async def test_what_makes_no_sense_is_refused_when_it_is_asked_for(
    scheduling: Scheduling, asked: NewSchedule, error: type[Exception], message: str
):
    """The error goes to whoever asked, and nothing is made."""
    scheduler = await scheduling.open()
    with pytest.raises(error, match=message):
        await scheduler.create(asked, ALICE)
    assert scheduler.schedules() == ()
    await scheduler.stop()


async def test_a_paused_schedule_does_not_fire_nor_make_up_for_it(world: World, scheduling: Scheduling):
    """Also over a restart. Resumed, it fires at its next time."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    await scheduler.alter("tidy", ScheduleChange(paused=True), ALICE)
    assert (only(scheduler).paused, only(scheduler).next_run_at) == (True, None)
    world.clock.advance(600)
    await idle()
    await scheduler.stop()
    await world.crash()
    scheduler = await scheduling.open()
    world.clock.advance(3600)
    await scheduler.alter("tidy", ScheduleChange(paused=False), ALICE)
    await idle()
    assert world.jobs() == []
    next_us = only(scheduler).next_run_at
    assert next_us is not None
    assert 0 < next_us - world.clock.now_us() <= MINUTE_US
    await scheduling.reaches(next_us)
    await scheduling.made(1)
    await scheduler.stop()


async def test_its_times_can_be_changed(world: World, scheduling: Scheduling):
    """From then on: the timer wakes for the new time, and what the old expression missed does not matter."""
    scheduler = await scheduling.open()
    await scheduler.create(new(cron="0 0 1 1 *"), ALICE)
    await scheduler.alter("tidy", ScheduleChange(cron="*/5 * * * *"), ALICE)
    assert only(scheduler).next_run_at == FIRST_MINUTE_US + MINUTE_US
    await scheduler.alter("tidy", ScheduleChange(cron="0 9 * * *", timezone="Asia/Tokyo"), ALICE)
    assert only(scheduler).next_run_at == FIRST_MINUTE_US + 106 * MINUTE_US
    with pytest.raises(InvalidSchedule):
        await scheduler.alter("tidy", ScheduleChange(cron="often"), ALICE)
    assert only(scheduler).cron == "0 9 * * *"
    await scheduling.reaches(FIRST_MINUTE_US + 106 * MINUTE_US)
    await scheduling.made(1)
    await scheduler.stop()


async def test_a_dropped_schedule_is_gone(world: World, scheduling: Scheduling):
    """For good, and its jobs go on."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    scheduling.chores.opened.clear()
    (started,) = await scheduler.run("tidy", ALICE)
    assert await scheduler.drop("tidy", ALICE)
    assert scheduler.schedules() == ()
    with pytest.raises(NoSuchSchedule, match='schedule "tidy" does not exist'):
        await scheduler.drop("tidy", ALICE)
    assert not await scheduler.drop("tidy", ALICE, if_exists=True)
    world.clock.advance(600)
    await idle()
    scheduling.chores.opened.set()
    assert [record.job_id for record in await scheduling.made(1)] == [started.record.job_id]
    await scheduler.stop()
    await world.crash()
    scheduler = await scheduling.open()
    assert scheduler.schedules() == ()
    await scheduler.stop()


async def test_run_fires_now(world: World, scheduling: Scheduling):
    """Also a paused one, and again while its job is active; the jobs are the owner's, whoever runs it."""
    scheduler = await scheduling.open()
    await scheduler.create(new(parameters={"tables": ["a", "b"]}), ALICE)
    await scheduler.alter("tidy", ScheduleChange(paused=True), ALICE)
    scheduling.chores.opened.clear()
    first = await scheduler.run("tidy", ADMIN)
    second = await scheduler.run("tidy", ALICE)
    records = [started.record for started in (*first, *second)]
    assert [record.table_name for record in records] == ["a", "b", "a", "b"]
    assert {(r.owner, r.schedule_name, r.trigger, r.idempotency_key) for r in records} == {
        ("alice", "tidy", Trigger.SCHEDULE, None)
    }
    shown = only(scheduler)
    assert (shown.last_run_at, shown.last_job_id) == (START_US, records[3].job_id)
    scheduling.chores.opened.set()
    await scheduling.made(4)
    await scheduler.stop()


async def test_run_raises_what_kept_it_from_making_a_job(scheduling: Scheduling):
    """Whoever asked is told."""
    scheduler = await scheduling.open(max_active=1)
    scheduling.chores.opened.clear()
    await scheduler.create(new(), ALICE)
    await scheduler.run("tidy", ALICE)
    with pytest.raises(Exception, match="job queue full"):
        await scheduler.run("tidy", ALICE)
    scheduling.chores.opened.set()
    await scheduler.stop()


async def test_whose_schedule_it_is(scheduling: Scheduling):
    """Owners, operators and superusers control it; viewers see it; for others it does not exist."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    seen = {actor.name: may_see(only(scheduler), actor) for actor in (ALICE, BOB, VIEWER, OPERATOR, ADMIN)}
    assert seen == {"alice": True, "bob": False, "vera": True, "otto": True, "admin": True}
    pause = ScheduleChange(paused=True)
    for actor, error in ((BOB, NoSuchSchedule), (VIEWER, ScheduleNotAllowed)):
        with pytest.raises(error):
            await scheduler.alter("tidy", pause, actor)
        with pytest.raises(error):
            await scheduler.run("tidy", actor)
        with pytest.raises(error):
            await scheduler.drop("tidy", actor)
    for actor in (OPERATOR, ADMIN):
        await scheduler.alter("tidy", pause, actor)
        await scheduler.run("tidy", actor)
    assert await scheduler.drop("tidy", OPERATOR)
    await scheduler.stop()


async def test_a_system_schedule_is_as_the_configuration_says(world: World, scheduling: Scheduling):
    """Operators pause, resume and run it, and that is remembered; its times are not theirs to change."""
    options = SchedulerOptions(system=(NIGHTLY,))
    scheduler = await scheduling.open(options=options)
    shown = only(scheduler, "compaction")
    assert (shown.cron, shown.source, shown.owner) == ("0 2 * * *", ScheduleSource.SYSTEM, "system")
    for refused in (
        scheduler.alter("compaction", ScheduleChange(cron="* * * * *"), ADMIN),
        scheduler.alter("compaction", ScheduleChange(on_overlap=OverlapPolicy.QUEUE), ADMIN),
        scheduler.drop("compaction", ADMIN),
    ):
        with pytest.raises(ScheduleNotAllowed, match="can only be paused, resumed and run") as raised:
            await refused
        assert raised.value.hint == "Set compaction.cron in config.toml."
    with pytest.raises(NoSuchSchedule):
        await scheduler.run("compaction", ALICE)
    (started,) = await scheduler.run("compaction", OPERATOR)
    assert started.record.owner == "system"
    await scheduler.alter("compaction", ScheduleChange(paused=True), OPERATOR)
    await scheduler.stop()
    await world.crash()
    scheduler = await scheduling.open(options=options)
    assert only(scheduler, "compaction").paused
    assert only(scheduler, "compaction").last_job_id == started.record.job_id
    await scheduler.stop()


async def test_a_system_schedule_that_never_ran_is_made_up_for(world: World, scheduling: Scheduling):
    """A server that is only up by day still does what is due by night."""
    scheduler = await scheduling.open(options=SchedulerOptions(system=(NIGHTLY,)))
    await scheduler.stop()
    await world.close()
    world.clock.advance(12 * 3600)
    scheduler = await scheduling.open()
    (job,) = await scheduling.made(1)
    assert job.idempotency_key == "schedule-compaction-2023-11-15T02:00:00Z"
    await scheduler.stop()


async def test_a_system_schedule_without_its_job_type_is_not_there(scheduling: Scheduling):
    """It could never fire."""
    backup = SystemSchedule(name="b", timing=Cron.parse("0 2 * * *"), job_type=JobType.BACKUP, setting="b")
    scheduler = await scheduling.open(options=SchedulerOptions(system=(backup,)))
    assert scheduler.schedules() == ()
    await scheduler.stop()


async def test_an_interval_that_has_nothing_to_do_makes_no_job_and_writes_nothing(world: World, scheduling: Scheduling):
    """An eviction every ten seconds leaves no trace while there is nothing to evict."""
    scheduling.chores.is_done = True
    eviction = SystemSchedule(
        name="stream-eviction",
        timing=Every(10_000_000),
        job_type=JobType.COMPACTION,
        setting="stream.eviction_interval",
    )
    scheduler = await scheduling.open(options=SchedulerOptions(system=(eviction,)))
    assert only(scheduler, "stream-eviction").cron == "@every 10s"
    for second in range(10, 60, 10):
        await scheduling.reaches(START_US + second * 1_000_000)
    await world.clock.somebody_sleeps_until(START_US + 60_000_000)
    await idle()
    assert world.jobs() == []
    assert list(world.storage.scan(b"js")) == []
    assert only(scheduler, "stream-eviction").last_run_at is None
    await scheduler.stop()
