"""RT: has rows that were deleted some time ago leave the disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from jobs.body import JobBody
from jobs.clock import SystemClock
from jobs.flush import FlushParameters
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.rewriting import Rewriting, Rewritten
from jobs.tables import tables_of
from storage.errors import TableGone
from storage.retention import expired_segments, has_old_deaths, has_old_hot_deaths, plan_rewrite
from storage.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.clock import Clock
    from jobs.context import Checkpoint, JobContext
    from storage.catalog_entries import Table
    from storage.compaction import CompactionPlan
    from storage.engine import Storage
    from storage.segment import Segment
    from storage.snapshot import TableSnapshot

DELETED_ROWS_S: Final = 7 * 86_400.0
"""How long deleted rows are kept, at least, if nobody says otherwise."""


class RetentionParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which table."""

    table_oid: int
    namespace: str
    table_name: str


class RetentionBody(JobBody[RetentionParameters]):
    """Rewrites the segments with rows that were deleted longer than `deleted_rows_s` ago, without all their dead rows.

    A deleted row stays in its file until that is compacted, which the policy of compaction may never want: this bounds
    for how long. Each segment is one atomic step of storage (`storage.compaction`).
    """

    job_type = JobType.RETENTION

    def __init__(self, storage: Storage, deleted_rows_s: float = DELETED_ROWS_S, clock: Clock | None = None) -> None:
        super().__init__(RetentionParameters)
        self._storage = storage
        self._deleted_rows_s = deleted_rows_s
        self._clock = clock or SystemClock()

    def admit(self, parameters: RetentionParameters) -> RetentionParameters:
        """Refuse a table that is not there. Raises `TableGone`."""
        self._storage.stores(parameters.table_oid)
        return parameters

    def idempotency_key(self, parameters: RetentionParameters) -> str:
        """One job of a table at a time, by its id, which does not change."""
        return f"retention-{parameters.table_oid}"

    def shown_key(self, parameters: RetentionParameters) -> str:
        """By the name that the table has when the job is asked for."""
        return f"retention-{parameters.namespace}-{parameters.table_name}"

    def coalesce(self, active: RetentionParameters, asked: RetentionParameters) -> RetentionParameters | None:
        """What is asked now is what the active job does."""
        return asked if active.table_oid == asked.table_oid else None

    def scheduled(self, parameters: dict[str, Any]) -> Iterator[JobRequest]:
        """The tables with files that hold rows deleted too long ago.

        Where such rows are hot still, a flush is asked for: it forgets them.
        """
        storage, before_us = self._storage, self._before_us()
        for table in tables_of(storage.catalog, parameters):
            stores = storage.stores(table.oid)
            if table.type != "stream" and any(has_old_hot_deaths(storage, oid, before_us) for oid in stores):
                yield _request(JobType.FLUSH, FlushParameters, table)
            if any(has_old_deaths(storage, oid, before_us) for oid in stores):
                yield _request(JobType.RETENTION, RetentionParameters, table)

    def describe(self, parameters: RetentionParameters) -> str:
        """What is logged of a new job."""
        return f"retention of deleted rows of {parameters.namespace}.{parameters.table_name}"

    async def prepare(self, context: JobContext[RetentionParameters]) -> Skip | None:
        """Skip a table that is gone or whose deleted rows are all younger."""
        parameters = context.parameters
        return None if self._stores(parameters, self._before_us()) else self._nothing_to_do(parameters)

    async def run(self, context: JobContext[RetentionParameters]) -> Outcome | Skip:
        """Rewrite until no segment holds rows that were deleted too long before now."""
        rewriting = Rewriting(self._storage, context, "rewriting segments")
        before_us, parameters = self._before_us(), context.parameters
        stores = self._stores(parameters, before_us)
        for store_oid in stores:
            while (plan := await self._plan(context, store_oid, before_us)) is not None:
                is_last = store_oid == stores[-1] and not plan.rows_after
                outcome = await rewriting.carry_out(plan, is_last=is_last)
                if outcome is not None:
                    return outcome
        return rewriting.outcome or self._nothing_to_do(parameters)

    def _before_us(self) -> int:
        return self._clock.now_us() - round(self._deleted_rows_s * 1e6)

    def _stores(self, parameters: RetentionParameters, before_us: int) -> list[int]:
        storage = self._storage
        try:
            return [oid for oid in storage.stores(parameters.table_oid) if has_old_deaths(storage, oid, before_us)]
        except TableGone:
            return []

    async def _plan(
        self, context: JobContext[RetentionParameters], store_oid: int, before_us: int
    ) -> CompactionPlan | None:
        try:
            snapshot = self._storage.snapshot(store_oid)
            expired = await context.run_in_worker(partial(_expired, snapshot, before_us))
            return plan_rewrite(self._storage, store_oid, frozenset(expired))
        except TableGone:
            return None

    def _nothing_to_do(self, parameters: RetentionParameters) -> Skip:
        age = format_duration(self._deleted_rows_s)
        is_there = parameters.table_oid in self._storage.catalog.tables
        reason = f"no rows were deleted more than {age} ago" if is_there else "the table was dropped"
        return Skip(reason, Rewritten().result())


def _expired(snapshot: TableSnapshot, before_us: int, _checkpoint: Checkpoint) -> tuple[Segment, ...]:
    return expired_segments(snapshot, before_us)


def _request(
    job_type: JobType, parameters: type[FlushParameters] | type[RetentionParameters], table: Table
) -> JobRequest:
    return JobRequest(
        job_type=job_type,
        parameters=parameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner=SYSTEM.name,
        namespace=table.namespace,
        table_name=table.name,
    )
