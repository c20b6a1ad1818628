"""Backup jobs: consistent under writes, and whole or not there, whatever happens on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from jobs.backup import BackupBody
from jobs.durable import wait_durable
from jobs.record import JobStatus
from storage.backup_manifest import read_manifest
from storage.engine import Storage
from storage.errors import BackupExists, InvalidBackupName
from storage.verify_backup import verify_backup
from tests.jobs.backups import (
    FLUSHED,
    HOT,
    backup_request,
    backups,
    filled,
    finished,
    held,
    names_in,
    open_world,
)
from tests.jobs.tables import create_table, row_ids
from tests.jobs.world import ALICE
from tests.storage.backups import restore, unwatched

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from tests.jobs.world import World

S = JobStatus
POINTS = (
    "backup.after_checkpoint",
    "backup.after_copy",
    "backup.before_manifest",
    "backup.before_rename",
    "backup.after_rename",
)


async def test_a_backup_says_what_it_has(world: World) -> None:
    """It completes with tables, rows, files and bytes, and what it has made verifies."""
    await open_world(world)
    await filled(world)
    record = await finished(world, backup_request())
    assert record.job_id.startswith("BK-")
    assert record.idempotency_key == "backup-b"
    manifest = verify_backup(backups(world) / "b", unwatched())
    assert record.status is S.COMPLETED
    assert record.result == {
        "tables": 1,
        "rows": len(FLUSHED) + len(HOT),
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "location": str(backups(world) / "b"),
    }
    assert record.message.startswith(f"backed up 1 table with 130 rows into {len(manifest.files)} files (")
    assert (record.unit, record.phase, record.units_done) == ("bytes", "checksums", record.units_total)
    assert manifest.origin == record.job_id


async def test_a_backup_is_asked_for_twice(world: World) -> None:
    """While it is being made the same job is the answer; once it is there the name is taken."""
    await open_world(world)
    job_id = await held(world, backup_request(), "backup.after_checkpoint")
    again = await world.manager.start_job(backup_request())
    assert (again.record.job_id, again.deduplicated) == (job_id, True)
    world.disk.release()
    assert (await world.ended(job_id)).status is S.COMPLETED
    with pytest.raises(BackupExists):
        await world.manager.start_job(backup_request())


async def test_a_bad_name_is_refused_at_once(world: World) -> None:
    """Whoever asks is told; there is no job."""
    await open_world(world)
    with pytest.raises(InvalidBackupName):
        await world.manager.start_job(backup_request("../b"))
    assert world.jobs() == []


async def test_scheduled_backups_have_the_time_in_their_names(world: World) -> None:
    """A schedule would otherwise find its first backup in the way of all others."""
    await open_world(world)
    (request,) = BackupBody(world.storage, backups(world)).scheduled({"name": "nightly"})
    assert request.parameters.name.startswith("nightly-20")
    assert (await finished(world, request)).status is S.COMPLETED


@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_backup_leaves_nothing(world: World, point: str) -> None:
    """Killed at any step it is cancelled and nothing of it is there; the name is free."""
    await open_world(world)
    await filled(world)
    job_id = await held(world, backup_request(), point)
    await world.manager.cancel_job(job_id, ALICE, sync=False)
    world.disk.release()
    record = await world.saw(job_id, S.CANCELLED)
    assert record.status is S.CANCELLED
    assert names_in(backups(world)) == set()
    assert (await finished(world, backup_request())).status is S.COMPLETED


@pytest.mark.parametrize("point", POINTS)
async def test_a_paused_backup_begins_anew(world: World, point: str) -> None:
    """What there was of it goes; resumed, it is made whole."""
    await open_world(world)
    await filled(world)
    job_id = await held(world, backup_request(), point)
    await world.manager.pause_job(job_id, ALICE, sync=False)
    world.disk.release()
    await world.saw(job_id, S.PAUSED)
    assert names_in(backups(world)) == set()
    await world.manager.resume_job(job_id, ALICE)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert verify_backup(backups(world) / "b", unwatched()).rows == 130


@pytest.mark.parametrize("point", POINTS)
async def test_a_backup_that_a_crash_interrupted_is_made_after_it(world: World, point: str) -> None:
    """The job runs again, removes what there was, and the backup is whole; what was finished is taken as it is."""
    await open_world(world)
    await filled(world)
    job_id = await held(world, backup_request(), point)
    await world.crash()
    world.open_storage()
    was_finished = (backups(world) / "b").exists()
    assert was_finished == (point == "backup.after_rename")
    made_at = read_manifest(backups(world) / "b").created_at if was_finished else None
    await open_world(world)
    assert (await world.ended(job_id)).status is S.COMPLETED
    manifest = verify_backup(backups(world) / "b", unwatched())
    assert manifest.rows == 130
    assert made_at in (None, manifest.created_at)
    assert names_in(backups(world)) == {"b"}


class PairWriter:
    """Inserts two rows in each transaction, for as long as it is let."""

    def __init__(self, storage: Storage, table: Table, number: int) -> None:
        self._storage = storage
        self._table = table
        self._first = number * 1_000_000
        self.acknowledged = 0
        """Pairs."""
        self.stopping = False

    async def run(self) -> None:
        """Write, one transaction after the other."""
        while not self.stopping:
            transaction = self._storage.begin()
            ids = self.pair(self.acknowledged)
            transaction.insert(self._table.oid, [(row_id, "pair") for row_id in ids])
            await wait_durable(self._storage.commit(transaction))
            self.acknowledged += 1

    def pair(self, number: int) -> tuple[int, int]:
        """The ids of that pair."""
        return self._first + 2 * number, self._first + 2 * number + 1


async def test_a_backup_under_concurrent_writes_is_a_prefix(world: World, tmp_path: Path) -> None:
    """Every commit acknowledged before it was asked for is in it; of each writer a beginning; no half transaction."""
    await open_world(world)
    table = await create_table(world.storage)
    writers = [PairWriter(world.storage, table, number) for number in range(4)]
    tasks = [asyncio.create_task(writer.run()) for writer in writers]
    for round_number in range(3):
        while min(writer.acknowledged for writer in writers) < 50 * (round_number + 1):
            await asyncio.sleep(0)
        before = [writer.acknowledged for writer in writers]
        record = await finished(world, backup_request(f"b{round_number}"))
        assert record.status is S.COMPLETED
        found = restored_ids(tmp_path / f"restored{round_number}", backups(world), f"b{round_number}")
        assert len(found) == record.result["rows"]
        for writer, acknowledged in zip(writers, before, strict=True):
            pairs = sum(1 for row_id in found if row_id // 1_000_000 == writer.pair(0)[0] // 1_000_000) / 2
            assert pairs >= acknowledged
            assert all(row_id in found for number in range(int(pairs)) for row_id in writer.pair(number))
            assert pairs == int(pairs)
    for writer in writers:
        writer.stopping = True
    await asyncio.gather(*tasks)


def restored_ids(data_dir: Path, folder: Path, name: str) -> set[int]:
    """The ids in the table of a backup."""
    storage = Storage.open(data_dir)
    restore(storage, folder, name)
    table = storage.catalog.table("public", "t")
    assert table is not None
    found = row_ids(storage, table)
    storage.close()
    assert set(found.values()) <= {1}
    return set(found)
