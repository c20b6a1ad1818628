"""FL: settles a table's hot rows into Parquet segments."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from jobs.body import JobBody
from jobs.outcome import Outcome, Skip
from jobs.permissions import SYSTEM
from jobs.record import JobType
from jobs.request import JobRequest
from jobs.tables import tables_of
from storage.errors import TableGone
from storage.flush import commit_flush, discard, plan_flush, write_segments
from storage.growth_watch import has_hot_rows
from storage.units import about_duration, about_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from jobs.context import Checkpoint, JobContext
    from storage.engine import Storage
    from storage.flush import FlushPlan
    from storage.segment import Segment


class FlushParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Which table. `through_seq` need not be given: it is set to the newest row when the flush is asked for."""

    table_oid: int
    namespace: str
    table_name: str
    through_seq: int = 0


class FlushBody(JobBody[FlushParameters]):
    """Makes a pass over the table's hot rows, and another one for as long as it was asked for rows beyond the last.

    A pass is one atomic step of storage (`storage.flush`), so that a stop at any point leaves every row hot or cold.
    The last pass settles the job's record in its own batch: whoever joins the job before that is covered, and whoever
    asks after it gets a new job.
    """

    job_type = JobType.FLUSH
    finishes_at_shutdown = True

    def __init__(self, storage: Storage) -> None:
        super().__init__(FlushParameters)
        self._storage = storage

    def admit(self, parameters: FlushParameters) -> FlushParameters:
        """Cover what is committed now. Raises `TableGone`."""
        return msgspec.structs.replace(parameters, through_seq=self._storage.last_seq(parameters.table_oid))

    def idempotency_key(self, parameters: FlushParameters) -> str:
        """One flush of a table at a time."""
        return f"flush-{parameters.namespace}-{parameters.table_name}"

    def coalesce(self, active: FlushParameters, asked: FlushParameters) -> FlushParameters | None:
        """Raise what the active job covers. A table that was dropped and made again is flushed in another pass."""
        if (active.namespace, active.table_name) != (asked.namespace, asked.table_name):
            return None
        if active.table_oid != asked.table_oid:
            return asked
        return max(active, asked, key=lambda parameters: parameters.through_seq)

    def scheduled(self, parameters: dict[str, Any]) -> Iterator[JobRequest]:
        """The tables that have hot rows: a flush of another one would have nothing to do. Streams are never flushed."""
        for table in tables_of(self._storage.catalog, parameters):
            if table.type != "stream" and has_hot_rows(self._storage, table.oid):
                yield JobRequest(
                    job_type=JobType.FLUSH,
                    parameters=FlushParameters(table_oid=table.oid, namespace=table.namespace, table_name=table.name),
                    owner=SYSTEM.name,
                    namespace=table.namespace,
                    table_name=table.name,
                )

    def describe(self, parameters: FlushParameters) -> str:
        """What is logged of a new job."""
        return f"flush of {parameters.namespace}.{parameters.table_name}"

    async def prepare(self, context: JobContext[FlushParameters]) -> Skip | None:
        """Skip a table that is gone or has no hot rows."""
        parameters = context.parameters
        return self._nothing_to_flush(parameters) if self._plan(parameters) is None else None

    async def run(self, context: JobContext[FlushParameters]) -> Outcome | Skip:
        """Make passes until all that was asked for is cold."""
        started_s = time.perf_counter()
        flushed = Flushed()
        # What is asked for may grow whenever this waits: if it has since the last look at it, it is not at its end.
        while (plan := self._plan(asked := context.parameters)) is not None:
            context.progress(flushed.rows, flushed.rows + plan.rows, "rows", "writing segments")
            segments = await context.run_in_worker(partial(_write, plan, flushed.rows), undo=discard)
            with_these = flushed.adding(segments)
            write = partial(commit_flush, self._storage, plan, segments)
            undo = partial(discard, segments)
            try:
                if _covers(plan, asked, context.parameters):
                    outcome = with_these.outcome(time.perf_counter() - started_s)
                    if await context.commit_point(outcome, write, undo):
                        return outcome
                else:
                    await context.commit_part(write, undo)
            except TableGone:
                continue
            flushed = with_these
        if flushed.files:
            return flushed.outcome(time.perf_counter() - started_s)
        return self._nothing_to_flush(asked)

    def _plan(self, parameters: FlushParameters) -> FlushPlan | None:
        try:
            return plan_flush(self._storage, parameters.table_oid)
        except TableGone:
            return None

    def _nothing_to_flush(self, parameters: FlushParameters) -> Skip:
        is_there = parameters.table_oid in self._storage.catalog.tables
        return Skip("nothing to flush" if is_there else "the table was dropped", Flushed().result(0.0))


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a job has flushed so far."""

    rows: int = 0
    bytes: int = 0
    files: int = 0
    location: str | None = None
    """The folder of the files."""

    def adding(self, segments: tuple[Segment, ...]) -> Flushed:
        """With these segments too."""
        return Flushed(
            self.rows + sum(segment.rows for segment in segments),
            self.bytes + sum(segment.bytes for segment in segments),
            self.files + len(segments),
            str(segments[0].path.parent) if segments else self.location,
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


def _write(plan: FlushPlan, rows_before: int, checkpoint: Checkpoint) -> tuple[Segment, ...]:
    """In a worker: write the segments of a pass, with progress over all passes."""
    return write_segments(plan, lambda done, total: checkpoint(rows_before + done, rows_before + total))


def _covers(plan: FlushPlan, asked: FlushParameters, asked_now: FlushParameters) -> bool:
    """Whether the pass, begun for what was `asked`, does what is asked now."""
    return asked.table_oid == asked_now.table_oid and asked_now.through_seq <= plan.through_seq


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
