"""How an attempt can end, and what the job's record then becomes. Pure functions of values."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from jobs.attempts import AttemptOutcome
from jobs.outcome import Outcome, Skip
from jobs.record import JobRecord, JobStatus
from jobs.retry import is_transient

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.attempts import JobAttempt


class Failure(Struct, frozen=True):
    """The work ended in an error."""

    message: str
    trace: str
    sqlstate: str
    transient: bool

    @classmethod
    def of(cls, error: BaseException, sqlstate_of: Callable[[BaseException], str]) -> Failure:
        """The failure that an exception is."""
        return cls(
            str(error) or type(error).__name__,
            "".join(traceback.format_exception(error)),
            sqlstate_of(error),
            is_transient(error),
        )


class Stopped(Struct, frozen=True):
    """The work was told to stop, and did. `why` is said of a job that nobody killed or paused."""

    why: str


Ending = Outcome | Skip | Failure | Stopped


def record_after(read: JobRecord, ending: Ending, now_us: int, next_run_at_us: int) -> JobRecord:
    """The record of a job, whose work was running when it was `read`, after its attempt has ended.

    `next_run_at_us` is when it runs again if this is a failure to be retried.
    """
    match ending:
        case Outcome(message, result):
            return _ended(
                read,
                JobStatus.COMPLETED,
                now_us,
                message=message,
                result=result,
                exception_trace=None,
                error_sqlstate=None,
                fraction_completed=1.0,
            )
        case _ if read.status is JobStatus.CANCELLING:
            return _cancelled_while_running(read, ending, now_us)
        case Skip(reason, result):
            return _ended(
                read,
                JobStatus.SKIPPED,
                now_us,
                message=reason,
                result=result,
                exception_trace=None,
                error_sqlstate=None,
            )
        case Failure():
            return _after_failure(read, ending, now_us, next_run_at_us)
        case Stopped() if read.status is JobStatus.PAUSING:
            return _changed(read, JobStatus.PAUSED, now_us, eta=None)
        case Stopped(why):
            return _changed(read, JobStatus.QUEUED, now_us, message=why, eta=None)


def _after_failure(read: JobRecord, failure: Failure, now_us: int, next_run_at_us: int) -> JobRecord:
    told: dict[str, Any] = {
        "message": failure.message,
        "exception_trace": failure.trace,
        "error_sqlstate": failure.sqlstate,
    }
    if failure.transient and read.status is JobStatus.PAUSING:
        return _changed(read, JobStatus.PAUSED, now_us, eta=None, **told)
    if failure.transient and read.retry_count < read.max_retries:
        retries = read.retry_count + 1
        return _changed(
            read, JobStatus.RETRYING, now_us, retry_count=retries, next_run_at=next_run_at_us, eta=None, **told
        )
    return _ended(read, JobStatus.FAILED, now_us, **told)


def _cancelled_while_running(read: JobRecord, ending: Ending, now_us: int) -> JobRecord:
    after = cancelled(read, now_us)
    if not isinstance(ending, Failure):
        return after
    # It has stopped, as was asked; that it stopped in an error may matter to who asked, and must not be lost.
    return msgspec.structs.replace(
        after,
        message=f"{after.message}; its work ended in an error: {ending.message}",
        exception_trace=ending.trace,
        error_sqlstate=ending.sqlstate,
    )


def cancelled(read: JobRecord, now_us: int) -> JobRecord:
    """The record of a job, killed as the record says, once its work does not run (any more)."""
    message = f"cancelled by {read.cancel_requested_by}"
    if read.cancel_reason:
        message += f": {read.cancel_reason}"
    return _ended(read, JobStatus.CANCELLED, now_us, message=message)


def kill_requested(read: JobRecord, by: str, reason: str | None, now_us: int) -> JobRecord:
    """The record of a job that somebody kills: at its end already, unless its work has to stop first."""
    asked = msgspec.structs.replace(read, cancel_requested_at=now_us, cancel_requested_by=by, cancel_reason=reason)
    return (
        _changed(asked, JobStatus.CANCELLING, now_us, eta=None) if read.status.is_at_work else cancelled(asked, now_us)
    )


def pause_requested(read: JobRecord, now_us: int) -> JobRecord:
    """The record of a job that somebody pauses: paused already, unless its work has to stop first."""
    if read.status.is_at_work:
        return _changed(read, JobStatus.PAUSING, now_us, eta=None)
    return _changed(read, JobStatus.PAUSED, now_us, next_run_at=None)


def queued(read: JobRecord, now_us: int) -> JobRecord:
    """The record of a new job that goes into the queue."""
    return _changed(read, JobStatus.QUEUED, now_us)


def resumed(read: JobRecord, delay_left_us: int, now_us: int) -> JobRecord:
    """The record of a paused job that goes into the queue, to wait there for what was left of its delay."""
    return _changed(read, JobStatus.QUEUED, now_us, next_run_at=now_us + delay_left_us if delay_left_us else None)


def begun(read: JobRecord, now_us: int) -> JobRecord:
    """The record of a job whose next attempt starts: how far the last one came says nothing of this one."""
    return _changed(
        read,
        JobStatus.RUNNING,
        now_us,
        started_at=read.started_at or not_before(read, now_us),
        next_run_at=None,
        phase=None,
        fraction_completed=None,
        units_done=None,
        units_total=None,
        unit=None,
    )


def not_before(read: JobRecord, now_us: int) -> int:
    """When a change happens: not before the last one, though somebody has set the clock back since."""
    return max(now_us, read.updated_at)


def _changed(read: JobRecord, status: JobStatus, now_us: int, **fields: object) -> JobRecord:
    return msgspec.structs.replace(read, status=status, updated_at=not_before(read, now_us), **fields)


def _ended(read: JobRecord, status: JobStatus, now_us: int, **fields: object) -> JobRecord:
    finished_at = not_before(read, now_us)
    return _changed(read, status, now_us, finished_at=finished_at, next_run_at=None, eta=None, **fields)


_ATTEMPT_OUTCOMES: Final = {
    JobStatus.COMPLETED: AttemptOutcome.COMPLETED,
    JobStatus.SKIPPED: AttemptOutcome.SKIPPED,
    JobStatus.CANCELLED: AttemptOutcome.CANCELLED,
    JobStatus.PAUSED: AttemptOutcome.PAUSED,
    JobStatus.QUEUED: AttemptOutcome.STOPPED,
}


def attempt_after(attempt: JobAttempt, ending: Ending, after: JobRecord) -> JobAttempt:
    """The attempt, closed: it ended so, and that is the job's record after it."""
    failed = isinstance(ending, Failure)
    outcome = AttemptOutcome.FAILED if failed else _ATTEMPT_OUTCOMES[after.status]
    return msgspec.structs.replace(
        attempt,
        finished_at=after.updated_at,
        outcome=outcome,
        message=after.message,
        error_sqlstate=after.error_sqlstate if failed else None,
        exception_trace=after.exception_trace if failed else None,
    )
