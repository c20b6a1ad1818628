"""What an open transaction has done to one table, at one moment: what its snapshots of the table have."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from storage.hot import with_seqs, without
from storage.load import PreparedLoad
from storage.overlay_runs import RowRun

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from storage.dead import Seqs
    from storage.deletion import PreparedDeletion
    from storage.formats import TableFormats
    from storage.hot_value import RowFormat
    from storage.overlay_runs import Run
    from storage.rows import Row
    from storage.segment import Segment


class Deleted(Struct, frozen=True):
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

    __slots__ = ("_dead", "_deleted", "_deleted_seqs", "_formats", "_pieces", "_tables", "row_count", "segments")

    def __init__(
        self,
        formats: TableFormats,
        runs: Sequence[Run],
        dead: Collection[int],
        deleted: Deleted,
        segments: Sequence[Segment],
    ) -> None:
        self.segments = tuple(segments)
        """Those of bulk loads."""
        self._deleted = deleted
        self._deleted_seqs: Seqs | None = None
        self._dead = dead
        self._formats = formats
        # Rows are copied (pointers, that is): the overlay may be cut back and grow again while this is being read.
        self._pieces: tuple[tuple[int, RowFormat, Sequence[Row] | PreparedLoad], ...] = tuple(
            [(run.first_seq, run.format, tuple(run.rows) if isinstance(run, RowRun) else run.load) for run in runs]
        )
        self._tables: list[pa.Table] | None = None
        self.row_count = sum(map(len, runs)) - len(dead) + sum(segment.rows for segment in segments)

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
