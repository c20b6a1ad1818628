"""Cleanup jobs: the space of dropped tables is given back, whatever happens on the way."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from jobs.cleanup import CleanupBody, cleanup_request
from jobs.durable import wait_durable
from jobs.errors import WrongJobState
from jobs.flush import FlushBody
from jobs.record import JobStatus, Trigger
from storage.errors import BeingReclaimed
from storage.undrop import commit_undrop, prepare_undrop, require_undroppable
from tests.jobs.tables import create_table, drop_table, files, flush_of, insert, row_ids
from tests.jobs.world import ALICE, advancing, told_to_stop

if TYPE_CHECKING:
    from tests.jobs.world import World

S = JobStatus


async def flushed_and_dropped(world: World):
    """A table with a cold file, dropped."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert(storage, table, range(100))
    await world.open(FlushBody(storage), CleanupBody(storage))
    await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    await insert(storage, table, range(100, 110))
    await drop_table(storage, table)
    return table


async def test_cleanup_removes_files_and_keys(world: World):
    """After the cleanup neither files nor the record of the drop are left, and the job says what it reclaimed."""
    table = await flushed_and_dropped(world)
    (path,) = files(world.storage.cold_folder)
    size = path.stat().st_size
    started = await world.manager.start_job(cleanup_request(world.storage, table, "alice"))
    assert started.record.job_id.startswith("CL-")
    assert started.record.idempotency_key == f"drop-table-{table.oid}"
    record = await world.ended(started.record.job_id)
    assert record.status is S.COMPLETED
    assert record.result == {"files": 1, "bytes": size}
    assert record.message.startswith("reclaimed 1 file (")
    assert files(world.storage.cold_folder) == []
    assert world.storage.dropped() == ()


async def test_a_start_makes_the_cleanup_that_a_crash_kept_from_being_made(world: World):
    """A table that was dropped, and whose job was never made, is cleaned up after the next start, by the system."""
    table = await flushed_and_dropped(world)
    await world.crash()
    storage = world.open_storage()
    await world.open(FlushBody(storage), CleanupBody(storage))
    (record,) = world.jobs(idempotency_key=f"drop-table-{table.oid}")
    assert (record.trigger, record.owner) == (Trigger.SYSTEM, "system")
    assert (await world.ended(record.job_id)).status is S.COMPLETED
    assert files(storage.cold_folder) == []


async def test_a_full_queue_keeps_no_server_from_starting(world: World):
    """A cleanup for which there is no room at the start is asked for at the next one, and the log says so."""
    world.drop_retention_s = 3_600
    first = await flushed_and_dropped(world)
    await world.manager.start_job(cleanup_request(world.storage, first, "alice"))
    await drop_table(world.storage, await create_table(world.storage, "another"))
    await world.close()
    world.lines.clear()
    storage = world.open_storage()
    await world.open(CleanupBody(storage), max_active=1)
    assert len(world.jobs(statuses=frozenset({S.QUEUED}))) == 1
    assert any("job queue full" in str(line.get("error")) for line in world.lines)


async def test_a_start_makes_no_second_cleanup_of_a_table(world: World):
    """A cleanup that was interrupted goes on as the same job."""
    table = await flushed_and_dropped(world)
    world.disk.hold_at("drop.before_batch")
    started = await world.manager.start_job(cleanup_request(world.storage, table, "alice"))
    await asyncio.to_thread(world.disk.reached.wait)
    await world.crash()
    storage = world.open_storage()
    await world.open(FlushBody(storage), CleanupBody(storage))
    record = await world.ended(started.record.job_id)
    assert record.status is S.COMPLETED
    assert len(world.jobs(idempotency_key=f"drop-table-{table.oid}")) == 1
    assert files(storage.cold_folder) == []


async def test_cleaning_up_what_is_gone_is_skipped(world: World):
    """A cleanup of a table that was cleaned up before has nothing to do."""
    table = await flushed_and_dropped(world)
    await world.ended((await world.manager.start_job(cleanup_request(world.storage, table, "alice"))).record.job_id)
    again = await world.manager.start_job(cleanup_request(world.storage, table, "alice"))
    assert (await world.ended(again.record.job_id)).status is S.SKIPPED


async def test_the_request_says_which_table(world: World):
    """Parameters and columns name the table, by id and by name."""
    table = await flushed_and_dropped(world)
    request = cleanup_request(world.storage, table, "alice")
    assert msgspec.to_builtins(request.parameters) == {
        "table_oid": table.oid,
        "namespace": "public",
        "table_name": "t",
    }
    assert (request.owner, request.namespace, request.table_name) == ("alice", "public", "t")


async def dropped(world: World, retention_s: float = 600.0, **options: str):
    """A table with cold rows, dropped, that can be brought back for so long; and the id of its cleanup job."""
    world.drop_retention_s = retention_s
    storage = world.open_storage()
    table = await create_table(storage)
    if options:
        table = replace(table, options=options)
        tx = storage.begin()
        tx.change_catalog(lambda catalog: catalog.with_table(table))
        await wait_durable(storage.commit(tx))
    await insert(storage, table, range(10))
    await world.open(FlushBody(storage), CleanupBody(storage))
    await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    await drop_table(storage, table)
    started = await world.manager.start_job(cleanup_request(storage, table, "alice"))
    return table, started.record.job_id


async def undrop(world: World) -> None:
    """Bring the table back, as UNDROP TABLE does once it has stopped the cleanup job."""
    wanted = require_undroppable(world.storage, "public", "t")
    prepared = await asyncio.to_thread(prepare_undrop, world.storage, wanted)
    await wait_durable(commit_undrop(world.storage, prepared))


@pytest.mark.parametrize(("options", "wait_s"), [({}, 600), ({"drop_retention": "1h"}, 3600)])
async def test_a_cleanup_waits_until_the_table_cannot_be_brought_back(world: World, options: dict, wait_s: int):
    """It is queued with the time at which it may run: the drop's, and the table's own retention or the server's."""
    table, job_id = await dropped(world, **options)
    (record,) = world.storage.dropped()
    waiting = await world.manager.get_job_status(job_id)
    assert (waiting.status, waiting.next_run_at) == (S.QUEUED, record.dropped_at + wait_s * 1_000_000)
    world.clock.advance(wait_s - 1)
    assert (await world.manager.get_job_status(job_id)).status is S.QUEUED
    assert len(files(world.storage.cold_folder)) == 1
    world.clock.advance(2)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert files(world.storage.cold_folder) == []
    assert table.oid not in world.storage.catalog.tables


async def test_a_table_that_is_not_to_be_kept_is_reclaimed_at_once(world: World):
    """`drop_retention = '0s'` of its own is stronger than the server's."""
    _, job_id = await dropped(world, drop_retention="0s")
    assert (await world.ended(job_id)).status is S.COMPLETED


async def test_the_time_is_the_same_after_a_restart(world: World):
    """Whether the job survives, or was never made and is asked for by the start: it waits until the same moment."""
    table, job_id = await dropped(world)
    before = (await world.manager.get_job_status(job_id)).next_run_at
    world.clock.advance(100)
    await world.crash()
    await world.open(FlushBody(world.open_storage()), CleanupBody(world.storage))
    assert (await world.manager.get_job_status(job_id)).next_run_at == before
    await world.manager.cancel_job(job_id, ALICE)
    await world.crash()
    await world.open(FlushBody(world.open_storage()), CleanupBody(world.storage))
    (record,) = world.jobs(idempotency_key=f"drop-table-{table.oid}", statuses=frozenset({S.QUEUED}))
    assert (record.next_run_at, record.trigger) == (before, Trigger.SYSTEM)


async def test_retry_skips_the_wait(world: World):
    """RETRY JOB reclaims the space now."""
    _, job_id = await dropped(world)
    await world.manager.retry_job(job_id, ALICE)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert files(world.storage.cold_folder) == []


async def test_undrop_after_its_cleanup_was_killed(world: World):
    """With the job killed, by UNDROP or long before, the table comes back, and a cleanup finds nothing to do."""
    table, job_id = await dropped(world)
    assert (await world.manager.cancel_job(job_id, ALICE)).status is S.CANCELLED
    await undrop(world)
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)
    again = await world.manager.start_job(cleanup_request(world.storage, table, "alice"))
    record = await world.ended(again.record.job_id)
    assert (record.status, record.message) == (S.SKIPPED, "the table was brought back")
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)


async def test_a_failed_undrop_asks_for_the_cleanup_again(world: World):
    """The new job waits until the same moment as the one that was killed."""
    table, job_id = await dropped(world)
    before = await world.manager.get_job_status(job_id)
    world.clock.advance(100)
    await world.manager.cancel_job(job_id, ALICE)
    again = await world.manager.start_job(cleanup_request(world.storage, table, "alice"))
    assert again.record.job_id != job_id
    assert (await world.saw(again.record.job_id, S.QUEUED)).next_run_at == before.next_run_at


async def test_a_killed_reclaim_cannot_be_taken_back_and_is_finished_later(world: World):
    """Killed in the middle it is cancelled; UNDROP is refused; the next start asks for the rest."""
    table, job_id = await dropped(world, 0)
    await world.ended(job_id)
    table = await create_table(world.storage)
    await insert(world.storage, table, range(10))
    await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    await drop_table(world.storage, table)
    world.disk.hold_at("drop.after_mark")
    job_id = (await world.manager.start_job(cleanup_request(world.storage, table, "alice"))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await told_to_stop(job_id)
    world.disk.release()
    assert (await kill).status is S.CANCELLED
    assert len(files(world.storage.cold_folder)) == 1
    with pytest.raises(BeingReclaimed):
        require_undroppable(world.storage, "public", "t")
    await world.crash()
    await world.open(CleanupBody(world.open_storage()))
    (record,) = world.jobs(idempotency_key=f"drop-table-{table.oid}", statuses=frozenset(S) - {S.CANCELLED})
    assert (await world.ended(record.job_id)).status is S.COMPLETED
    assert files(world.storage.cold_folder) == []


async def test_kill_in_every_other_state(world: World):
    """Waiting, paused and retrying jobs end at once and have removed nothing; one that has ended is told so."""
    table, waiting = await dropped(world)

    async def asked_again() -> str:
        return (await world.manager.start_job(cleanup_request(world.storage, table, "alice"))).record.job_id

    assert (await world.manager.cancel_job(waiting, ALICE)).previous_status is S.QUEUED
    paused = await asked_again()
    await world.manager.pause_job(paused, ALICE)
    assert (await world.manager.cancel_job(paused, ALICE)).previous_status is S.PAUSED
    world.disk.fail_at("drop.after_mark", OSError(errno.EIO, "Input/output error"))
    retrying = await asked_again()
    await world.manager.retry_job(retrying, ALICE)
    await world.saw(retrying, S.RETRYING)
    assert (await world.manager.cancel_job(retrying, ALICE)).previous_status is S.RETRYING
    assert len(files(world.storage.cold_folder)) == 1
    last = await asked_again()
    async with advancing(world.clock, 60):
        assert (await world.ended(last)).status is S.COMPLETED
    with pytest.raises(WrongJobState):
        await world.manager.cancel_job(last, ALICE)
