"""Flush policies: each table that has one is a schedule, due when it has grown or its hot rows are old enough."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from jobs.record import JobStatus, JobType
from jobs.schedules.entry import Entry, Memory
from jobs.schedules.schedule import OverlapPolicy, ScheduleSource
from jobs.schedules.table_names import full_name
from jobs.schedules.timing import Every
from storage.catalog_entries import Table
from storage.flush_policy import FlushPolicy, policy_of
from storage.growth import TableGrowth
from storage.growth_watch import count_growth, last_flushed_us, unwatch_growth, watch_growth
from storage.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from jobs.clock import Clock
    from jobs.manager import JobManager
    from jobs.request import JobTransition
    from jobs.schedules.book import ScheduleBook
    from jobs.schedules.options import SchedulerOptions
    from storage.catalog import CatalogChange
    from storage.engine import Storage

PREFIX: Final = "flush-"
"""The names of flush policies start with this; those of other schedules do not."""
_LONGEST_RETRY_US: Final = 3_600_000_000


class Watch:
    """What one table is watched for. Times are microseconds since the epoch."""

    __slots__ = ("cron", "failures", "growth", "hot_since_us", "is_asked", "not_before_us", "policy")

    def __init__(self, policy: FlushPolicy, growth: TableGrowth, hot_since_us: int) -> None:
        self.policy = policy
        self.cron = None if policy.interval_us is None else Every(policy.interval_us).text
        """Its interval, as `system.schedules.cron` shows it."""
        self.growth = growth
        self.hot_since_us = hot_since_us
        """When the oldest of its hot rows came; some time before that after a restart. Means nothing without any."""
        self.is_asked = False
        """Whether a flush was asked for and has not ended."""
        self.not_before_us = 0
        self.failures = 0
        """Flushes in a row that failed or were killed."""

    def due_us(self) -> int | None:
        """When it is to be flushed, as it stands; `None`: not before something happens to it."""
        if self.is_asked or not self.growth.rows:
            return None
        if self.growth.is_reached:
            return max(self.hot_since_us, self.not_before_us)
        if self.policy.interval_us is None:
            return None
        return max(self.hot_since_us + self.policy.interval_us, self.not_before_us)


class FlushPolicies:
    """Keeps the book's policies in step with the tables. On the loop; nothing waits.

    `on_due` is called when a policy may have become due.
    """

    def __init__(
        self,
        storage: Storage,
        jobs: JobManager,
        book: ScheduleBook,
        options: SchedulerOptions,
        clock: Clock,
        log: FilteringBoundLogger,
        on_due: Callable[[], None],
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._book = book
        self._default = options.flush_policy
        self._retry_us = int(options.flush_retry_s * 1e6)
        self._clock = clock
        self._log = log
        self._on_due = on_due
        self._watches: dict[int, Watch] = {}
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Watch every table that has a policy, now and from now on."""
        for table in self._storage.catalog.tables.values():
            self._follow(table)
        self._book.remove_policies_without_table()
        self._ends = [
            self._storage.on_catalog_change(self._catalog_changed),
            self._jobs.subscribe(self._job_changed),
        ]

    def stop(self) -> None:
        """Watch none."""
        for end in self._ends:
            end()
        for table_oid in self._watches:
            unwatch_growth(self._storage, table_oid)

    def due_us(self, table_oid: int) -> int | None:
        """When the table is to be flushed; `None`: not before something happens to it."""
        return self._watches[table_oid].due_us()

    def cron(self, table_oid: int) -> str | None:
        """Its interval, as `system.schedules.cron` shows it."""
        return self._watches[table_oid].cron

    def asked(self, table_oid: int) -> None:
        """A flush is being asked for: the policy rests until that has ended."""
        self._watches[table_oid].is_asked = True

    def ended(self, table_oid: int, *, is_flushed: bool) -> None:
        """A flush of the table has ended: count what is hot now. Without success the next one has to wait a while."""
        watch = self._watches.get(table_oid)
        if watch is None:
            return
        now_us = self._clock.now_us()
        count_growth(self._storage, table_oid, watch.growth)
        watch.is_asked = False
        if is_flushed:
            watch.failures = watch.not_before_us = 0
            watch.hot_since_us = now_us
        else:
            watch.not_before_us = now_us + min(self._retry_us << min(watch.failures, 30), _LONGEST_RETRY_US)
            watch.failures += 1
        self._on_due()

    def settle(self, table_oid: int) -> None:
        """Nothing came of what was asked for, or it ended without a word."""
        watch = self._watches.get(table_oid)
        if watch is not None and watch.is_asked:
            self.ended(table_oid, is_flushed=False)

    def resumed(self, table_oid: int) -> None:
        """It was paused: rows that became old meanwhile are as if they came now."""
        watch = self._watches[table_oid]
        watch.hot_since_us = self._clock.now_us()
        watch.not_before_us = watch.failures = 0

    def set_back(self, now_us: int) -> None:
        """The clock was set back: nothing has become hot, and no flush has failed, later than now."""
        for watch in self._watches.values():
            watch.hot_since_us = min(watch.hot_since_us, now_us)
            watch.not_before_us = min(watch.not_before_us, now_us)

    def _job_changed(self, transition: JobTransition) -> None:
        record = transition.record
        if record.job_type is JobType.FLUSH and record.status.is_terminal:
            table_oid = record.parameters.get("table_oid")
            if table_oid in self._watches:
                self.ended(table_oid, is_flushed=record.status is JobStatus.COMPLETED)

    def _catalog_changed(self, change: CatalogChange) -> None:
        for (kind, oid), entry in change.entries.items():
            if kind is not Table:
                continue
            if isinstance(entry, Table):
                self._follow(entry)
            else:
                self._forget(oid)
        self._on_due()

    def _follow(self, table: Table) -> None:
        try:
            policy = policy_of(table, self._default)
        except UnitError as error:
            self._log.error("a flush policy cannot be read", table=f"{table.namespace}.{table.name}", error=str(error))
            policy = FlushPolicy()
        if not policy:
            self._forget(table.oid)
            return
        watch = self._watches.get(table.oid)
        if watch is None or watch.policy != policy:
            came = partial(self._came, table.oid)
            growth = TableGrowth(policy, on_first=came, on_reached=self._on_due)
            watch_growth(self._storage, table.oid, growth)
            hot_since_us = min(self._clock.now_us(), last_flushed_us(self._storage, table))
            self._watches[table.oid] = Watch(policy, growth, hot_since_us if watch is None else watch.hot_since_us)
        self._book.put_policy(self._entry(table))

    def _forget(self, table_oid: int) -> None:
        if self._watches.pop(table_oid, None) is not None:
            unwatch_growth(self._storage, table_oid)
        self._book.remove_policy(table_oid)

    def _came(self, table_oid: int) -> None:
        self._watches[table_oid].hot_since_us = self._clock.now_us()
        self._on_due()

    def _entry(self, table: Table) -> Entry:
        return Entry(
            key=table.oid,
            name=f"{PREFIX}{table.namespace}-{table.name}",
            timing=None,
            statement=f"FLUSH TABLE {full_name(table.namespace, table.name)}",
            job_type=JobType.FLUSH,
            parameters={"namespace": table.namespace, "table_name": table.name},
            source=ScheduleSource.POLICY,
            on_overlap=OverlapPolicy.QUEUE,
            owner=table.owner,
            owner_oid=None,
            created_at=table.created_at,
            memory=Memory(0),
        )
