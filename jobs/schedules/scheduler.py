"""The scheduler: what makes jobs by itself, and how users see and control that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from msgspec.structs import replace

from jobs.clock import SystemClock
from jobs.permissions import JOB_OPERATOR, sees_all
from jobs.schedules.book import ScheduleBook
from jobs.schedules.entry import Entry, Memory
from jobs.schedules.errors import InvalidSchedule, NoSuchSchedule, ScheduleExists, ScheduleNotAllowed
from jobs.schedules.firing import Firing, nothing_refused
from jobs.schedules.memory_pressure import MemoryPressure
from jobs.schedules.options import SchedulerOptions
from jobs.schedules.policies import PREFIX, FlushPolicies
from jobs.schedules.schedule import ScheduleSource
from jobs.schedules.timer import FireTimer
from jobs.schedules.timing import Cron
from storage.catalog_entries import Namespace, Role, Table
from storage.flush_policy import policy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from structlog.typing import FilteringBoundLogger

    from jobs.body import JobBody
    from jobs.clock import Clock
    from jobs.manager import JobManager
    from jobs.permissions import Actor
    from jobs.request import Started
    from jobs.schedules.firing import Refusal
    from jobs.schedules.schedule import NewSchedule, Schedule, ScheduleChange
    from storage.catalog import CatalogChange
    from storage.engine import Storage
    from storage.flush_policy import FlushPolicy


class Scheduler:
    """Owns the schedules. Everything runs on the loop that `start` was called on.

    What a method has done is durable when it returns. All that name a schedule raise `NoSuchSchedule`, also for one
    that `by` may not see, and `ScheduleNotAllowed`.
    """

    def __init__(
        self,
        storage: Storage,
        jobs: JobManager,
        bodies: Iterable[JobBody[Any]],
        options: SchedulerOptions | None = None,
        *,
        refusal: Refusal = nothing_refused,
        clock: Clock | None = None,
        log: FilteringBoundLogger | None = None,
    ) -> None:
        self._storage = storage
        self._options = options or SchedulerOptions()
        self._clock: Clock = clock or SystemClock()
        self._log: FilteringBoundLogger = log or structlog.get_logger("schedules")
        changed = asyncio.Event()
        self._wake = changed.set
        self._book = ScheduleBook(storage, self._log)
        self._firing = Firing(jobs, bodies, refusal)
        self._policies = FlushPolicies(storage, jobs, self._book, self._options, self._clock, self._log, self._wake)
        self._timer = FireTimer(self._book, self._policies, self._firing, self._clock, self._log, changed)
        self._pressure = MemoryPressure(
            storage, jobs, self._book, self._firing, self._options.flush_retry_s, self._clock, self._log
        )
        self._stop_listening: Callable[[], None] | None = None

    async def start(self) -> None:
        """Take up the schedules, make up for what was missed, and fire from now on. The manager has started before."""
        now_us = self._clock.now_us()
        self._book.load(now_us - int(self._options.catch_up_s * 1e6), now_us)
        self._book.follow_tables()
        known = (schedule for schedule in self._options.system if self._firing.knows(schedule.job_type))
        await self._book.add_system(known, now_us)
        self._policies.start()
        self._stop_listening = self._storage.on_catalog_change(self._catalog_changed)
        self._timer.start()
        self._pressure.start()

    async def stop(self) -> None:
        """Fire no more. The manager is stopped after this."""
        if self._stop_listening is not None:
            self._stop_listening()
        await self._pressure.stop()
        await self._timer.stop()
        self._policies.stop()

    def reload(self) -> None:
        """A restore has put other schedules in the place of the users'."""
        self._book.reload(self._clock.now_us())
        self._book.follow_tables()
        self._wake()

    def schedules(self) -> tuple[Schedule, ...]:
        """All schedules, by name. Who is shown which is for the caller to say."""
        return tuple(sorted(map(self._shown, self._book), key=lambda schedule: schedule.schedule_name))

    def flush_policy(self, table: Table) -> FlushPolicy:
        """The policy in force for a table: its own, or the server's. Any thread."""
        return policy_of(table, self._options.flush_policy)

    async def create(self, new: NewSchedule, by: Actor, *, if_not_exists: bool = False) -> bool:
        """Make a schedule of `by`'s. Returns whether it was made, which it was not if there was one already.

        Raises `ScheduleExists`, `InvalidSchedule`, and what the job type raises for parameters that it does not take.
        """
        timing = Cron.parse(new.cron, new.timezone)
        if not new.schedule_name or new.schedule_name.startswith(PREFIX):
            raise InvalidSchedule(
                f'unacceptable schedule name "{new.schedule_name}"',
                hint=f'Names that start with "{PREFIX}" are those of flush policies.',
            )
        if self._book.named(new.schedule_name) is not None or self._is_reserved(new.schedule_name):
            if if_not_exists:
                return False
            raise ScheduleExists(new.schedule_name)
        now_us = self._clock.now_us()
        role = self._storage.catalog.role(by.name)
        entry = Entry(
            key=new.schedule_name,
            name=new.schedule_name,
            timing=timing,
            statement=new.statement,
            job_type=new.job_type,
            parameters=new.parameters,
            source=ScheduleSource.USER,
            on_overlap=new.on_overlap,
            owner=by.name,
            owner_oid=None if role is None else role.oid,
            created_at=now_us,
            memory=Memory(now_us),
        )
        self._firing.requests(entry)
        await self._book.write(entry)
        self._wake()
        return True

    async def alter(self, name: str, change: ScheduleChange, by: Actor) -> None:
        """Pause, resume, or change a schedule. Raises `InvalidSchedule`.

        A paused schedule does not fire, and what it has missed when it is resumed is not made up for.
        """
        entry = self._permitted(name, by)
        if change.cron is not None or change.timezone is not None or change.on_overlap is not None:
            self._require_own_times(entry)
            assert entry.timing is not None
            cron = entry.timing.text if change.cron is None else change.cron
            timezone = entry.timing.timezone if change.timezone is None else change.timezone
            entry = replace(entry, timing=Cron.parse(cron, timezone), on_overlap=change.on_overlap or entry.on_overlap)
        memory = entry.memory
        now_us = self._clock.now_us()
        if change.cron is not None or change.timezone is not None or (change.paused is False and memory.paused):
            memory = msgspec.structs.replace(memory, considered_us=max(now_us, memory.considered_us))
        if change.paused is False and memory.paused and isinstance(entry.key, int):
            self._policies.resumed(entry.key)
        if change.paused is not None:
            memory = msgspec.structs.replace(memory, paused=change.paused)
        await self._book.write(replace(entry, memory=memory))
        self._wake()

    async def drop(self, name: str, by: Actor, *, if_exists: bool = False) -> bool:
        """Remove a user's schedule; jobs that it has made go on. Returns whether there was one."""
        try:
            entry = self._permitted(name, by)
        except NoSuchSchedule:
            if if_exists:
                return False
            raise
        self._require_own_times(entry)
        await self._book.remove(entry)
        self._wake()
        return True

    async def run(self, name: str, by: Actor) -> tuple[Started, ...]:
        """Fire now, also a paused schedule, and while a job of its last fire is active.

        Raises what keeps a job from being made, if none was made: also that the owner may not do it any more.
        """
        entry = self._permitted(name, by)
        if not self._book.owner_is_there(entry):
            raise ScheduleNotAllowed(
                f'schedule "{name}" runs no more: its owner "{entry.owner}" was dropped',
                hint="Drop it, and create one of your own.",
            )
        fired = await self._firing.fire(entry, None)
        if fired.started:
            await self._book.remember_run(entry.key, self._clock.now_us(), fired.job_ids)
        elif fired.errors:
            raise fired.errors[0]
        return fired.started

    def _shown(self, entry: Entry) -> Schedule:
        cron = self._policies.cron(entry.key) if isinstance(entry.key, int) else None
        if entry.timing is not None:
            cron = entry.timing.text
        return entry.shown(cron, self._timer.next_us(entry))

    def _permitted(self, name: str, by: Actor) -> Entry:
        """The schedule, if `by` may control it."""
        entry = self._book.named(name)
        if entry is None:
            raise NoSuchSchedule(name)
        is_owner = entry.owner == by.name and self._book.owner_is_there(entry)
        if by.superuser or is_owner or JOB_OPERATOR in by.member_of:
            return entry
        if not sees_all(by):
            raise NoSuchSchedule(name)
        raise ScheduleNotAllowed(
            f'permission denied for schedule "{name}"',
            hint="Only its owner, a superuser or a member of job_operator may control a schedule.",
        )

    def _require_own_times(self, entry: Entry) -> None:
        """Raise `ScheduleNotAllowed` for one that is as the configuration or a table says."""
        if entry.source is ScheduleSource.USER:
            return
        if entry.source is ScheduleSource.POLICY:
            what, hint = "flush policy", "Set the table's flush_policy, or flush.default_policy in config.toml."
        else:
            setting = next(each.setting for each in self._options.system if each.name == entry.name)
            what, hint = "system schedule", f"Set {setting} in config.toml."
        raise ScheduleNotAllowed(
            f'schedule "{entry.name}" is a {what}: it can only be paused, resumed and run',
            hint=hint,
        )

    def _is_reserved(self, name: str) -> bool:
        return any(schedule.name == name for schedule in self._options.system)

    def _catalog_changed(self, change: CatalogChange) -> None:
        if any(kind in (Table, Namespace) for kind, _ in change.entries):
            self._book.follow_tables()
        for (kind, oid), role in change.entries.items():
            if kind is not Role or role is not None:
                continue
            for entry in self._book:
                if entry.owner_oid == oid:
                    self._log.warning(
                        "a schedule fires no more: its owner was dropped", schedule=entry.name, owner=entry.owner
                    )
        self._wake()
