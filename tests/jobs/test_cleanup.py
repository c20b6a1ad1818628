"""Cleanup jobs: the space of dropped tables is given back, whatever happens on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from jobs.cleanup import CleanupBody, cleanup_request
from jobs.flush import FlushBody
from jobs.record import JobStatus, Trigger
from tests.jobs.tables import create_table, drop_table, files, flush_of, insert

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
