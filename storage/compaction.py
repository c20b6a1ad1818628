"""Compaction: neighbouring segments become one, without their dead rows, in one atomic step.

`plan_compaction` (loop) fixes which segments, by the policy; `write_compaction` (worker) writes what is alive of them
into a new one, a row group at a time; `commit_compaction` (loop) exchanges them in the manifest and removes the entries
of the rows that it left out, in one batch. Rows keep their seqs, so the index is not touched. Rows that die between
the plan and the commit are in the new segment, dead.

The old files go when no snapshot reads them any more; those that a crash leaves are swept at the next start.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from storage.compaction_policy import Candidate, choose_merges
from storage.dead import DeadLog, between
from storage.errors import CompactionConflict, CorruptSegment, TableGone
from storage.flush import discard, segment_writer
from storage.forgotten_deaths import add_forgotten_deaths
from storage.hot import without
from storage.keys import KeyKind, key
from storage.kv import add_to_batch, new_batch
from storage.rows import SEQ_COLUMN
from storage.segment import SegmentList, encode_manifest_entry
from storage.segment_file import open_segment, reading
from storage.syncer import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

    from storage.compaction_policy import CompactionPolicy, Merge
    from storage.dead import Seqs
    from storage.engine import Storage
    from storage.formats import TableFormats
    from storage.kv import Mutation
    from storage.segment import Segment
    from storage.segment_verifier import SegmentVerifier
    from storage.segment_writer import SegmentWriter
    from storage.table_state import TableState

    Checkpoint = Callable[[int, int], None]


class CompactionPlan(Struct, frozen=True):
    """Segments that become one; or none, if all their rows are dead."""

    store_oid: int
    segments: SegmentList
    dead_rows: int
    """Those that will not be there any more."""
    rows_after: int
    """Rows of the segments that are to be merged after these, as it looks now."""
    state: TableState
    dead: DeadLog
    dead_length: int
    number: int
    """How many compactions of the store came before."""
    formats: TableFormats
    """Of the definition that the new segment is written with."""
    writer: SegmentWriter
    verifier: SegmentVerifier

    @property
    def rows(self) -> int:
        """Rows to read, dead ones included."""
        return self.segments.row_count

    @property
    def bytes(self) -> int:
        """The size of the files to read."""
        return sum(segment.bytes for segment in self.segments.segments)


class Compacted(Struct, frozen=True):
    """What a plan's segments have become."""

    segments: tuple[Segment, ...]
    """One or none."""
    dead: DeadLog
    """The dead rows of the store that were dead when the plan was made, without those that are gone."""


def plan_compaction(storage: Storage, store_oid: int, policy: CompactionPolicy) -> CompactionPlan | None:
    """The first merge that the policy wants of a row store; `None` for none. On the loop. Raises `TableGone`."""
    state = storage.visible.store(store_oid)
    merges = choose_merges(_candidates(state), policy)
    return plan_merge(storage, state, merges) if merges else None


def wants_compaction(storage: Storage, store_oid: int, policy: CompactionPolicy) -> bool:
    """Whether there is anything to merge. On the loop. Raises `TableGone`."""
    state = storage.visible.store(store_oid)
    if len(state.segments.segments) < 2 and not len(state.cold_dead):
        # So it is with most of many.
        return False
    return bool(choose_merges(_candidates(state), policy))


def plan_merge(storage: Storage, state: TableState, merges: Sequence[Merge]) -> CompactionPlan:
    """The plan of the first of some merges."""
    merge, *others = merges
    return CompactionPlan(
        store_oid=state.store_oid,
        segments=SegmentList(candidate.segment for candidate in merge),
        dead_rows=sum(candidate.dead_rows for candidate in merge),
        rows_after=sum(candidate.segment.rows for other in others for candidate in other),
        state=state,
        dead=state.cold_dead,
        dead_length=len(state.cold_dead),
        number=state.compactions_visible,
        formats=state.formats,
        writer=segment_writer(storage, state, "compact"),
        verifier=storage.options.verifier,
    )


def candidate_of(state: TableState, segment: Segment, *, is_apart: bool = False) -> Candidate:
    """A segment with the number of its dead rows."""
    dead = state.cold_dead.sorted_until(len(state.cold_dead))
    return Candidate(segment, len(between(dead, segment.min_seq, segment.max_seq)), is_apart)


def write_compaction(plan: CompactionPlan, checkpoint: Checkpoint) -> Compacted:
    """Write the live rows of the plan's segments. In a worker; memory for a few row groups.

    `checkpoint(rows done, rows in all)` is called between row groups; if it raises, what was written is removed, and
    that error is raised. So it is for an OSError of the disk. Raises `CorruptSegment`.
    """
    reading = _Reading(plan, checkpoint)
    written = None
    if plan.rows > plan.dead_rows:
        written = plan.writer.write(reading.live_tables(), reading.step)
    segments = () if written is None else (written,)
    try:
        if sum(segment.rows for segment in segments) != plan.rows - plan.dead_rows:
            names = ", ".join(segment.path.name for segment in plan.segments.segments)
            raise CorruptSegment(f"segments do not have the rows that they should have: {names}")
        ranges = [(segment.min_seq, segment.max_seq) for segment in plan.segments.segments]
        dead = plan.dead.without(plan.dead_length, ranges)
        checkpoint(plan.rows, plan.rows)
    except BaseException:
        discard(segments)
        raise
    return Compacted(segments, dead)


def commit_compaction(
    storage: Storage, plan: CompactionPlan, compacted: Compacted, mutations: Iterable[Mutation] = ()
) -> Commit:
    """Put the new segment into the place of the old ones, and write the mutations with it, all or nothing. On the loop.

    Raises `TableGone` when the table was dropped meanwhile, `CompactionConflict` when another compaction came between:
    discard the segments then. Raises `WriteFailed`, or the commit fails with it, when the outcome is unknown until the
    next start: keep the files.
    """
    visible, state, faults = storage.visible, plan.state, storage.options.faults
    visible.require_writable()
    _require_there(storage, plan)
    for segment in compacted.segments:
        storage.reaper.watch(segment)
    batch = new_batch()
    for segment in plan.segments.segments:
        batch.delete(key(KeyKind.MANIFEST, plan.store_oid, segment.min_seq))
    for segment in compacted.segments:
        manifest_key = key(KeyKind.MANIFEST, plan.store_oid, segment.min_seq)
        batch.put(manifest_key, encode_manifest_entry(segment, storage.cold_folder))
    # Rows that died after the plan was made are in the new segment: their deaths stay.
    ranges = [(segment.min_seq, segment.max_seq) for segment in plan.segments.segments]
    add_forgotten_deaths(batch, state, plan.dead, plan.dead_length, ranges)
    add_to_batch(batch, mutations)

    def apply(error: Exception | None) -> None:
        faults.reach("compact.before_cleanup")
        if error is None:
            state.exchange(plan.segments, compacted.segments, compacted.dead, plan.dead_length)
            for segment in plan.segments.segments:
                storage.reaper.retire(segment.path)
            faults.reach("compact.after_cleanup")

    commit = Commit(apply)
    state.compactions_written += 1
    storage.committer.submit(batch, commit, after_write=lambda: faults.reach("compact.after_batch"))
    return commit


def _require_there(storage: Storage, plan: CompactionPlan) -> None:
    visible, state = storage.visible, plan.state
    is_there = visible.stores.get(plan.store_oid) is state and state.table.oid in visible.written_catalog.tables
    if not is_there:
        raise TableGone
    if state.compactions_written != plan.number:
        raise CompactionConflict


def _candidates(state: TableState) -> list[Candidate]:
    """The segments that can be read, and what keeps them apart."""
    unsettled = _unsettled(state)
    starts = [first for first, _ in unsettled]
    candidates: list[Candidate] = []
    is_apart, through_seq = False, 0
    for segment in state.segments.segments:
        if segment.fault is not None:
            is_apart = True
            continue
        before = bisect_left(starts, segment.min_seq)
        is_apart = is_apart or (before > 0 and unsettled[before - 1][1] > through_seq)
        candidates.append(candidate_of(state, segment, is_apart=is_apart))
        is_apart, through_seq = False, segment.max_seq
    return candidates


def _unsettled(state: TableState) -> list[tuple[int, int]]:
    """First and last seqs of hot rows, and of those of loads under way, ascending. No others will come before them."""
    hot = state.hot
    ranges = [(chunk.first_seq, chunk.end_seq - 1) for chunk in hot.chunks]
    if hot.tail.rows:
        ranges.append((hot.tail.first_seq, hot.tail.first_seq + len(hot.tail.rows) - 1))
    return sorted((*ranges, *state.staged))


class _Reading:
    """The live rows of a plan's segments, and how far they have been read."""

    def __init__(self, plan: CompactionPlan, checkpoint: Checkpoint) -> None:
        self._plan = plan
        self._checkpoint = checkpoint
        self._dead = plan.dead.sorted_until(plan.dead_length)
        self._rows = 0

    def step(self, _rows: int) -> None:
        """Called by the writer, now and then."""
        self._checkpoint(self._rows, self._plan.rows)

    def live_tables(self) -> Iterator[pa.Table]:
        """A row group at a time, as the plan's definition has it."""
        formats = self._plan.formats
        for segment in self._plan.segments.segments:
            dead = between(self._dead, segment.min_seq, segment.max_seq)
            if len(dead) == segment.rows:
                self._rows += segment.rows
                continue
            # What is made of a damaged file would have a checksum that is right.
            self._plan.verifier.require_whole(segment, partial(self.step, 0))
            for group in _row_groups(segment):
                self.step(0)
                live = _without_dead(group, dead)
                self._rows += group.num_rows
                if live.num_rows:
                    is_current = segment.layout == formats.table.layout
                    yield live if is_current else formats.conversion(segment.layout).table(live)


def _row_groups(segment: Segment) -> Iterator[pa.Table]:
    with open_segment(segment) as file:
        for number in range(file.num_row_groups):
            with reading(segment):
                group = file.read_row_group(number, use_threads=False)
            yield group


def _without_dead(group: pa.Table, dead: Seqs) -> pa.Table:
    seqs = group.column(SEQ_COLUMN).to_numpy()
    here = between(dead, seqs[0], seqs[-1])
    if not len(here):
        return group
    indexes = np.searchsorted(seqs, here)
    return without(group, indexes[seqs[indexes] == here])
