"""Staged loads: the rows of a large commit are written ahead, in slices, while other commits go on.

First a load marker for each range of seqs is written, then the slices (a hot value and its index entries each), then,
as an ordinary commit, a batch that removes the markers: only that makes the rows real. Nobody sees the rows before:
they are in no snapshot, and an index entry that leads to a seq outside of the visible ones leads nowhere. RocksDB
recovers a prefix of what was written, so a marker that is found at start-up says that its load was never committed:
`undo_loads` removes what there is of it. That restores nothing, because a load writes ahead only such index entries as
replace no other.

While a load is under way its seqs are in `TableState.staged`: a flush leaves them out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage.errors import WriteFailed
from storage.keys import KeyKind, key, pack_seq, unpack_seq
from storage.kv import new_batch
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.faults import FaultPoints
    from storage.kv import Batch, KeyValueStore
    from storage.syncer import CallSoon
    from storage.table_commit import Insertion, TableCommit
    from storage.table_state import TableState

STAGED_FROM_ROWS: Final = 5_000
"""A commit that inserts more rows than this is staged: writing them at once would hold the loop up."""

SLICE_ROWS: Final = 2_000
"""Rows (and index entries) written at once, with the GIL held: about two milliseconds."""

UNINDEXED_SLICE_ROWS: Final = 16_384
"""The same where there is no index."""


class Stage:
    """One large commit's rows, being written ahead."""

    def __init__(self, kv: KeyValueStore, tables: Sequence[TableCommit], faults: FaultPoints) -> None:
        self._kv = kv
        self._faults = faults
        self._tables = tables
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Write the markers. From then on a flush leaves these seqs out. Raises `WriteFailed`."""
        batch = new_batch()
        for marker in self._markers():
            batch.put(marker, b"")
        for table in self._tables:
            # Here and not at the end: later rows, which may be committed before, are as old as this mark, or younger.
            table.add_mark(batch)
        self._kv.write(batch)
        self._faults.reach("load.after_markers")
        for table in self._tables:
            table.state.staged.update(table.seq_ranges())

    def run(self, call_soon: CallSoon | None, staged: Callable[[WriteFailed | None], None]) -> None:
        """Write the slices in a thread, then call `staged` on the loop; without a loop, here and now."""
        if call_soon is None:
            staged(self._write_slices())
            return

        def work() -> None:
            error = self._write_slices()
            call_soon(lambda: staged(error))

        self._thread = threading.Thread(target=work, name="siltdb-load", daemon=True)
        self._thread.start()

    def add_end(self, batch: Batch) -> None:
        """Append what makes the rows real."""
        self._faults.reach("load.before_end")
        for marker in self._markers():
            batch.delete(marker)

    def writes_to(self, table_oid: int) -> bool:
        """Whether there are rows of that table among them."""
        return any(table.state.table.oid == table_oid for table in self._tables)

    def join(self) -> None:
        """Wait for the thread."""
        if self._thread is not None:
            self._thread.join()

    def _markers(self) -> Iterator[bytes]:
        for table in self._tables:
            for first, last in table.seq_ranges():
                yield key(KeyKind.LOAD, table.state.store_oid, first, last)

    def _write_slices(self) -> WriteFailed | None:
        try:
            for table in self._tables:
                table.hold_back_replaced_keys()
                for insertion in table.insertions:
                    self._write_insertion(table, insertion)
        except WriteFailed as error:
            return error
        return None

    def _write_insertion(self, table: TableCommit, insertion: Insertion) -> None:
        step = UNINDEXED_SLICE_ROWS if insertion.keys is None else SLICE_ROWS
        for start in range(0, insertion.count, step):
            batch = new_batch()
            table.add_slice(batch, insertion, start, min(step, insertion.count - start))
            self._kv.write(batch)
            self._faults.reach("load.after_slice")


@dataclass(frozen=True, slots=True)
class SeqRanges:
    """First and last seqs of loads."""

    ranges: tuple[tuple[int, int], ...]

    def covers(self, seq: int) -> bool:
        """Whether one of the loads has the seq."""
        return any(first <= seq <= last for first, last in self.ranges)


def staged_ranges(kv: KeyValueStore, store_oid: int) -> SeqRanges:
    """The seqs of a store's loads that have not been committed."""
    markers = (marker for marker, _ in kv.scan(key(KeyKind.LOAD, store_oid)))
    return SeqRanges(tuple((unpack_seq(marker[-16:-8]), unpack_seq(marker[-8:])) for marker in markers))


def undo_loads(kv: KeyValueStore, state: TableState) -> None:
    """Remove what there is of loads of this store that were never committed. May be repeated from any point."""
    for marker, _ in kv.scan(key(KeyKind.LOAD, state.store_oid)):
        first, last = unpack_seq(marker[-16:-8]), unpack_seq(marker[-8:])
        start, end = state.hot_prefix + pack_seq(first), state.hot_prefix + pack_seq(last + 1)
        for hot_key, value in kv.scan_range(start, end):
            batch = new_batch()
            _undo_index(kv, state, value, (first, last), batch)
            batch.delete(hot_key)
            kv.write(batch)
        batch = new_batch()
        batch.delete(marker)
        kv.write(batch)


def _undo_index(kv: KeyValueStore, state: TableState, value: bytes, seqs: tuple[int, int], batch: Batch) -> None:
    if state.key_of_row is None:
        return
    rows = state.format.decode(value)
    for row in rows if isinstance(rows, list) else rows_from_table(rows):
        index_key = state.index_prefix + state.key_of_row(row)
        found = kv.get(index_key)
        if found is not None and seqs[0] <= unpack_seq(found) <= seqs[1]:
            batch.delete(index_key)
