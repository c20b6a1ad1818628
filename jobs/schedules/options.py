"""How schedules run: what config.toml sets, and the server's own schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from storage.flush_policy import FlushPolicy

if TYPE_CHECKING:
    from jobs.record import JobType
    from jobs.schedules.timing import Timing


class SystemSchedule(Struct, frozen=True, kw_only=True):
    """A schedule that the server has by itself, if it has the job type."""

    name: str
    timing: Timing | None
    """`None`: it is due when something else says so."""
    job_type: JobType
    statement: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    setting: str
    """The key of config.toml that says when it runs."""


class SchedulerOptions(Struct, frozen=True, kw_only=True):
    """Times are in the unit of their names."""

    catch_up_s: float = 86_400.0
    """A fire time that passed while the server was down is made up for when it is not longer ago."""
    flush_policy: FlushPolicy = FlushPolicy()
    """For tables that have none of their own."""
    flush_retry_s: float = 10.0
    """The wait after an automatic flush that failed or was killed; it doubles with each, up to an hour."""
    system: tuple[SystemSchedule, ...] = ()
