"""Full memory: when the hot tier is nearly full the tables that hold most of it are flushed, without being asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from jobs.clock import ends_by
from jobs.record import JobStatus, JobType
from storage.hot_tables import hot_tables
from storage.units import about_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from jobs.clock import Clock
    from jobs.manager import JobManager
    from jobs.request import JobTransition
    from jobs.schedules.book import ScheduleBook
    from jobs.schedules.entry import Entry
    from jobs.schedules.firing import Firing
    from storage.catalog_entries import Table
    from storage.engine import Storage

NAME: Final = "hot-memory"
"""The schedule: it has no times, and is due when memory is. Paused it does nothing."""

RECHECK_US: Final = 1_000_000
"""How soon, while memory is nearly full, it is looked again whether anything else can be flushed."""

WORTH_FREEING: Final = 1 / 64
"""Of the limit: if all tables together hold less, it is transactions and streams that hold the rest, and flushes of a
few rows again and again would not help."""


class MemoryPressure:
    """Makes flushes, one at a time of each table, until enough of the hot tier is to be freed. On the loop."""

    def __init__(
        self,
        storage: Storage,
        jobs: JobManager,
        book: ScheduleBook,
        firing: Firing,
        retry_s: float,
        clock: Clock,
        log: FilteringBoundLogger,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._book = book
        self._firing = firing
        self._retry_us = int(retry_s * 1e6)
        self._clock = clock
        self._log = log
        self._changed = asyncio.Event()
        self._under_way: set[int] = set()
        self._not_before_us: dict[int, int] = {}
        """By table, when one whose flush has failed may be flushed again."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Look at once: what was hot when the server stopped may be more than it may hold now."""
        self._ends = [
            self._storage.hot_memory.on_high(self._changed.set),
            self._jobs.subscribe(self._job_changed),
        ]
        self._begin(asyncio.create_task(self._run(), name="hot memory"))

    async def stop(self) -> None:
        """Make no more flushes."""
        for end in self._ends:
            end()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            again_us = self._relieve()
            await ends_by(self._clock, self._changed.wait(), again_us)

    def _relieve(self) -> int | None:
        """Begin the flushes that are needed. Returns when to look again; `None`: when something happens."""
        entry, memory = self._book.get(NAME), self._storage.hot_memory
        if not memory.is_high:
            return None
        now_us = self._clock.now_us()
        if entry is not None and not entry.memory.paused:
            for table in self._worth_flushing(now_us):
                if table.oid not in self._under_way:
                    self._under_way.add(table.oid)
                    self._begin(asyncio.create_task(self._flush(entry, table)))
        return now_us + RECHECK_US

    def _worth_flushing(self, now_us: int) -> list[Table]:
        """The tables that hold most, as many as it takes; none if what a flush can free is next to nothing."""
        memory = self._storage.hot_memory
        flushable = [
            each
            for each in hot_tables(self._storage)
            if each.can_be_flushed and self._not_before_us.get(each.table.oid, 0) <= now_us
        ]
        if sum(each.held_bytes for each in flushable) < memory.limit_bytes * WORTH_FREEING:
            return []
        excess_bytes = memory.excess_bytes
        chosen = []
        for each in flushable:
            if excess_bytes <= 0:
                break
            excess_bytes -= each.held_bytes
            chosen.append(each.table)
        return chosen

    async def _flush(self, entry: Entry, table: Table) -> None:
        memory = self._storage.hot_memory
        self._log.info(
            "hot memory is nearly full: flushing",
            table=f"{table.namespace}.{table.name}",
            held=about_size(memory.held_bytes),
            limit=about_size(memory.limit_bytes),
        )
        of_table = replace(entry, parameters={"namespace": table.namespace, "table_name": table.name})
        try:
            fired = await self._firing.fire(of_table, None)
            for error in fired.errors:
                self._log.warning("a schedule could not make a job", schedule=entry.name, error=str(error))
            if fired.started:
                await self._book.remember_run(NAME, self._clock.now_us(), fired.job_ids)
            else:
                self._ended(table.oid, is_flushed=not fired.errors)
        except Exception as error:  # noqa: BLE001 - what goes wrong with one table must not keep others from being flushed
            self._log.error("a schedule failed to fire", schedule=entry.name, exc_info=error)
            self._ended(table.oid, is_flushed=False)

    def _job_changed(self, transition: JobTransition) -> None:
        record = transition.record
        if record.job_type is JobType.FLUSH and record.status.is_terminal:
            table_oid = record.parameters.get("table_oid")
            if table_oid in self._under_way:
                self._ended(table_oid, is_flushed=record.status is JobStatus.COMPLETED)

    def _ended(self, table_oid: int, *, is_flushed: bool) -> None:
        self._under_way.discard(table_oid)
        if is_flushed:
            self._not_before_us.pop(table_oid, None)
        else:
            self._not_before_us[table_oid] = self._clock.now_us() + self._retry_us
        self._changed.set()

    def _begin(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
