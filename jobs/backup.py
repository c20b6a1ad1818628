"""BK: makes a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from jobs.body import JobBody
from jobs.outcome import Outcome
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from storage.backup import backup, finished_backup, remove_backup, require_new
from storage.byte_progress import ByteProgress
from storage.units import about_size, counted

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.context import Checkpoint, JobContext
    from storage.backup_manifest import BackupManifest
    from storage.engine import Storage


class BackupParameters(msgspec.Struct, frozen=True, kw_only=True):
    """What it shall be called."""

    name: str


class BackupBody(JobBody[BackupParameters]):
    """Makes a backup in the folder of backups. Who may have one made is for whoever asks to know: superusers only.

    All that was acknowledged before the job began is in it. A backup appears whole, and is removed again if the job is
    stopped before it has settled; one that runs again after a crash begins anew, unless it had been finished.
    """

    job_type = JobType.BACKUP

    def __init__(self, storage: Storage, folder: Path) -> None:
        super().__init__(BackupParameters)
        self._storage = storage
        self._folder = folder

    def admit(self, parameters: BackupParameters) -> BackupParameters:
        """Refuse a bad name, and one that is taken. Raises `InvalidBackupName`, `BackupExists`."""
        require_new(self._folder, parameters.name)
        return parameters

    def idempotency_key(self, parameters: BackupParameters) -> str:
        """One backup of a name at a time."""
        return f"backup-{parameters.name}"

    def describe(self, parameters: BackupParameters) -> str:
        """What is logged of a new job."""
        return f"backup {parameters.name}"

    def scheduled(self, parameters: dict[str, Any]) -> tuple[JobRequest]:
        """A backup with the time in its name, UTC: `nightly` makes `nightly-20261122T020000Z`."""
        name = self.parse(parameters).name
        now = datetime.fromtimestamp(self._storage.options.now_us() // 1_000_000, UTC)
        timed = BackupParameters(name=f"{name}-{now:%Y%m%dT%H%M%SZ}")
        return (JobRequest(job_type=self.job_type, parameters=timed, owner=SYSTEM.name),)

    async def run(self, context: JobContext[BackupParameters]) -> Outcome:
        """Make it."""
        name = context.parameters.name
        remove = partial(remove_backup, self._folder, name)
        manifest = await context.run_in_worker(partial(self._make, context, name), undo=lambda _manifest: remove())
        outcome = _outcome(manifest, self._folder / name)
        await context.commit_point(outcome, self._storage.write, remove)
        return outcome

    def _make(self, context: JobContext[BackupParameters], name: str, checkpoint: Checkpoint) -> BackupManifest:
        """In a worker."""
        finished = finished_backup(self._folder, name, context.job_id)
        if finished is not None:
            return finished
        progress = ByteProgress(checkpoint, lambda done, total, phase: context.progress(done, total, "bytes", phase))
        return backup(self._storage, self._folder, name, context.job_id, progress)


def _outcome(manifest: BackupManifest, folder: Path) -> Outcome:
    result = {
        "tables": manifest.tables,
        "rows": manifest.rows,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "location": str(folder),
    }
    what = f"{counted(manifest.tables, 'table')} with {counted(manifest.rows, 'row')}"
    message = f"backed up {what} into {counted(len(manifest.files), 'file')} ({about_size(manifest.bytes)})"
    return Outcome(message, result)
