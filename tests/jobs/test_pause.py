"""Pausing, resuming and retrying jobs."""

from __future__ import annotations

import asyncio

import pytest

from jobs.errors import (
    NoSuchJob,
    TransientJobError,
    WrongJobState,
)
from jobs.flush import FlushBody
from jobs.record import JobStatus
from tests.jobs.tables import create_table, files, flush_of, hot_rows, insert, insert_many, row_ids
from tests.jobs.world import (
    ALICE,
    BOB,
    Gate,
    Scripted,
    World,
    at_once,
    failing,
    request,
    running,
)

S = JobStatus


async def test_pause_stops_the_work_and_resume_runs_it_again(world: World):
    """A paused job's work has stopped and its place is free; resumed, it is queued and runs as a new attempt."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    job_id = await running(world, gate)
    outcome = await world.manager.pause_job(job_id, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.RUNNING, S.PAUSED)
    assert gate.inside == 0
    other = await running(world, gate)
    outcome = await world.manager.resume_job(job_id, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.PAUSED, S.QUEUED)
    gate.opened.set()
    await world.ended(other)
    record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 0)
    assert [a.outcome for a in world.manager.find_attempts(job_id)] == ["paused", "completed"]
    assert world.story(job_id)[2:] == [S.RUNNING, S.PAUSING, S.PAUSED, S.QUEUED, S.RUNNING, S.COMPLETED]


async def test_a_queued_and_a_retrying_job_are_paused_at_once(world: World):
    """A job that is not running is paused at once, and does not run until it is resumed."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    busy = await running(world, gate)
    queued = (await world.manager.start_job(request())).record.job_id
    assert (await world.manager.pause_job(queued, ALICE)).status is S.PAUSED
    gate.opened.set()
    await world.ended(busy)
    assert (await world.manager.get_job_status(queued)).status is S.PAUSED
    await world.manager.resume_job(queued, ALICE)
    assert (await world.ended(queued)).status is S.COMPLETED


async def test_a_paused_job_stays_paused_over_a_restart(world: World):
    """A restart does not resume what somebody paused, and keeps its key."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate, idempotency_key="k")
    await world.manager.pause_job(job_id, ALICE)
    await world.crash()
    body = Scripted(at_once)
    await world.open(body)
    joined = await world.manager.start_job(request(idempotency_key="k"))
    assert (joined.record.job_id, joined.record.status) == (job_id, S.PAUSED)
    assert body.runs == 0
    await world.manager.resume_job(job_id, ALICE)
    assert (await world.ended(job_id)).status is S.COMPLETED


async def test_what_cannot_be_done_in_a_state_is_an_error_with_a_hint(world: World):
    """Resume of a job that is not paused, retry of one that runs, pause of one that ended: each says what it is."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    for attempt in (world.manager.resume_job, world.manager.retry_job):
        with pytest.raises(WrongJobState) as caught:
            await attempt(job_id, ALICE)
        assert "It is running" in caught.value.hint
    gate.opened.set()
    await world.ended(job_id)
    with pytest.raises(WrongJobState) as caught:
        await world.manager.pause_job(job_id, ALICE)
    assert "It is completed" in caught.value.hint


async def test_retry_skips_the_wait(world: World):
    """RETRY of a job that waits for its retry runs it now."""
    await world.open(Scripted(failing(TransientJobError("busy"))))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.RETRYING)
    outcome = await world.manager.retry_job(job_id, ALICE)
    assert (outcome.job_id, outcome.previous_status) == (job_id, S.RETRYING)
    assert (await world.ended(job_id)).retry_count == 1


async def test_retry_of_a_failed_job_is_a_new_job(world: World):
    """A failed job stays failed; its work is started again as another job, which names it as its parent."""
    await world.open(Scripted(failing(ValueError("bad"))))
    job_id = (await world.manager.start_job(request("sweep"))).record.job_id
    await world.ended(job_id)
    outcome = await world.manager.retry_job(job_id, ALICE)
    assert outcome.previous_status is S.FAILED
    record = await world.ended(outcome.job_id)
    assert (record.parent_job_id, record.message) == (job_id, "did sweep")
    assert (await world.manager.get_job_status(job_id)).status is S.FAILED


async def test_control_needs_permission(world: World):
    """Pause, resume and retry are for those who may kill."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    for attempt in (world.manager.pause_job, world.manager.resume_job, world.manager.retry_job):
        with pytest.raises(NoSuchJob):
            await attempt(job_id, BOB)


async def test_a_paused_flush_keeps_what_it_has_committed(world: World):
    """Paused in its second pass, it keeps what the first one settled; resumed, it does the rest, and tells of both."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(10))
    await world.open(FlushBody(storage))
    world.disk.hold_at("flush.before_write")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    await insert(storage, table, range(10, 30))
    assert (await world.manager.start_job(flush_of(table))).record.job_id == job_id
    # The first pass goes on, and becomes a part of the work; the second one is held.
    world.disk.hold_next_at("flush.after_temporary_file")
    await asyncio.to_thread(world.disk.reached.wait)
    world.disk.hold_next_at("flush.before_write")
    await asyncio.to_thread(world.disk.reached.wait)
    assert hot_rows(storage, table) == 20
    kept = {path for path in files(storage.cold_folder) if path.suffix == ".parquet"}
    pausing = asyncio.create_task(world.manager.pause_job(job_id, ALICE))
    await world.saw(job_id, S.PAUSING)
    world.disk.release()
    assert (await pausing).status is S.PAUSED
    assert set(files(storage.cold_folder)) == kept
    assert hot_rows(storage, table) == 20
    await world.manager.resume_job(job_id, ALICE)
    record = await world.ended(job_id)
    assert (record.status, record.result["rows"]) == (S.COMPLETED, 30)
    assert row_ids(storage, table) == dict.fromkeys(range(30), 1)
    assert kept < set(files(storage.cold_folder))


async def test_a_large_table_is_settled_in_steps_that_a_pause_keeps(world: World, monkeypatch: pytest.MonkeyPatch):
    """Paused in the second of three steps of one pass, a flush keeps the first one, and its record says what that was.

    The result of the whole tells of every row once.
    """
    monkeypatch.setattr("storage.hot.CHUNK_ROWS_MAX", 6000)
    monkeypatch.setattr("jobs.flush.STEP_ROWS_MAX", 6000)
    storage = world.open_storage()
    table = await create_table(storage)
    for start in (0, 6000, 12_000):
        await insert_many(storage, table, range(start, start + 6000))
    await world.open(FlushBody(storage))
    world.disk.hold_at("flush.before_write")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    world.disk.hold_next_at("flush.after_rename")
    await asyncio.to_thread(world.disk.reached.wait)
    world.disk.hold_next_at("flush.after_temporary_file")
    await asyncio.to_thread(world.disk.reached.wait)
    assert hot_rows(storage, table) == 12_000
    pausing = asyncio.create_task(world.manager.pause_job(job_id, ALICE))
    await world.saw(job_id, S.PAUSING)
    world.disk.release()
    assert (await pausing).status is S.PAUSED
    assert (hot_rows(storage, table), len(files(storage.cold_folder))) == (12_000, 1)
    paused = await world.manager.get_job_status(job_id)
    assert (paused.result["rows"], paused.result["files"]) == (6000, 1)
    await world.manager.resume_job(job_id, ALICE)
    record = await world.ended(job_id)
    assert (record.status, record.result["rows"], record.result["files"]) == (S.COMPLETED, 18_000, 3)
    assert record.message.startswith("flushed 18000 rows into 3 segments")
    assert row_ids(storage, table) == dict.fromkeys(range(18_000), 1)
