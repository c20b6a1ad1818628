"""Flush jobs on real tables: full coverage, atomic ends, and what is left behind (nothing)."""

from __future__ import annotations

import asyncio
import errno
import re

import pytest

from jobs.errors import IdempotencyKeyReused
from jobs.flush import FlushBody, FlushParameters
from jobs.record import JobStatus
from storage.errors import TableGone
from tests.jobs.tables import (
    create_table,
    drop_table,
    files,
    flush_of,
    held_flush,
    hot_rows,
    insert,
    insert_many,
    row_ids,
)
from tests.jobs.world import ALICE, START_US, World, advancing, told_to_stop

S = JobStatus


async def test_a_flush_settles_all_rows_and_says_what_it_did(world: World):
    """After a flush every row is cold, exactly once, and message and result tell rows, files, bytes and place."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(1_000))
    await world.open(FlushBody(storage))
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    record = await world.ended(job_id)
    assert record.status is S.COMPLETED
    assert re.fullmatch(r"flushed 1000 rows into 1 segment \(\d+\.\d kB\) in (\d+ ms|\d+\.\d s)", record.message)
    (path,) = files(storage.cold_folder)
    assert record.result["rows"] == 1_000
    assert record.result["files"] == 1
    assert record.result["bytes"] == path.stat().st_size
    assert record.result["location"] == str(path.parent)
    assert (record.units_done, record.units_total, record.unit) == (1_000, 1_000, "rows")
    assert (hot_rows(storage, table), row_ids(storage, table)) == (0, dict.fromkeys(range(1_000), 1))
    assert record.cpu_seconds > 0


async def test_the_record_is_settled_in_the_batch_of_the_flush(world: World):
    """A crash right after the flush's batch finds the job completed, not to be run again."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(10))
    await world.open(FlushBody(storage))
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await world.saw(job_id, S.COMPLETED)
    await world.crash()
    await world.open(FlushBody(world.open_storage()))
    assert (await world.manager.get_job_status(job_id)).status is S.COMPLETED
    assert world.transitions == []
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)


async def test_a_flush_asked_for_while_one_runs_covers_rows_committed_until_the_asking(world: World):
    """The running job makes another pass for rows that its first pass did not see: same id, full coverage."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(10))
    await world.open(FlushBody(storage))
    world.disk.hold_at("flush.after_temporary_file")
    first = await world.manager.start_job(flush_of(table))
    await asyncio.to_thread(world.disk.reached.wait)
    await insert(storage, table, range(10, 15))
    second = await world.manager.start_job(flush_of(table))
    assert (second.record.job_id, second.deduplicated) == (first.record.job_id, True)
    world.disk.release()
    record = await world.ended(first.record.job_id)
    assert (record.result["rows"], record.result["files"]) == (15, 2)
    assert hot_rows(storage, table) == 0
    assert row_ids(storage, table) == dict.fromkeys(range(15), 1)
    assert [event.kind for event in world.manager.find_events(first.record.job_id)].count("joined") == 1


async def test_rows_committed_after_the_asking_are_not_waited_for(world: World):
    """A flush ends even if rows keep coming: those that nobody asked for stay hot."""
    storage, table, job_id = await held_flush(world)
    await insert(storage, table, range(10, 15))
    world.disk.release()
    assert (await world.ended(job_id)).result["rows"] == 10
    assert hot_rows(storage, table) == 5


async def test_a_flush_asked_for_at_any_moment_covers_every_row_committed_before(world: World):
    """However requests and the ends of jobs interleave, when a request's job has ended its rows are cold."""
    storage = world.open_storage()
    table = await create_table(storage)
    await world.open(FlushBody(storage))

    async def client(number: int) -> None:
        for turn in range(15):
            row_id = number * 100 + turn
            await insert(storage, table, [row_id])
            seq = storage.find(table.oid, storage.key_of(table, (row_id,)))[1]
            started = await world.manager.start_job(flush_of(table))
            record = await world.ended(started.record.job_id)
            assert record.status in (S.COMPLETED, S.SKIPPED)
            segments = storage.snapshot(table.oid).segments
            assert any(segment.min_seq <= seq <= segment.max_seq for segment in segments)

    await asyncio.gather(*(client(number) for number in range(6)))
    assert sum(row_ids(storage, table).values()) == 90
    assert len(world.jobs()) < 90


async def test_a_killed_flush_loses_no_row_and_leaves_no_file(world: World):
    """Killed while it writes, a flush is cancelled once its files are gone; all rows stay; the next one completes."""
    storage, table, job_id = await held_flush(world, rows=1_000)
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE, "test"))
    await world.saw(job_id, S.CANCELLING)
    assert len(files(storage.cold_folder)) == 1
    assert row_ids(storage, table) == dict.fromkeys(range(1_000), 1)
    world.disk.release()
    assert (await kill).status is S.CANCELLED
    assert files(storage.cold_folder) == []
    assert hot_rows(storage, table) == 1_000
    record = await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    assert record.result["rows"] == 1_000
    assert row_ids(storage, table) == dict.fromkeys(range(1_000), 1)


async def test_a_flush_of_many_rows_is_killed_at_a_checkpoint(world: World):
    """A flush that is really writing stops soon after KILL; nothing is lost, nothing is left."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert_many(storage, table, range(400_000))
    await world.open(FlushBody(storage))
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await world.saw(job_id, S.RUNNING)
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert outcome.status is S.CANCELLED
    assert files(storage.cold_folder) == []
    assert hot_rows(storage, table) == 400_000


async def test_disk_full_is_retried_and_then_succeeds(world: World):
    """A full disk makes the flush `retrying` with the error; once there is space again a retry completes it."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(10))
    await world.open(FlushBody(storage))
    world.disk.errors.append(OSError(errno.ENOSPC, "No space left on device"))
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    record = await world.saw(job_id, S.RETRYING)
    assert "No space left on device" in record.message
    assert record.error_sqlstate == "53100"
    assert files(storage.cold_folder) == []
    assert hot_rows(storage, table) == 10
    async with advancing(world.clock):
        assert (await world.ended(job_id)).status is S.COMPLETED
    assert row_ids(storage, table) == dict.fromkeys(range(10), 1)


async def test_a_table_dropped_during_its_flush_ends_the_flush_cleanly(world: World):
    """The job is skipped and its files are removed."""
    storage, table, job_id = await held_flush(world)
    await drop_table(storage, table)
    world.disk.release()
    record = await world.ended(job_id)
    assert (record.status, record.message) == (S.SKIPPED, "the table was dropped")
    assert files(storage.cold_folder) == []


async def test_a_new_table_of_the_same_name_is_flushed_by_a_job_of_its_own(world: World):
    """The job of the table that was dropped meanwhile is skipped; the new table's rows are covered by another one."""
    storage, table, job_id = await held_flush(world)
    await drop_table(storage, table)
    new = await create_table(storage)
    await insert(storage, new, range(3))
    other = await world.manager.start_job(flush_of(new))
    assert not other.deduplicated
    world.disk.release()
    assert (await world.ended(job_id)).status is S.SKIPPED
    record = await world.ended(other.record.job_id)
    assert (record.status, record.result["rows"]) == (S.COMPLETED, 3)
    assert hot_rows(storage, new) == 0


async def test_a_flush_of_a_table_that_is_gone_is_refused(world: World):
    """Who asks is told; no job is made."""
    storage = world.open_storage()
    table = await create_table(storage)
    await drop_table(storage, table)
    await world.open(FlushBody(storage))
    with pytest.raises(TableGone):
        await world.manager.start_job(flush_of(table))
    assert world.jobs() == []


async def test_a_users_key_and_the_tables_key_lead_to_one_flush(world: World):
    """Two flushes of a table never run at once, whatever keys users give; a key is an error for another table."""
    storage = world.open_storage()
    table, other = await create_table(storage), await create_table(storage, "other")
    await insert(storage, table, range(10))
    await world.open(FlushBody(storage))
    world.disk.hold_at("flush.after_temporary_file")
    first = await world.manager.start_job(flush_of(table, idempotency_key="mine", idempotency_key_source="user"))
    second = await world.manager.start_job(flush_of(table))
    assert second.record.job_id == first.record.job_id
    with pytest.raises(IdempotencyKeyReused):
        await world.manager.start_job(flush_of(other, idempotency_key="mine", idempotency_key_source="user"))
    world.disk.release()
    assert (await world.ended(first.record.job_id)).status is S.COMPLETED


async def test_progress_is_shown_while_it_runs(world: World):
    """A flush that runs says how many rows it has to write, in which unit and phase."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(10))
    await world.open(FlushBody(storage))
    world.disk.hold_at("flush.before_write")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    record = await world.manager.get_job_status(job_id)
    assert (record.units_done, record.units_total, record.unit) == (0, 10, "rows")
    assert (record.phase, record.fraction_completed, record.eta) == ("writing segments", 0.0, None)
    world.disk.release()
    await world.ended(job_id)


async def test_shutdown_stops_a_flush_after_its_timeout_and_the_next_start_runs_it(world: World):
    """A flush that takes longer is stopped, not cancelled: it is queued, and completes when the server is back."""
    storage, table, job_id = await held_flush(world)
    stopping = asyncio.create_task(world.manager.stop(300))
    await world.clock.somebody_sleeps_until(START_US + 300_000_000)
    world.clock.advance(300)
    await told_to_stop(job_id)
    world.disk.release()
    await stopping
    assert world.story(job_id)[-1] is S.QUEUED
    assert files(storage.cold_folder) == []
    await world.close()
    await world.open(FlushBody(world.open_storage()))
    record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 0)
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)


def test_parameters_are_typed():
    """Parameters from JSON are checked against their types."""
    body = FlushBody(None)
    good = {"table_oid": 5, "namespace": "public", "table_name": "t", "through_commit": 7}
    assert body.parse(good) == FlushParameters(table_oid=5, namespace="public", table_name="t", through_commit=7)
