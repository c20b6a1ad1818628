"""What happened to a job, in order: the rows of `system.job_events`."""

from __future__ import annotations

from typing import Final

import msgspec

from jobs.record import JobId  # noqa: TC001 - msgspec reads annotations at run time

EVENTS_KEPT: Final = 200
"""Events kept for one job; beyond it the oldest are dropped."""


class JobEvent(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One event. The fields are the columns of `system.job_events`; stored as an array, as `JobRecord` is.

    `kind` is the status that the job came to, or `joined` when another request was joined to it.
    """

    job_id: JobId
    at: int
    kind: str
    message: str | None = None
