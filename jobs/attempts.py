"""One run of a job's work: the rows of `system.job_attempts`."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from jobs.record import JobId  # noqa: TC001 - msgspec reads annotations at run time


class AttemptOutcome(StrEnum):
    """How an attempt ended."""

    RUNNING = "running"
    """It has not ended yet."""
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    """The server was shut down under it."""


class JobAttempt(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One attempt. The fields are the columns of `system.job_attempts`; stored as an array, as `JobRecord` is."""

    job_id: JobId
    attempt: int
    """From 1."""
    started_at: int
    finished_at: int | None = None
    outcome: AttemptOutcome = AttemptOutcome.RUNNING
    error_sqlstate: str | None = None
    message: str | None = None
    exception_trace: str | None = None
