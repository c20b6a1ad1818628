"""Schedules that fire at their times: once each, whatever happens to the server and to the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobs.permissions import SYSTEM
from jobs.record import JobStatus, JobType, Trigger
from jobs.schedules.errors import NoSuchSchedule, ScheduleNotAllowed
from jobs.schedules.options import SchedulerOptions
from jobs.schedules.schedule import OverlapPolicy
from jobs.schedules.timer import FIRES_A_TURN
from storage.keys import KeyKind, key
from storage.kv import Put
from tests.jobs.schedules.scheduling import (
    FIRST_MINUTE_US,
    HOUR_US,
    MINUTE_US,
    Errands,
    create_role,
    drop_role,
    idle,
    new,
    only,
)
from tests.jobs.world import ALICE, START_US

if TYPE_CHECKING:
    from tests.jobs.schedules.scheduling import Scheduling
    from tests.jobs.world import World


async def test_a_schedule_fires_at_each_of_its_times(world: World, scheduling: Scheduling):
    """Not before, and with the owner, the name and the key of the fire time in the job."""
    scheduler = await scheduling.open()
    assert await scheduler.create(new(), ALICE)
    assert (only(scheduler).next_run_at, only(scheduler).last_run_at) == (FIRST_MINUTE_US, None)
    assert world.jobs() == []
    await scheduling.reaches(FIRST_MINUTE_US)
    (first,) = await scheduling.made(1)
    assert (first.owner, first.trigger, first.schedule_name) == ("alice", Trigger.SCHEDULE, "tidy")
    assert first.idempotency_key == "schedule-tidy-2023-11-14T22:14:00Z"
    await scheduling.reaches(FIRST_MINUTE_US + MINUTE_US)
    _, second = await scheduling.made(2)
    await idle()
    shown = only(scheduler)
    assert (shown.last_run_at, shown.last_job_id) == (FIRST_MINUTE_US + MINUTE_US, second.job_id)
    assert shown.next_run_at == FIRST_MINUTE_US + 2 * MINUTE_US
    await scheduler.stop()


async def test_lifecycle_15_fire_time_keys_prevent_duplicates(world: World, scheduling: Scheduling):
    """Two schedulers of the same data make one job for a fire time, and another one for the next."""
    one = await scheduling.open()
    await one.create(new(), ALICE)
    other = await scheduling.start()
    for number in range(2):
        await scheduling.reaches(FIRST_MINUTE_US + number * MINUTE_US)
        await scheduling.made(number + 1)
        await idle()
    assert len(world.jobs()) == 2
    assert only(one).last_job_id == only(other).last_job_id is not None
    await one.stop()
    await other.stop()


async def test_a_crash_before_the_run_is_remembered_does_not_fire_twice(world: World, scheduling: Scheduling):
    """The job was made and the schedule does not know: made up for at the start, the fire finds the job."""
    scheduler = await scheduling.open()
    await scheduler.create(new(cron="0 * * * *"), ALICE)
    stored_key = key(KeyKind.SCHEDULE, b"n", "tidy")
    before = world.storage.get(stored_key)
    assert before is not None
    await scheduling.reaches(only(scheduler).next_run_at)
    (job,) = await scheduling.made(1)
    await idle()
    await scheduler.stop()
    world.storage.write((Put(stored_key, before),))
    await world.crash()
    world.clock.advance(1800)
    scheduler = await scheduling.open()
    await idle()
    assert [record.job_id for record in world.jobs()] == [job.job_id]
    assert only(scheduler).last_job_id == job.job_id
    await scheduler.stop()


async def test_a_crash_in_the_midst_of_the_jobs_of_a_fire_makes_up_for_the_others(world: World, scheduling: Scheduling):
    """Of a fire of several tables each has a key of its own, so that what was made is not made again."""
    scheduler = await scheduling.open()
    await scheduler.create(new(cron="0 * * * *", parameters={"tables": ["a"]}), ALICE)
    stored_key = key(KeyKind.SCHEDULE, b"n", "tidy")
    before = world.storage.get(stored_key)
    assert before is not None
    await scheduling.reaches(only(scheduler).next_run_at)
    (made,) = await scheduling.made(1)
    assert made.idempotency_key == "schedule-tidy-2023-11-14T23:00:00Z-public.a"
    await idle()
    await scheduler.stop()
    world.storage.write((Put(stored_key, before.replace(b"\x91\xa1a", b"\x92\xa1a\xa1b")),))
    await world.crash()
    scheduler = await scheduling.open()
    jobs = await scheduling.made(2)
    assert [record.table_name for record in jobs] == ["a", "b"]
    assert jobs[0].job_id == made.job_id
    await scheduler.stop()


@pytest.mark.parametrize(("down_s", "jobs"), [(3 * 3600, 1), (10, 0)])
async def test_what_was_missed_while_the_server_was_down_runs_once(
    world: World, scheduling: Scheduling, down_s: int, jobs: int
):
    """On start, for the last of the times that passed."""
    scheduler = await scheduling.open()
    await scheduler.create(new(cron="0 * * * *"), ALICE)
    await scheduler.stop()
    await world.close()
    world.clock.advance(down_s)
    scheduler = await scheduling.open()
    await idle()
    assert [record.idempotency_key for record in await scheduling.made(jobs)] == [
        "schedule-tidy-2023-11-15T01:00:00Z"
    ] * jobs
    await scheduler.stop()


async def test_what_was_missed_longer_ago_than_the_window_is_not_made_up_for(world: World, scheduling: Scheduling):
    """The window is `catch_up_s`."""
    options = SchedulerOptions(catch_up_s=3600)
    scheduler = await scheduling.open(options=options)
    await scheduler.create(new(cron="0 2 * * *"), ALICE)
    due_us = only(scheduler).next_run_at
    assert due_us is not None
    await scheduler.stop()
    await world.close()
    scheduling.set(due_us + HOUR_US + 1)
    scheduler = await scheduling.open(options=options)
    await idle()
    assert world.jobs() == []
    assert only(scheduler).next_run_at == due_us + 24 * HOUR_US
    await scheduler.stop()


async def test_a_clock_that_is_set_back_does_not_fire_twice(world: World, scheduling: Scheduling):
    """Times that come again have been seen to; also after a restart."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    await scheduling.reaches(FIRST_MINUTE_US)
    await scheduling.made(1)
    await world.clock.somebody_sleeps_until(FIRST_MINUTE_US + MINUTE_US)
    scheduling.set(START_US)
    scheduling.set(FIRST_MINUTE_US)
    await idle()
    assert len(world.jobs()) == 1
    await scheduler.stop()
    scheduling.set(START_US)
    scheduler = await scheduling.start()
    scheduling.set(FIRST_MINUTE_US)
    await idle()
    assert len(world.jobs()) == 1
    await scheduler.stop()


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_clock_that_is_set_back_by_an_hour_does_not_keep_schedules_from_firing(
    world: World, scheduling: Scheduling, restarts: bool
):
    """What fires each minute fires each minute; what fires once a day does not do so twice."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    await scheduler.create(new("daily", cron="14 22 * * *"), ALICE)
    await scheduling.reaches(FIRST_MINUTE_US)
    await scheduling.made(2)
    await idle()
    if restarts:
        await scheduler.stop()
    scheduling.set(FIRST_MINUTE_US - HOUR_US + 1)
    if restarts:
        scheduler = await scheduling.start()
    for minute in range(1, 4):
        await scheduling.reaches(FIRST_MINUTE_US - HOUR_US + minute * MINUTE_US)
        await scheduling.made(2 + minute)
        await idle()
    scheduling.set(FIRST_MINUTE_US)
    await scheduling.made(6)
    await idle()
    assert sorted(str(record.idempotency_key) for record in world.jobs()) == [
        "schedule-daily-2023-11-14T22:14:00Z",
        "schedule-tidy-2023-11-14T21:15:00Z-again-1",
        "schedule-tidy-2023-11-14T21:16:00Z-again-1",
        "schedule-tidy-2023-11-14T21:17:00Z-again-1",
        "schedule-tidy-2023-11-14T22:14:00Z",
        "schedule-tidy-2023-11-14T22:14:00Z-again-1",
    ]
    await scheduler.stop()


async def test_a_clock_that_is_set_forward_fires_once(world: World, scheduling: Scheduling):
    """For the last of the times that it left out."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    await world.clock.somebody_sleeps_until(FIRST_MINUTE_US)
    scheduling.set(FIRST_MINUTE_US + 100 * MINUTE_US + 17)
    (job,) = await scheduling.made(1)
    await idle()
    assert job.idempotency_key == "schedule-tidy-2023-11-14T23:54:00Z"
    assert only(scheduler).next_run_at == FIRST_MINUTE_US + 101 * MINUTE_US
    assert len(world.jobs()) == 1
    await scheduler.stop()


async def test_a_clock_that_was_far_ahead_does_not_keep_schedules_from_firing(world: World, scheduling: Scheduling):
    """After a start with the right time they go by that."""
    scheduler = await scheduling.open()
    scheduling.set(START_US + 365 * 24 * HOUR_US)
    await scheduler.create(new(), ALICE)
    await scheduler.stop()
    scheduling.set(START_US)
    scheduler = await scheduling.start()
    assert only(scheduler).next_run_at == FIRST_MINUTE_US
    await scheduler.stop()


async def test_a_fire_is_passed_over_while_the_last_job_is_active(world: World, scheduling: Scheduling):
    """ON OVERLAP SKIP: no job, a line in the log under the active job's id, and `last_run_at` stays."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    scheduling.chores.opened.clear()
    await scheduling.reaches(FIRST_MINUTE_US)
    await world.clock.somebody_sleeps_until(FIRST_MINUTE_US + MINUTE_US)
    await idle()
    (running,) = world.jobs()
    await scheduling.reaches(FIRST_MINUTE_US + MINUTE_US)
    await world.clock.somebody_sleeps_until(FIRST_MINUTE_US + 2 * MINUTE_US)
    await idle()
    assert len(world.jobs()) == 1
    assert (only(scheduler).last_run_at, only(scheduler).last_job_id) == (FIRST_MINUTE_US, running.job_id)
    line = next(line for line in world.lines if "passed over" in line["event"])
    assert (line["job_id"], line["schedule"]) == (running.job_id, "tidy")
    assert "2023-11-14T22:15:00Z: its last job is running" in line["event"]
    scheduling.chores.opened.set()
    await world.ended(running.job_id)
    await scheduling.reaches(FIRST_MINUTE_US + 2 * MINUTE_US)
    await scheduling.made(2)
    await scheduler.stop()


async def test_a_fire_asks_anyway_when_told_to_queue(world: World, scheduling: Scheduling):
    """ON OVERLAP QUEUE: a job for each fire."""
    scheduler = await scheduling.open()
    await scheduler.create(new(on_overlap=OverlapPolicy.QUEUE), ALICE)
    scheduling.chores.opened.clear()
    for number in range(3):
        await scheduling.reaches(FIRST_MINUTE_US + number * MINUTE_US)
    await world.clock.somebody_sleeps_until(FIRST_MINUTE_US + 3 * MINUTE_US)
    await idle()
    assert len(world.jobs()) == 3
    scheduling.chores.opened.set()
    assert {record.status for record in await scheduling.made(3)} == {JobStatus.COMPLETED}
    await scheduler.stop()


async def test_a_schedule_whose_owner_was_dropped_fires_no_more(world: World, scheduling: Scheduling):
    """It is told in the log and shown by `next_run_at`; another role of the same name does not inherit it."""
    scheduler = await scheduling.open()
    await create_role(world, "alice")
    await scheduler.create(new(), ALICE)
    assert only(scheduler).next_run_at == FIRST_MINUTE_US
    await drop_role(world, "alice")
    assert only(scheduler).next_run_at is None
    (line,) = [line for line in world.lines if "its owner was dropped" in line["event"]]
    assert (line["schedule"], line["owner"]) == ("tidy", "alice")
    await create_role(world, "alice")
    world.clock.advance(3600)
    await idle()
    assert world.jobs() == []
    await scheduler.stop()


async def test_a_fire_does_what_the_owner_may_do_then(world: World, scheduling: Scheduling):
    """Who lost the right has no jobs made: the log says so; who has it again has the next fire."""
    scheduler = await scheduling.open()
    await scheduler.create(new(), ALICE)
    scheduling.refused["alice"] = "permission denied for table t"
    await scheduling.reaches(FIRST_MINUTE_US)
    await world.clock.somebody_sleeps_until(FIRST_MINUTE_US + MINUTE_US)
    assert world.jobs() == []
    (line,) = [line for line in world.lines if line["event"] == "a schedule could not make a job"]
    assert line["error"] == (
        'schedule "tidy" may not do what it is for as its owner "alice": permission denied for table t'
    )
    with pytest.raises(ScheduleNotAllowed):
        await scheduler.run("tidy", ALICE)
    scheduling.refused.clear()
    await scheduling.reaches(FIRST_MINUTE_US + MINUTE_US)
    await scheduling.made(1)
    await scheduler.stop()


async def test_nobody_runs_a_schedule_whose_owner_was_dropped(world: World, scheduling: Scheduling):
    """Its jobs would belong to a role that is not there, or to another one of its name."""
    scheduler = await scheduling.open()
    await create_role(world, "alice")
    await scheduler.create(new(), ALICE)
    await drop_role(world, "alice")
    with pytest.raises(ScheduleNotAllowed, match='its owner "alice" was dropped'):
        await scheduler.run("tidy", SYSTEM)
    await create_role(world, "alice")
    with pytest.raises(NoSuchSchedule):
        await scheduler.run("tidy", ALICE)
    assert world.jobs() == []
    await scheduler.stop()


async def test_an_error_of_one_schedule_does_not_keep_others_from_firing(world: World, scheduling: Scheduling):
    """What kept a job from being made is in the log; the next fire tries again."""
    scheduler = await scheduling.open(max_active=1)
    scheduling.chores.opened.clear()
    await scheduler.create(new("a"), ALICE)
    await scheduler.create(new("b"), ALICE)
    await scheduling.reaches(FIRST_MINUTE_US)
    await world.clock.somebody_sleeps_until(FIRST_MINUTE_US + MINUTE_US)
    await idle()
    (line,) = [line for line in world.lines if line["event"] == "a schedule could not make a job"]
    assert (line["schedule"], line["error"]) == ("b", "job queue full: 1 jobs have not ended yet")
    assert only(scheduler, "b").last_run_at is None
    scheduling.chores.opened.set()
    await scheduling.made(1)
    await scheduler.stop()


async def test_a_fire_that_makes_jobs_of_two_types_makes_both(world: World, scheduling: Scheduling):
    """Of the same table: each has a key of its own."""
    scheduler = await scheduling.open(Errands())
    await scheduler.create(new(job_type=JobType.RETENTION), ALICE)
    await scheduling.reaches(FIRST_MINUTE_US)
    jobs = await scheduling.made(2)
    assert {(job.job_type, job.idempotency_key) for job in jobs} == {
        (JobType.COMPACTION, "schedule-tidy-2023-11-14T22:14:00Z-compaction-public.t"),
        (JobType.RETENTION, "schedule-tidy-2023-11-14T22:14:00Z-public.t"),
    }
    await scheduler.stop()


async def test_all_that_is_due_at_once_fires(world: World, scheduling: Scheduling):
    """Also more than are begun in one turn of the loop."""
    scheduler = await scheduling.open()
    names = [f"tidy{number}" for number in range(FIRES_A_TURN * 2 + 1)]
    for name in names:
        await scheduler.create(new(name), ALICE)
    await scheduling.reaches(FIRST_MINUTE_US)
    jobs = await scheduling.made(len(names))
    assert sorted(job.schedule_name for job in jobs) == sorted(names)
    await scheduler.stop()
