"""Restore jobs: one commit, and before it nothing, whatever happens on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobs.durable import wait_durable
from jobs.errors import IdempotencyKeyReused, WrongJobState
from jobs.record import JobStatus, Trigger
from storage.catalog_entries import Role
from storage.errors import InvalidBackupName, NoSuchBackup
from storage.keys import KeyKind
from tests.jobs.backups import (
    FLUSHED,
    HOT,
    backup_request,
    backups,
    filled,
    finished,
    held,
    open_world,
    restore_request,
)
from tests.jobs.tables import create_table, files, flush_of, insert, row_ids
from tests.jobs.world import ALICE, advancing

if TYPE_CHECKING:
    from jobs.record import JobRecord
    from storage.catalog_entries import Table
    from storage.engine import Storage
    from tests.jobs.world import World

S = JobStatus
POINTS = ("restore.after_mark", "restore.after_link", "restore.after_store", "restore.after_load")
THEN = dict.fromkeys((*FLUSHED, *HOT), 1)
"""What is in the backup."""


async def changed_since(world: World) -> Table:
    """A backup, and a table that has another row since. Returns the table."""
    table = await filled(world)
    assert (await finished(world, backup_request())).status is S.COMPLETED
    await insert(world.storage, table, [1000])
    return table


def table_named(storage: Storage, name: str = "t") -> Table:
    """The table of that name."""
    table = storage.catalog.table("public", name)
    assert table is not None
    return table


def is_untouched(world: World, table: Table) -> bool:
    """Whether everything is as before the restore: the table, its files, and no mark."""
    storage = world.storage
    assert row_ids(storage, table) == {**THEN, 1000: 1}
    assert len(files(storage.cold_folder)) == 1
    return list(storage.scan(KeyKind.RESTORE.value)) == []


async def test_a_restore_takes_the_place_of_everything(world: World) -> None:
    """It completes with what it has brought; tables that were there get cleanup jobs; its own record stays."""
    server = await open_world(world)
    table = await changed_since(world)
    later = await create_table(world.storage, "later")
    record = await finished(world, restore_request())
    assert record.job_id.startswith("RS-")
    assert record.status is S.COMPLETED
    assert (record.result["tables"], record.result["rows"], record.result["files"]) == (1, 130, 1)
    assert record.message.startswith("restored 1 table with 130 rows (")
    assert record.units_done == record.units_total == 2 * record.result["bytes"]
    assert {row.table.oid for row in world.storage.dropped()} == {table.oid, later.oid}
    assert row_ids(world.storage, table_named(world.storage)) == THEN
    for dropped in (table, later):
        await world.manager.get_job_status((await cleanup_of(world, dropped)).job_id)
    assert len(world.jobs()) == 1 + 1 + 1 + 2
    assert server.reloads == 1


async def cleanup_of(world: World, table: Table) -> JobRecord:
    """The cleanup job of a dropped table."""
    while not (found := world.jobs(idempotency_key=f"drop-table-{table.oid}")):
        await asyncio.sleep(0)
    (record,) = found
    assert record.trigger is Trigger.SYSTEM
    return record


async def test_the_restored_state_and_the_record_are_one(world: World) -> None:
    """After a crash a completed restore is completed, and the server is the restored one."""
    await open_world(world)
    await changed_since(world)
    record = await finished(world, restore_request())
    await world.crash()
    await open_world(world)
    assert (await world.manager.get_job_status(record.job_id)).status is S.COMPLETED
    assert row_ids(world.storage, table_named(world.storage)) == THEN


async def test_whoever_asks_is_told_what_cannot_be(world: World) -> None:
    """A bad name, and a backup that is not there or was never finished: there is no job."""
    await open_world(world)
    with pytest.raises(InvalidBackupName):
        await world.manager.start_job(restore_request(".."))
    with pytest.raises(NoSuchBackup, match='"b" does not exist'):
        await world.manager.start_job(restore_request())
    (backups(world) / "b").mkdir(parents=True)
    with pytest.raises(NoSuchBackup, match="never finished"):
        await world.manager.start_job(restore_request())
    assert world.jobs() == []


async def test_one_restore_at_a_time(world: World) -> None:
    """The same one is joined, and another one is refused while it runs."""
    await open_world(world)
    await changed_since(world)
    await finished(world, backup_request("c"))
    job_id = await held(world, restore_request(), "restore.after_mark")
    assert (await world.manager.start_job(restore_request())).record.job_id == job_id
    with pytest.raises(IdempotencyKeyReused):
        await world.manager.start_job(restore_request("c"))
    world.disk.release()
    assert (await world.ended(job_id)).status is S.COMPLETED


@pytest.mark.parametrize("kind", ["cold/**/*.parquet", "checkpoint/*.sst"])
async def test_a_damaged_backup_fails_the_job(world: World, kind: str) -> None:
    """It fails at once, with the name of the file, and nothing has changed."""
    await open_world(world)
    table = await changed_since(world)
    path = next((backups(world) / "b").glob(kind))
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))
    record = await finished(world, restore_request())
    assert (record.status, record.retry_count) == (S.FAILED, 0)
    assert path.name in record.message
    assert "checksum does not match" in record.message
    assert is_untouched(world, table)


@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_restore_leaves_nothing(world: World, point: str) -> None:
    """Killed at any step before its commit it is cancelled, and neither rows nor files of it are there."""
    await open_world(world)
    table = await changed_since(world)
    job_id = await held(world, restore_request(), point)
    await world.manager.cancel_job(job_id, ALICE, "no", sync=False)
    world.disk.release()
    assert (await world.saw(job_id, S.CANCELLED)).cancel_reason == "no"
    assert is_untouched(world, table)


@pytest.mark.parametrize("point", POINTS)
async def test_a_paused_restore_begins_anew(world: World, point: str) -> None:
    """While it is paused nothing of it is there; resumed, it is done."""
    await open_world(world)
    table = await changed_since(world)
    job_id = await held(world, restore_request(), point)
    await world.manager.pause_job(job_id, ALICE, sync=False)
    world.disk.release()
    await world.saw(job_id, S.PAUSED)
    assert is_untouched(world, table)
    await world.manager.resume_job(job_id, ALICE)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert row_ids(world.storage, table_named(world.storage)) == THEN


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_in_a_restore_is_undone_and_the_job_runs_again(world: World, point: str) -> None:
    """The start finds what was there before, without a file too many; then the job does its work."""
    await open_world(world)
    table = await changed_since(world)
    job_id = await held(world, restore_request(), point)
    await world.crash()
    world.open_storage()
    assert is_untouched(world, table)
    await open_world(world)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert row_ids(world.storage, table_named(world.storage)) == THEN


async def test_it_waits_for_open_changes_of_the_catalog(world: World) -> None:
    """A transaction that alters a table holds it up, visibly, and the restore goes on when that ends."""
    await open_world(world)
    table = await changed_since(world)
    altering = world.storage.begin()
    altering.change_catalog(lambda catalog: catalog.with_table(replace(table, owner="bob", version=2)))
    job_id = (await world.manager.start_job(restore_request())).record.job_id
    await phase_of(world, job_id, "waiting for open transactions")
    world.storage.rollback(altering)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert row_ids(world.storage, table_named(world.storage)) == THEN


async def test_a_restore_that_waits_can_be_killed(world: World) -> None:
    """The wait ends at once, and nothing of it is left."""
    await open_world(world)
    table = await changed_since(world)
    altering = world.storage.begin()
    altering.change_catalog(lambda catalog: catalog.with_table(replace(table, owner="bob", version=2)))
    job_id = (await world.manager.start_job(restore_request())).record.job_id
    await phase_of(world, job_id, "waiting for open transactions")
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert outcome.status is S.CANCELLED
    world.storage.rollback(altering)
    assert is_untouched(world, table)


async def phase_of(world: World, job_id: str, phase: str) -> None:
    """Return once the job is in that phase."""
    while (await world.manager.get_job_status(job_id)).phase != phase:
        await asyncio.sleep(0)


async def test_roles_that_change_meanwhile_make_it_begin_again(world: World) -> None:
    """The attempt counts as one that may be repeated, and the next one takes the roles as they are then."""
    await open_world(world)
    await put_role(world, Role(world.storage.visible.new_oid(), "eve"))
    await changed_since(world)
    async with advancing(world.clock):
        job_id = await held(world, restore_request(), "restore.after_load")
        tx = world.storage.begin()
        tx.change_catalog(lambda catalog: catalog.without_role("eve"))
        await wait_durable(world.storage.commit(tx))
        await put_role(world, Role(world.storage.visible.new_oid(), "eve"))
        eve = world.storage.catalog.role("eve")
        world.disk.release()
        record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 1)
    assert world.storage.catalog.role("eve") == eve


async def put_role(world: World, role: Role) -> None:
    """Have a role."""
    tx = world.storage.begin()
    tx.change_catalog(lambda catalog: catalog.with_role(role))
    await wait_durable(world.storage.commit(tx))


async def test_a_kill_after_the_commit_comes_too_late(world: World) -> None:
    """As soon as the restored state is to be seen the job has ended, and the cleanup jobs are made all the same."""
    await open_world(world)
    table = await changed_since(world)
    job_id = (await world.manager.start_job(restore_request())).record.job_id
    await world.saw(job_id, S.COMPLETED)
    with pytest.raises(WrongJobState):
        await world.manager.cancel_job(job_id, ALICE)
    await cleanup_of(world, table)


async def test_a_flush_that_runs_meanwhile_finds_its_table_gone(world: World) -> None:
    """It ends without an error, and touches nothing of the restored table."""
    await open_world(world)
    table = await changed_since(world)
    world.disk.hold_at("flush.after_temporary_file")
    flushing = (await world.manager.start_job(flush_of(table))).record.job_id
    record = await finished(world, restore_request())
    assert record.status is S.COMPLETED
    world.disk.release()
    assert (await world.ended(flushing)).status in (S.SKIPPED, S.COMPLETED)
    assert row_ids(world.storage, table_named(world.storage)) == THEN
