"""Stream tables: their rows are never flushed, and are gone once they are older than the table's ttl.

Seqs are given in the order of time, so the rows that are left are those from one seq on. *Marks* tell which: each says
when the row with that seq came, and stands for the rows up to the next mark. A commit writes one with its rows if the
last one is old enough. Rows before the first mark there is are gone, so marks may be forgotten together with rows.

The time of a stream never goes back, whatever the clock does: it stands still until the clock has caught up.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

from storage.dead import DeadLog, between
from storage.keys import KeyKind, key, pack_seq, unpack_seq
from storage.rows import SEQ_COLUMN
from storage.segment import SegmentList
from storage.snapshot import PROVISIONAL_SEQ, TableSnapshot
from storage.table_state import TableState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from storage.catalog_entries import Table
    from storage.cold import ColdReader
    from storage.dead import Seqs
    from storage.formats import TableFormats
    from storage.kv import Batch, KeyValueStore
    from storage.overlay_view import OverlayView
    from storage.rows import Row

MARKS_PER_TTL: Final = 100_000
MARK_INTERVAL_MIN_US: Final = 1_000
"""A row counts as old as the mark before it: it may go so much early, or a hundred thousandth of the ttl."""


class StreamSnapshot(TableSnapshot):
    """A stream at one moment: the rows from one seq on."""

    __slots__ = ("first_seq",)

    def __init__(self, state: StreamState, first_seq: int, cold: ColdReader) -> None:
        hot, dead = state.hot, state.hot_dead
        super().__init__(state.formats, state.version, hot, dead, state.segments, state.cold_dead, cold)
        self.first_seq = first_seq
        skipped = bisect_right(self._chunks, first_seq, key=lambda chunk: chunk.end_seq)
        self._chunks, self._starts = self._chunks[skipped:], self._starts[skipped:]
        rows = sum(chunk.end_seq - max(chunk.first_seq, first_seq) for chunk in self._chunks)
        rows += min(self._tail_length, max(self._tail.first_seq + self._tail_length - first_seq, 0))
        self.row_count = rows - len(between(dead.sorted_until(len(dead)), first_seq, PROVISIONAL_SEQ))

    def fetch(self, seq: int, columns: Sequence[int] | None = None) -> Row | None:
        """The row version with that seq, or some of its columns; `None` where there is none or it has expired."""
        return None if seq < self.first_seq else super().fetch(seq, columns)

    def hot_tables(self) -> list[pa.Table]:
        """The live rows that have not expired, in ascending order of seq, in tables that are not empty."""
        return [table for each in super().hot_tables() if (table := self._unexpired(each)).num_rows]

    def _unexpired(self, table: pa.Table) -> pa.Table:
        seqs = table.column(SEQ_COLUMN)
        if seqs[0].as_py() >= self.first_seq:
            return table
        return table.slice(int(np.searchsorted(seqs.to_numpy(), self.first_seq)))

    def _copy(self) -> StreamSnapshot:
        copied = super()._copy()
        assert isinstance(copied, StreamSnapshot)
        copied.first_seq = self.first_seq
        return copied

    def _count_deleted(self, overlay: OverlayView) -> int:
        return len(between(overlay.deleted_seqs(), self.first_seq, PROVISIONAL_SEQ))

    def has_all(self, seqs: Seqs, seen: TableSnapshot) -> bool:
        """Whether rows of an earlier snapshot are still there, dead or not, and have not expired. In a worker."""
        return seqs.item(0) >= self.first_seq and super().has_all(seqs, seen)


class StreamState(TableState):
    """The visible state of a stream. What is visible of it changes with time, too."""

    __slots__ = (
        "_first_seqs",
        "_latest_us",
        "_mark_interval_us",
        "_now_us",
        "_seen",
        "_times_us",
        "_ttl_us",
        "evicted_before_seq",
    )

    def __init__(self, table: Table, cold: ColdReader, now_us: Callable[[], int]) -> None:
        super().__init__(table, cold)
        self._now_us = now_us
        self._latest_us = 0
        self._ttl_us = table.ttl_us
        self._mark_interval_us = max(MARK_INTERVAL_MIN_US, self._ttl_us // MARKS_PER_TTL)
        self._times_us = array("q")
        self._first_seqs = array("q")
        self._seen: StreamSnapshot | None = None
        self.evicted_before_seq = 0
        """Rows before it are gone from RocksDB: what is left of them in memory shares a chunk with later ones."""

    def snapshot(self) -> TableSnapshot:
        """What is visible now. The same value until something changes or expires."""
        first_seq = self.first_live_seq()
        seen = self._seen
        if seen is None or seen.first_seq != first_seq:
            seen = self._seen = StreamSnapshot(self, first_seq, self._cold)
        return seen

    def snapshot_with_expired(self) -> TableSnapshot:
        """What is visible now, and rows that have expired and not been evicted."""
        return TableSnapshot(
            self.formats, self.version, self.hot, self.hot_dead, self.segments, self.cold_dead, self._cold
        )

    def changed(self) -> None:
        """Something visible has changed: the next snapshot is another one."""
        self._seen = None

    def redefine(self, formats: TableFormats, *, same_keys: bool) -> None:
        """The table has another definition, perhaps another ttl."""
        self._ttl_us = formats.table.ttl_us
        super().redefine(formats, same_keys=same_keys)

    @property
    def live_hot_rows(self) -> int:
        """Rows that are not in segments, neither dead nor expired."""
        return self.snapshot().row_count

    def has_expired(self, seq: int) -> bool:
        """Whether a row is gone because of its age."""
        return seq < self.first_live_seq()

    def first_live_seq(self, until_us: int | None = None) -> int:
        """The seq of the first row that has not expired; or had not then, if that is earlier."""
        now_us = self._latest_us = max(self._latest_us, self._now_us())
        if until_us is not None:
            now_us = min(now_us, until_us)
        at = bisect_right(self._times_us, now_us - self._ttl_us)
        return self._first_seqs[at] if at < len(self._first_seqs) else self.next_seq

    def add_mark(self, batch: Batch, first_seq: int) -> None:
        """Append, to a batch that brings rows from this seq on, when they came, if the last mark is old enough."""
        now_us = self._latest_us = max(self._latest_us, self._now_us())
        times_us = self._times_us
        if times_us and now_us - times_us[-1] < self._mark_interval_us:
            return
        times_us.append(now_us)
        self._first_seqs.append(first_seq)
        batch.put(key(KeyKind.MARK, self.store_oid, first_seq), pack_seq(now_us))

    def read_marks(self, kv: KeyValueStore, batch: Batch) -> None:
        """Read them at start-up. Marks of loads that were never committed, whose seqs are given again, are removed."""
        for mark, time in kv.scan(key(KeyKind.MARK, self.store_oid)):
            first_seq = unpack_seq(mark[-8:])
            if first_seq >= self.next_seq:
                batch.delete(mark)
                continue
            self._times_us.append(unpack_seq(time))
            self._first_seqs.append(first_seq)
        self._latest_us = max(self._times_us, default=0)

    def add_forgotten_marks(self, batch: Batch, end_seq: int) -> None:
        """Append the removal of the marks before a seq."""
        for first_seq in self._first_seqs[: bisect_left(self._first_seqs, end_seq)]:
            batch.delete(key(KeyKind.MARK, self.store_oid, first_seq))

    def forget_before(self, end_seq: int) -> None:
        """Rows before this seq have expired and are gone from RocksDB: let go of them, and of their marks."""
        count = bisect_left(self._first_seqs, end_seq)
        del self._first_seqs[:count], self._times_us[:count]
        self.evicted_before_seq = end_seq
        first_kept = self.hot.forget_before(end_seq)
        seqs, times_us = self.hot_dead.since(0)
        self.hot_dead = DeadLog.of(seqs[seqs >= first_kept], times_us[seqs >= first_kept])
        # Another list, so that a transaction that still sees the rows knows that they may be gone.
        self.segments = SegmentList()
        self.changed()
