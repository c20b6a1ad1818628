"""What a reader sees of a table: an immutable value, taken in constant time and read without locks, in any thread."""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from msgspec import Struct

from storage.dead import between
from storage.errors import DefinitionChanged
from storage.hot import without
from storage.overlay_runs import PROVISIONAL_SEQ
from storage.pruning import prune
from storage.rows import plain, table_from_rows
from storage.segment import Predicate, Segment, SegmentList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.catalog_entries import Table
    from storage.cold import ColdReader
    from storage.conversion import ReadArrays
    from storage.dead import DeadLog, Seqs
    from storage.formats import TableFormats
    from storage.hot import HotRows, Tail
    from storage.overlay_view import OverlayView
    from storage.rows import PlainArray, Row

__all__ = ["PROVISIONAL_SEQ", "Predicate", "Scan", "Segment", "TableSnapshot"]


class Scan(Struct, frozen=True):
    """The rows of a snapshot: those of `hot`, of `clean`, and of `dirty` without those whose `_seq` is in `dead`.

    The columns of `hot` are the table's, in their order, then `_seq` (int64); those of a segment are its layout's.
    """

    hot: pa.Table | None
    clean: tuple[Segment, ...]
    dirty: tuple[Segment, ...]
    dead: pa.Array[Any]


class TableSnapshot:
    """One table at one moment: visible rows, or those that a transaction sees."""

    __slots__ = (
        "_chunks",
        "_cold",
        "_cold_dead",
        "_cold_dead_length",
        "_hot",
        "_hot_dead",
        "_hot_dead_length",
        "_overlay",
        "_starts",
        "_tail",
        "_tail_length",
        "formats",
        "row_count",
        "segment_list",
        "table",
        "version",
    )

    def __init__(
        self,
        formats: TableFormats,
        version: int,
        hot: HotRows,
        hot_dead: DeadLog,
        segments: SegmentList,
        cold_dead: DeadLog,
        cold: ColdReader,
    ) -> None:
        self.formats = formats
        self.table = formats.table
        self.version = version
        """How many commits have changed the table."""
        self._chunks = hot.chunks
        self._starts = hot.starts
        self._tail = hot.tail
        self._tail_length = len(hot.tail.rows)
        self._hot_dead = hot_dead
        self._hot_dead_length = len(hot_dead)
        self.segment_list = segments
        self._cold_dead = cold_dead
        self._cold_dead_length = len(cold_dead)
        self._cold = cold
        self._overlay: OverlayView | None = None
        self._hot: tuple[pa.Table | None] | None = None
        self.row_count = hot.row_count - len(hot_dead) + segments.row_count - len(cold_dead)

    def with_overlay(self, overlay: OverlayView) -> TableSnapshot:
        """The same, as seen by the transaction that has this overlay."""
        seen = self._copy()
        seen._overlay = overlay
        seen._hot = None
        if overlay.segments:
            seen.segment_list = self.segment_list.adding(overlay.segments)
        seen.row_count = self.row_count + overlay.row_count - self._count_deleted(overlay)
        return seen

    def as_of(self, table: Table) -> TableSnapshot:
        """The same rows under another definition of the table: one of before the snapshot was taken, or one since.

        Raises `DefinitionChanged` for one of before whose columns are not all there, as they were, any more.
        """
        if table is self.table:
            return self
        if table.layout < self.table.layout:
            now = {column.number: column.type for column in self.table.columns}
            if any(now.get(column.number) != column.type for column in table.columns):
                raise DefinitionChanged
        seen = self._copy()
        seen.table = table
        seen.formats = self.formats.under(table)
        if table.layout != self.table.layout:
            seen._hot = None
        return seen

    def _copy(self) -> TableSnapshot:
        copied = object.__new__(type(self))
        for slot in TableSnapshot.__slots__:
            setattr(copied, slot, getattr(self, slot))
        return copied

    def _count_deleted(self, overlay: OverlayView) -> int:
        return overlay.deleted_count

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All its segments, ascending by seq."""
        return self.segment_list.segments

    @property
    def hot_row_count(self) -> int:
        """Live rows that are not in segments."""
        return self.row_count - (self.segment_list.row_count - self._cold_dead_length)

    def dead_rows_in(self, segment: Segment) -> int:
        """How many rows of a segment are dead."""
        return len(between(self._dead_cold(), segment.min_seq, segment.max_seq))

    def cold_rows_that_died_before(self, time_us: int) -> Seqs:
        """The seqs of rows in segments, dead since before that time; ascending. In a worker."""
        return self._cold_dead.died_before(self._cold_dead_length, time_us)

    def fetch(self, seq: int, columns: Sequence[int] | None = None) -> Row | None:
        """The row version with that seq, dead or not, or some of its columns by position; `None` where there is none.

        Raises `CorruptSegment`.
        """
        formats = self.formats
        index = seq - self._tail.first_seq
        if 0 <= index < self._tail_length:
            row = self._tail.rows[index]
            if self._tail.format.layout != self.table.layout:
                row = formats.conversion(self._tail.format.layout).row(row)
            return row if columns is None else tuple([row[position] for position in columns])
        at = bisect_right(self._starts, seq) - 1
        if at >= 0 and seq < self._chunks[at].end_seq:
            chunk = self._chunks[at]
            if chunk.format.layout == self.table.layout:
                return chunk.row(seq, columns)
            return formats.conversion(chunk.format.layout).fetch(columns, partial(chunk.row, seq))
        if seq >= PROVISIONAL_SEQ:
            return None if self._overlay is None else self._overlay.row(seq, columns)
        segment = self.segment_list.holding(seq)
        if segment is None:
            return None
        if segment.layout == self.table.layout:
            return self._cold.row(segment, seq, range(len(self.table.columns)) if columns is None else columns)
        return formats.conversion(segment.layout).fetch(columns, partial(self._cold.row, segment, seq))

    def take(self, seqs: Seqs, columns: Sequence[int]) -> list[PlainArray]:
        """Columns of committed rows, dead or not, by the rows' seqs, which are ascending. In a worker.

        Raises `CorruptSegment`.
        """
        pieces: list[tuple[int, list[list[PlainArray]]]] = []
        for chunk in self._chunks:
            here = between(seqs, chunk.first_seq, chunk.end_seq - 1)
            if len(here):
                read = partial(_taken, chunk.arrow(), here - chunk.first_seq)
                pieces.append((chunk.first_seq, self._arrays(chunk.format.layout, columns, read, here.__len__)))
        first, tail = self._tail.first_seq, self._tail
        here = between(seqs, first, first + self._tail_length - 1)
        if len(here):
            read = partial(_taken_from_tail, tail, here - first)
            pieces.append((first, self._arrays(tail.format.layout, columns, read, here.__len__)))
        for segment in self.segments:
            here = between(seqs, segment.min_seq, segment.max_seq)
            if len(here):
                read = partial(self._cold.rows, segment, here)
                count = partial(self._cold.count, segment, here)
                pieces.append((segment.min_seq, self._arrays(segment.layout, columns, read, count)))
        pieces.sort(key=lambda piece: piece[0])
        return [
            pa.concat_arrays([array for _, found in pieces for array in found[position]])
            for position in range(len(columns))
        ]

    def _arrays(
        self, layout: int, columns: Sequence[int], read: ReadArrays, count: Callable[[], int]
    ) -> list[list[PlainArray]]:
        """Columns by their positions in the table out of what reads them by their positions in a layout."""
        if layout == self.table.layout:
            return read(columns)
        return self.formats.conversion(layout).arrays(columns, read, count)

    def dead_seqs(self) -> tuple[Seqs, Seqs]:
        """The seqs of dead rows that are hot, and those of cold ones, ascending. In a worker."""
        hot = self._hot_dead.sorted_until(self._hot_dead_length)
        return hot, self._cold_dead.sorted_until(self._cold_dead_length)

    def has_all(self, seqs: Seqs, seen: TableSnapshot) -> bool:
        """Whether rows of an earlier snapshot, by their ascending seqs, are still there, dead or not. In a worker.

        Raises `CorruptSegment`.
        """
        hot = [(chunk.first_seq, chunk.end_seq - 1) for chunk in self._chunks]
        hot.append((self._tail.first_seq, self._tail.first_seq + self._tail_length - 1))
        count = sum(len(between(seqs, first, last)) for first, last in hot)
        known = set(seen.segments)
        for segment in self.segments:
            here = between(seqs, segment.min_seq, segment.max_seq)
            # Rows that were dead by then are not in the segments of a flush or a compaction since.
            count += len(here) if segment in known or not len(here) else self._cold.count(segment, here)
        return count == len(seqs)

    def is_live(self, seq: int) -> bool:
        """Whether the row version is there and not dead. Raises `CorruptSegment`."""
        if self._overlay is not None:
            if self._overlay.has_deleted(seq):
                return False
            if seq >= PROVISIONAL_SEQ:
                return self._overlay.row(seq, ()) is not None
        if self._cold_dead.was_dead(seq, self._cold_dead_length) or self._hot_dead.was_dead(seq, self._hot_dead_length):
            return False
        return self.fetch(seq, ()) is not None

    def has(self, seq: int) -> bool:
        """Whether the row version is there, dead or not, of one to which an index leads: cold rows are not read."""
        if 0 <= seq - self._tail.first_seq < self._tail_length:
            return True
        at = bisect_right(self._starts, seq) - 1
        if at >= 0 and seq < self._chunks[at].end_seq:
            return True
        return self.segment_list.holding(seq) is not None

    def has_live(self, seq: int) -> bool:
        """The same, of one that is not dead."""
        if self._cold_dead.was_dead(seq, self._cold_dead_length) or self._hot_dead.was_dead(seq, self._hot_dead_length):
            return False
        return self.has(seq)

    def scan(self, predicates: Sequence[Predicate] = ()) -> Scan:
        """All rows that can satisfy the predicates, and perhaps others. Segments are pruned by statistics.

        The first scan converts what is still tuples to Arrow: call it in a worker. Raises `CorruptSegment`.
        """
        segments = prune(self.segments, predicates, self.formats)
        dead = self._dead_cold()
        clean, dirty, dead_in_dirty = [], [], [np.empty(0, np.int64)]
        for segment in segments:
            segment.require_readable()
            dead_here = between(dead, segment.min_seq, segment.max_seq)
            if len(dead_here):
                dirty.append(segment)
                dead_in_dirty.append(dead_here)
            else:
                clean.append(segment)
        return Scan(self._hot_table(), tuple(clean), tuple(dirty), pa.array(np.concatenate(dead_in_dirty)))

    def require_whole(self, segments: Iterable[Segment], step: Callable[[], None]) -> None:
        """Verify the files of segments that nobody has read yet: for who reads them otherwise than through a snapshot.

        In a worker. `step` is called now and then, and may raise to stop it. Raises `CorruptSegment`.
        """
        for segment in segments:
            self._cold.verifier.require_whole(segment, step)

    def _hot_table(self) -> pa.Table | None:
        if self._hot is None:
            tables = list(self.hot_tables())
            self._hot = (pa.concat_tables(tables) if tables else None,)
        return self._hot[0]

    def hot_tables(self) -> list[pa.Table]:
        """The live hot rows, in ascending order of seq, in tables that are not empty."""
        dead = self._hot_dead.sorted_until(self._hot_dead_length)
        deleted = self._deleted()
        formats = self.formats
        tables = [chunk.live(formats, dead, deleted) for chunk in self._chunks]
        if self._tail_length:
            table = formats.rows(self._tail.format, self._tail.arrow(self._tail_length))
            first = self._tail.first_seq
            last = first + self._tail_length - 1
            gone = np.concatenate((between(dead, first, last), between(deleted, first, last)))
            tables.append(without(table, gone - first) if len(gone) else table)
        if self._overlay is not None:
            tables.extend(self._overlay.tables())
        return [table for table in tables if table.num_rows]

    def _dead_cold(self) -> Seqs:
        dead = self._cold_dead.sorted_until(self._cold_dead_length)
        deleted = self._deleted()
        return np.sort(np.concatenate((dead, deleted))) if len(deleted) else dead

    def _deleted(self) -> Seqs:
        return np.empty(0, np.int64) if self._overlay is None else self._overlay.deleted_seqs()


def _taken(table: pa.Table, indexes: Seqs, columns: Sequence[int]) -> list[list[PlainArray]]:
    taken = table.select(list(columns)).take(indexes).combine_chunks()
    return [[plain(array.chunk(0))] for array in taken.columns]


def _taken_from_tail(tail: Tail, indexes: Seqs, columns: Sequence[int]) -> list[list[PlainArray]]:
    rows = [tuple([tail.rows[index][position] for position in columns]) for index in indexes.tolist()]
    taken = table_from_rows(rows, [tail.format.columns[position] for position in columns])
    return [[plain(array.chunk(0))] for array in taken.columns]
