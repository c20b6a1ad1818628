"""What an open transaction has done to one table: rows it inserted, with provisional seqs, and rows it deleted."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain, compress
from typing import TYPE_CHECKING, Final

import numpy as np

from storage.hot import with_seqs, without
from storage.keys import unpack_seq
from storage.load import PreparedLoad

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pyarrow as pa

    from storage.dead import Seqs
    from storage.deletion import PreparedDeletion
    from storage.formats import TableFormats
    from storage.hot_value import RowFormat
    from storage.kv import KeyValueStore
    from storage.rows import Row


PROVISIONAL_SEQ: Final = 1 << 62
"""Rows of an uncommitted transaction have seqs from here on; they get their own when it commits."""


class RowRun:
    """Rows that were inserted as tuples, with consecutive provisional seqs and of one layout."""

    __slots__ = ("first_seq", "format", "keys", "rows")

    def __init__(self, first_seq: int, row_format: RowFormat) -> None:
        self.first_seq = first_seq
        self.format = row_format
        self.rows: list[Row] = []
        self.keys: list[bytes] = []
        """Their primary keys, encoded; empty if the table has none."""

    def __len__(self) -> int:
        return len(self.rows)


class LoadRun:
    """Rows that were inserted as one prepared load."""

    __slots__ = ("first_seq", "format", "load")

    def __init__(self, first_seq: int, row_format: RowFormat, load: PreparedLoad) -> None:
        self.first_seq = first_seq
        self.format = row_format
        self.load = load

    def __len__(self) -> int:
        return self.load.row_count


Run = RowRun | LoadRun


class TableOverlay:
    """The changes of one transaction to one table. Each change has its inverse, to be called in reverse order.

    When the transaction changes the columns of the table, its rows stay as they were inserted: each run has its layout.
    """

    __slots__ = ("_view", "dead", "deleted", "deletions", "formats", "keys", "load_count", "next_seq", "runs")

    def __init__(self, formats: TableFormats) -> None:
        self.runs: list[Run] = []
        self.next_seq = PROVISIONAL_SEQ
        self.load_count = 0
        self.dead: set[int] = set()
        """Provisional rows that were deleted again."""
        self.deleted: dict[int, bytes | None] = {}
        """Committed rows that were deleted, and their encoded keys (`None` if the table has no primary key)."""
        self.deletions: list[PreparedDeletion] = []
        """Others that were deleted, many at once."""
        self.keys: dict[bytes, int] = {}
        """Live keys of the row runs, and their provisional seqs."""
        self.formats = formats
        """Of the table as the transaction sees it."""
        self._view: OverlayView | None = None

    @property
    def is_empty(self) -> bool:
        """Whether committing it changes nothing."""
        return not self.deleted and not self.deletions and len(self.dead) == self.next_seq - PROVISIONAL_SEQ

    def view(self) -> OverlayView:
        """What it is now, as an immutable value."""
        if self._view is None:
            deleted = Deleted(frozenset(self.deleted), tuple(self.deletions))
            self._view = OverlayView(self.formats, self.runs, frozenset(self.dead), deleted)
        return self._view

    def redefine(self, formats: TableFormats) -> None:
        """The transaction has changed the definition of the table, or takes such a change back."""
        self._view = None
        self.formats = formats

    def insert_rows(self, rows: Sequence[Row], keys: Sequence[bytes]) -> int:
        """Add rows. Returns the first one's provisional seq."""
        self._view = None
        first = self.next_seq
        runs, row_format = self.runs, self.formats.current
        if runs and runs[-1].__class__ is RowRun and runs[-1].format is row_format:
            run = runs[-1]
        else:
            run = RowRun(first, row_format)
            runs.append(run)
        run.rows += rows
        if keys:
            run.keys += keys
            for seq, key in enumerate(keys, first):
                self.keys[key] = seq
        self.next_seq = first + len(rows)
        return first

    def uninsert_rows(self, count: int) -> None:
        """Remove the last rows."""
        self._view = None
        run = self.runs[-1]
        assert isinstance(run, RowRun)
        for gone in run.keys[len(run.keys) - count :] if run.keys else ():
            self.keys.pop(gone, None)
        del run.rows[len(run.rows) - count :]
        del run.keys[max(len(run.keys) - count, 0) :]
        self.next_seq -= count
        if not run.rows:
            self.runs.pop()

    def insert_load(self, load: PreparedLoad) -> int:
        """Add a load. Returns the first row's provisional seq."""
        self._view = None
        first = self.next_seq
        self.runs.append(LoadRun(first, self.formats.current, load))
        self.load_count += 1
        self.next_seq = first + load.row_count
        return first

    def require_new(
        self, load: PreparedLoad, kv: KeyValueStore, index_prefix: bytes, is_taken: Callable[[bytes, int], bool]
    ) -> None:
        """Raise `UniqueViolation` when a key of a load, whose locks are held, is taken.

        By a committed row that stays, as `is_taken(key, seq)` says, or by one inserted here. What was committed since
        the load's own search of the index has been watched.
        """
        kept = np.ones(len(load.existing), np.bool_)
        for deletion in self.deletions:
            kept &= ~deletion.holds(load.existing_seqs)
        taken = [key for key, seq in compress(load.existing, kept.tolist()) if is_taken(key, seq)]
        watch, load.watch = load.watch, None
        if watch is not None:
            for key in (*watch.keys, *chain.from_iterable(map(load.shared_with, watch.loads))):
                found = kv.get(index_prefix + key)
                if found is not None and is_taken(key, unpack_seq(found)):
                    taken.append(key)
        for other in self.loads():
            # A row of an earlier load may have been deleted again: only the overlay knows.
            taken += [key for key in load.shared_with(other) if self.find(key) is not None]
        for key in (*taken, *self.keys):
            position = load.position_of(key)
            if position is not None:
                raise load.violation(position)

    def uninsert_load(self, load: PreparedLoad) -> None:
        """Remove the last run, which is this load."""
        self._view = None
        self.runs.pop()
        self.load_count -= 1
        self.next_seq -= load.row_count

    def delete_provisional(self, seq: int) -> bytes | None:
        """Delete a row of its own. Returns its key."""
        self._view = None
        self.dead.add(seq)
        found = self._key_of(seq)
        if found is not None:
            self.keys.pop(found, None)
        return found

    def delete(self, seq: int, key: bytes | None) -> None:
        """Delete a committed row."""
        self._view = None
        self.deleted[seq] = key

    def has_deleted(self, seq: int) -> bool:
        """Whether a committed row was deleted."""
        return seq in self.deleted or any(seq in deletion for deletion in self.deletions)

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
            self.dead.discard(seq)
            run = self._run_of(seq)
            if isinstance(run, RowRun) and run.keys:
                self.keys[run.keys[seq - run.first_seq]] = seq

    def find(self, key: bytes) -> int | None:
        """The provisional seq of the live row with that key."""
        seq = self.keys.get(key)
        if seq is not None or not self.load_count:
            return seq
        for run in self.runs:
            if isinstance(run, LoadRun):
                position = run.load.position_of(key)
                if position is not None and run.first_seq + position not in self.dead:
                    return run.first_seq + position
        return None

    def loads(self) -> list[PreparedLoad]:
        """The loads in it, in the order of their insertion."""
        if not self.load_count:
            return []
        return [run.load for run in self.runs if isinstance(run, LoadRun)]

    def _run_of(self, seq: int) -> Run:
        return self.runs[bisect_right(self.runs, seq, key=_first_seq) - 1]

    def _key_of(self, seq: int) -> bytes | None:
        run = self._run_of(seq)
        if isinstance(run, LoadRun):
            return run.load.key_at(seq - run.first_seq)
        return run.keys[seq - run.first_seq] if run.keys else None


def _first_seq(run: Run) -> int:
    return run.first_seq


@dataclass(frozen=True, slots=True)
class Deleted:
    """Committed rows that a transaction has deleted, at one moment."""

    seqs: frozenset[int]
    deletions: tuple[PreparedDeletion, ...]

    def __contains__(self, seq: int) -> bool:
        return seq in self.seqs or any(seq in deletion for deletion in self.deletions)

    def ascending(self) -> Seqs:
        """All of them. In a worker, if many."""
        few = np.fromiter(self.seqs, np.int64, len(self.seqs))
        return np.sort(np.concatenate([few, *(deletion.seqs for deletion in self.deletions)]))


class OverlayView:
    """An overlay at one moment, as a snapshot has it: immutable, for any thread."""

    __slots__ = ("_dead", "_deleted", "_deleted_seqs", "_formats", "_pieces", "_tables", "row_count")

    def __init__(self, formats: TableFormats, runs: Sequence[Run], dead: Collection[int], deleted: Deleted) -> None:
        self._deleted = deleted
        self._deleted_seqs: Seqs | None = None
        self._dead = dead
        self._formats = formats
        # Rows are copied (pointers, that is): the overlay may be cut back and grow again while this is being read.
        self._pieces: tuple[tuple[int, RowFormat, Sequence[Row] | PreparedLoad], ...] = tuple(
            [(run.first_seq, run.format, tuple(run.rows) if isinstance(run, RowRun) else run.load) for run in runs]
        )
        self._tables: list[pa.Table] | None = None
        self.row_count = sum(map(len, runs)) - len(dead)

    def has_deleted(self, seq: int) -> bool:
        """Whether a committed row is deleted here."""
        return seq in self._deleted

    def deleted_seqs(self) -> Seqs:
        """The committed rows that are deleted here, ascending. In a worker, if many."""
        if self._deleted_seqs is None:
            self._deleted_seqs = self._deleted.ascending()
        return self._deleted_seqs

    @property
    def deleted_count(self) -> int:
        """How many they are."""
        return len(self._deleted.seqs) + sum(map(len, self._deleted.deletions))

    def row(self, seq: int, columns: Sequence[int] | None) -> Row | None:
        """The row with that provisional seq, or some of its columns; `None` if it is not there or deleted."""
        at = bisect_right(self._pieces, seq, key=_piece_start) - 1
        if at < 0 or seq in self._dead:
            return None
        first, row_format, rows = self._pieces[at]
        index = seq - first
        if not isinstance(rows, PreparedLoad) and index >= len(rows):
            return None
        if row_format.layout != self._formats.table.layout:
            whole = rows.row(index, None) if isinstance(rows, PreparedLoad) else rows[index]
            row = self._formats.conversion(row_format.layout).row(whole)
        elif isinstance(rows, PreparedLoad):
            return rows.row(index, columns)
        else:
            row = rows[index]
        return row if columns is None else tuple([row[position] for position in columns])

    def tables(self) -> list[pa.Table]:
        """Its live rows, with their provisional seqs."""
        if self._tables is None:
            dead = np.sort(np.fromiter(self._dead, np.int64, len(self._dead)))
            self._tables = [self._live(*piece, dead) for piece in self._pieces]
        return self._tables

    def _live(self, first: int, row_format: RowFormat, rows: Sequence[Row] | PreparedLoad, dead: Seqs) -> pa.Table:
        data = rows.data if isinstance(rows, PreparedLoad) else row_format.table(rows)
        table = with_seqs(self._formats.rows(row_format, data), first)
        gone = dead[(dead >= first) & (dead < first + table.num_rows)] - first
        return without(table, gone) if len(gone) else table


def _piece_start(piece: tuple[int, object, object]) -> int:
    return piece[0]
