"""CL: gives back the space of a dropped table, once it can no longer be brought back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from jobs.body import JobBody
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType, Trigger
from jobs.request import JobRequest
from storage.drop import find_dropped, reclaim, reclaim_from_us
from storage.units import about_size, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.context import JobContext
    from storage.catalog_entries import Table
    from storage.engine import Storage


class CleanupParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which table. Its name may be another table's by now."""

    table_oid: int
    namespace: str
    table_name: str


def cleanup_key(table_oid: int) -> str:
    """The idempotency key of the job that cleans up after a table. A new table of the same name has another one."""
    return f"drop-table-{table_oid}"


def cleanup_request(storage: Storage, table: Table, owner: str, trigger: Trigger = Trigger.USER) -> JobRequest:
    """What whoever has dropped a table asks for, once the drop is durable; and whoever has failed to bring it back.

    The job waits for as long as the table can be brought back, counted from the drop, however often it is asked for.
    """
    dropped = find_dropped(storage, table.oid)
    return JobRequest(
        job_type=JobType.CLEANUP,
        parameters=CleanupParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner=owner,
        namespace=table.namespace,
        table_name=table.name,
        trigger=trigger,
        run_after_us=None if dropped is None else reclaim_from_us(storage, dropped),
    )


class CleanupBody(JobBody[CleanupParameters]):
    """Removes what is left of a dropped table. Every step can be repeated, so it can stop anywhere."""

    job_type = JobType.CLEANUP

    def __init__(self, storage: Storage) -> None:
        super().__init__(CleanupParameters)
        self._storage = storage

    def idempotency_key(self, parameters: CleanupParameters) -> str:
        """One cleanup of a table, by its id."""
        return cleanup_key(parameters.table_oid)

    def describe(self, parameters: CleanupParameters) -> str:
        """What is logged of a new job."""
        return f"cleanup of dropped table {parameters.namespace}.{parameters.table_name}"

    def requests_at_start(self) -> Iterator[JobRequest]:
        """A job for each dropped table that has none: it was killed, or the server stopped before it was made."""
        for dropped in self._storage.dropped():
            yield cleanup_request(self._storage, dropped.table, SYSTEM.name, Trigger.SYSTEM)

    async def prepare(self, context: JobContext[CleanupParameters]) -> Skip | None:
        """Skip a table of which nothing is left, or that is back. Nobody writes to it: a drop waits for who does."""
        storage, oid = self._storage, context.parameters.table_oid
        if oid in storage.catalog.tables:
            return Skip("the table was brought back", {"files": 0, "bytes": 0})
        if find_dropped(storage, oid) is None:
            return Skip("its space has been reclaimed already", {"files": 0, "bytes": 0})
        return None

    async def run(self, context: JobContext[CleanupParameters]) -> Outcome:
        """Reclaim it."""
        context.progress(0, 0, "files", "reclaiming")
        reclaimed = await context.run_in_worker(partial(reclaim, self._storage, context.parameters.table_oid))
        message = f"reclaimed {counted(reclaimed.files, 'file')} ({about_size(reclaimed.bytes)})"
        return Outcome(message, {"files": reclaimed.files, "bytes": reclaimed.bytes})
