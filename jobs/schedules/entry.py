"""A schedule as the scheduler holds it: what it is, and what must be remembered of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jobs.schedules.schedule import OverlapPolicy, Schedule, ScheduleSource
from jobs.schedules.timing import comes_again

if TYPE_CHECKING:
    from jobs.record import JobId, JobType
    from jobs.schedules.timing import Timing

EntryKey: TypeAlias = str | int
"""The name of a schedule; of a flush policy, the oid of its table, whose name may change."""


class Memory(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a schedule over restarts. Times are microseconds since the epoch."""

    considered_us: int
    """Fire times up to here have been seen to, or need not be."""
    paused: bool = False
    last_run_at: int | None = None
    last_job_ids: tuple[str, ...] = ()
    """The jobs of the last fire that made or joined any."""
    set_back: int = 0
    """How often the clock was set back so far that fire times which had been seen to came again."""


class Entry(Struct, frozen=True, kw_only=True):
    """One schedule."""

    key: EntryKey
    name: str
    timing: Timing | None
    """`None` for a flush policy: its table says when; and for what full memory makes due."""
    statement: str | None
    job_type: JobType
    parameters: dict[str, Any]
    source: ScheduleSource
    on_overlap: OverlapPolicy
    owner: str
    owner_oid: int | None
    """Of a user's schedule: a role that was dropped and made again is another one."""
    created_at: int | None
    memory: Memory

    def reckoned_at(self, now_us: int) -> Entry:
        """As it is at that time, to which somebody may have set the clock back."""
        memory = self.memory
        if self.timing is None or not comes_again(self.timing, memory.considered_us, now_us):
            return self
        memory = msgspec.structs.replace(memory, considered_us=now_us, set_back=memory.set_back + 1)
        return replace(self, memory=memory)

    def shown(self, cron: str | None, next_run_at: int | None) -> Schedule:
        """As `system.schedules` has it."""
        last_job_ids: tuple[JobId, ...] = self.memory.last_job_ids
        return Schedule(
            schedule_name=self.name,
            cron=cron,
            timezone="UTC" if self.timing is None else self.timing.timezone,
            statement=self.statement,
            job_type=self.job_type,
            parameters=self.parameters,
            source=self.source,
            paused=self.memory.paused,
            on_overlap=self.on_overlap,
            owner=self.owner,
            owner_oid=self.owner_oid,
            next_run_at=next_run_at,
            last_run_at=self.memory.last_run_at,
            last_job_id=last_job_ids[-1] if last_job_ids else None,
            created_at=self.created_at,
        )
