"""SE: removes the rows of a stream that are older than its ttl."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from jobs.body import JobBody
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.tables import tables_of
from storage.errors import StorageError, TableGone
from storage.eviction import commit_eviction, has_expired_rows, key_slices, plan_eviction, remove_keys
from storage.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.context import JobContext
    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.eviction import EvictionPlan


class StreamEvictionParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which stream."""

    table_oid: int
    namespace: str
    table_name: str


def stream_eviction_request(table: Table, owner: str = SYSTEM.name) -> JobRequest:
    """What asks for the eviction of a stream."""
    return JobRequest(
        job_type=JobType.STREAM_EVICTION,
        parameters=StreamEvictionParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner=owner,
        namespace=table.namespace,
        table_name=table.name,
    )


class StreamEvictionBody(JobBody[StreamEvictionParameters]):
    """Removes what has expired when it starts. Nobody sees these rows now, so it can stop anywhere and be repeated.

    Their index entries go some at a time, on the loop, where nobody can take one of their keys in between.
    """

    job_type = JobType.STREAM_EVICTION

    def __init__(self, storage: Storage) -> None:
        super().__init__(StreamEvictionParameters)
        self._storage = storage

    def admit(self, parameters: StreamEvictionParameters) -> StreamEvictionParameters:
        """Refuse what is no stream, with `StorageError`, and what is not there, with `TableGone`."""
        table = self._storage.catalog.table_by_oid(parameters.table_oid)
        if table is None:
            raise TableGone
        if table.type != "stream":
            raise StorageError(f'"{table.name}" is not a stream table: its rows do not expire')
        return parameters

    def idempotency_key(self, parameters: StreamEvictionParameters) -> str:
        """One eviction of a stream at a time, by its id: a new table of the same name has another one."""
        return f"evict-stream-{parameters.table_oid}"

    def scheduled(self, parameters: dict[str, Any]) -> Iterator[JobRequest]:
        """The streams in which rows have expired."""
        for table in tables_of(self._storage.catalog, parameters):
            if table.type == "stream" and has_expired_rows(self._storage, table.oid):
                yield stream_eviction_request(table)

    def describe(self, parameters: StreamEvictionParameters) -> str:
        """What is logged of a new job."""
        return f"eviction of stream {parameters.namespace}.{parameters.table_name}"

    async def run(self, context: JobContext[StreamEvictionParameters]) -> Outcome | Skip:
        """Remove index entries, then the rows."""
        try:
            plan = plan_eviction(self._storage, context.parameters.table_oid)
            if plan is None:
                return Skip("no row has expired", {"rows": 0})
            if plan.has_keys:
                await self._remove_keys(context, plan)
            outcome = Outcome(f"evicted {counted(plan.rows, 'row')}", {"rows": plan.rows})
            context.progress(plan.rows, plan.rows, "rows", "removing rows")
            await context.commit_point(outcome, partial(commit_eviction, self._storage, plan))
        except TableGone:
            return Skip("the table was dropped", {"rows": 0})
        return outcome

    async def _remove_keys(self, context: JobContext[StreamEvictionParameters], plan: EvictionPlan) -> None:
        slices = key_slices(plan)
        done = 0
        context.progress(done, plan.rows, "rows", "removing index entries")
        while keys := await context.run_in_worker(lambda _checkpoint: next(slices, None)):
            await context.commit_part(partial(remove_keys, self._storage, plan, keys))
            done += len(keys)
            context.progress(done, plan.rows)
