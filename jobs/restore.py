"""RS: puts a backup in the place of everything."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec

from jobs.body import JobBody
from jobs.cleanup import cleanup_request
from jobs.errors import JobError, TransientJobError
from jobs.outcome import Outcome
from jobs.permissions import SYSTEM
from jobs.record import JobType, Trigger
from jobs.schedules.restored import restored_schedules
from storage.backup_manifest import MANIFEST_NAME, require_valid_name
from storage.byte_progress import ByteProgress
from storage.errors import Blocked, NoSuchBackup, RestoreConflict, WriteFailed
from storage.keys import KeyKind, key
from storage.restore import (
    OpenBackup,
    StagedRestore,
    commit_restore,
    discard_restore,
    open_backup,
    prepare_restore,
    stage_restore,
)
from storage.units import about_size, counted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from jobs.context import Checkpoint, JobContext
    from jobs.request import JobRequest, Started
    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.kv import Mutation
    from storage.point_write import PointWrite
    from storage.restore_plan import RestorePlan
    from storage.syncer import Commit
    from storage.transaction import Transaction

    StartJob = Callable[[JobRequest], Awaitable[Started]]


class RestoreParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which backup."""

    name: str


class Server(Protocol):
    """What a restore needs of the server that it is made in."""

    async def start_job(self, request: JobRequest) -> Started:
        """Make a job."""

    def reload_schedules(self) -> None:
        """Take up the schedules that have just been written."""


class RestoreBody(JobBody[RestoreParameters]):
    """Restores a backup. Who may have that done is for whoever asks to know: superusers only.

    The backup is verified first. Until the one commit that puts it in the place of everything nothing of it is to be
    seen, and a stop, or a crash, leaves nothing of it. That commit settles the job, so that it is `completed` when, and
    only when, the server is the restored one.
    """

    job_type = JobType.RESTORE

    def __init__(self, storage: Storage, folder: Path, server: Server) -> None:
        super().__init__(RestoreParameters)
        self._storage = storage
        self._folder = folder
        self._server = server

    def admit(self, parameters: RestoreParameters) -> RestoreParameters:
        """Refuse a backup that is not there. Raises `InvalidBackupName`, `NoSuchBackup`."""
        require_valid_name(parameters.name)
        folder = self._folder / parameters.name
        if not (folder / MANIFEST_NAME).is_file():
            raise NoSuchBackup(parameters.name, is_unfinished=folder.is_dir())
        return parameters

    def idempotency_key(self, parameters: RestoreParameters) -> str:
        """One restore at a time, of whatever backup."""
        return "restore"

    def describe(self, parameters: RestoreParameters) -> str:
        """What is logged of a new job."""
        return f"restore of backup {parameters.name}"

    async def run(self, context: JobContext[RestoreParameters]) -> Outcome:
        """Verify it, stage it, commit it."""
        name = context.parameters.name

        def told(done: int, total: int, phase: str) -> None:
            context.progress(done, total, "bytes", phase)

        def verify(checkpoint: Checkpoint) -> OpenBackup:
            return open_backup(self._folder, name, ByteProgress(checkpoint, told))

        backup = await context.run_in_worker(verify, OpenBackup.close)
        try:
            plan = prepare_restore(self._storage, backup)

            def copy(checkpoint: Checkpoint) -> StagedRestore:
                progress = ByteProgress(checkpoint, told)
                progress.expect(2 * backup.manifest.bytes)
                progress.skip(backup.manifest.bytes)
                return stage_restore(self._storage, backup, plan, progress)

            staged = await context.run_in_worker(copy, lambda staged: discard_restore(self._storage, staged.plan))
            outcome = _outcome(backup, staged)
            switch = _Switch(self._storage, staged, self._schedules(backup, plan), self._server)
            await self._commit(context, outcome, switch)
        finally:
            backup.close()
        return outcome

    async def _commit(self, context: JobContext[RestoreParameters], outcome: Outcome, switch: _Switch) -> None:
        try:
            while not switch.is_written:
                try:
                    await context.commit_point(outcome, switch.write)
                except Blocked as blocked:
                    bytes_done: int = outcome.result["bytes"] if outcome.result else 0
                    context.progress(2 * bytes_done, 2 * bytes_done, "bytes", "waiting for open transactions")
                    await _end_of(blocked.holder)
        except WriteFailed:
            # Whether it is there is not known before the next start, which removes what is not.
            raise
        except BaseException as error:
            if switch.is_written:
                # Killed too late: it is restored, and what that asks for has to be done.
                await self._clean_up(context, switch.replaced)
                raise
            await context.finish_in_worker(partial(discard_restore, self._storage, switch.plan))
            if isinstance(error, RestoreConflict):
                raise TransientJobError(str(error)) from error
            raise
        await self._clean_up(context, switch.replaced)

    def _schedules(self, backup: OpenBackup, plan: RestorePlan) -> Callable[[], tuple[Mutation, ...]]:
        """What writes the backup's schedules."""
        prefix = key(KeyKind.SCHEDULE)
        records = [value for _, value in backup.records(prefix)]
        tables = {move.old_oid: move.table.oid for move in plan.moves if move.partition is None}

        def mutations() -> tuple[Mutation, ...]:
            there = (value for _, value in self._storage.scan(prefix))
            now_us = self._storage.options.now_us()
            return tuple(restored_schedules(there, records, plan.roles, tables, now_us))

        return mutations

    async def _clean_up(self, context: JobContext[RestoreParameters], replaced: tuple[Table, ...]) -> None:
        """Ask for the jobs that reclaim the tables that were there, once they can no longer be brought back."""
        for table in replaced:
            request = cleanup_request(self._storage, table, SYSTEM.name, Trigger.SYSTEM)
            try:
                await self._server.start_job(request)
            except JobError as error:
                # The next start asks again.
                context.log.warning("no cleanup job was made", table=table.name, error=str(error))


class _Switch:
    """The commit of a restore, with all that belongs to it."""

    def __init__(
        self, storage: Storage, staged: StagedRestore, schedules: Callable[[], tuple[Mutation, ...]], server: Server
    ) -> None:
        self._storage = storage
        self._staged = staged
        self._schedules = schedules
        self._server = server
        self.is_written = False
        self.replaced: tuple[Table, ...] = ()
        """The tables that were there."""

    @property
    def plan(self) -> RestorePlan:
        """What is restored."""
        return self._staged.plan

    def write(self, mutations: tuple[Mutation, ...]) -> Commit:
        """Write it all, with the mutations. Raises what `commit_restore` does."""
        replaced = tuple(self._storage.catalog.tables.values())
        commit = commit_restore(self._storage, self._staged, (*self._schedules(), *mutations))
        self.is_written, self.replaced = True, replaced
        # Now, and not when it is durable: nothing of a schedule that has gone must be written after it.
        self._server.reload_schedules()
        return commit


async def _end_of(transaction: Transaction | PointWrite) -> None:
    """Return when it has been committed or rolled back."""
    ended = asyncio.Event()
    transaction.on_end(ended.set)
    await ended.wait()


def _outcome(backup: OpenBackup, staged: StagedRestore) -> Outcome:
    manifest = backup.manifest
    tables = len(staged.plan.catalog.tables)
    result = {
        "tables": tables,
        "rows": staged.rows,
        "files": len(manifest.segments),
        "bytes": manifest.bytes,
        "backup": backup.folder.name,
        "backup_created_at": manifest.created_at,
    }
    what = f"{counted(tables, 'table')} with {counted(staged.rows, 'row')}"
    message = f"restored {what} ({about_size(manifest.bytes)}) of {manifest.created_at}"
    return Outcome(message, result)
