"""Shutdowns, crashes and starts."""

from __future__ import annotations

import asyncio

import pytest

from jobs.errors import (
    ManagerStopped,
    TransientJobError,
)
from jobs.record import JobStatus
from tests.jobs.tables import held_flush, hot_rows
from tests.jobs.world import (
    ALICE,
    START_US,
    Gate,
    Scripted,
    Work,
    World,
    at_once,
    failing,
    request,
    running,
    stubborn_job,
    told_to_stop,
)

S = JobStatus


async def test_shutdown_stops_work_that_is_not_waited_for_and_queues_it(world: World):
    """A running job is stopped without being cancelled; it and the waiting ones run when the server is back."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    job_id = await running(world, gate)
    waiting = (await world.manager.start_job(request())).record.job_id
    await world.manager.stop(300)
    assert gate.inside == 0
    assert world.story(job_id)[-1] is S.QUEUED
    with pytest.raises(ManagerStopped):
        await world.manager.start_job(request())
    await world.close()
    await world.open(Scripted(at_once))
    for stopped in (job_id, waiting):
        assert (await world.ended(stopped)).status is S.COMPLETED
    assert [a.outcome for a in world.manager.find_attempts(job_id)] == ["stopped", "completed"]


async def test_a_retry_is_not_forgotten_over_a_restart(world: World):
    """A job that waited for its retry still does after a crash, and runs at its time."""
    await world.open(Scripted(failing(TransientJobError("busy"))), retry_backoff_ms=60_000)
    job_id = (await world.manager.start_job(request())).record.job_id
    due = (await world.saw(job_id, S.RETRYING)).next_run_at
    await world.crash()
    body = Scripted(at_once)
    await world.open(body)
    await world.clock.somebody_sleeps_until(due)
    assert body.runs == 0
    world.clock.advance(60)
    assert (await world.ended(job_id)).retry_count == 1


async def test_a_job_that_was_being_killed_is_cancelled_after_a_crash(world: World):
    """What had been told to stop has stopped with the server."""
    job_id, release = await stubborn_job(world)
    await world.manager.cancel_job(job_id, ALICE, "enough", sync=False)
    # The crash takes its image of the data folder before it lets the loop turn.
    asyncio.get_running_loop().call_soon(release.set)
    await world.crash()
    body = Scripted(at_once)
    await world.open(body)
    record = await world.manager.get_job_status(job_id)
    assert (record.status, record.message) == (S.CANCELLED, "cancelled by alice: enough")
    assert [a.outcome for a in world.manager.find_attempts(job_id)] == ["failed"]
    assert body.runs == 0


async def test_crash_loop(world: World):
    """A job that was running at three crashes is failed with the message `crash loop`."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    for crashes in (1, 2):
        await world.crash()
        gate = Gate()
        await world.open(Scripted(gate))
        await gate.entered.acquire()
        assert (await world.manager.get_job_status(job_id)).retry_count == crashes
    await world.crash()
    await world.open(Scripted(at_once))
    record = await world.ended(job_id)
    assert (record.status, record.message, record.error_sqlstate) == (S.FAILED, "crash loop", "57P02")


async def test_the_record_survives_as_it_was(world: World):
    """A record read from disk after a restart equals the one that was shown before it."""
    await world.open(Scripted(at_once))
    job_id = (await world.manager.start_job(request(parameters=Work("ünïcode", 3)))).record.job_id
    shown = await world.ended(job_id)
    await world.close()
    await world.open(Scripted(at_once))
    assert await world.manager.get_job_status(job_id) == shown


async def test_a_second_shutdown_does_not_wait(world: World):
    """While one shutdown waits for a flush, another one without patience stops everything, and both return."""
    storage, table, job_id = await held_flush(world)
    patient = asyncio.create_task(world.manager.stop(300))
    await world.clock.somebody_sleeps_until(START_US + 300_000_000)
    at_once_now = asyncio.create_task(world.manager.stop(0))
    await told_to_stop(job_id)
    world.disk.release()
    await asyncio.gather(patient, at_once_now)
    assert world.story(job_id)[-1] is S.QUEUED
    assert hot_rows(storage, table) == 10


async def test_a_job_of_a_type_that_this_server_does_not_run_fails(world: World):
    """A job left by a server that ran other types ends with an error that says so, and disturbs nobody."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    await world.crash()
    await world.open()
    record = await world.ended(job_id)
    assert (record.status, record.message) == (S.FAILED, "this server runs no compaction jobs")
