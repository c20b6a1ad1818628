"""Fires schedules at their times: one task that sleeps until the earliest of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from jobs.clock import SET_BACK_US, ends_by
from jobs.schedules.schedule import OverlapPolicy
from jobs.schedules.timing import Cron, due, iso

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from jobs.clock import Clock
    from jobs.schedules.book import ScheduleBook
    from jobs.schedules.entry import Entry, EntryKey
    from jobs.schedules.firing import Firing
    from jobs.schedules.policies import FlushPolicies
    from jobs.schedules.timing import Timing


FIRES_A_TURN: Final = 20
"""Beginning one takes up to 100 microseconds."""


class FireTimer:
    """Looks at all schedules when the earliest is due, or when `wake` says that something has changed.

    A fire is a task of its own, for making a job may have to wait. While one is under way the schedule is not due.
    """

    def __init__(
        self,
        book: ScheduleBook,
        policies: FlushPolicies,
        firing: Firing,
        clock: Clock,
        log: FilteringBoundLogger,
        changed: asyncio.Event,
    ) -> None:
        self._book = book
        self._policies = policies
        self._firing = firing
        self._clock = clock
        self._log = log
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._fires: dict[EntryKey, asyncio.Task[None]] = {}
        self._next: dict[EntryKey, tuple[tuple[Timing, int], int | None]] = {}
        """When each fires next, and what that was reckoned from."""
        self._looked_at_us = 0

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="schedules")

    async def stop(self) -> None:
        """Fire no more. A fire that is under way may have made its jobs: when it is repeated it finds them."""
        tasks = [task for task in (self._task, *self._fires.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def next_us(self, entry: Entry) -> int | None:
        """When a schedule fires next, as it stands."""
        if entry.memory.paused or not self._book.owner_is_there(entry):
            return None
        if isinstance(entry.key, int):
            return self._policies.due_us(entry.key)
        if entry.timing is None:
            return None
        asked = (entry.timing, entry.memory.considered_us)
        known = self._next.get(entry.key)
        if known is None or known[0] != asked:
            # Looking for the next time takes cron some microseconds, and every schedule is looked at on each change.
            known = self._next[entry.key] = (asked, entry.timing.after(entry.memory.considered_us))
        return known[1]

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            earliest_us = self._fire_what_is_due()
            await ends_by(self._clock, self._changed.wait(), earliest_us)

    def _fire_what_is_due(self) -> int | None:
        """Begin the fires that are due, but not too many in one turn of the loop. Returns when to look again."""
        now_us = self._clock.now_us()
        if now_us < self._looked_at_us - SET_BACK_US:
            self._log.warning("the clock was set back", seconds=(self._looked_at_us - now_us) // 1_000_000)
            self._book.set_back(now_us)
            self._policies.set_back(now_us)
        self._looked_at_us = now_us
        earliest_us = None
        begun = 0
        for entry in self._book:
            next_us = None if entry.key in self._fires else self.next_us(entry)
            if next_us is not None and next_us <= now_us:
                if begun == FIRES_A_TURN:
                    return now_us
                begun += 1
                self._begin(entry, now_us)
            elif next_us is not None:
                earliest_us = next_us if earliest_us is None else min(earliest_us, next_us)
        return earliest_us

    def _begin(self, entry: Entry, now_us: int) -> None:
        fire_us = now_us
        if isinstance(entry.key, int):
            self._policies.asked(entry.key)
        else:
            assert entry.timing is not None
            fire_us = due(entry.timing, entry.memory.considered_us, now_us) or now_us
            self._book.consider(entry, fire_us)
        task = asyncio.create_task(self._fire(entry, fire_us), name=f"schedule {entry.name}")
        self._fires[entry.key] = task
        task.add_done_callback(lambda _: self._ended(entry.key))

    def _ended(self, entry_key: EntryKey) -> None:
        del self._fires[entry_key]
        self._changed.set()

    async def _fire(self, entry: Entry, fire_us: int) -> None:
        try:
            if entry.on_overlap is OverlapPolicy.SKIP and (active := await self._firing.active_job(entry)):
                self._log.warning(
                    f"schedule {entry.name} passed over its fire time {iso(fire_us)}: its last job is {active.status}",
                    job_id=active.job_id,
                    schedule=entry.name,
                )
                await self._book.remember_considered(entry.key)
                return
            fired = await self._firing.fire(entry, fire_us)
            for error in fired.errors:
                self._log.warning("a schedule could not make a job", schedule=entry.name, error=str(error))
            if fired.started:
                await self._book.remember_run(entry.key, self._clock.now_us(), fired.job_ids)
            elif isinstance(entry.timing, Cron):
                # Not of intervals: a write every few seconds that nothing came of would be for nothing.
                await self._book.remember_considered(entry.key)
            if isinstance(entry.key, int):
                await self._settle_policy(entry.key)
        except Exception as error:  # noqa: BLE001 - one schedule must not keep the others from firing
            self._log.error("a schedule failed to fire", schedule=entry.name, exc_info=error)
            if isinstance(entry.key, int):
                self._policies.settle(entry.key)

    async def _settle_policy(self, table_oid: int) -> None:
        entry = self._book.get(table_oid)
        if entry is not None and await self._firing.active_job(entry) is None:
            self._policies.settle(table_oid)
