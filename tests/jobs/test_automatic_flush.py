"""The acceptance scenarios of automatic flushing that concern the jobs themselves, each under its number."""

from __future__ import annotations

import asyncio
import errno

import pyarrow.parquet as pq
import pytest

from jobs.errors import NoSuchJob
from jobs.flush import FlushBody
from jobs.record import JobStatus
from tests.jobs.stores import create_role, create_table_of_type, insert_as
from tests.jobs.tables import create_table, files, flush_of, held_flush, hot_rows, insert, row_ids
from tests.jobs.world import ADMIN, ALICE, START_US, World

S = JobStatus


async def table_with_rows(world: World, rows: int = 10, name: str = "t"):
    """A table, and a manager that can flush it."""
    storage = world.open_storage()
    table = await create_table(storage, name)
    await insert(storage, table, range(rows))
    return table


async def user_table_with_rows(world: World):
    """A user table with rows of alice and bob, one more of bob's."""
    storage = world.open_storage()
    table = await create_table_of_type(storage, {"type": "user"})
    for name, rows in (("alice", 3), ("bob", 4)):
        await insert_as(storage, table, await create_role(storage, name), range(rows))
    return table


async def test_automatic_flush_06_user_tables_are_grouped_by_user(world: World):
    """One job flushes a user table, and each of its files holds the rows of one user, and all of them."""
    table = await user_table_with_rows(world)
    await world.open(FlushBody(world.storage))
    record = await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    assert (record.status, record.result["rows"], record.result["files"]) == (S.COMPLETED, 7, 2)
    by_owner = {
        partition.owner: pq.read_table(world.storage.snapshot(partition.oid).segments[0].path)["note"].to_pylist()
        for partition in world.storage.partitions(table.oid)
    }
    assert by_owner == {"alice": ["alice"] * 3, "bob": ["bob"] * 4}
    assert world.storage.table_statistics(table.oid).hot_rows == 0


async def test_automatic_flush_07_paths_follow_the_template(world: World):
    """`<namespace>/<table>/user=<user>/`: the table's folder has its id, and names are percent-encoded."""
    table = await user_table_with_rows(world)
    odd = await create_role(world.storage, "o'neil / sales")
    await insert_as(world.storage, table, odd, [1])
    await world.open(FlushBody(world.storage))
    record = await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    folders = {
        path.parent.relative_to(world.storage.cold_folder).as_posix() for path in files(world.storage.cold_folder)
    }
    root = f"public/t-{table.oid}"
    assert folders == {f"{root}/user=alice", f"{root}/user=bob", f"{root}/user=o%27neil%20%2F%20sales"}
    assert record.result["location"] == str(world.storage.cold_folder / root)


async def test_automatic_flush_08_user_and_shared_paths_differ(world: World):
    """Files of a shared table are in the table's folder itself, those of a user table in one for each user."""
    users = await user_table_with_rows(world)
    shared = await table_with_rows(world, name="shared")
    await world.open(FlushBody(world.storage))
    for table in (users, shared):
        await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    depths = {
        (parts := path.relative_to(world.storage.cold_folder).parts)[1]: len(parts)
        for path in files(world.storage.cold_folder)
    }
    assert depths == {f"t-{users.oid}": 4, f"shared-{shared.oid}": 3}


async def test_automatic_flush_09_status_rows_and_location_are_recorded(world: World):
    """The record of a flush has status, rows and the place of the files, as JSON, and survives a restart."""
    table = await table_with_rows(world)
    await world.open(FlushBody(world.storage))
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await world.ended(job_id)
    await world.close()
    await world.open(FlushBody(world.open_storage()))
    record = await world.manager.get_job_status(job_id)
    assert (record.status, record.result["rows"]) == (S.COMPLETED, 10)
    assert record.result["location"] == str(files(world.storage.cold_folder)[0].parent)


async def test_automatic_flush_10_a_pending_flush_fires_after_a_restart(world: World):
    """A flush that was queued when the server stopped runs when it is back."""
    table = await table_with_rows(world)
    await world.open(FlushBody(world.storage), max_concurrent=1)
    other = await table_with_rows(world, name="other")
    world.disk.hold_at("flush.before_write")
    await world.manager.start_job(flush_of(other))
    await asyncio.to_thread(world.disk.reached.wait)
    pending = (await world.manager.start_job(flush_of(table))).record.job_id
    await world.close()
    await world.open(FlushBody(world.open_storage()))
    assert (await world.ended(pending)).status is S.COMPLETED
    assert hot_rows(world.storage, table) == 0


@pytest.mark.parametrize("point", ["flush.before_write", "flush.after_temporary_file", "flush.after_rename"])
async def test_automatic_flush_11_a_crash_in_mid_flush(world: World, point: str):
    """After a crash at any point the job completes, every row is there exactly once, and no orphan file is left."""
    table = await table_with_rows(world)
    await world.open(FlushBody(world.storage))
    world.disk.hold_at(point)
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    await world.crash()
    await world.open(FlushBody(world.open_storage()))
    record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 1)
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)
    assert len(files(world.storage.cold_folder)) == 1


async def test_automatic_flush_12_a_duplicate_returns_the_existing_id(world: World):
    """FLUSH of a table whose flush is running gives that job's id."""
    table = await table_with_rows(world)
    await world.open(FlushBody(world.storage))
    world.disk.hold_at("flush.before_write")
    first = await world.manager.start_job(flush_of(table))
    assert first.record.idempotency_key == "flush-public-t"
    second = await world.manager.start_job(flush_of(table))
    assert (second.record.job_id, second.deduplicated) == (first.record.job_id, True)


async def test_automatic_flush_13_shutdown_waits_for_a_running_flush(world: World):
    """A flush that ends in time completes before the shutdown returns."""
    _storage, _table, job_id = await held_flush(world)
    stopping = asyncio.create_task(world.manager.stop(300))
    await world.clock.somebody_sleeps_until(START_US + 300_000_000)
    assert not stopping.done()
    world.disk.release()
    await stopping
    assert world.story(job_id)[-1] is S.COMPLETED


async def test_automatic_flush_14_the_log_has_id_table_start_end_and_rows(world: World):
    """The last line of a flush has all of these."""
    table = await table_with_rows(world)
    await world.open(FlushBody(world.storage))
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await world.ended(job_id)
    line = next(line for line in world.lines if line["event"].startswith("completed"))
    assert (line["job_id"], line["table"]) == (job_id, "public.t")
    assert line["result"]["rows"] == 10
    assert line["started_at"] == line["finished_at"] == "2023-11-14T22:13:20+00:00"


async def test_automatic_flush_16_kill_of_a_running_flush_is_cancelled_with_its_time(world: World):
    """KILL JOB of a running flush: cancelled, with the time of the request and of the end."""
    table = await table_with_rows(world)
    await world.open(FlushBody(world.storage))
    world.disk.hold_at("flush.before_write")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await world.saw(job_id, S.CANCELLING)
    world.clock.advance(0.02)
    world.disk.release()
    assert (await kill).status is S.CANCELLED
    record = await world.manager.get_job_status(job_id)
    assert (record.cancel_requested_at, record.finished_at) == (START_US, START_US + 20_000)


async def test_automatic_flush_17_kill_of_an_unknown_id(world: World):
    """KILL JOB of an id that nobody has is an error that names it."""
    await world.open(FlushBody(world.open_storage()))
    with pytest.raises(NoSuchJob, match='job "FL-000000000000" does not exist'):
        await world.manager.cancel_job("FL-000000000000", ADMIN)


async def test_automatic_flush_18_several_flushes_one_killed(world: World):
    """Of several running flushes one is killed; the others complete."""
    tables = [await table_with_rows(world, name=name) for name in ("a", "b", "c")]
    await world.open(FlushBody(world.storage))
    world.disk.hold_at("flush.before_write")
    ids = [(await world.manager.start_job(flush_of(table))).record.job_id for table in tables]
    for job_id in ids:
        await world.saw(job_id, S.RUNNING)
    kill = asyncio.create_task(world.manager.cancel_job(ids[1], ALICE))
    await world.saw(ids[1], S.CANCELLING)
    world.disk.release()
    await kill
    statuses = [(await world.manager.get_job_status(ids[1])).status]
    statuses += [(await world.ended(ids[n])).status for n in (0, 2)]
    assert statuses == [S.CANCELLED, S.COMPLETED, S.COMPLETED]
    assert [hot_rows(world.storage, table) for table in tables] == [0, 10, 0]


async def test_automatic_flush_19_an_empty_table_is_skipped_with_0_rows(world: World):
    """A flush with nothing to do ends `skipped`, with the reason and 0 rows."""
    table = await table_with_rows(world, rows=0)
    await world.open(FlushBody(world.storage))
    record = await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    assert (record.status, record.message, record.result["rows"]) == (S.SKIPPED, "nothing to flush", 0)
    assert files(world.storage.cold_folder) == []


async def test_automatic_flush_20_disk_full_fails_and_a_later_flush_succeeds(world: World):
    """On a full disk the flush fails with the error and no row is lost; after space returns a flush succeeds."""
    table = await table_with_rows(world)
    await world.open(FlushBody(world.storage))
    world.disk.errors.append(OSError(errno.ENOSPC, "No space left on device"))
    job_id = (await world.manager.start_job(flush_of(table, max_retries=0))).record.job_id
    record = await world.ended(job_id)
    assert (record.status, record.error_sqlstate) == (S.FAILED, "53100")
    assert "No space left on device" in record.message
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)
    again = await world.manager.retry_job(job_id, ALICE)
    assert again.previous_status is S.FAILED
    record = await world.ended(again.job_id)
    assert (record.status, record.parent_job_id) == (S.COMPLETED, job_id)
    assert row_ids(world.storage, table) == dict.fromkeys(range(10), 1)
