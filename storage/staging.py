"""Staged commits: the rows and deletions of a large one are written ahead, in slices, while other commits go on.

First a load marker for each range of seqs is written, then the slices (a hot value and its index entries each), then,
as an ordinary commit, a batch that removes the markers: only that makes the rows real. Nobody sees the rows before:
they are in no snapshot, and an index entry that leads to a seq outside of the visible ones leads nowhere. RocksDB
recovers a prefix of what was written, so a marker that is found at start-up says that its load was never committed:
`undo_loads` removes what there is of it.

A slice of a large deletion has the deaths, removes the index entries, and says in a record of its own what it has done,
which the last batch removes: `undo_deletions` finds these and brings the index entries back. The deletions go first, so
that index entries of the same commit may replace those; of others, that replace visible ones, none is written ahead.

While a load is under way its seqs are in `TableState.staged`: a flush leaves them out. Large deletions are in
`TableState.deletions`: their keys lead to the rows until these are dead. A flush or a compaction that comes between
removes deaths that it does not know of: then all are written once more, before the last batch.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from itertools import chain, compress, islice
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec import Struct

from storage.catalog_entries import Table
from storage.errors import WriteFailed
from storage.keys import KeyKind, key, pack_seq, unpack_seq
from storage.kv import new_batch
from storage.load_keys import INTEGER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.dead import Flags
    from storage.deletion import PreparedDeletion
    from storage.faults import FaultPoints
    from storage.kv import Batch, KeyValueStore
    from storage.load_keys import LoadKeys
    from storage.syncer import CallSoon
    from storage.table_commit import Insertion, TableCommit
    from storage.table_state import TableState
    from storage.unique_keys import RowKey

STAGED_FROM_ROWS: Final = 5_000
"""A commit that inserts more rows than this is staged: writing them at once would hold the loop up."""

SLICE_ROWS: Final = 2_000
"""Rows (and index entries) written at once, with the GIL held: about two milliseconds."""

UNINDEXED_SLICE_ROWS: Final = 16_384
"""The same where there is no index."""

RANGE_FROM_ROWS: Final = 500
"""Index entries from which a range of them is removed as one: every look-up has to mind the tombstone of a range."""

EncodedKeys: TypeAlias = list[bytes | None] | bytes
"""The keys of rows in one index: one by one; integers, of which none is NULL, in one piece."""

DELETION_SLICE_ROWS: Final = 1_000
"""Deletions written at once: a death and an index entry each."""


@contextmanager
def half_written() -> Iterator[None]:
    """Whatever is raised meanwhile, for want of memory, say, is a `WriteFailed`: only the next start can put it right.

    For what comes between the first thing that is written of a commit and the moment when all know of it.
    """
    try:
        yield
    except WriteFailed:
        raise
    except Exception as error:
        raise half_written_by(error) from error


def half_written_by(error: Exception) -> WriteFailed:
    """What to raise instead of the error."""
    return WriteFailed(f"a commit could not be written as a whole: {error!r}")


class Stage:
    """One large commit, being written ahead."""

    def __init__(self, kv: KeyValueStore, tables: Sequence[TableCommit], faults: FaultPoints) -> None:
        self._kv = kv
        self._faults = faults
        self._tables = tables
        self._thread: threading.Thread | None = None
        self._rewritten: list[tuple[int, int]] = []

    def changes(self, state: TableState) -> bool:
        """Whether rows of a row store are among what it writes."""
        return any(table.state is state for table in self._tables)

    def gather(self, call_soon: CallSoon | None, gathered: Callable[[Exception | None], None]) -> None:
        """Make large deletions of rows that were deleted one by one, before it begins; then as `run`."""
        tables = [table for table in self._tables if table.has_many_deleted]
        found: list[PreparedDeletion] = []

        def take(error: Exception | None) -> None:
            if error is None:
                for table, deletion in zip(tables, found, strict=True):
                    table.take_gathered(deletion)
            gathered(error)

        self._run(lambda: found.extend(table.gathered() for table in tables), call_soon, take)

    def begin(self, now_us: int) -> None:
        """Write the markers. From then on a flush leaves these seqs out. Raises `WriteFailed`."""
        batch = new_batch()
        for table in self._tables:
            for marker in _markers(table):
                batch.put(marker, table.own_definition)
            for marker in _segment_markers(table):
                batch.put(marker, b"")
            # Here and not at the end: later rows, which may be committed before, are as old as this mark, or younger.
            table.add_mark(batch)
            table.die_at(now_us)
        self._kv.write(batch)
        with half_written():
            self._faults.reach("load.after_markers")
            for table in self._tables:
                table.state.staged.update(table.seq_ranges())
                table.state.deletions.update(dict.fromkeys(table.deletions))

    def run(self, call_soon: CallSoon | None, staged: Callable[[Exception | None], None]) -> None:
        """Write the slices in a thread, then call `staged` on the loop; without a loop, here and now.

        Raises `WriteFailed`, or `staged` is told of it, for whatever goes wrong: see `half_written`.
        """
        with half_written():
            self._rewritten = self._rewritten_now()
            self._run(half_written()(self._write_slices), call_soon, staged)

    def run_again(self, call_soon: CallSoon | None, staged: Callable[[Exception | None], None]) -> bool:
        """Write the deaths once more, if something has removed them since; tells whether. In the same way."""
        rewritten = self._rewritten_now()
        if rewritten == self._rewritten:
            return False
        with half_written():
            self._rewritten = rewritten
            self._run(half_written()(self._write_deaths), call_soon, staged)
        return True

    def add_end(self, batch: Batch) -> None:
        """Append what makes it real."""
        self._faults.reach("load.before_end")
        for table in self._tables:
            for marker in (*_markers(table), *_segment_markers(table)):
                batch.delete(marker)
            for deletion in table.deletions:
                for first_seq in deletion.seqs[::DELETION_SLICE_ROWS].tolist():
                    batch.delete(key(KeyKind.DELETION, table.state.store_oid, first_seq))

    def join(self) -> None:
        """Wait for the thread."""
        if self._thread is not None:
            self._thread.join()

    def _run(
        self, write: Callable[[], None], call_soon: CallSoon | None, staged: Callable[[Exception | None], None]
    ) -> None:
        def attempt() -> Exception | None:
            try:
                write()
            except Exception as error:  # noqa: BLE001 - whoever waits for the commit must be told, whatever it is
                return error
            return None

        if call_soon is None:
            staged(attempt())
            return

        def work() -> None:
            error = attempt()
            call_soon(lambda: staged(error))

        self._thread = threading.Thread(target=work, name="siltdb-load", daemon=True)
        self._thread.start()

    def _rewritten_now(self) -> list[tuple[int, int]]:
        return [table.state.rewritten for table in self._tables if table.deletions]

    def _write_slices(self) -> None:
        for table in self._tables:
            for deletion in table.deletions:
                self._write_deletion(table, deletion)
        for table in self._tables:
            table.hold_back_replaced_keys()
            for insertion in table.insertions:
                self._write_insertion(table, insertion)
            for entries, first_seq in table.segment_entries(SLICE_ROWS):
                batch = new_batch()
                table.add_entries(batch, entries, first_seq)
                self._kv.write(batch)
                self._faults.reach("load.after_slice")

    def _write_deletion(self, table: TableCommit, deletion: PreparedDeletion) -> None:
        state = table.state
        reused = table.reused_entries(deletion)
        for start, seqs in deletion.slices(DELETION_SLICE_ROWS):
            batch = new_batch()
            # Of a key that the transaction itself has added nobody needs to know what it was.
            known = [_find_keys(deletion.keys, row_key.prefix) for row_key in state.keys]
            record = UndoRecord.of(state.keys, seqs.tolist(), [_encoded(keys, start, len(seqs)) for keys in known])
            record_key = key(KeyKind.DELETION, state.store_oid, seqs.item(0))
            batch.put(record_key, msgspec.msgpack.encode(record))
            table.add_deaths(batch, seqs)
            for each, flags in zip(deletion.keys, reused, strict=True):
                _delete_entries(batch, each, start, flags[start : start + len(seqs)])
            self._kv.write(batch)
            self._faults.reach("delete.after_slice")

    def _write_deaths(self) -> None:
        for table in self._tables:
            for deletion in table.deletions:
                for _, seqs in deletion.slices(DELETION_SLICE_ROWS):
                    batch = new_batch()
                    table.add_deaths(batch, seqs)
                    self._kv.write(batch)

    def _write_insertion(self, table: TableCommit, insertion: Insertion) -> None:
        step = max(SLICE_ROWS // len(insertion.entries), 1) if insertion.entries else UNINDEXED_SLICE_ROWS
        for start in range(0, insertion.count, step):
            batch = new_batch()
            table.add_slice(batch, insertion, start, min(step, insertion.count - start))
            self._kv.write(batch)
            self._faults.reach("load.after_slice")


def _delete_entries(batch: Batch, keys: LoadKeys, start: int, are_reused: Flags) -> None:
    """Append the removal of the entries of some rows, but for those that are about to be overwritten."""
    count = len(are_reused)
    if are_reused.all():
        return
    run = None if are_reused.any() else keys.run(start, count)
    if run is not None and count >= RANGE_FROM_ROWS:
        # One tombstone, which takes a thousandth of the time, and what is looked for behind it is found sooner.
        batch.delete_range(run[0], run[1] + b"\0")
        return
    for entry in compress(keys.entries(start, count), (~are_reused).tolist()):
        if entry is not None:
            batch.delete(entry)


def _encoded(keys: LoadKeys | None, start: int, count: int) -> EncodedKeys:
    """The keys of some rows, as an undo record has them."""
    if keys is None:
        return [None] * count
    return keys.integers(start, count) or keys.encoded(start, count)


def _find_keys(keys: Sequence[LoadKeys], prefix: bytes) -> LoadKeys | None:
    """Those of one index."""
    return next((each for each in keys if each.prefix == prefix), None)


def _markers(table: TableCommit) -> Iterator[bytes]:
    for first, last in table.seq_ranges():
        yield key(KeyKind.LOAD, table.state.store_oid, first, last)


def _segment_markers(table: TableCommit) -> Iterator[bytes]:
    for load in table.segments:
        yield key(KeyKind.SEGMENT_LOAD, table.state.store_oid, load.first_seq, load.last_seq)


class SeqRanges(Struct, frozen=True):
    """First and last seqs of loads."""

    ranges: tuple[tuple[int, int], ...]

    def covers(self, seq: int) -> bool:
        """Whether one of the loads has the seq."""
        return any(first <= seq <= last for first, last in self.ranges)


def staged_ranges(kv: KeyValueStore, store_oid: int) -> SeqRanges:
    """The seqs of a store's loads that have not been committed."""
    kinds = (KeyKind.LOAD, KeyKind.SEGMENT_LOAD)
    markers = (marker for kind in kinds for marker, _ in kv.scan(key(kind, store_oid)))
    return SeqRanges(tuple(map(_seqs_of, markers)))


def _seqs_of(marker: bytes) -> tuple[int, int]:
    return unpack_seq(marker[-16:-8]), unpack_seq(marker[-8:])


def undo_loads(kv: KeyValueStore, state: TableState, define: Callable[[Table], TableState]) -> None:
    """Remove what there is of loads of this store that were never committed. May be repeated from any point.

    A load may be of a transaction that had changed the table, which nobody knows of now: its marker says how.
    `define` makes an empty store of the table as it is defined there.
    """
    for marker, own_definition in kv.scan(key(KeyKind.LOAD, state.store_oid)):
        defined = define(msgspec.msgpack.decode(own_definition, type=Table)) if own_definition else state
        first, last = _seqs_of(marker)
        start, end = state.hot_prefix + pack_seq(first), state.hot_prefix + pack_seq(last + 1)
        for hot_key, value in kv.scan_range(start, end):
            batch = new_batch()
            _undo_index(kv, defined, value, (first, last), batch)
            batch.delete(hot_key)
            kv.write(batch)
        batch = new_batch()
        batch.delete(marker)
        kv.write(batch)


def undo_segment_loads(kv: KeyValueStore, store_oid: int) -> None:
    """Remove the index entries of bulk loads of a store that were never committed. May be repeated from any point.

    All entries are looked at, some millions a second: the rows may not be there any more to tell theirs.
    """
    markers = [marker for marker, _ in kv.scan(key(KeyKind.SEGMENT_LOAD, store_oid))]
    if not markers:
        return
    staged = SeqRanges(tuple(map(_seqs_of, markers)))
    entries = (found for kind in (KeyKind.INDEX, KeyKind.UNIQUE) for found in kv.scan(key(kind, store_oid)))
    gone = (entry for entry, seq in entries if staged.covers(unpack_seq(seq)))
    # The markers last.
    left = chain(gone, markers)
    while some := tuple(islice(left, SLICE_ROWS)):
        batch = new_batch()
        for each in some:
            batch.delete(each)
        kv.write(batch)


def deletions_under_way(kv: KeyValueStore, store_oid: int) -> int:
    """How many deletions of a store have been written ahead and not been committed."""
    return sum(len(_undo_record(value).seqs) for _, value in kv.scan(key(KeyKind.DELETION, store_oid)))


def undo_deletions(kv: KeyValueStore, state: TableState) -> None:
    """Take back large deletions of this store that were never committed. May be repeated from any point."""
    for record, value in kv.scan(key(KeyKind.DELETION, state.store_oid)):
        undo = _undo_record(value)
        batch = new_batch()
        for seq in undo.seqs:
            batch.delete(state.dead_prefix + pack_seq(seq))
        for entry, seq in undo.entries(state.keys):
            batch.put(entry, pack_seq(seq))
        batch.delete(record)
        kv.write(batch)


class UndoRecord(msgspec.Struct, frozen=True, array_like=True):
    """What a slice of a deletion has done: of rows with these seqs it has removed the entries.

    The keys are without prefixes, in the order of `TableState.keys`: a restore gives stores and indexes other oids.
    """

    seqs: list[int]
    primary: EncodedKeys | None
    unique: list[EncodedKeys] = []
    """Of each unique index."""

    @classmethod
    def of(cls, keys: Sequence[RowKey], seqs: list[int], encoded: list[EncodedKeys]) -> UndoRecord:
        """The record of a slice."""
        has_primary = bool(keys) and keys[0].index_oid is None
        return cls(seqs, encoded[0], encoded[1:]) if has_primary else cls(seqs, None, encoded)

    def entries(self, keys: Sequence[RowKey]) -> Iterator[tuple[bytes, int]]:
        """The removed entries and their seqs."""
        encoded = self.unique if self.primary is None else [self.primary, *self.unique]
        for row_key, each in zip(keys, encoded, strict=True):
            for seq, one in zip(self.seqs, _one_by_one(each), strict=True):
                if one is not None:
                    yield row_key.prefix + one, seq


def _one_by_one(encoded: EncodedKeys) -> Sequence[bytes | None]:
    if isinstance(encoded, bytes):
        return [encoded[at : at + INTEGER_BYTES] for at in range(0, len(encoded), INTEGER_BYTES)]
    return encoded


def _undo_record(value: bytes) -> UndoRecord:
    return msgspec.msgpack.decode(value, type=UndoRecord)


def _undo_index(kv: KeyValueStore, state: TableState, value: bytes, seqs: tuple[int, int], batch: Batch) -> None:
    if not state.keys:
        return
    for row in state.formats.decoded_rows(value):
        for row_key in state.keys:
            entry = row_key.entry_of(row)
            found = None if entry is None else kv.get(entry)
            if entry is not None and found is not None and seqs[0] <= unpack_seq(found) <= seqs[1]:
                batch.delete(entry)
