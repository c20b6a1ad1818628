"""Which status may follow which: the one table of a job's life."""

from __future__ import annotations

from typing import Final

from jobs.errors import IllegalTransition
from jobs.record import JobStatus

TRANSITIONS: Final[dict[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.NEW: frozenset({JobStatus.QUEUED}),
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset(
        {
            JobStatus.COMPLETED,
            JobStatus.SKIPPED,
            JobStatus.FAILED,
            JobStatus.RETRYING,
            JobStatus.PAUSING,
            JobStatus.CANCELLING,
            # The server stopped under it: it runs again when the server is back.
            JobStatus.QUEUED,
        }
    ),
    JobStatus.RETRYING: frozenset({JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.CANCELLED}),
    # Work that was asked to pause may still come to its end first.
    JobStatus.PAUSING: frozenset(
        {JobStatus.PAUSED, JobStatus.CANCELLING, JobStatus.COMPLETED, JobStatus.SKIPPED, JobStatus.FAILED}
    ),
    JobStatus.PAUSED: frozenset({JobStatus.QUEUED, JobStatus.CANCELLED}),
    # `completed` only when the work was past the point where it could be taken back.
    JobStatus.CANCELLING: frozenset({JobStatus.CANCELLED, JobStatus.COMPLETED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.SKIPPED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


def check_transition(before: JobStatus, after: JobStatus) -> None:
    """Raise `IllegalTransition` unless `after` may follow `before`."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(before, after)
