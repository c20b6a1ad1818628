"""What a transaction has done to a row store since a mark: rows that are new, and rows that are gone.

It is taken on the loop, in time that grows with the changes since the mark only, and read in a worker.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from msgspec import Struct

from storage.load import PreparedLoad
from storage.overlay_runs import PROVISIONAL_SEQ, RowRun
from storage.rows import SEQ_COLUMN, arrow_schema, from_plain, table_from_rows
from storage.segment_load import SegmentLoad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.catalog_entries import Column, Table
    from storage.dead import Seqs
    from storage.deletion import PreparedDeletion
    from storage.formats import TableFormats
    from storage.hot_value import RowFormat
    from storage.overlay import TableOverlay
    from storage.overlay_runs import LoadRun, Run
    from storage.rows import Row
    from storage.snapshot import TableSnapshot


FEW_ROWS: Final = 1_000
"""So many are sorted out on the loop."""

_SEQ_FIELD: Final = pa.field(SEQ_COLUMN, pa.int64())


class ChangesMark(Struct, frozen=True):
    """A place in the changes of one row store: how many there were. It holds as long as these are not undone."""

    rows: int = 0
    """Rows inserted, deleted again or not, but for those of segments."""
    segments: int = 0
    dead: int = 0
    """Of the rows inserted how many were deleted again."""
    deleted: int = 0
    """Committed rows that were deleted one by one."""
    deletions: int = 0
    """Large deletions of others."""


def mark_of(overlay: TableOverlay) -> ChangesMark:
    """The place behind all changes so far."""
    return ChangesMark(
        overlay.next_seq - PROVISIONAL_SEQ,
        len(overlay.segments),
        len(overlay.dead),
        len(overlay.deleted),
        len(overlay.deletions),
    )


def no_rows(table: Table, columns: Sequence[int], *, with_seqs: bool) -> pa.Table:
    """What there is of a row store that has not been changed."""
    schema = arrow_schema(_find_columns(table, columns)[1])
    return (schema.insert(0, _SEQ_FIELD) if with_seqs else schema).empty_table()


class NewRows:
    """Rows that were inserted since a mark and are there."""

    __slots__ = ("_columns", "_deleted", "_formats", "_positions", "_runs", "_segments")

    def __init__(self, overlay: TableOverlay, mark: ChangesMark, columns: Sequence[int]) -> None:
        first = PROVISIONAL_SEQ + mark.rows
        self._formats = overlay.formats
        self._positions, self._columns = _find_columns(overlay.formats.table, columns)
        self._deleted = _last(overlay.dead, mark.dead)
        self._runs = _pieces_from(overlay.runs, first)
        self._segments = tuple(overlay.segments[mark.segments :])

    def read(self) -> pa.Table:
        """The columns of the rows. In a worker. Raises `CorruptSegment`."""
        dead = frozenset(self._deleted)
        tables = [self._live(piece, dead) for piece in self._runs]
        tables += [_read_segment(self._formats, run, self._positions) for run in self._segments]
        return _joined(tables, arrow_schema(self._columns))

    def _live(self, piece: _Piece, dead: frozenset[int]) -> pa.Table:
        table = _read(self._formats, piece, self._positions, self._columns)
        if not dead:
            return table
        live = [place for place, seq in enumerate(piece.seqs) if seq not in dead]
        return table if len(live) == table.num_rows else table.take(pa.array(live, pa.int64()))


class GoneRows:
    """Rows that were deleted since a mark and had been there before it."""

    __slots__ = ("_columns", "_deletions", "_find_own", "_formats", "_positions", "_seqs", "_snapshot")

    def __init__(self, overlay: TableOverlay, mark: ChangesMark, columns: Sequence[int], newest: TableSnapshot) -> None:
        """`newest` is what is committed now, which has the rows that were: they are locked."""
        self._formats = overlay.formats
        self._positions, self._columns = _find_columns(overlay.formats.table, columns)
        self._seqs = _last(overlay.deleted, mark.deleted)
        self._deletions: tuple[PreparedDeletion, ...] = tuple(overlay.deletions[mark.deletions :])
        self._snapshot = newest
        first, own = PROVISIONAL_SEQ + mark.rows, _last(overlay.dead, mark.dead)
        if len(own) <= FEW_ROWS:
            # Whoever changes few of very many rows again must not copy these.
            pieces = _pieces_of(_whole_runs(overlay.runs), own, first) if own else []
            self._find_own: Callable[[], list[_Piece]] = lambda: pieces
        else:
            self._find_own = partial(_pieces_of, _pieces_from(overlay.runs, PROVISIONAL_SEQ), own, first)

    def read(self) -> pa.Table:
        """Their seqs, and the columns. In a worker. Raises `CorruptSegment`."""
        tables = [self._committed()] if self._seqs or self._deletions else []
        for piece in self._find_own():
            table = _read(self._formats, piece, self._positions, self._columns)
            tables.append(table.add_column(0, SEQ_COLUMN, pa.array(piece.seqs, pa.int64())))
        schema = arrow_schema(self._columns)
        return _joined(tables, schema.insert(0, _SEQ_FIELD))

    def _committed(self) -> pa.Table:
        few = np.fromiter(self._seqs, np.int64, len(self._seqs))
        seqs: Seqs = np.sort(np.concatenate([few, *(deletion.seqs for deletion in self._deletions)]))
        arrays = self._snapshot.take(seqs, self._positions) if self._positions else []
        typed = [from_plain(array, column.type.arrow) for array, column in zip(arrays, self._columns, strict=True)]
        names = [SEQ_COLUMN, *(column.name for column in self._columns)]
        return pa.Table.from_arrays([pa.array(seqs, pa.int64()), *typed], names=names)


class _Piece(NamedTuple):
    """Some rows of a run: tuples, or those of a load, all of them or some by their positions."""

    seqs: Sequence[int]
    format: RowFormat
    rows: Sequence[Row] | PreparedLoad
    positions: Sequence[int] | None = None


def _last(ordered: dict[int, Any], since: int) -> list[int]:
    """The keys that were added since there were so many: from the end, however many there are before them."""
    count = len(ordered) - since
    return list(islice(reversed(ordered), count)) if count > 0 else []


def _find_columns(table: Table, numbers: Sequence[int]) -> tuple[list[int], list[Column]]:
    places = {column.number: place for place, column in enumerate(table.columns)}
    positions = [places[number] for number in numbers]
    return positions, [table.columns[position] for position in positions]


def _pieces_from(runs: Sequence[Run], first: int) -> list[_Piece]:
    """What there is from a seq on. Tuples are copied (pointers, that is): the overlay may be cut back meanwhile."""
    pieces = []
    for run in runs[max(bisect_right(runs, first, key=_first_seq) - 1, 0) :]:
        start = max(first - run.first_seq, 0)
        seqs = range(run.first_seq + start, run.first_seq + len(run))
        if seqs:
            pieces.append(_Piece(seqs, run.format, run.rows[start:] if isinstance(run, RowRun) else run.load))
    return pieces


def _whole_runs(runs: Sequence[Run]) -> list[_Piece]:
    """All there is, as it is: for the loop only."""
    whole = []
    for run in runs:
        seqs = range(run.first_seq, run.first_seq + len(run))
        whole.append(_Piece(seqs, run.format, run.rows if isinstance(run, RowRun) else run.load))
    return whole


def _pieces_of(pieces: Sequence[_Piece], own: Sequence[int], end: int) -> list[_Piece]:
    """Of whole runs the rows with these seqs, those before an end."""
    seqs = sorted([seq for seq in own if seq < end])
    found = []
    start = 0
    while start < len(seqs):
        piece = pieces[bisect_right(pieces, seqs[start], key=_first_of) - 1]
        first = piece.seqs[0]
        stop = bisect_right(seqs, piece.seqs[-1], start)
        positions = [seq - first for seq in seqs[start:stop]]
        rows = piece.rows
        if isinstance(rows, (list, tuple)):
            found.append(_Piece(seqs[start:stop], piece.format, [rows[position] for position in positions]))
        else:
            found.append(_Piece(seqs[start:stop], piece.format, rows, positions))
        start = stop
    return found


def _read(formats: TableFormats, piece: _Piece, positions: Sequence[int], columns: Sequence[Column]) -> pa.Table:
    """Columns of rows as the table is defined now."""
    rows = piece.rows
    is_current = piece.format.layout == formats.table.layout
    if not isinstance(rows, PreparedLoad):
        if not is_current:
            rows = list(map(formats.conversion(piece.format.layout).row, rows))
        return table_from_rows([tuple([row[position] for position in positions]) for row in rows], columns)
    table = rows.data if piece.positions is None else rows.data.take(pa.array(piece.positions, pa.int64()))
    return formats.rows(piece.format, table).select(list(positions))


def _read_segment(formats: TableFormats, run: LoadRun, positions: Sequence[int]) -> pa.Table:
    load = run.load
    assert isinstance(load, SegmentLoad)
    if run.format.layout == formats.table.layout:
        return load.read(positions)
    return formats.rows(run.format, load.read()).select(list(positions))


def _joined(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    if not tables:
        return schema.empty_table()
    return pa.concat_tables([table.rename_columns(schema.names).cast(schema) for table in tables])


def _first_seq(run: Run) -> int:
    return run.first_seq


def _first_of(piece: _Piece) -> int:
    return piece.seqs[0]
