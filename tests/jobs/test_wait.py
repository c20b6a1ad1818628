"""Waiting for jobs, listening to them, and watching their progress."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from jobs.errors import (
    JobFailed,
    NoSuchJob,
    TransientJobError,
    WaitTimedOut,
)
from jobs.record import JobStatus
from tests.jobs.world import (
    START_US,
    Gate,
    Scripted,
    World,
    advancing,
    at_once,
    failing,
    request,
    running,
)

if TYPE_CHECKING:
    from jobs.outcome import Outcome

S = JobStatus


async def test_waiting_ends_with_the_job(world: World):
    """`wait_for_job` returns the ended record; for a job that ended before, at once; for an unknown one it raises."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    waiting = [asyncio.create_task(world.manager.wait_for_job(job_id)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    gate.opened.set()
    assert [(await task).status for task in waiting] == [S.COMPLETED] * 3
    assert (await world.manager.wait_for_job(job_id, 0)).status is S.COMPLETED
    with pytest.raises(NoSuchJob):
        await world.manager.wait_for_job("CO-000000000000")


async def test_a_wait_that_times_out_leaves_the_job_alone(world: World):
    """The error has the job's record, so that its id is known; the job goes on."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    waiting = asyncio.create_task(world.manager.wait_for_job(job_id, 30))
    await world.clock.somebody_sleeps_until(START_US + 30_000_000)
    world.clock.advance(30)
    with pytest.raises(WaitTimedOut, match=job_id) as caught:
        await waiting
    assert caught.value.record.status is S.RUNNING
    gate.opened.set()
    assert (await world.ended(job_id)).status is S.COMPLETED


async def test_waiting_for_a_job_that_fails_raises_what_it_failed_of(world: World):
    """The error has the job's record and SQLSTATE."""
    await world.open(Scripted(failing(OSError("disk"))))
    job_id = (await world.manager.start_job(request(max_retries=0))).record.job_id
    with pytest.raises(JobFailed, match="disk") as caught:
        await world.manager.wait_for_job(job_id)
    assert caught.value.sqlstate == "53100"


async def test_whoever_is_told_finds_it_durable(world: World):
    """At each transition that a listener hears, the data folder as it is on disk tells the same."""
    await world.open(Scripted(at_once))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.ended(job_id)
    await world.crash()
    await world.open(Scripted(at_once))
    assert (await world.manager.get_job_status(job_id)).status is S.COMPLETED


async def test_a_listener_that_fails_keeps_nobody_else_from_hearing(world: World):
    """Its error goes to the loop's handler; other listeners hear, and jobs go on."""
    await world.open(Scripted(at_once))
    errors: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(str(context["exception"])))

    def broken(transition: object) -> None:
        raise ValueError("deaf")

    end = world.manager.subscribe(broken)
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.COMPLETED)
    assert errors == ["deaf"] * 4
    end()
    await world.saw((await world.manager.start_job(request())).record.job_id, S.COMPLETED)
    assert len(errors) == 4


async def test_events_tell_the_story_in_order(world: World):
    """Each change of a job is an event with its time and text."""
    await world.open(Scripted(failing(TransientJobError("busy"))))
    job_id = (await world.manager.start_job(request("sweep"))).record.job_id
    async with advancing(world.clock):
        await world.ended(job_id)
    told = [(event.kind, event.message) for event in world.manager.find_events(job_id)]
    assert told == [
        ("new", "sweep"),
        ("queued", None),
        ("running", "attempt 1"),
        ("retrying", "busy"),
        ("running", "attempt 2"),
        ("completed", "did sweep"),
    ]


async def test_progress_is_in_memory_and_on_disk_once_a_second(world: World):
    """Progress shows at once, with its ETA; it is written at most once a second, and a crash keeps what was written."""
    gate = Gate()

    async def run(context: object) -> Outcome:
        context.progress(1, 10, "rows", "reading")
        return await gate(context)

    await world.open(Scripted(run))
    job_id = await running(world, gate)
    world.clock.advance(1.5)
    for _ in range(3):
        await asyncio.sleep(0)
    record = await world.manager.get_job_status(job_id)
    assert (record.units_done, record.units_total, record.unit, record.phase) == (1, 10, "rows", "reading")
    assert record.fraction_completed == 0.1
    assert record.eta == START_US + 15_000_000
    await world.crash()
    await world.open(Scripted(at_once), recovery="fail")
    assert (await world.ended(job_id)).units_done == 1
