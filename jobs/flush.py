"""FL: settles a table's hot rows into Parquet segments."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from jobs.body import JobBody
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.tables import tables_of
from storage.errors import StorageError, TableGone
from storage.flush import commit_flushes, discard, hot_stores, measure_flush, plan_flush, write_plans
from storage.segment_writer import table_folder
from storage.units import about_duration, about_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from jobs.context import Checkpoint, JobContext
    from storage.catalog import Table
    from storage.engine import Storage
    from storage.flush import FlushPlan, Written

STEP_STORES_MAX: Final = 64
STEP_ROWS_MAX: Final = 1_000_000
"""Row stores that are settled in one step: so many, or fewer once they have so many rows."""


class FlushParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which table. `through_commit` need not be given: it is set when the flush is asked for.

    It is the number of the last commit to the table: those of all its row stores are in one order, and rise over
    restarts.
    """

    table_oid: int
    namespace: str
    table_name: str
    through_commit: int = 0


@dataclass(frozen=True, slots=True)
class FlushEstimate:
    """What a flush would write: live rows, in so many bytes as they are encoded now, into so many files."""

    rows: int
    bytes: int
    files: int


def estimate(storage: Storage, table: Table) -> FlushEstimate:
    """What a flush of the table would do now; nothing is made or changed. Raises `TableGone`."""
    return FlushEstimate(*measure_flush(storage, table.oid))


class FlushBody(JobBody[FlushParameters]):
    """Makes a pass over the table's hot rows, and another one for as long as it was asked for rows beyond the last.

    A pass settles the row stores of the table, some at a time, each such step being one atomic step of storage
    (`storage.flush`), so that a stop at any point leaves every row hot or cold. The last step settles the job's record
    in its own batch: whoever joins the job before that is covered, and whoever asks after it gets a new job.
    """

    job_type = JobType.FLUSH
    finishes_at_shutdown = True

    def __init__(self, storage: Storage) -> None:
        super().__init__(FlushParameters)
        self._storage = storage

    def admit(self, parameters: FlushParameters) -> FlushParameters:
        """Cover what is committed now. Raises `TableGone`, and `StorageError` for a stream."""
        table = self._storage.catalog.table_by_oid(parameters.table_oid)
        if table is not None and table.type == "stream":
            raise StorageError(f'"{table.name}" is a stream table: its rows are never flushed')
        return msgspec.structs.replace(parameters, through_commit=self._storage.last_commit(parameters.table_oid))

    def idempotency_key(self, parameters: FlushParameters) -> str:
        """One flush of a table at a time."""
        return f"flush-{parameters.namespace}-{parameters.table_name}"

    def coalesce(self, active: FlushParameters, asked: FlushParameters) -> FlushParameters | None:
        """Raise what the active job covers. A table that was dropped and made again is flushed in another pass."""
        if (active.namespace, active.table_name) != (asked.namespace, asked.table_name):
            return None
        if active.table_oid != asked.table_oid:
            return asked
        return max(active, asked, key=lambda parameters: parameters.through_commit)

    def scheduled(self, parameters: dict[str, Any]) -> Iterator[JobRequest]:
        """The tables that have hot rows: a flush of another one would have nothing to do. Streams are never flushed."""
        for table in tables_of(self._storage.catalog, parameters):
            if table.type != "stream" and hot_stores(self._storage, table.oid):
                yield flush_request(table, SYSTEM.name)

    def describe(self, parameters: FlushParameters) -> str:
        """What is logged of a new job."""
        return f"flush of {parameters.namespace}.{parameters.table_name}"

    async def prepare(self, context: JobContext[FlushParameters]) -> Skip | None:
        """Skip a table that is gone or has no hot rows."""
        parameters = context.parameters
        return None if self._to_flush(parameters) else self._nothing_to_flush(parameters)

    async def run(self, context: JobContext[FlushParameters]) -> Outcome | Skip:
        """Make passes until all that was asked for is cold."""
        started_s = time.perf_counter()
        flushed = Flushed()
        # What is asked for may grow whenever this waits: if it has since the last look at it, it is not at its end.
        while stores := self._to_flush(asked := context.parameters):
            # Plans that are made from now on have all that is visible now.
            visible = self._storage.last_visible_commit
            total = flushed.rows + sum(rows for _, rows in stores)
            for step, is_last in _steps(stores):
                try:
                    written = await self._write(context, step, flushed, total)
                    with_these = flushed.adding(written, self._storage)
                    write = partial(commit_flushes, self._storage, written)
                    undo = partial(_discard, written)
                    if is_last and _covers(visible, asked, context.parameters):
                        outcome = with_these.outcome(time.perf_counter() - started_s)
                        if await context.commit_point(outcome, write, undo):
                            return outcome
                    else:
                        await context.commit_part(write, undo)
                except TableGone:
                    break
                flushed = with_these
        if flushed.files:
            return flushed.outcome(time.perf_counter() - started_s)
        return self._nothing_to_flush(asked)

    async def _write(
        self, context: JobContext[FlushParameters], stores: Sequence[int], flushed: Flushed, total: int
    ) -> tuple[Written, ...]:
        """Write the segments of some row stores, with progress over all that there are. Raises `TableGone`."""
        await context.checkpoint()
        plans = [plan for store_oid in stores if (plan := plan_flush(self._storage, store_oid)) is not None]
        context.progress(flushed.rows, total, "rows", "writing segments")
        return await context.run_in_worker(partial(_write_plans, plans, flushed.rows, total), undo=_discard)

    def _to_flush(self, parameters: FlushParameters) -> list[tuple[int, int]]:
        try:
            return hot_stores(self._storage, parameters.table_oid)
        except TableGone:
            return []

    def _nothing_to_flush(self, parameters: FlushParameters) -> Skip:
        is_there = parameters.table_oid in self._storage.catalog.tables
        return Skip("nothing to flush" if is_there else "the table was dropped", Flushed().result(0.0))


def flush_request(table: Table, owner: str) -> JobRequest:
    """What asks for a flush of a table."""
    return JobRequest(
        job_type=JobType.FLUSH,
        parameters=FlushParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner=owner,
        namespace=table.namespace,
        table_name=table.name,
    )


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a job has flushed so far."""

    rows: int = 0
    bytes: int = 0
    files: int = 0
    location: str | None = None
    """The folder of the files."""

    def adding(self, written: Sequence[Written], storage: Storage) -> Flushed:
        """With what was written for these plans, too."""
        segments = [segment for _, of_plan in written for segment in of_plan]
        location = str(table_folder(storage.cold_folder, written[0][0].state.table)) if segments else self.location
        return Flushed(
            self.rows + sum(segment.rows for segment in segments),
            self.bytes + sum(segment.bytes for segment in segments),
            self.files + len(segments),
            location,
        )

    def result(self, seconds: float) -> dict[str, Any]:
        """As JSON."""
        return {
            "rows": self.rows,
            "bytes": self.bytes,
            "files": self.files,
            "location": self.location,
            "seconds": round(seconds, 3),
        }

    def outcome(self, seconds: float) -> Outcome:
        """As a job says it: `flushed 2000000 rows into 2 segments (14.2 MB) in 1.8 s`."""
        message = (
            f"flushed {_counted(self.rows, 'row')} into {_counted(self.files, 'segment')}"
            f" ({about_size(self.bytes)}) in {about_duration(seconds)}"
        )
        return Outcome(message, self.result(seconds))


def _steps(stores: Sequence[tuple[int, int]]) -> Iterator[tuple[list[int], bool]]:
    """Row stores in the steps of a pass, and whether each is the last."""
    step: list[int] = []
    rows = 0
    for store_oid, store_rows in stores:
        if step and (len(step) == STEP_STORES_MAX or rows + store_rows > STEP_ROWS_MAX):
            yield step, False
            step, rows = [], 0
        step.append(store_oid)
        rows += store_rows
    yield step, True


def _write_plans(
    plans: Sequence[FlushPlan], rows_before: int, rows_in_all: int, checkpoint: Checkpoint
) -> tuple[Written, ...]:
    """In a worker: write the segments of a step, with progress over all of them."""

    def step(done: int, total: int) -> None:
        checkpoint(rows_before + done, max(rows_in_all, rows_before + total))

    return write_plans(plans, step)


def _discard(written: Sequence[Written]) -> None:
    for _, segments in written:
        discard(segments)


def _covers(visible: int, asked: FlushParameters, asked_now: FlushParameters) -> bool:
    """Whether a pass over all that was visible then, begun for what was `asked`, does what is asked now."""
    return asked.table_oid == asked_now.table_oid and asked_now.through_commit <= visible


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
