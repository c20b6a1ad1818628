"""Retention jobs: rows that were deleted leave the disk in bounded time, and nothing else does."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from jobs.errors import WrongJobState
from jobs.flush import FlushBody
from jobs.record import JobStatus, JobType
from jobs.request import JobRequest
from jobs.retention import RetentionBody, RetentionParameters
from storage.keys import KeyKind, key
from storage.kv import new_batch
from tests.jobs.tables import create_table, delete, drop_table, files, flush_now, insert, row_ids
from tests.jobs.world import ALICE, World, advancing, told_to_stop

if TYPE_CHECKING:
    from jobs.record import JobRecord
    from storage.catalog_entries import Table
    from storage.kv import Batch

S = JobStatus
DAY_S = 86_400.0


def retention_of(table: Table) -> JobRequest:
    """What the schedule asks for."""
    return JobRequest(
        job_type=JobType.RETENTION,
        parameters=RetentionParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner="alice",
        namespace=table.namespace,
        table_name=table.name,
    )


async def open_retention(world: World, days: float = 7, **options: Any) -> RetentionBody:
    """Start a manager that has rows leave the disk when they were deleted so long ago."""
    body = RetentionBody(world.open_storage(), days * DAY_S, world.clock)
    await world.open(body, FlushBody(world.storage), **options)
    return body


async def segmented(world: World, count: int = 3, name: str = "t") -> Table:
    """A table with so many segments of ten rows."""
    storage = world.open_storage()
    table = await create_table(storage, name)
    for number in range(count):
        await insert(storage, table, range(number * 10, number * 10 + 10))
        await flush_now(storage, table)
    return table


def ids_on_disk(world: World) -> set[int]:
    """What the files have, dead or not."""
    return {row_id for path in files(world.storage.cold_folder) for row_id in pq.read_table(path)["id"].to_pylist()}


async def ran(world: World, table: Table) -> JobRecord:
    """The record of a job that has run."""
    return await world.ended((await world.manager.start_job(retention_of(table))).record.job_id)


async def test_rows_deleted_long_ago_leave_the_disk(world: World):
    """Only segments with such rows are rewritten, and all dead rows of these go; others keep theirs for their time."""
    table = await segmented(world)
    await delete(world.storage, table, [3])
    world.clock.advance(5 * DAY_S)
    await delete(world.storage, table, [4, 13])
    world.clock.advance(3 * DAY_S)
    before = files(world.storage.cold_folder)
    await open_retention(world)
    record = await ran(world, table)
    assert record.job_id.startswith("RT-")
    assert record.status is S.COMPLETED
    assert record.message.startswith("rewrote 1 segment, dropped 2 dead rows (")
    assert (record.result["rows"], record.result["dead_rows_dropped"]) == (8, 2)
    assert ids_on_disk(world) == set(range(30)) - {3, 4}
    assert len(set(before) & set(files(world.storage.cold_folder))) == 2
    assert row_ids(world.storage, table) == dict.fromkeys(set(range(30)) - {3, 4, 13}, 1)
    again = await ran(world, table)
    assert (again.status, again.message) == (S.SKIPPED, "no rows were deleted more than 7d ago")
    world.clock.advance(5 * DAY_S)
    assert (await ran(world, table)).status is S.COMPLETED
    assert 13 not in ids_on_disk(world)


async def test_times_of_deletes_survive_a_restart(world: World):
    """A row is as long dead after a crash as before; one that an older server deleted counts as dead for long."""
    table = await segmented(world, 1)
    await delete(world.storage, table, [3])
    world.clock.advance(4 * DAY_S)
    await world.crash()
    world.open_storage()
    await open_retention(world)
    assert (await ran(world, table)).status is S.SKIPPED
    world.clock.advance(4 * DAY_S)
    assert (await ran(world, table)).status is S.COMPLETED
    (segment,) = world.storage.snapshot(table.oid).segments
    prefix = key(KeyKind.DEAD, table.oid)
    assert list(world.storage.scan(prefix)) == []
    world.storage.visible.kv.write(old_death(prefix, segment.min_seq))
    await world.crash()
    await open_retention(world)
    assert (await ran(world, table)).result["dead_rows_dropped"] == 1


def old_death(prefix: bytes, seq: int) -> Batch:
    """A dead row as an older server wrote it."""
    batch = new_batch()
    batch.put(prefix + seq.to_bytes(8, "big"), b"")
    return batch


async def test_what_the_schedule_asks_for(world: World):
    """A job for a table with cold rows deleted long ago, and a flush for one where they are hot; nothing for others."""
    cold, hot = await segmented(world, 1, "cold"), await create_table(world.open_storage(), "hot")
    young = await segmented(world, 1, "young")
    await insert(world.storage, hot, range(5))
    await delete(world.storage, hot, [1])
    await delete(world.storage, cold, [1])
    world.clock.advance(8 * DAY_S)
    await delete(world.storage, young, [1])
    body = await open_retention(world)
    requests = list(body.scheduled({}))
    assert [(request.job_type, request.table_name) for request in requests] == [
        (JobType.RETENTION, "cold"),
        (JobType.FLUSH, "hot"),
    ]
    for request in requests:
        assert (await world.ended((await world.manager.start_job(request)).record.job_id)).status is S.COMPLETED
    assert list(body.scheduled({})) == []
    assert list(body.scheduled({"namespace": "public", "table_name": "young"})) == []
    assert list(world.storage.scan(key(KeyKind.DEAD, hot.oid))) == []


async def held(world: World, table: Table, point: str) -> str:
    """The id of a job that waits at that point."""
    world.disk.hold_at(point)
    job_id = (await world.manager.start_job(retention_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    await world.saw(job_id, S.RUNNING)
    return job_id


async def expired(world: World, count: int = 2) -> Table:
    """A table each of whose segments has a row that was deleted long ago."""
    table = await segmented(world, count)
    await delete(world.storage, table, range(0, count * 10, 10))
    world.clock.advance(8 * DAY_S)
    return table


@pytest.mark.parametrize("control", ["cancel", "pause"])
async def test_a_stop_keeps_what_is_done(world: World, control: str):
    """Killed or paused in its second segment it has rewritten the first; resumed, or asked for again, it does the rest.

    A job that was resumed tells of all that it did.
    """
    table = await expired(world)
    await open_retention(world)
    world.disk.hold_at("compact.after_temporary_file", after=1)
    job_id = (await world.manager.start_job(retention_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    stop = world.manager.cancel_job if control == "cancel" else world.manager.pause_job
    stopping = asyncio.create_task(stop(job_id, ALICE))
    await told_to_stop(job_id)
    world.disk.release()
    assert (await stopping).status is (S.CANCELLED if control == "cancel" else S.PAUSED)
    assert ids_on_disk(world) == set(range(20)) - {0}
    assert len(files(world.storage.cold_folder)) == 2
    if control == "pause":
        await world.manager.resume_job(job_id, ALICE)
        record = await world.ended(job_id)
    else:
        record = await ran(world, table)
    assert (record.status, record.result["segments_before"]) == (S.COMPLETED, 2 if control == "pause" else 1)
    assert ids_on_disk(world) == set(range(20)) - {0, 10}


async def test_a_crash_is_made_good(world: World):
    """After a crash in the middle the job goes on; every live row is there once."""
    table = await expired(world)
    await open_retention(world)
    job_id = await held(world, table, "compact.after_rename")
    await world.crash()
    await open_retention(world)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert ids_on_disk(world) == set(range(20)) - {0, 10}
    assert row_ids(world.storage, table) == dict.fromkeys(set(range(20)) - {0, 10}, 1)
    assert len(files(world.storage.cold_folder)) == 2


async def test_kill_in_every_other_state(world: World):
    """Queued, retrying and paused jobs end at once and have done nothing; one that has ended is told so."""
    table = await expired(world)
    other = await segmented(world, 1, "other")
    await delete(world.storage, other, [1])
    world.clock.advance(8 * DAY_S)
    await open_retention(world, max_concurrent=1)
    first = await held(world, other, "compact.before_write")
    queued = (await world.manager.start_job(retention_of(table))).record.job_id
    assert (await world.manager.cancel_job(queued, ALICE)).previous_status is S.QUEUED
    paused = (await world.manager.start_job(retention_of(table))).record.job_id
    await world.manager.pause_job(paused, ALICE)
    assert (await world.manager.cancel_job(paused, ALICE)).status is S.CANCELLED
    world.disk.release()
    await world.ended(first)
    with pytest.raises(WrongJobState):
        await world.manager.cancel_job(first, ALICE)
    world.disk.errors.append(OSError(errno.EIO, "Input/output error"))
    retrying = (await world.manager.start_job(retention_of(table))).record.job_id
    await world.saw(retrying, S.RETRYING)
    assert (await world.manager.cancel_job(retrying, ALICE)).status is S.CANCELLED
    assert ids_on_disk(world) >= set(range(20))
    async with advancing(world.clock):
        assert (await ran(world, table)).status is S.COMPLETED


async def test_a_table_dropped_meanwhile(world: World):
    """The job ends `skipped` and has left no file of its own."""
    table = await expired(world)
    await open_retention(world)
    job_id = await held(world, table, "compact.after_temporary_file")
    await drop_table(world.storage, table)
    world.disk.release()
    record = await world.ended(job_id)
    assert (record.status, record.message) == (S.SKIPPED, "the table was dropped")
    assert len(files(world.storage.cold_folder)) == 2
