"""Flush: visible hot rows become segments, in one atomic step.

`plan_flush` (loop) fixes which rows; `write_segments` (worker) writes them; `commit_flush` (loop) puts the segments
into the manifest and removes the hot rows, in one batch. Until that batch is durable the rows are hot, afterwards they
are cold.
"""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from storage.dead import between
from storage.errors import StorageError, TableGone
from storage.forgotten_deaths import add_forgotten_deaths
from storage.hot import without
from storage.keys import KeyKind, key, pack_seq
from storage.kv import add_to_batch, new_batch
from storage.segment import encode_manifest_entry
from storage.segment_writer import GROUP_ROWS_MAX, SegmentWriter
from storage.syncer import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from storage.dead import DeadLog, Seqs
    from storage.engine import Storage
    from storage.formats import TableFormats
    from storage.hot import Chunk
    from storage.kv import Batch, Mutation
    from storage.segment import Segment
    from storage.table_state import TableState

    Checkpoint = Callable[[int, int], None]

SEGMENT_ROWS_MAX: Final = 1 << 20
WRITERS_MAX: Final = 2
STEP_ROWS_MAX: Final = WRITERS_MAX * SEGMENT_ROWS_MAX
"""A good number of rows to settle at once: it keeps every writer busy with a whole segment."""
POLL_SECONDS: Final = 0.01
POINT_DELETES_MAX: Final = 64
"""Up to so many seqs are deleted one by one."""


class Piece(Struct, frozen=True):
    """Some consecutive rows of a chunk, dead ones included."""

    chunk: Chunk
    start: int
    stop: int

    @property
    def first_seq(self) -> int:
        """The seq of its first row."""
        return self.chunk.first_seq + self.start

    @property
    def last_seq(self) -> int:
        """The seq of its last row."""
        return self.chunk.first_seq + self.stop - 1

    def live_tables(self, formats: TableFormats, dead: Seqs) -> Iterator[pa.Table]:
        """Its live rows as a definition has them, with their seqs, a row group at most at a time."""
        rows = self.chunk.arrow()
        for start in range(self.start, self.stop, GROUP_ROWS_MAX):
            count = min(GROUP_ROWS_MAX, self.stop - start)
            first = self.chunk.first_seq + start
            gone = between(dead, first, first + count - 1)
            table = rows.slice(start, count)
            yield formats.rows(self.chunk.format, without(table, gone - first) if len(gone) else table)


class FlushPlan(Struct, frozen=True):
    """The rows that a flush will settle: all that were visible when it was made."""

    store_oid: int
    rows: int
    """Dead ones included."""
    through_seq: int
    """The highest seq it covers."""
    ranges: tuple[tuple[int, int], ...]
    """First and last seqs of unbroken runs of hot rows. Gaps are loads under way; a segment never spans one."""
    state: TableState
    segments: tuple[tuple[Piece, ...], ...]
    """What goes into each segment."""
    dead: DeadLog
    dead_length: int
    flush_number: int
    formats: TableFormats
    """Of the definition that the segments are written with, whatever it is by then: they say which layout they have."""
    writer: SegmentWriter

    def covers(self, seq: int) -> bool:
        """Whether a row with that seq is flushed, if there is one."""
        return any(first <= seq <= last for first, last in self.ranges)


Written = tuple[FlushPlan, tuple["Segment", ...]]
"""A plan, and the segments that were written for it."""


def plan_flush(
    storage: Storage, store_oid: int, through_seq: int | None = None, rows_max: int | None = None
) -> FlushPlan | None:
    """What a flush of a row store would do now: settle all visible rows, or the oldest `rows_max`. On the loop.

    A chunk that alone has more rows is settled whole. `None` if there is nothing to flush or, with `through_seq`,
    nothing up to there. Raises `TableGone`, `StorageError` for a stream.
    """
    state = storage.visible.store(store_oid)
    if state.table.type == "stream":
        raise StorageError(f"{state.table.name} is a stream: its rows are never flushed")
    hot = state.hot
    hot.seal()
    if not hot.chunks or (through_seq is not None and hot.chunks[0].first_seq > through_seq):
        return None
    chunks = hot.chunks if rows_max is None else next(_steps(hot.chunks, rows_max))
    through = chunks[-1].end_seq - 1
    hot.keep_boundary(through)
    return FlushPlan(
        store_oid=store_oid,
        rows=sum(chunk.row_count for chunk in chunks),
        through_seq=through,
        ranges=_ranges(chunks),
        state=state,
        segments=tuple(_segment_pieces(chunks)),
        dead=state.hot_dead,
        dead_length=len(state.hot_dead),
        flush_number=state.flush_count,
        formats=state.formats,
        writer=segment_writer(storage, state),
    )


def segment_writer(storage: Storage, state: TableState, task: str = "flush") -> SegmentWriter:
    """What writes the segments of a row store. `task` is who asks, for the names of fault points."""
    return SegmentWriter(state.table, state.owner, storage.cold_folder, storage.options.faults, task)


class HotStore(Struct, frozen=True):
    """A row store that has hot rows: so many, dead ones included, up to that seq."""

    store_oid: int
    rows: int
    last_seq: int


def hot_stores(storage: Storage, table_oid: int) -> list[HotStore]:
    """The row stores of a table that have hot rows. Raises `TableGone`."""
    states = storage.visible.stores_of(table_oid)
    return [HotStore(s.store_oid, s.hot.row_count, s.hot.last_seq) for s in states if s.hot.row_count]


def measure_flush(storage: Storage, table_oid: int) -> tuple[int, int, int]:
    """Live rows, bytes (as encoded now) and files of a flush of a table. Changes nothing. Raises `TableGone`."""
    rows = size = files = 0
    for state in storage.visible.stores_of(table_oid):
        rows += state.hot.row_count - len(state.hot_dead)
        size += state.hot.byte_count
        dead = state.hot_dead.sorted_until(len(state.hot_dead))
        for chunks in _steps(state.hot.sealed(), STEP_ROWS_MAX):
            for pieces in _segment_pieces(chunks):
                first, last = pieces[0].first_seq, pieces[-1].last_seq
                files += last - first + 1 > len(between(dead, first, last))
    return rows, size, files


def write_segments(plan: FlushPlan, checkpoint: Checkpoint) -> tuple[Segment, ...]:
    """Write the live rows of one plan. See `write_plans`."""
    return write_plans((plan,), checkpoint)[0][1]


def write_plans(plans: Sequence[FlushPlan], checkpoint: Checkpoint) -> tuple[Written, ...]:
    """Write the live rows of plans, each into segments of its own. In a worker; two more threads do the writing.

    `checkpoint(rows done, rows in all)` is called in this thread, every 10 ms; if it raises, the writing stops within a
    row group, what was written is removed, and that error is raised. So it is for an OSError of the disk.
    """
    total = sum(piece.stop - piece.start for plan in plans for pieces in plan.segments for piece in pieces)
    progress = _Progress()

    def write(plan: FlushPlan, pieces: tuple[Piece, ...]) -> Segment | None:
        dead = plan.dead.sorted_until(plan.dead_length)
        tables = (table for piece in pieces for table in _watched(piece.live_tables(plan.formats, dead), progress))
        return plan.writer.write(tables, progress.step)

    with ThreadPoolExecutor(WRITERS_MAX, "siltdb-flush") as pool:
        by_plan = [[pool.submit(write, plan, pieces) for pieces in plan.segments] for plan in plans]
        futures = [future for futures in by_plan for future in futures]
        try:
            waiting = set(futures)
            while waiting:
                checkpoint(min(progress.rows, total), total)
                done, waiting = wait(waiting, POLL_SECONDS, FIRST_EXCEPTION)
                for future in done:
                    future.result()
            checkpoint(total, total)
        except BaseException:
            progress.stopped.set()
            wait(futures)
            discard(segment for future in futures if not future.exception() and (segment := future.result()))
            raise
    return tuple(
        (plan, tuple(segment for future in futures if (segment := future.result()) is not None))
        for plan, futures in zip(plans, by_plan, strict=True)
    )


def commit_flush(
    storage: Storage, plan: FlushPlan, segments: Sequence[Segment], mutations: Iterable[Mutation] = ()
) -> Commit:
    """Commit one plan. See `commit_flushes`."""
    return commit_flushes(storage, ((plan, tuple(segments)),), mutations)


def commit_flushes(storage: Storage, flushes: Sequence[Written], mutations: Iterable[Mutation] = ()) -> Commit:
    """Make segments take the place of hot rows, and write the mutations with it, all or nothing. On the loop.

    Raises `TableGone` when the table was dropped meanwhile, or a row store with its role, and `StorageError` when
    another flush came between: discard the segments then. Raises `WriteFailed`, or the commit fails with it, when the
    outcome is unknown until the next start: keep the files.
    """
    visible, faults = storage.visible, storage.options.faults
    visible.require_writable()
    for plan, _ in flushes:
        _require_current(storage, plan)
    now_us = visible.now_us()
    batch = new_batch()
    for plan, segments in flushes:
        for segment in segments:
            storage.reaper.watch(segment)
        _add_flush(batch, plan, segments, now_us, storage.cold_folder)
    add_to_batch(batch, mutations)

    def apply(error: Exception | None) -> None:
        faults.reach("flush.before_cleanup")
        if error is None:
            for plan, segments in flushes:
                plan.state.last_flushed_at = now_us
                plan.state.settle(plan.ranges, segments, plan.dead_length)
                visible.recount(plan.state)

    commit = Commit(apply)
    for plan, _ in flushes:
        plan.state.flush_count += 1
    storage.committer.submit(batch, commit, after_write=lambda: faults.reach("flush.after_batch"))
    return commit


def _require_current(storage: Storage, plan: FlushPlan) -> None:
    visible, state = storage.visible, plan.state
    if state.table.oid not in visible.written_catalog.tables or visible.stores.get(plan.store_oid) is not state:
        raise TableGone
    if state.flush_count != plan.flush_number:
        raise StorageError("another flush of the table was committed since this one was planned")


def _add_flush(batch: Batch, plan: FlushPlan, segments: Sequence[Segment], now_us: int, cold_folder: Path) -> None:
    state = plan.state
    for segment in segments:
        manifest_key = key(KeyKind.MANIFEST, plan.store_oid, segment.min_seq)
        batch.put(manifest_key, encode_manifest_entry(segment, cold_folder))
    for first, last in plan.ranges:
        _delete_seqs(batch, state.hot_prefix, first, last)
    # Rows that died after the plan was made are in the segments: their deaths stay.
    add_forgotten_deaths(batch, state, plan.dead, plan.dead_length, plan.ranges)
    batch.put(key(KeyKind.HIGH_WATER, plan.store_oid), pack_seq(state.next_seq - 1))
    batch.put(key(KeyKind.FLUSHED, plan.store_oid), pack_seq(now_us))


def _delete_seqs(batch: Batch, prefix: bytes, first: int, last: int) -> None:
    if last - first < POINT_DELETES_MAX:
        # Thousands of small stores would leave thousands of range tombstones, which every look-up has to mind.
        for seq in range(first, last + 1):
            batch.delete(prefix + pack_seq(seq))
    else:
        batch.delete_range(prefix + pack_seq(first), prefix + pack_seq(last + 1))


def discard(segments: Iterable[Segment]) -> None:
    """Remove the files of segments that were written and never committed. Any thread."""
    for segment in segments:
        segment.path.unlink(missing_ok=True)


class _Stopped(Exception):
    """the flush was stopped"""


class _Progress:
    """What the writing threads and the one that waits for them share."""

    def __init__(self) -> None:
        self.rows = 0
        self.stopped = threading.Event()
        self._lock = threading.Lock()

    def step(self, rows: int) -> None:
        if self.stopped.is_set():
            raise _Stopped
        if rows:
            with self._lock:
                self.rows += rows


def _watched(tables: Iterator[pa.Table], progress: _Progress) -> Iterator[pa.Table]:
    for table in tables:
        progress.step(0)
        yield table


def _ranges(chunks: Sequence[Chunk]) -> tuple[tuple[int, int], ...]:
    ranges: list[tuple[int, int]] = []
    for chunk in chunks:
        if ranges and ranges[-1][1] + 1 == chunk.first_seq:
            ranges[-1] = (ranges[-1][0], chunk.end_seq - 1)
        else:
            ranges.append((chunk.first_seq, chunk.end_seq - 1))
    return tuple(ranges)


def _steps(chunks: Sequence[Chunk], rows_max: int) -> Iterator[tuple[Chunk, ...]]:
    """Chunks in groups of at most so many rows, or of one chunk: hot values begin where a chunk does."""
    step: list[Chunk] = []
    rows = 0
    for chunk in chunks:
        if step and rows + chunk.row_count > rows_max:
            yield tuple(step)
            step, rows = [], 0
        step.append(chunk)
        rows += chunk.row_count
    if step:
        yield tuple(step)


def _segment_pieces(chunks: Sequence[Chunk]) -> Iterator[tuple[Piece, ...]]:
    """Pieces of chunks, in groups of at most `SEGMENT_ROWS_MAX` consecutive rows."""
    pieces: list[Piece] = []
    room = SEGMENT_ROWS_MAX
    end_seq = None
    for chunk in (leaf for merged in chunks for leaf in merged.pieces()):
        if pieces and (chunk.first_seq != end_seq or not room):
            yield tuple(pieces)
            pieces, room = [], SEGMENT_ROWS_MAX
        end_seq = chunk.end_seq
        start = 0
        while start < chunk.row_count:
            if not room:
                yield tuple(pieces)
                pieces, room = [], SEGMENT_ROWS_MAX
            stop = min(chunk.row_count, start + room)
            pieces.append(Piece(chunk, start, stop))
            room -= stop - start
            start = stop
    if pieces:
        yield tuple(pieces)
