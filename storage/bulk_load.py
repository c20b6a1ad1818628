"""Bulk load: rows of an open transaction that are too many for the hot tier are written into segments straight away.

`reserve_segment` (loop) takes seqs for some rows; `write_segment_load` (worker) looks for their keys, as for any
prepared load, and writes the file; `Transaction.insert` takes what it gives. The seqs are those that the rows keep:
while the load is under way they are in `TableState.staged`, so that neither a flush nor a compaction makes a segment
that spans them. Nothing is in RocksDB before the commit, which writes the index entries ahead behind a marker, as for
any large commit (`staging`), and then puts the segments into the manifest in its last batch.

A file that no commit has come to is removed when the transaction takes the load back or ends; of a crash, at the next
start. Until then the keys of the rows are in files, without names, that are mapped into memory.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from storage.engine import prepare_load
from storage.errors import StorageError
from storage.flush import segment_writer
from storage.hot import with_seqs
from storage.segment_load import SegmentLoad

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.load import PreparedLoad
    from storage.reaper import Reaper
    from storage.segment import Segment
    from storage.segment_writer import SegmentWriter
    from storage.table_state import TableState
    from storage.transaction import Transaction

TASK: Final = "bulk"
"""What the names of its fault points begin with."""


class LoadStopped(StorageError):
    """the load was stopped"""


class ReservedSeqs:
    """The seqs of one segment, from when they are taken until its transaction ends; and what becomes of its file."""

    def __init__(self, state: TableState, first_seq: int, count: int, reaper: Reaper) -> None:
        self.first_seq = first_seq
        self._state = state
        self._range = (first_seq, first_seq + count - 1)
        self._reaper = reaper
        self._lock = threading.Lock()
        self._segment: Segment | None = None
        self._is_over = False
        state.staged.add(self._range)

    def step(self, rows: int) -> None:
        """Go on writing. Raises `LoadStopped` when nobody wants the file any more. Any thread."""
        if self._is_over:
            raise LoadStopped

    def written(self, segment: Segment) -> None:
        """The file is there. Raises `LoadStopped`, and it is not, when nobody wants it any more. In the worker."""
        with self._lock:
            if not self._is_over:
                self._segment = segment
                return
        self._reaper.remove_soon(segment.path)
        raise LoadStopped

    def keep(self) -> None:
        """A commit is about to put it into the manifest: whether it stays is no longer decided here."""
        with self._lock:
            if self._segment is not None:
                self._reaper.watch(self._segment)
            self._segment = None

    def release(self) -> None:
        """The transaction has taken the load back, or ended. May be called again."""
        self._state.staged.discard(self._range)
        with self._lock:
            segment, self._segment, self._is_over = self._segment, None, True
        if segment is not None:
            self._reaper.remove_soon(segment.path)


class SegmentToWrite(Struct, frozen=True):
    """Rows that are to be a segment."""

    table: Table
    store_oid: int
    rows: pa.Table
    seqs: ReservedSeqs
    writer: SegmentWriter
    after: Sequence[PreparedLoad]
    """What the transaction has loaded into the table before."""


def reserve_segment(storage: Storage, transaction: Transaction, store_oid: int, rows: pa.Table) -> SegmentToWrite:
    """Take seqs for rows that a transaction, which has locked the table, inserts. On the loop. Raises `TableGone`."""
    state = transaction.own.state(store_oid)
    definition = transaction.own.definition(state)
    overlay = transaction.overlays.get(store_oid)
    first_seq = max(state.next_seq, 1 if overlay is None else overlay.end_of_segments)
    state.next_seq = first_seq + rows.num_rows
    seqs = ReservedSeqs(state, first_seq, rows.num_rows, storage.reaper)
    transaction.on_undo(seqs.release)
    transaction.on_end(seqs.release)
    return SegmentToWrite(
        table=definition.table,
        store_oid=store_oid,
        rows=rows,
        seqs=seqs,
        writer=segment_writer(storage, definition, TASK),
        after=() if overlay is None else overlay.loads(),
    )


def write_segment_load(storage: Storage, work: SegmentToWrite) -> SegmentLoad:
    """Prepare the rows' keys and write the rows. In a worker.

    Raises `UniqueViolation` for a key that the rows have twice, `LoadStopped`, and OSError of the disk; then there is
    no file.
    """
    load = prepare_load(storage, work.table, work.rows, work.after, work.store_oid)
    segment = work.writer.write([with_seqs(load.data, work.seqs.first_seq)], work.seqs.step)
    assert segment is not None, "there are rows"
    work.seqs.written(segment)
    return SegmentLoad(load, segment, work.seqs.keep, storage.visible.cold, storage.cold_folder)
