"""The values of schedules: as they are shown, as they are asked for, as they are changed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field

if TYPE_CHECKING:
    from jobs.record import JobId, JobType

FIRE_KEYS: Final = "schedule-"
"""What the idempotency keys of fires begin with. Nobody else may give one: a fire that finds its key makes no job."""


class ScheduleSource(StrEnum):
    """Where a schedule comes from. The value is what `system.schedules.source` shows."""

    USER = "user"
    """CREATE SCHEDULE."""
    POLICY = "policy"
    """A table's flush policy."""
    SYSTEM = "system"
    """The server itself, as it is configured."""


class OverlapPolicy(StrEnum):
    """What a fire does while a job of the fire before has not ended."""

    SKIP = "skip"
    """Nothing: this fire is passed over."""
    QUEUE = "queue"
    """It asks for its jobs nevertheless."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as `system.schedules` shows it. Times are microseconds since the epoch, UTC."""

    schedule_name: str
    cron: str | None
    """Five fields, or `@every 10s` for a system schedule or policy with an interval; `None` where no time fires it."""
    timezone: str
    """The name of the time zone that the cron expression is in."""
    statement: str | None
    """What it does, as SQL; `None` for what only the server does."""
    job_type: JobType
    parameters: dict[str, Any]
    """What the job type's `JobBody.scheduled` is given."""
    source: ScheduleSource
    paused: bool
    on_overlap: OverlapPolicy
    owner: str
    """The role that its jobs belong to."""
    owner_oid: int | None
    """Which role of that name, of a user's schedule."""
    next_run_at: int | None
    """`None` for a paused one, for one whose owner was dropped, and for a policy with nothing to flush."""
    last_run_at: int | None
    """When it last made a job or joined one. A fire that was skipped does not count."""
    last_job_id: JobId | None
    created_at: int | None
    """`None` for a system one."""


class NewSchedule(Struct, frozen=True, kw_only=True):
    """What CREATE SCHEDULE asks for. `statement` is for people: what is done is `job_type` with `parameters`."""

    schedule_name: str
    cron: str
    statement: str
    job_type: JobType
    parameters: dict[str, Any] = field(default_factory=dict)
    """JSON: `{"namespace": …, "table_name": …}` for tables, either may be absent or null: then all of them."""
    timezone: str = "UTC"
    on_overlap: OverlapPolicy = OverlapPolicy.SKIP


class ScheduleChange(Struct, frozen=True, kw_only=True):
    """What ALTER SCHEDULE changes; `None` leaves a thing as it is."""

    paused: bool | None = None
    cron: str | None = None
    timezone: str | None = None
    on_overlap: OverlapPolicy | None = None
