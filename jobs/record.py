"""The record of a job: what `system.jobs` shows, and what RocksDB keeps."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from typing import TypeAlias

JobId: TypeAlias = str
"""A type's two-letter prefix, a hyphen and 12 hex digits: `FL-0123456789ab`."""


class JobType(StrEnum):
    """What a job does. The value is what `system.jobs.job_type` shows; the prefix starts every id of the type."""

    FLUSH = "flush"
    CLEANUP = "cleanup"
    COMPACTION = "compaction"
    RETENTION = "retention"
    STREAM_EVICTION = "stream_eviction"
    USER_CLEANUP = "user_cleanup"
    JOB_CLEANUP = "job_cleanup"
    BACKUP = "backup"
    RESTORE = "restore"

    @property
    def prefix(self) -> str:
        """The two letters that ids of this type start with."""
        return _PREFIXES[self]


_PREFIXES: Final = {
    JobType.FLUSH: "FL",
    JobType.CLEANUP: "CL",
    JobType.COMPACTION: "CO",
    JobType.RETENTION: "RT",
    JobType.STREAM_EVICTION: "SE",
    JobType.USER_CLEANUP: "UC",
    JobType.JOB_CLEANUP: "JC",
    JobType.BACKUP: "BK",
    JobType.RESTORE: "RS",
}


class JobStatus(StrEnum):
    """Where a job is in its life. `jobs.states` says which status may follow which."""

    NEW = "new"
    """The record exists; the job is not in the queue yet."""
    QUEUED = "queued"
    """Waits for one of the `max_concurrent` places."""
    RUNNING = "running"
    """Its work is being done."""
    RETRYING = "retrying"
    """An attempt failed; the next one may start at `next_run_at`."""
    PAUSING = "pausing"
    """Somebody asked it to pause; its work has not stopped yet."""
    PAUSED = "paused"
    """Its work has stopped until somebody resumes it."""
    CANCELLING = "cancelling"
    """Somebody killed it; its work has not stopped yet."""
    COMPLETED = "completed"
    """Its work is done. Terminal."""
    SKIPPED = "skipped"
    """There was nothing to do. Terminal."""
    FAILED = "failed"
    """Its work ended in an error that will not be retried. Terminal."""
    CANCELLED = "cancelled"
    """It was killed, and its work has stopped. Terminal."""

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended: a terminal status never changes."""
        return self in _TERMINAL

    @property
    def is_at_work(self) -> bool:
        """Whether its work is being done, or has not stopped yet."""
        return self in _AT_WORK


_TERMINAL: Final = frozenset({JobStatus.COMPLETED, JobStatus.SKIPPED, JobStatus.FAILED, JobStatus.CANCELLED})
_AT_WORK: Final = frozenset({JobStatus.RUNNING, JobStatus.PAUSING, JobStatus.CANCELLING})


class Trigger(StrEnum):
    """Who caused a job."""

    USER = "user"
    SCHEDULE = "schedule"
    SYSTEM = "system"


class JobRecord(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One job. The fields are the columns of `system.jobs`, in their order.

    Times are microseconds since the Unix epoch, UTC. It is stored as an array in this order: a new field goes to the
    end and has a default, or records on disk could no longer be read.
    """

    job_id: JobId
    job_type: JobType
    status: JobStatus = JobStatus.NEW
    namespace: str | None = None
    table_name: str | None = None
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    message: str | None = None
    """What came of it: the result in words, the error, or why it was skipped or cancelled."""
    exception_trace: str | None = None
    """The whole traceback of the last attempt that failed; cleared by success."""
    error_sqlstate: str | None = None
    idempotency_key: str | None = None
    owner: str
    trigger: Trigger = Trigger.USER
    schedule_name: str | None = None
    parent_job_id: JobId | None = None
    priority: int = 0
    """Jobs of higher priority leave the queue first."""
    phase: str | None = None
    fraction_completed: float | None = None
    units_done: int | None = None
    units_total: int | None = None
    unit: str | None = None
    eta: int | None = None
    retry_count: int = 0
    """Attempts that failed and were, or will be, followed by another one."""
    max_retries: int
    next_run_at: int | None = None
    cancel_requested_at: int | None = None
    cancel_requested_by: str | None = None
    cancel_reason: str | None = None
    result: dict[str, Any] | None = None
    node_id: str
    cpu_seconds: float = 0.0
    """See `jobs.usage`."""
    peak_memory_bytes: int = 0
    """See `jobs.usage`."""
    created_at: int
    started_at: int | None = None
    """When its first attempt started."""
    finished_at: int | None = None
    updated_at: int

    @property
    def table(self) -> str | None:
        """`namespace.table`, for messages; `None` where the job has no table."""
        return None if self.table_name is None else f"{self.namespace}.{self.table_name}"


def new_job_id(job_type: JobType) -> JobId:
    """A random id of that type. 48 bits: with a million records kept, one new id in 280 million meets an old one."""
    return f"{job_type.prefix}-{secrets.token_hex(6)}"
