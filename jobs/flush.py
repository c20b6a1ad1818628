"""FL: settles a table's hot rows into Parquet segments."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from jobs.body import JobBody
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.tables import tables_of
from storage.errors import StorageError, TableGone
from storage.flush import (
    STEP_ROWS_MAX,
    commit_flushes,
    discard,
    hot_stores,
    measure_flush,
    plan_flush,
    write_plans,
)
from storage.segment_writer import table_folder
from storage.units import about_duration, about_size, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from jobs.context import Checkpoint, JobContext
    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.flush import FlushPlan, HotStore, Written

STEP_STORES_MAX: Final = 64
"""Row stores that are settled in one step, or fewer if they have many rows."""


class FlushParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which table. `through_commit` need not be given: it is set when the flush is asked for.

    It is the number of the last commit to the table: those of all its row stores are in one order, and rise over
    restarts.
    """

    table_oid: int
    namespace: str
    table_name: str
    through_commit: int = 0


class FlushEstimate(Struct, frozen=True):
    """What a flush would write: live rows, in so many bytes as they are encoded now, into so many files."""

    rows: int
    bytes: int
    files: int


def estimate(storage: Storage, table: Table) -> FlushEstimate:
    """What a flush of the table would do now; nothing is made or changed. Raises `TableGone`."""
    return FlushEstimate(*measure_flush(storage, table.oid))


class FlushBody(JobBody[FlushParameters]):
    """Makes a pass over the table's hot rows, and another one for as long as it was asked for rows beyond the last.

    A pass settles the row stores of the table, some at a time, or one with many rows in several steps. Each step is one
    atomic step of storage (`storage.flush`), so that a stop at any point leaves every row hot or cold, and what was
    done before it stays done. The last step settles the job's record in its own batch: whoever joins the job before
    that is covered, and whoever asks after it gets a new job.
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
        """One flush of a table at a time, by its id, which does not change."""
        return f"flush-{parameters.table_oid}"

    def shown_key(self, parameters: FlushParameters) -> str:
        """By the name that the table has when the job is asked for."""
        return f"flush-{parameters.namespace}-{parameters.table_name}"

    def coalesce(self, active: FlushParameters, asked: FlushParameters) -> FlushParameters | None:
        """Raise what the active job covers."""
        if active.table_oid != asked.table_oid:
            return None
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
        flushed = Flushed.before(context.result)
        # What is asked for may grow whenever this waits: if it has since the last look at it, it is not at its end.
        while stores := self._to_flush(asked := context.parameters):
            # Plans that are made from now on have all that is visible now.
            visible = self._storage.last_visible_commit
            total = flushed.rows + sum(store.rows for store in stores)
            steps = deque(_steps(stores))
            while steps:
                step = steps.popleft()
                plans = self._plans(step)
                left = _left_of(step, plans)
                if left:
                    steps.appendleft(left)
                context.progress(flushed.rows, total, "rows", "writing segments")
                try:
                    written = await self._write(context, plans, flushed, total)
                    with_these = flushed.adding(written, self._storage)
                    write = partial(commit_flushes, self._storage, written)
                    undo = partial(_discard, written)
                    if not steps and context.parameters.through_commit <= visible:
                        if await context.commit_point(with_these.outcome(), write, undo):
                            return with_these.outcome()
                    else:
                        await context.commit_part(write, undo, with_these.result())
                except TableGone:
                    break
                flushed = with_these
        return flushed.outcome() if flushed.files else self._nothing_to_flush(asked)

    def _plans(self, stores: Sequence[HotStore]) -> list[FlushPlan]:
        try:
            planned = [plan_flush(self._storage, store.store_oid, rows_max=STEP_ROWS_MAX) for store in stores]
        except TableGone:
            return []
        return [plan for plan in planned if plan is not None]

    async def _write(
        self, context: JobContext[FlushParameters], plans: Sequence[FlushPlan], flushed: Flushed, total: int
    ) -> tuple[Written, ...]:
        """Write the segments of a step, with progress over all that there are to be."""
        await context.checkpoint()
        return await context.run_in_worker(partial(_write_plans, plans, flushed.rows, total), undo=_discard)

    def _to_flush(self, parameters: FlushParameters) -> list[HotStore]:
        try:
            return hot_stores(self._storage, parameters.table_oid)
        except TableGone:
            return []

    def _nothing_to_flush(self, parameters: FlushParameters) -> Skip:
        is_there = parameters.table_oid in self._storage.catalog.tables
        return Skip("nothing to flush" if is_there else "the table was dropped", Flushed().result())


def flush_request(table: Table, owner: str) -> JobRequest:
    """What asks for a flush of a table."""
    return JobRequest(
        job_type=JobType.FLUSH,
        parameters=FlushParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
        owner=owner,
        namespace=table.namespace,
        table_name=table.name,
    )


class Flushed(Struct, frozen=True):
    """What a job has flushed so far, in all its attempts. The last one began at `started_s`."""

    rows: int = 0
    bytes: int = 0
    files: int = 0
    location: str | None = None
    """The folder of the files."""
    seconds_before: float = 0.0
    started_s: float = field(default_factory=time.perf_counter)

    @classmethod
    def before(cls, result: dict[str, Any] | None) -> Flushed:
        """What earlier attempts have flushed, as the job's result has it."""
        if result is None:
            return cls()
        return cls(result["rows"], result["bytes"], result["files"], result["location"], result["seconds"])

    def adding(self, written: Sequence[Written], storage: Storage) -> Flushed:
        """With what was written for these plans, too."""
        segments = [segment for _, of_plan in written for segment in of_plan]
        location = str(table_folder(storage.cold_folder, written[0][0].state.table)) if segments else self.location
        return replace(
            self,
            rows=self.rows + sum(segment.rows for segment in segments),
            bytes=self.bytes + sum(segment.bytes for segment in segments),
            files=self.files + len(segments),
            location=location,
        )

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        return self.seconds_before + time.perf_counter() - self.started_s if self.files else 0.0

    def result(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rows": self.rows,
            "bytes": self.bytes,
            "files": self.files,
            "location": self.location,
            "seconds": round(self.seconds, 3),
        }

    def outcome(self) -> Outcome:
        """As a job says it: `flushed 2000000 rows into 2 segments (14.2 MB) in 1.8 s`."""
        message = (
            f"flushed {counted(self.rows, 'row')} into {counted(self.files, 'segment')}"
            f" ({about_size(self.bytes)}) in {about_duration(self.seconds)}"
        )
        return Outcome(message, self.result())


def _steps(stores: Sequence[HotStore]) -> Iterator[list[HotStore]]:
    """Row stores in the steps of a pass."""
    step: list[HotStore] = []
    rows = 0
    for store in stores:
        if step and (len(step) == STEP_STORES_MAX or rows + store.rows > STEP_ROWS_MAX):
            yield step
            step, rows = [], 0
        step.append(store)
        rows += store.rows
    yield step


def _left_of(step: Sequence[HotStore], plans: Sequence[FlushPlan]) -> list[HotStore]:
    """The row stores of a step that these plans do not settle up to where they were when the pass began."""
    through = {plan.store_oid: plan.through_seq for plan in plans}
    return [store for store in step if through.get(store.store_oid, store.last_seq) < store.last_seq]


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
