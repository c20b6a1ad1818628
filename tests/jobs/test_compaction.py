"""Compaction jobs on real tables: what they merge, how they end, and what a stop at any moment leaves."""

from __future__ import annotations

import asyncio
import errno
import re
from typing import TYPE_CHECKING, Any

import pytest

from jobs.compaction import CompactionBody, CompactionParameters
from jobs.errors import WrongJobState
from jobs.flush import FlushBody
from jobs.record import JobStatus, JobType
from jobs.request import JobRequest
from storage.compaction_policy import CompactionPolicy
from storage.errors import TableGone
from tests.jobs.tables import (
    create_table,
    delete,
    drop_table,
    files,
    flush_now,
    flush_of,
    insert,
    row_ids,
)
from tests.jobs.world import ALICE, World, advancing, told_to_stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.catalog_entries import Table

S = JobStatus


def compaction_of(table: Table, *, full: bool = True, **fields: Any) -> JobRequest:
    """What COMPACT TABLE asks for."""
    parameters = CompactionParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name, full=full)
    return JobRequest(
        **{
            "job_type": JobType.COMPACTION,
            "parameters": parameters,
            "owner": "alice",
            "namespace": table.namespace,
            "table_name": table.name,
            **fields,
        }
    )


async def segmented(world: World, count: int = 4, rows: int = 10, name: str = "t") -> Table:
    """A table with so many segments of so many rows."""
    storage = world.open_storage()
    table = await create_table(storage, name)
    for number in range(count):
        await insert(storage, table, range(number * rows, number * rows + rows))
        await flush_now(storage, table)
    return table


async def open_compaction(world: World, **policy: int) -> CompactionBody:
    """Start a manager that compacts."""
    body = CompactionBody(world.open_storage(), CompactionPolicy(**policy))
    await world.open(body, FlushBody(world.storage))
    return body


async def held(world: World, request: JobRequest, point: str, after: int = 0) -> str:
    """The id of a job that waits at that point of its first merge, or of a later one."""
    world.disk.hold_at(point, after=after)
    job_id = (await world.manager.start_job(request)).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    await world.saw(job_id, S.RUNNING)
    return job_id


def segments(world: World, table: Table) -> list[int]:
    """The rows of each segment."""
    return [segment.rows for segment in world.storage.snapshot(table.oid).segments]


async def test_a_compaction_merges_and_says_what_it_did(world: World):
    """Message and result tell segments, rows, dead rows and bytes; every row is there once; the old files are gone."""
    table = await segmented(world)
    await delete(world.storage, table, [0, 15])
    before = sum(path.stat().st_size for path in files(world.storage.cold_folder))
    await open_compaction(world)
    job_id = (await world.manager.start_job(compaction_of(table))).record.job_id
    assert job_id.startswith("CO-")
    record = await world.ended(job_id)
    assert record.status is S.COMPLETED
    assert re.fullmatch(
        r"merged 4 segments into 1, dropped 2 dead rows \(\d+\.\d kB → \d+\.\d kB\) in (\d+ ms|\d+\.\d s)",
        record.message,
    )
    (path,) = files(world.storage.cold_folder)
    result = dict(record.result)
    assert result.pop("seconds") >= 0
    assert result == {
        "segments_before": 4,
        "segments_after": 1,
        "rows": 38,
        "dead_rows_dropped": 2,
        "bytes_before": before,
        "bytes_after": path.stat().st_size,
    }
    assert (record.units_done, record.units_total, record.unit) == (40, 40, "rows")
    assert record.idempotency_key == "compact-public-t"
    assert segments(world, table) == [38]
    assert row_ids(world.storage, table) == dict.fromkeys(set(range(40)) - {0, 15}, 1)


@pytest.mark.parametrize(
    ("count", "dead", "message"),
    [
        (1, [0, 1], "rewrote 1 segment, dropped 2 dead rows "),
        (1, range(10), "removed 1 segment, dropped 10 dead rows "),
        (2, [], "merged 2 segments into 1 ("),
    ],
)
async def test_the_message_says_what_became_of_the_segments(
    world: World, count: int, dead: Sequence[int], message: str
):
    """Rewritten, removed, merged."""
    table = await segmented(world, count)
    await delete(world.storage, table, dead)
    await open_compaction(world)
    record = await world.ended((await world.manager.start_job(compaction_of(table))).record.job_id)
    assert record.message.startswith(message)


async def test_nothing_to_compact_is_skipped(world: World):
    """A table that is whole, one that has no cold rows, and one that the policy is content with."""
    whole, few = await segmented(world, 1), await segmented(world, 3, name="few")
    hot = await create_table(world.storage, "hot")
    await insert(world.storage, hot, range(3))
    await open_compaction(world)
    for request in (compaction_of(whole), compaction_of(hot), compaction_of(few, full=False)):
        record = await world.ended((await world.manager.start_job(request)).record.job_id)
        assert (record.status, record.message) == (S.SKIPPED, "nothing to compact")
        assert record.result["segments_before"] == 0
    assert segments(world, few) == [10, 10, 10]


async def test_the_record_is_settled_in_the_batch_of_the_last_merge(world: World):
    """A crash right after that batch finds the job completed and the new segment in place, not to be done again."""
    table = await segmented(world)
    await open_compaction(world)
    job_id = (await world.manager.start_job(compaction_of(table))).record.job_id
    await world.saw(job_id, S.COMPLETED)
    await world.crash()
    await open_compaction(world)
    assert (await world.manager.get_job_status(job_id)).status is S.COMPLETED
    assert segments(world, table) == [40]
    assert len(files(world.storage.cold_folder)) == 1


async def test_a_crash_in_mid_compaction_is_made_good(world: World):
    """The job runs again after the restart; rows are there once, and no file is left over."""
    table = await segmented(world)
    await open_compaction(world)
    job_id = await held(world, compaction_of(table), "compact.after_rename")
    await world.crash()
    await open_compaction(world)
    record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 1)
    assert segments(world, table) == [40]
    assert row_ids(world.storage, table) == dict.fromkeys(range(40), 1)
    assert len(files(world.storage.cold_folder)) == 1


@pytest.mark.parametrize("point", ["compact.before_write", "compact.after_temporary_file", "compact.after_rename"])
async def test_a_killed_compaction_leaves_all_as_it_was(world: World, point: str):
    """Killed while it writes it is cancelled once its file is gone; the next one completes."""
    table = await segmented(world)
    before = files(world.open_storage().cold_folder)
    await open_compaction(world)
    job_id = await held(world, compaction_of(table), point)
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE, "test"))
    await world.saw(job_id, S.CANCELLING)
    await told_to_stop(job_id)
    world.disk.release()
    assert (await kill).status is S.CANCELLED
    assert files(world.storage.cold_folder) == before
    assert segments(world, table) == [10, 10, 10, 10]
    record = await world.ended((await world.manager.start_job(compaction_of(table))).record.job_id)
    assert record.status is S.COMPLETED
    assert segments(world, table) == [40]


async def test_kill_in_every_other_state(world: World):
    """Queued, retrying and paused jobs end at once and have done nothing; one that has ended is told so."""
    table, other = await segmented(world), await segmented(world, name="other")
    body = CompactionBody(world.storage)
    await world.open(body, FlushBody(world.storage), max_concurrent=1)
    first = await held(world, compaction_of(other), "compact.before_write")
    queued = (await world.manager.start_job(compaction_of(table))).record.job_id
    assert (await world.manager.cancel_job(queued, ALICE)).previous_status is S.QUEUED
    paused = (await world.manager.start_job(compaction_of(table))).record.job_id
    await world.manager.pause_job(paused, ALICE)
    assert (await world.manager.cancel_job(paused, ALICE)).status is S.CANCELLED
    world.disk.release()
    await world.ended(first)
    with pytest.raises(WrongJobState):
        await world.manager.cancel_job(first, ALICE)
    world.disk.errors.append(OSError(errno.ENOSPC, "No space left on device"))
    retrying = (await world.manager.start_job(compaction_of(table))).record.job_id
    assert (await world.saw(retrying, S.RETRYING)).error_sqlstate == "53100"
    assert (await world.manager.cancel_job(retrying, ALICE)).status is S.CANCELLED
    assert segments(world, table) == [10, 10, 10, 10]
    assert len(files(world.storage.cold_folder)) == 5


async def test_a_paused_compaction_keeps_the_merges_that_are_done(world: World):
    """Paused between two merges it has merged the first; resumed, it does only the second, and tells of both."""
    table = await segmented(world, 4)
    await open_compaction(world, target_rows=20)
    job_id = await held(world, compaction_of(table), "compact.after_temporary_file", after=1)
    assert segments(world, table) == [20, 10, 10]
    pausing = asyncio.create_task(world.manager.pause_job(job_id, ALICE))
    await told_to_stop(job_id)
    world.disk.release()
    assert (await pausing).status is S.PAUSED
    assert segments(world, table) == [20, 10, 10]
    await world.manager.resume_job(job_id, ALICE)
    record = await world.ended(job_id)
    assert (record.status, record.result["segments_before"], record.result["rows"]) == (S.COMPLETED, 4, 40)
    assert segments(world, table) == [20, 20]
    assert row_ids(world.storage, table) == dict.fromkeys(range(40), 1)


async def test_a_full_disk_is_retried(world: World):
    """The job is `retrying` with the error, nothing is left of the attempt; with space again it completes."""
    table = await segmented(world)
    await open_compaction(world)
    world.disk.errors.append(OSError(errno.ENOSPC, "No space left on device"))
    job_id = (await world.manager.start_job(compaction_of(table))).record.job_id
    assert "No space left" in (await world.saw(job_id, S.RETRYING)).message
    assert len(files(world.storage.cold_folder)) == 4
    async with advancing(world.clock):
        assert (await world.ended(job_id)).status is S.COMPLETED
    assert segments(world, table) == [40]


async def test_a_request_that_joins_is_covered(world: World):
    """Rows that were deleted before a second request are gone when the job ends, though it has been there already; and
    the second request's thoroughness counts.
    """
    table = await segmented(world)
    await open_compaction(world)
    job_id = await held(world, compaction_of(table, full=False), "compact.after_temporary_file")
    await delete(world.storage, table, [3])
    joined = await world.manager.start_job(compaction_of(table, full=True))
    assert (joined.record.job_id, joined.deduplicated) == (job_id, True)
    assert joined.record.parameters["full"] is True
    world.disk.release()
    record = await world.ended(job_id)
    assert (record.status, record.result["dead_rows_dropped"]) == (S.COMPLETED, 1)
    assert segments(world, table) == [39]
    assert world.storage.statistics(table.oid).dead_rows == 0


async def test_writes_and_a_flush_go_on_during_a_compaction(world: World):
    """What is inserted, deleted and flushed meanwhile is there afterwards, exactly once."""
    table = await segmented(world)
    await open_compaction(world)
    job_id = await held(world, compaction_of(table), "compact.before_write")
    await insert(world.storage, table, range(40, 50))
    await delete(world.storage, table, [1, 41])
    flushing = await world.manager.start_job(flush_of(table))
    assert (await world.ended(flushing.record.job_id)).status is S.COMPLETED
    world.disk.release()
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert row_ids(world.storage, table) == dict.fromkeys(set(range(50)) - {1, 41}, 1)
    assert segments(world, table) == [40, 9]
    assert world.storage.statistics(table.oid).dead_rows == 1


async def test_a_table_dropped_during_its_compaction(world: World):
    """The job ends `skipped` and has left no file of its own."""
    table = await segmented(world)
    await open_compaction(world)
    job_id = await held(world, compaction_of(table), "compact.after_temporary_file")
    await drop_table(world.storage, table)
    world.disk.release()
    record = await world.ended(job_id)
    assert (record.status, record.message) == (S.SKIPPED, "the table was dropped")
    assert len(files(world.storage.cold_folder)) == 4


async def test_a_table_that_is_gone_is_refused(world: World):
    """Who asks is told; no job is made."""
    table = await segmented(world)
    await drop_table(world.storage, table)
    await open_compaction(world)
    with pytest.raises(TableGone):
        await world.manager.start_job(compaction_of(table))
    assert world.jobs() == []


async def test_what_a_schedule_asks_for(world: World):
    """A job, not a full one, for every table in which the policy finds something; or for the one that is named."""
    many, few = await segmented(world, 4, name="many"), await segmented(world, 3, name="few")
    dead = await segmented(world, 1, name="dead")
    await delete(world.storage, dead, range(5))
    body = await open_compaction(world)
    requests = list(body.scheduled({}))
    assert [request.table_name for request in requests] == ["dead", "many"]
    assert not any(request.parameters.full for request in requests)
    assert list(body.scheduled({"namespace": "public", "table_name": "few"})) == []
    assert len(list(body.scheduled({"namespace": "public", "table_name": "many"}))) == 1
    assert list(body.scheduled({"namespace": "nowhere"})) == []
    for request in requests:
        await world.ended((await world.manager.start_job(request)).record.job_id)
    assert list(body.scheduled({})) == []
    assert (segments(world, many), segments(world, few), segments(world, dead)) == ([40], [10, 10, 10], [5])


async def test_progress_counts_rows_over_all_merges(world: World):
    """While the first of two merges is being written the job shows the rows of both as its total."""
    table = await segmented(world, 4)
    await open_compaction(world, target_rows=20)
    job_id = await held(world, compaction_of(table), "compact.after_temporary_file")
    record = await world.manager.get_job_status(job_id)
    assert (record.units_total, record.unit, record.phase) == (40, "rows", "merging segments")
    assert 0 < record.units_done <= 20
    world.disk.release()
    record = await world.ended(job_id)
    assert (record.units_done, record.units_total, record.result["segments_after"]) == (40, 40, 2)
