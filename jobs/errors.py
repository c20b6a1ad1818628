"""What can go wrong with jobs. The docstring of a class is its default message; SQLSTATEs are in `server/errors.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.record import JobId, JobRecord


class JobError(Exception):
    """job failure"""

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)
        self.hint = hint


class NoSuchJob(JobError):
    """job does not exist"""

    def __init__(self, job_id: JobId) -> None:
        super().__init__(f'job "{job_id}" does not exist')
        self.job_id = job_id


class NotAllowed(JobError):
    """permission denied for job"""

    def __init__(self, job_id: JobId) -> None:
        super().__init__(
            f'permission denied for job "{job_id}"',
            hint="Only its owner, a superuser or a member of job_operator may control a job.",
        )
        self.job_id = job_id


class WrongJobState(JobError):
    """the job is not in a state in which this can be done"""

    def __init__(self, record: JobRecord, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.record = record


class InvalidJobParameters(JobError):
    """invalid job parameters"""


class IdempotentConflict(JobError):
    """an active job has the same idempotency key"""

    def __init__(self, record: JobRecord) -> None:
        super().__init__(f'job "{record.job_id}" has the same idempotency key and is {record.status}')
        self.record = record


class IdempotencyKeyReused(JobError):
    """the idempotency key was used with other parameters"""

    def __init__(self, key: str, record: JobRecord) -> None:
        super().__init__(
            f'idempotency key "{key}" was used with other parameters',
            hint=f'It belongs to job "{record.job_id}", which is {record.status}.',
        )
        self.record = record


class QueueFull(JobError):
    """job queue full"""

    def __init__(self, limit: int) -> None:
        super().__init__(f"job queue full: {limit} jobs have not ended yet")


class ManagerStopped(JobError):
    """the server is shutting down and starts no more jobs"""


class WaitTimedOut(JobError):
    """the job did not end in time; it runs on"""

    def __init__(self, record: JobRecord) -> None:
        super().__init__(f'job "{record.job_id}" is still {record.status}; it goes on')
        self.record = record


class JobFailed(JobError):
    """the job failed"""

    def __init__(self, record: JobRecord) -> None:
        super().__init__(f'job "{record.job_id}" failed: {record.message}')
        self.record = record
        self.sqlstate = record.error_sqlstate


class JobWasCancelled(JobError):
    """the job was cancelled"""

    def __init__(self, record: JobRecord) -> None:
        super().__init__(f'job "{record.job_id}" was {record.message or "cancelled"}')
        self.record = record


class IllegalTransition(JobError):
    """a job cannot go from that state to this one"""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"a job that is {before} cannot become {after}")


class StaleWrite(JobError):
    """the job has changed since it was read"""


class TransientJobError(JobError):
    """the attempt failed for a reason that may pass; the job is retried"""


class JobCancelled(JobError):
    """the job was asked to stop"""
