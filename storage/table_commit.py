"""What one commit does to one row store."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import pyarrow as pa

from storage.dead import between, pack_death
from storage.deletion_work import gathered
from storage.hot import without
from storage.keys import KeyKind, key, pack_seq
from storage.load_keys import LoadKeys
from storage.overlay_runs import LoadRun
from storage.segment_load import SegmentLoad

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from storage.dead import Flags, Seqs
    from storage.deletion import PreparedDeletion
    from storage.hot_value import RowFormat
    from storage.kv import Batch
    from storage.overlay import TableOverlay
    from storage.overlay_runs import Run
    from storage.rows import Row
    from storage.table_state import TableState
    from storage.unique_keys import RowKey
    from storage.visible import Visible


NONE: Final[Seqs] = np.empty(0, np.int64)

GATHERED_FROM_ROWS: Final = 2_000
"""Rows, deleted one by one, that become a large deletion when they are committed: of fewer all is written at once."""

HELD_BACK_STEP: Final = 10_000
"""Index entries of bulk loads that are looked at in one go."""


class Insertion:
    """Rows that get consecutive seqs: tuples or an Arrow table; with their index entries, for each key of the table."""

    __slots__ = ("byte_count", "count", "entries", "first_seq", "format", "rows")

    def __init__(
        self,
        row_format: RowFormat,
        rows: Sequence[Row] | pa.Table,
        entries: Sequence[Sequence[bytes | None] | LoadKeys],
    ) -> None:
        self.format = row_format
        self.rows = rows
        self.entries = entries
        self.count: int = len(rows)
        self.first_seq = 0
        self.byte_count = 0

    @property
    def last_seq(self) -> int:
        """The seq of the last row."""
        return self.first_seq + self.count - 1

    def entries_from(self, start: int, count: int) -> Iterator[Sequence[bytes | None]]:
        """The index entries of some of the rows, for each key in turn."""
        for entries in self.entries:
            if isinstance(entries, LoadKeys):
                yield entries.entries(start, count)
            else:
                yield entries if count == self.count else entries[start : start + count]

    def rows_from(self, start: int, count: int) -> Sequence[Row] | pa.Table:
        """Some of the rows."""
        if count == self.count:
            return self.rows
        return self.rows.slice(start, count) if isinstance(self.rows, pa.Table) else self.rows[start : start + count]


class TableCommit:
    """The insertions and deletions of a transaction in one row store, on their way into RocksDB and into view."""

    __slots__ = (
        "_died_at_us",
        "_end_of_segments",
        "_keys",
        "_loads",
        "_number",
        "_segment_entries",
        "deleted",
        "deletions",
        "held_back",
        "insertions",
        "own_definition",
        "row_count",
        "segments",
        "state",
    )

    def __init__(self, state: TableState, overlay: TableOverlay) -> None:
        self.state = state
        table = overlay.formats.table
        self.own_definition = b"" if table.layout == state.table.layout else msgspec.msgpack.encode(table)
        """The table as the transaction has defined it, if its rows have columns that nobody knows of yet."""
        self.deleted: Mapping[int, Sequence[bytes]] = overlay.deleted
        self.deletions = tuple(overlay.deletions)
        """Large ones: staged."""
        self._keys = overlay.keys
        self.insertions: list[Insertion] = []
        self.row_count = 0
        dead = np.sort(np.fromiter(overlay.dead, np.int64, len(overlay.dead))) if overlay.dead else NONE
        for run in overlay.runs:
            insertion = _insertion(run, dead, overlay.keys)
            if insertion.count:
                self.insertions.append(insertion)
                self.row_count += insertion.count
        self.segments = [run.load for run in overlay.segments if isinstance(run.load, SegmentLoad)]
        """Bulk loads."""
        self._segment_entries = [
            (run.first_seq, [run.entries[key.prefix] for key in overlay.keys]) for run in overlay.segments
        ]
        self._end_of_segments = overlay.end_of_segments
        self.held_back: dict[bytes, int] = {}
        """Index entries that staging must not write ahead, for they replace visible ones."""
        self._loads = overlay.loads()
        self._died_at_us = 0
        self._number = 0

    @property
    def has_many_deleted(self) -> bool:
        """Whether so many rows were deleted one by one that they had better be one large deletion."""
        return len(self.deleted) >= GATHERED_FROM_ROWS

    def gathered(self) -> PreparedDeletion:
        """Them as a large deletion. In a worker."""
        return gathered(self.state.store_oid, self.deleted, self._keys)

    def take_gathered(self, deletion: PreparedDeletion) -> None:
        """They are this one from now on."""
        self.deletions += (deletion,)
        self.deleted = {}

    def assign_seqs(self) -> None:
        """Give the rows their seqs. From then on nobody else gets them, whatever becomes of the commit."""
        state = self.state
        # The state of a table that the transaction has defined anew since does not know of them.
        state.next_seq = max(state.next_seq, self._end_of_segments)
        for insertion in self.insertions:
            insertion.first_seq = state.next_seq
            state.next_seq += insertion.count

    def add_mark(self, batch: Batch) -> None:
        """Append when the rows came, where that matters; with or before what brings them."""
        if self.insertions:
            self.state.add_mark(batch, self.insertions[0].first_seq)

    def die_at(self, died_at_us: int) -> None:
        """Keep when the deleted rows die, if that is not known yet."""
        self._died_at_us = self._died_at_us or died_at_us

    def add_deaths(self, batch: Batch, seqs: Seqs) -> None:
        """Append the deaths of some rows of a large deletion."""
        prefix, died, put = self.state.dead_prefix, pack_death(self._died_at_us), batch.put
        packed = seqs.astype(">i8").tobytes()
        for dead_key in [prefix + packed[at : at + 8] for at in range(0, len(packed), 8)]:
            put(dead_key, died)

    def reused_entries(self, deletion: PreparedDeletion) -> list[Flags]:
        """For each key of rows of a large deletion, which entries of it the commit gives to new rows. In a worker."""
        inserted = [keys for each in self.insertions for keys in each.entries if isinstance(keys, LoadKeys)]
        found = []
        for keys in deletion.keys:
            flags = np.zeros(len(keys), np.bool_)
            for other in inserted:
                if other.prefix == keys.prefix:
                    flags |= keys.are_in(other)
            found.append(flags)
        return found

    def add_deletions(self, batch: Batch, died_at_us: int) -> None:
        """Append what deleting writes, and keep when that was. Index entries of inserted rows must come after it."""
        state = self.state
        self.die_at(died_at_us)
        died = pack_death(self._died_at_us)
        for seq, entries in self.deleted.items():
            batch.put(state.dead_prefix + pack_seq(seq), died)
            for entry in entries:
                batch.delete(entry)

    def add_rows(self, batch: Batch) -> None:
        """Append the hot values and index entries of all rows."""
        for insertion in self.insertions:
            self.add_slice(batch, insertion, 0, insertion.count)

    def add_slice(self, batch: Batch, insertion: Insertion, start: int, count: int) -> None:
        """Append the hot value and index entries of some consecutive rows."""
        state = self.state
        first_seq = insertion.first_seq + start
        rows = insertion.rows_from(start, count)
        row_format = insertion.format
        value = row_format.encode_table(rows) if isinstance(rows, pa.Table) else row_format.encode_rows(rows)
        insertion.byte_count += len(value)
        batch.put(state.hot_prefix + pack_seq(first_seq), value)
        for entries in insertion.entries_from(start, count):
            self.add_entries(batch, entries, first_seq)

    def hold_back_replaced_keys(self) -> None:
        """Leave the index entries that replace visible ones to `add_held_back`."""
        replaced = {entry for entries in self.deleted.values() for entry in entries}
        if replaced:
            for insertion in self.insertions:
                for entries in insertion.entries_from(0, insertion.count):
                    self._hold_back(entries, insertion.first_seq, replaced)
            for slice_ in self.segment_entries(HELD_BACK_STEP):
                self._hold_back(*slice_, replaced)

    def _hold_back(self, entries: Iterable[bytes | None], first_seq: int, replaced: set[bytes]) -> None:
        for seq, entry in enumerate(entries, first_seq):
            if entry is not None and entry in replaced:
                self.held_back[entry] = seq

    def segment_entries(self, step: int) -> Iterator[tuple[Sequence[bytes | None], int]]:
        """The index entries of bulk loads, so many at a time, and the seq of the first of each time."""
        for first_seq, keys in self._segment_entries:
            for each in keys:
                for start in range(0, len(each), step):
                    yield each.entries(start, step), first_seq + start

    def add_entries(self, batch: Batch, entries: Iterable[bytes | None], first_seq: int) -> None:
        """Append index entries of consecutive rows, but for those that are held back."""
        held_back, put = self.held_back, batch.put
        for seq, entry in enumerate(entries, first_seq):
            if entry is not None and (not held_back or entry not in held_back):
                put(entry, seq.to_bytes(8, "big"))

    def add_segments(self, batch: Batch) -> None:
        """Append the segments of bulk loads to the manifest, and that their seqs are taken."""
        for load in self.segments:
            load.keep()
            batch.put(key(KeyKind.MANIFEST, self.state.store_oid, load.first_seq), load.manifest_entry)
        if self.segments:
            batch.put(key(KeyKind.HIGH_WATER, self.state.store_oid), pack_seq(self.state.next_seq - 1))

    def add_held_back(self, batch: Batch) -> None:
        """Append the index entries that were held back."""
        for entry, seq in self.held_back.items():
            batch.put(entry, pack_seq(seq))

    def written(self, number: int) -> None:
        """The batch has been written: note what the index has lost and which rows are dying."""
        state = self.state
        state.written_version = self._number = number
        if self.deleted:
            state.pending_deaths.update(self._deaths())
            pending = state.pending_keys
            for seq, entries in self.deleted.items():
                for entry in entries:
                    pending[entry] = seq
        for deletion in self.deletions:
            state.deletions[deletion] = self._died_at_us
        if state.watches:
            for insertion in self.insertions:
                for each in insertion.entries:
                    if not isinstance(each, LoadKeys):
                        state.watches.written(each, ())
            state.watches.written((), self._loads)

    def apply(self, visible: Visible) -> None:
        """The batch is durable: make it visible."""
        state = self.state
        state.version = self._number
        if self.deleted:
            self._apply_deletions(visible)
        for deletion in self.deletions:
            del state.deletions[deletion]
            state.add_many_deaths(deletion.seqs, self._died_at_us)
            if visible.repeatable_since_us:
                visible.superseded.add_many(deletion)
        byte_count = 0
        for insertion in self.insertions:
            byte_count += insertion.byte_count
            if isinstance(insertion.rows, pa.Table):
                state.hot.append_table(insertion.first_seq, insertion.rows, insertion.byte_count, insertion.format)
            else:
                state.hot.append(insertion.first_seq, insertion.rows, insertion.byte_count, insertion.format)
        if self.segments:
            state.segments = state.segments.adding([load.segment for load in self.segments])
        if state.staged:
            state.staged.difference_update(self.seq_ranges())
        state.changed()
        visible.recount(state)
        growth = visible.growth.get(state.table.oid)
        if growth is not None and self.row_count:
            growth.add(self.row_count, byte_count)

    def seq_ranges(self) -> Iterator[tuple[int, int]]:
        """The first and last seq of each insertion."""
        for insertion in self.insertions:
            yield insertion.first_seq, insertion.last_seq

    def _apply_deletions(self, visible: Visible) -> None:
        state = self.state
        state.add_deaths(self._deaths())
        for seq, entries in self.deleted.items():
            del state.pending_deaths[seq]
            for entry in entries:
                state.pending_keys.pop(entry, None)
                if visible.repeatable_since_us:
                    visible.superseded.add(entry, seq)

    def _deaths(self) -> Iterator[tuple[int, int]]:
        return ((seq, self._died_at_us) for seq in self.deleted)


def _insertion(run: Run, dead: Seqs, keys: Sequence[RowKey]) -> Insertion:
    first, count = run.first_seq, len(run)
    gone = between(dead, first, first + count - 1) - first if len(dead) else dead
    if isinstance(run, LoadRun):
        return _load_insertion(run, gone, [run.entries[key.prefix] for key in keys])
    entries = [run.entries[key.prefix] for key in keys]
    if not len(gone):
        return Insertion(run.format, run.rows, entries)
    kept = np.ones(count, np.bool_)
    kept[gone] = False
    flags = kept.tolist()
    return Insertion(run.format, list(compress(run.rows, flags)), [list(compress(each, flags)) for each in entries])


def _load_insertion(run: LoadRun, gone: Seqs, entries: Sequence[LoadKeys]) -> Insertion:
    load = run.load
    if not len(gone):
        return Insertion(run.format, load.data, entries)
    kept = np.ones(load.row_count, np.bool_)
    kept[gone] = False
    mask = pa.array(kept)
    return Insertion(run.format, without(load.data, gone), [keys.filtered(mask) for keys in entries])
