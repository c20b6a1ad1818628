"""What an open transaction has done to one table: rows it inserted, with provisional seqs, and rows it deleted."""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from storage.dead import between
from storage.errors import LoadedRowChanged
from storage.keys import unpack_seq
from storage.leftovers import ITEMS_A_TURN
from storage.load import keys_of
from storage.load_keys import position_in
from storage.overlay_runs import PROVISIONAL_SEQ, LoadRun, RowRun
from storage.overlay_view import Deleted, OverlayView
from storage.segment_load import SegmentLoad
from storage.unique_keys import key_of_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.dead import Seqs
    from storage.deletion import PreparedDeletion
    from storage.formats import TableFormats
    from storage.hot_memory import UncommittedRows
    from storage.kv import KeyValueStore
    from storage.leftovers import Leftovers
    from storage.load import PreparedLoad
    from storage.overlay_runs import Run
    from storage.rows import Row
    from storage.unique_keys import RowKey


class TableOverlay:
    """The changes of one transaction to one table. Each change has its inverse, to be called in reverse order.

    When the transaction changes the columns of the table, its rows stay as they were inserted: each run has its layout.
    """

    __slots__ = (
        "_view",
        "dead",
        "deleted",
        "deletions",
        "entries",
        "formats",
        "keys",
        "load_count",
        "memory",
        "next_seq",
        "runs",
        "segments",
    )

    def __init__(self, formats: TableFormats, keys: Sequence[RowKey], memory: UncommittedRows) -> None:
        self.memory = memory
        self.keys = keys
        """The table's, as the transaction sees it."""
        self.runs: list[Run] = []
        self.segments: list[LoadRun] = []
        """Bulk loads, which are no runs: their rows have the seqs that they keep."""
        self.next_seq = PROVISIONAL_SEQ
        self.load_count = 0
        self.dead: dict[int, None] = {}
        """Provisional rows that were deleted again, in the order of their deletion."""
        self.deleted: dict[int, Sequence[bytes]] = {}
        """Committed rows that were deleted, in that order, and their index entries."""
        self.deletions: list[PreparedDeletion] = []
        """Others that were deleted, many at once."""
        self.entries: dict[bytes, int] = {}
        """Index entries of the live rows in row runs, and their provisional seqs."""
        self.formats = formats
        """Of the table as the transaction sees it."""
        self._view: OverlayView | None = None

    @property
    def is_empty(self) -> bool:
        """Whether committing it changes nothing."""
        is_empty = not self.deleted and not self.deletions and not self.segments
        return is_empty and len(self.dead) == self.next_seq - PROVISIONAL_SEQ

    def view(self) -> OverlayView:
        """What it is now, as an immutable value."""
        if self._view is None:
            deleted = Deleted(frozenset(self.deleted), tuple(self.deletions))
            segments = [run.load.segment for run in self.segments if isinstance(run.load, SegmentLoad)]
            self._view = OverlayView(self.formats, self.runs, frozenset(self.dead), deleted, segments)
        return self._view

    def redefine(self, formats: TableFormats, keys: Sequence[RowKey]) -> None:
        """The transaction has changed the definition of the table, or takes such a change back."""
        self._view = None
        self.formats = formats
        if {key.prefix for key in keys} != {key.prefix for key in self.keys}:
            self.prepare_keys(formats, keys)
            self.entries = {
                entry: seq
                for run in self.runs
                if isinstance(run, RowRun)
                for key in keys
                for seq, entry in enumerate(run.entries[key.prefix], run.first_seq)
                if entry is not None and seq not in self.dead
            }
        self.keys = keys

    def prepare_keys(self, formats: TableFormats, keys: Sequence[RowKey]) -> None:
        """Make the entries of its rows that they lack, for keys of another definition; in a worker, of many rows.

        Nobody may change the overlay meanwhile.
        """
        for run in (*self.segments, *self.runs):
            lacking = [key for key in keys if key.prefix not in run.entries]
            if not lacking:
                continue
            conversion = None if run.format is formats.current else formats.conversion(run.format.layout)
            if isinstance(run, RowRun):
                rows = run.rows if conversion is None else list(map(conversion.row, run.rows))
                run.entries.update({key.prefix: [key.entry_of(row) for row in rows] for key in lacking})
            else:
                data = run.load.read() if conversion is None else conversion.table(run.load.read())
                run.entries.update({keys.prefix: keys for keys in keys_of(lacking, data)})

    def insert_rows(self, rows: Sequence[Row], entries: Sequence[Sequence[bytes | None]]) -> int:
        """Add rows, with a list of their index entries for each key. Returns the first one's provisional seq."""
        self._view = None
        first = self.next_seq
        runs, row_format = self.runs, self.formats.current
        if runs and runs[-1].__class__ is RowRun and runs[-1].format is row_format:
            run = runs[-1]
        else:
            run = RowRun(first, row_format, self.keys)
            runs.append(run)
        run.rows += rows
        for key, new in zip(self.keys, entries, strict=True):
            run.entries[key.prefix].extend(new)
            for seq, entry in enumerate(new, first):
                if entry is not None:
                    self.entries[entry] = seq
        self.next_seq = first + len(rows)
        return first

    def measure(self) -> None:
        """Count what the rows take that were inserted since this was last called."""
        for run in reversed(self.runs):
            if isinstance(run, RowRun):
                if run.measured == len(run.rows):
                    break
                self.memory.change(run.held_bytes(run.measured, len(run.rows)))
                run.measured = len(run.rows)

    def uninsert_rows(self, count: int) -> None:
        """Remove the last rows."""
        self._view = None
        run = self.runs[-1]
        assert isinstance(run, RowRun)
        kept = len(run.rows) - count
        for entries in run.entries.values():
            for gone in entries[kept:]:
                if gone is not None:
                    self.entries.pop(gone, None)
            del entries[kept:]
        if run.measured > kept:
            self.memory.change(-run.held_bytes(kept, run.measured))
            run.measured = kept
        del run.rows[kept:]
        self.next_seq -= count
        if not run.rows:
            self.runs.pop()

    def insert_load(self, load: PreparedLoad) -> int:
        """Add a load. Returns the first row's seq, which is provisional unless the rows are in a segment."""
        self._view = None
        if isinstance(load, SegmentLoad):
            self.segments.append(LoadRun(load.first_seq, self.formats.of_layout(load.table.layout), load))
            self.load_count += 1
            return load.first_seq
        first = self.next_seq
        self.runs.append(LoadRun(first, self.formats.current, load))
        self.load_count += 1
        self.memory.change(load.held_bytes)
        self.next_seq = first + load.row_count
        return first

    def require_new(self, load: PreparedLoad, kv: KeyValueStore, is_taken: Callable[[bytes, int], bool]) -> None:
        """Raise `UniqueViolation` when a key of a load, whose locks are held, is taken.

        By a committed row that stays, as `is_taken(entry, seq)` says, or by one inserted here. What was committed since
        the load's own search of the indexes has been watched.
        """
        existing: Iterable[tuple[bytes, int]] = load.existing
        if load.existing and self.deletions:
            kept = np.ones(len(load.existing), np.bool_)
            for deletion in self.deletions:
                kept &= ~deletion.holds(load.existing_seqs)
            existing = map(load.existing.__getitem__, np.flatnonzero(kept).tolist())
        # One is enough, and there may be as many as there are rows.
        taken = list(islice((entry for entry, seq in existing if is_taken(entry, seq)), 1))
        watch, load.watch = load.watch, None
        if watch is not None:
            for entry in (*watch.entries, *chain.from_iterable(map(load.shared_with, watch.loads))):
                found = kv.get(entry)
                if found is not None and is_taken(entry, unpack_seq(found)):
                    taken.append(entry)
        for run in self._load_runs():
            # A row of an earlier load may have been deleted again: only the overlay knows.
            met = (seq for seq in (run.first_seq + load.rows_met_in(run.load)).tolist() if seq not in self.dead)
            first = next(met, None)
            if first is not None:
                taken += run.entries_at(first - run.first_seq)
        for entry in (*taken, *load.entries_among(self.entries)):
            position = load.position_of(entry)
            if position is not None:
                raise load.violation(position, key_of_entry(self.keys, entry))

    def uninsert_load(self, load: PreparedLoad) -> None:
        """Remove the last load, which is this one."""
        self._view = None
        self.load_count -= 1
        if isinstance(load, SegmentLoad):
            self.segments.pop()
            return
        self.runs.pop()
        self.memory.change(-load.held_bytes)
        self.next_seq -= load.row_count

    def forget(self, leftovers: Leftovers) -> None:
        """The transaction has ended, and nobody looks at this any more."""
        if self.next_seq - PROVISIONAL_SEQ + len(self.deleted) + len(self.dead) <= ITEMS_A_TURN:
            return
        leftovers.empty(self.entries)
        leftovers.empty(self.deleted)
        leftovers.empty(self.dead)
        for run in self.runs:
            if isinstance(run, RowRun):
                leftovers.empty(run.rows)
                for each in run.entries.values():
                    leftovers.empty(each)

    @property
    def end_of_segments(self) -> int:
        """The seq behind those of the bulk loads, which nobody else may get."""
        return max((run.first_seq + len(run) for run in self.segments), default=1)

    def is_loaded(self, seq: int) -> bool:
        """Whether a bulk load has brought the row."""
        return any(run.first_seq <= seq < run.first_seq + len(run) for run in self.segments)

    def require_not_loaded(self, seqs: Seqs) -> None:
        """Raise `LoadedRowChanged` if any of these rows, in ascending order, is one that a bulk load has brought."""
        if any(len(between(seqs, run.first_seq, run.first_seq + len(run) - 1)) for run in self.segments):
            raise LoadedRowChanged

    def delete_provisional(self, seq: int) -> None:
        """Delete a row of its own."""
        self._view = None
        self.dead[seq] = None
        # Entries of loads are found in these themselves.
        if isinstance(self._run_of(seq), RowRun):
            for entry in self._entries_of(seq):
                self.entries.pop(entry, None)

    def delete(self, seq: int, entries: Sequence[bytes]) -> None:
        """Delete a committed row, which has these index entries."""
        self._view = None
        self.deleted[seq] = entries

    def has_deleted(self, seq: int) -> bool:
        """Whether a committed row was deleted."""
        return seq in self.deleted or (bool(self.deletions) and any(seq in deletion for deletion in self.deletions))

    def delete_many(self, deletion: PreparedDeletion) -> None:
        """Delete many committed rows."""
        self._view = None
        self.deletions.append(deletion)

    def undelete_many(self) -> None:
        """Bring the last ones back."""
        self._view = None
        self.deletions.pop()

    def undelete(self, seqs: Sequence[int]) -> None:
        """Bring rows back, committed ones and ones of its own, in the reverse order of their deletion."""
        self._view = None
        for seq in reversed(seqs):
            if seq < PROVISIONAL_SEQ:
                del self.deleted[seq]
                continue
            self.dead.pop(seq, None)
            if isinstance(self._run_of(seq), RowRun):
                self.entries.update(dict.fromkeys(self._entries_of(seq), seq))

    def find(self, entry: bytes) -> int | None:
        """The seq of the live row with that index entry, which is provisional unless a bulk load has brought it."""
        seq = self.entries.get(entry)
        if seq is not None or not self.load_count:
            return seq
        for run in (*self.segments, *self.runs):
            if isinstance(run, LoadRun):
                position = position_in(run.entries.values(), entry)
                if position is not None and run.first_seq + position not in self.dead:
                    return run.first_seq + position
        return None

    def loads(self) -> list[PreparedLoad]:
        """The loads in it, in the order of their insertion."""
        return [run.load for run in self._load_runs()]

    def _load_runs(self) -> list[LoadRun]:
        if not self.load_count:
            return []
        return [run for run in (*self.segments, *self.runs) if isinstance(run, LoadRun)]

    def _run_of(self, seq: int) -> Run:
        return self.runs[bisect_right(self.runs, seq, key=_first_seq) - 1]

    def _entries_of(self, seq: int) -> list[bytes]:
        run = self._run_of(seq)
        at = seq - run.first_seq
        if isinstance(run, LoadRun):
            return run.entries_at(at)
        # One of an index that the transaction has dropped since has no entries of later rows.
        found = [run.entries[key.prefix][at] for key in self.keys]
        return [entry for entry in found if entry is not None]


def _first_seq(run: Run) -> int:
    return run.first_seq
