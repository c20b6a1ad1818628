"""Flush: visible hot rows become segments, in one atomic step.

`plan_flush` (loop) fixes which rows; `write_segments` (worker) writes them; `commit_flush` (loop) puts the segments
into the manifest and removes the hot rows, in one batch. Until that batch is durable the rows are hot, afterwards they
are cold.
"""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage.dead import between, pack_death
from storage.errors import StorageError, TableGone
from storage.hot import without
from storage.keys import KeyKind, key, pack_seq
from storage.kv import add_to_batch, new_batch
from storage.segment import encode_manifest_entry
from storage.segment_writer import GROUP_ROWS_MAX, SegmentWriter
from storage.syncer import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

    from storage.dead import DeadLog, Seqs
    from storage.engine import Storage
    from storage.hot import Chunk
    from storage.kv import Mutation
    from storage.segment import Segment
    from storage.table_state import TableState

    Checkpoint = Callable[[int, int], None]

SEGMENT_ROWS_MAX: Final = 1_000_000
WRITERS_MAX: Final = 2
POLL_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Piece:
    """Some consecutive rows of a chunk, dead ones included."""

    chunk: Chunk
    start: int
    stop: int

    def live_tables(self, dead: Seqs) -> Iterator[pa.Table]:
        """Its live rows, with their seqs, a row group at most at a time."""
        rows = self.chunk.arrow()
        for start in range(self.start, self.stop, GROUP_ROWS_MAX):
            count = min(GROUP_ROWS_MAX, self.stop - start)
            first = self.chunk.first_seq + start
            gone = between(dead, first, first + count - 1)
            table = rows.slice(start, count)
            yield without(table, gone - first) if len(gone) else table


@dataclass(frozen=True, slots=True)
class FlushPlan:
    """The rows that a flush will settle: all that were visible when it was made."""

    store_oid: int
    rows: int
    """Live rows; there may be none, and dead ones to forget."""
    bytes: int
    """As they are encoded now, dead ones included."""
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
    writer: SegmentWriter

    def covers(self, seq: int) -> bool:
        """Whether a row with that seq is flushed, if there is one."""
        return any(first <= seq <= last for first, last in self.ranges)


def plan_flush(storage: Storage, store_oid: int, through_seq: int | None = None) -> FlushPlan | None:
    """What a flush of a row store would do now: settle all visible rows. On the loop.

    `None` if there is nothing to flush or, with `through_seq`, nothing up to there. Raises `TableGone`, `StorageError`
    for a stream.
    """
    state = storage.visible.store(store_oid)
    if state.table.type == "stream":
        raise StorageError(f"{state.table.name} is a stream: its rows are never flushed")
    hot = state.hot
    hot.seal()
    if not hot.chunks or (through_seq is not None and hot.chunks[0].first_seq > through_seq):
        return None
    through = hot.chunks[-1].end_seq - 1
    hot.keep_boundary(through)
    return FlushPlan(
        store_oid=store_oid,
        rows=hot.row_count - len(state.hot_dead),
        bytes=hot.byte_count,
        through_seq=through,
        ranges=_ranges(hot.chunks),
        state=state,
        segments=tuple(_segment_pieces(hot.chunks)),
        dead=state.hot_dead,
        dead_length=len(state.hot_dead),
        flush_number=state.flush_count,
        writer=segment_writer(storage, state),
    )


def segment_writer(storage: Storage, state: TableState, task: str = "flush") -> SegmentWriter:
    """What writes the segments of a row store. `task` is who asks, for the names of fault points."""
    return SegmentWriter(state.table, state.owner, storage.cold_folder, storage.options.faults, task)


def write_segments(plan: FlushPlan, checkpoint: Checkpoint) -> tuple[Segment, ...]:
    """Write the plan's live rows. In a worker; two more threads do the writing.

    `checkpoint(rows done, rows in all)` is called in this thread, every 10 ms; if it raises, the writing stops within a
    row group, what was written is removed, and that error is raised. So it is for an OSError of the disk.
    """
    total = sum(piece.stop - piece.start for pieces in plan.segments for piece in pieces)
    dead = plan.dead.sorted_until(plan.dead_length)
    progress = _Progress()

    def write(pieces: tuple[Piece, ...]) -> Segment | None:
        tables = (table for piece in pieces for table in _watched(piece.live_tables(dead), progress))
        return plan.writer.write(tables, progress.step)

    with ThreadPoolExecutor(WRITERS_MAX, "siltdb-flush") as pool:
        futures = [pool.submit(write, pieces) for pieces in plan.segments]
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
    return tuple(segment for future in futures if (segment := future.result()) is not None)


def commit_flush(
    storage: Storage, plan: FlushPlan, segments: Sequence[Segment], mutations: Iterable[Mutation] = ()
) -> Commit:
    """Make the segments take the place of the hot rows, and write the mutations with it, all or nothing. On the loop.

    Raises `TableGone` when the table was dropped meanwhile, `StorageError` when another flush came between: discard the
    segments then. Raises `WriteFailed`, or the commit fails with it, when the outcome is unknown until the next start:
    keep the files.
    """
    visible, state = storage.visible, plan.state
    visible.require_writable()
    if state.table.oid not in visible.written_catalog.tables or visible.stores.get(plan.store_oid) is not state:
        raise TableGone
    if state.flush_count != plan.flush_number:
        raise StorageError("another flush of the table was committed since this one was planned")
    for segment in segments:
        storage.reaper.watch(segment)
    batch = new_batch()
    for segment in segments:
        manifest_key = key(KeyKind.MANIFEST, plan.store_oid, segment.min_seq)
        batch.put(manifest_key, encode_manifest_entry(segment, storage.cold_folder))
    for first, last in plan.ranges:
        for prefix in (state.hot_prefix, state.dead_prefix):
            batch.delete_range(prefix + pack_seq(first), prefix + pack_seq(last + 1))
    # Rows that died after the plan was made are in the segments: their deaths stay. So do those not durable yet.
    for seq, died_at_us in (*plan.dead.since(plan.dead_length), *state.pending_deaths.items()):
        if plan.covers(seq):
            batch.put(state.dead_prefix + pack_seq(seq), pack_death(died_at_us))
    now_us = visible.now_us()
    batch.put(key(KeyKind.HIGH_WATER, plan.store_oid), pack_seq(state.next_seq - 1))
    batch.put(key(KeyKind.FLUSHED, plan.store_oid), pack_seq(now_us))
    add_to_batch(batch, mutations)

    def apply(error: Exception | None) -> None:
        storage.options.faults.reach("flush.before_cleanup")
        if error is None:
            state.last_flushed_at = now_us
            state.settle(plan.ranges, segments, plan.dead_length)

    commit = Commit(apply)
    state.flush_count += 1
    storage.committer.submit(batch, commit, after_write=lambda: storage.options.faults.reach("flush.after_batch"))
    return commit


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
