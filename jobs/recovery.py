"""What becomes of jobs that had not ended when the server stopped. Pure functions of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from jobs import endings
from jobs.attempts import AttemptOutcome
from jobs.record import JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.attempts import JobAttempt
    from jobs.options import JobOptions
    from jobs.record import JobRecord

RESTARTED: Final = "Server restarted during execution"
CRASH_LOOP: Final = "crash loop"
CRASHED_SQLSTATE: Final = "57P02"
"""PostgreSQL's crash_shutdown."""


def record_after_restart(
    read: JobRecord, attempts: Sequence[JobAttempt], options: JobOptions, now_us: int
) -> JobRecord:
    """The record with which a job goes on. `attempts` are all of its attempts, as the last server left them."""
    match read.status:
        case JobStatus.NEW:
            return endings.queued(read, now_us)
        case JobStatus.CANCELLING:
            return endings.cancelled(read, now_us)
        case JobStatus.PAUSING:
            return msgspec.structs.replace(
                read, status=JobStatus.PAUSED, eta=None, updated_at=endings.not_before(read, now_us)
            )
        case JobStatus.RUNNING:
            return _after_crash(read, attempts, options, now_us)
        case _:
            return read


def _after_crash(read: JobRecord, attempts: Sequence[JobAttempt], options: JobOptions, now_us: int) -> JobRecord:
    crashes = 1 + sum(attempt.error_sqlstate == CRASHED_SQLSTATE for attempt in attempts)
    looping = crashes > options.crashes_allowed
    told = msgspec.structs.replace(
        read,
        message=CRASH_LOOP if looping else RESTARTED,
        error_sqlstate=CRASHED_SQLSTATE,
        eta=None,
        updated_at=endings.not_before(read, now_us),
    )
    if looping or options.recovery == "fail":
        return msgspec.structs.replace(told, status=JobStatus.FAILED, finished_at=told.updated_at)
    # A crash counts as a retry but is not held to `max_retries`: most often it is not the job's fault.
    return msgspec.structs.replace(told, status=JobStatus.QUEUED, retry_count=read.retry_count + 1)


def attempt_after_restart(attempt: JobAttempt, now_us: int) -> JobAttempt:
    """An attempt that was running when the server stopped, closed."""
    return msgspec.structs.replace(
        attempt,
        finished_at=max(now_us, attempt.started_at),
        outcome=AttemptOutcome.FAILED,
        error_sqlstate=CRASHED_SQLSTATE,
        message=RESTARTED,
    )
