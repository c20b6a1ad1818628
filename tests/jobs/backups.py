"""What the tests of backup and restore jobs share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jobs.backup import BackupBody, BackupParameters
from jobs.cleanup import CleanupBody
from jobs.flush import FlushBody
from jobs.record import JobType
from jobs.request import JobRequest, Started
from jobs.restore import RestoreBody, RestoreParameters
from tests.jobs.tables import create_table, flush_of, insert

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.record import JobRecord
    from storage.catalog_entries import Table
    from tests.jobs.world import World

FLUSHED = range(100)
HOT = range(100, 130)


class RestoredWorld:
    """The server of a world, as restores know it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.reloads = 0

    async def start_job(self, request: JobRequest) -> Started:
        """Make a job."""
        return await self._world.manager.start_job(request)

    def reload_schedules(self) -> None:
        """Count it."""
        self.reloads += 1


def backups(world: World) -> Path:
    """The folder of backups: in the data folder, so that a crash keeps it."""
    return world.storage.cold_folder.parent / "backups"


async def open_world(world: World, **options: object) -> RestoredWorld:
    """A manager that makes backups and restores them."""
    storage = world.open_storage()
    server = RestoredWorld(world)
    folder = backups(world)
    bodies = (BackupBody(storage, folder), RestoreBody(storage, folder, server))
    await world.open(FlushBody(storage), CleanupBody(storage), *bodies, **options)
    return server


async def filled(world: World) -> Table:
    """A table with cold and hot rows."""
    table = await create_table(world.storage)
    await insert(world.storage, table, FLUSHED)
    await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    await insert(world.storage, table, HOT)
    return table


def backup_request(name: str = "b") -> JobRequest:
    """What BACKUP DATABASE asks for."""
    return JobRequest(job_type=JobType.BACKUP, parameters=BackupParameters(name=name), owner="alice")


def restore_request(name: str = "b", **fields: object) -> JobRequest:
    """What RESTORE DATABASE asks for."""
    return JobRequest(
        **{"job_type": JobType.RESTORE, "parameters": RestoreParameters(name=name), "owner": "alice", **fields}
    )


async def finished(world: World, request: JobRequest) -> JobRecord:
    """The record of a job after its end."""
    return await world.ended((await world.manager.start_job(request)).record.job_id)


async def held(world: World, request: JobRequest, point: str) -> str:
    """The id of a job that stands still at that point."""
    world.disk.hold_at(point)
    job_id = (await world.manager.start_job(request)).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    return job_id


def names_in(folder: Path) -> set[str]:
    """What is in a folder, hidden things too."""
    return {path.name for path in folder.iterdir()} if folder.exists() else set()
