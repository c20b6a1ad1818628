"""What compaction and retention jobs do: segments are rewritten, one plan of storage after the other."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from jobs.outcome import Outcome
from storage.compaction import commit_compaction, write_compaction
from storage.errors import CompactionConflict, TableGone
from storage.flush import discard
from storage.units import about_duration, about_size, counted

if TYPE_CHECKING:
    from typing import Any

    from jobs.context import Checkpoint, JobContext
    from storage.compaction import Compacted, CompactionPlan
    from storage.engine import Storage


class Rewritten(Struct, frozen=True):
    """What a job has rewritten so far, in all its attempts. The last one began at `started_s`."""

    segments_before: int = 0
    segments_after: int = 0
    rows_read: int = 0
    dead_rows: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    seconds_before: float = 0.0
    started_s: float = field(default_factory=time.perf_counter)

    @classmethod
    def before(cls, result: dict[str, Any] | None) -> Rewritten:
        """What earlier attempts have rewritten, as the job's result has it."""
        if result is None:
            return cls()
        dead = result["dead_rows_dropped"]
        sizes = (result["bytes_before"], result["bytes_after"])
        counts = (result["segments_before"], result["segments_after"], result["rows"] + dead, dead)
        return cls(*counts, *sizes, result["seconds"])

    def adding(self, plan: CompactionPlan, compacted: Compacted) -> Rewritten:
        """With what a plan's segments have become."""
        return replace(
            self,
            segments_before=self.segments_before + len(plan.segments.segments),
            segments_after=self.segments_after + len(compacted.segments),
            rows_read=self.rows_read + plan.rows,
            dead_rows=self.dead_rows + plan.dead_rows,
            bytes_before=self.bytes_before + plan.bytes,
            bytes_after=self.bytes_after + sum(segment.bytes for segment in compacted.segments),
        )

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        return self.seconds_before + time.perf_counter() - self.started_s if self.segments_before else 0.0

    def result(self) -> dict[str, Any]:
        """As JSON. `rows` are those that were kept."""
        return {
            "segments_before": self.segments_before,
            "segments_after": self.segments_after,
            "rows": self.rows_read - self.dead_rows,
            "dead_rows_dropped": self.dead_rows,
            "bytes_before": self.bytes_before,
            "bytes_after": self.bytes_after,
            "seconds": round(self.seconds, 3),
        }

    def outcome(self) -> Outcome:
        """As a job says it: `merged 14 segments into 1, dropped 1200 dead rows (12.3 MB → 9.8 MB) in 0.4 s`."""
        segments = counted(self.segments_before, "segment")
        if not self.segments_after:
            done = f"removed {segments}"
        elif self.segments_after == self.segments_before:
            done = f"rewrote {segments}"
        else:
            done = f"merged {segments} into {self.segments_after}"
        dropped = f", dropped {counted(self.dead_rows, 'dead row')}" if self.dead_rows else ""
        sizes = f"({about_size(self.bytes_before)} → {about_size(self.bytes_after)})"
        return Outcome(f"{done}{dropped} {sizes} in {about_duration(self.seconds)}", self.result())


class Rewriting:
    """One attempt at rewriting segments. Each plan is committed by itself: what is done stays done."""

    def __init__(self, storage: Storage, context: JobContext[Any], phase: str) -> None:
        self._storage = storage
        self._context = context
        self._phase = phase
        self._done = Rewritten.before(context.result)

    @property
    def outcome(self) -> Outcome | None:
        """What has been rewritten; `None` if nothing has."""
        return self._done.outcome() if self._done.segments_before else None

    async def carry_out(self, plan: CompactionPlan, *, is_last: bool) -> Outcome | None:
        """Do what the plan says, unless the segments have become others meanwhile: then nothing happens.

        The last plan settles the job in its own batch, unless more was asked for. Returns the outcome if it has.
        """
        context, done = self._context, self._done
        context.progress(done.rows_read, done.rows_read + plan.rows + plan.rows_after, "rows", self._phase)
        compacted = await context.run_in_worker(partial(_write, plan, done.rows_read), undo=_undo)
        with_these = done.adding(plan, compacted)
        write = partial(commit_compaction, self._storage, plan, compacted)
        undo = partial(_undo, compacted)
        try:
            if is_last:
                outcome = with_these.outcome()
                if await context.commit_point(outcome, write, undo):
                    return outcome
            else:
                await context.commit_part(write, undo, with_these.result())
        except (TableGone, CompactionConflict):
            return None
        self._done = with_these
        return None


def _write(plan: CompactionPlan, rows_before: int, checkpoint: Checkpoint) -> Compacted:
    """In a worker: write what a plan says, with progress over all plans known by now."""
    total = rows_before + plan.rows + plan.rows_after
    return write_compaction(plan, lambda done, _total: checkpoint(rows_before + done, total))


def _undo(compacted: Compacted) -> None:
    discard(compacted.segments)
