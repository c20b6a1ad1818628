"""What makes rows of one layout rows of a table as it is defined now: casts, missing values, other places and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from storage.layout import missing_value
from storage.rows import SEQ_COLUMN, PlainArray, plain, table_from_rows
from storage.widening import value_cast, widened_array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.catalog_entries import Column
    from storage.hot_value import RowFormat
    from storage.rows import Row, Stored
    from storage.widening import ValueCast

    ReadRow = Callable[[Sequence[int]], Row | None]
    ReadArrays = Callable[[Sequence[int]], list[list[PlainArray]]]

BLOCK_ROWS: Final = 1 << 16
BLOCK_BYTES: Final = 16 << 20
"""A missing value is written out for so many rows at most, and the same memory stands for the next ones, too."""


class _Source(NamedTuple):
    """Where the values of a column come from."""

    column: Column
    position: int | None
    """In a row of the layout; `None` if that does not have it."""
    widens: bool
    """Whether the layout has it with another type."""
    cast: ValueCast | None
    missing: Stored


class Conversion:
    """From one layout of a table to a definition of it. Immutable; any thread."""

    __slots__ = ("_places", "_sources", "_target")

    def __init__(self, source: RowFormat, columns: Sequence[Column], target: RowFormat) -> None:
        places = {column.number: place for place, column in enumerate(source.columns)}
        self._target = target
        self._places = len(places)
        self._sources = tuple([_source(column, places.get(column.number), source) for column in columns])

    def fetch(self, wanted: Sequence[int] | None, read: ReadRow) -> Row | None:
        """A row, or some columns of it by their positions in the definition.

        `read(positions)` gives columns by their positions in the layout, or `None` if there is no such row.
        """
        sources = self._wanted(wanted)
        found = read([each.position for each in sources if each.position is not None])
        if found is None:
            return None
        values = iter(found)
        return tuple([each.missing if each.position is None else _cast(next(values), each.cast) for each in sources])

    def row(self, row: Row) -> Row:
        """A whole row of the layout as one of the definition."""
        return tuple(
            [each.missing if each.position is None else _cast(row[each.position], each.cast) for each in self._sources]
        )

    def table(self, table: pa.Table) -> pa.Table:
        """Rows of the layout, with or without their seqs at the end, as rows of the definition. In a worker."""
        count = table.num_rows
        arrays = [
            _repeated(each, count)
            if each.position is None
            else widened_array(table.column(each.position), each.column.type.arrow)
            for each in self._sources
        ]
        schema = self._target.schema
        if table.num_columns > self._places:
            arrays.append(table.column(self._places))
            schema = schema.append(pa.field(SEQ_COLUMN, pa.int64()))
        return pa.Table.from_arrays(arrays, schema=schema)

    def arrays(self, wanted: Sequence[int], read: ReadArrays, count: Callable[[], int]) -> list[list[PlainArray]]:
        """For each of some columns its plain values, in pieces. In a worker.

        `read(positions)` gives those of columns by their positions in the layout; `count()` says of how many rows.
        """
        sources = self._wanted(wanted)
        found = iter(read([each.position for each in sources if each.position is not None]))
        return [
            _repeated_plain(each, count()) if each.position is None else _widened(each, next(found)) for each in sources
        ]

    def _wanted(self, wanted: Sequence[int] | None) -> Sequence[_Source]:
        return self._sources if wanted is None else [self._sources[position] for position in wanted]


def _source(column: Column, place: int | None, source: RowFormat) -> _Source:
    if place is None:
        return _Source(column, None, False, None, missing_value(column))
    old_type = source.columns[place].type
    return _Source(column, place, old_type != column.type, value_cast(old_type, column.type), None)


def _cast(value: Stored, cast: ValueCast | None) -> Stored:
    return value if cast is None or value is None else cast(value)


def _widened(source: _Source, arrays: list[PlainArray]) -> list[PlainArray]:
    return [widened_array(array, source.column.type.arrow) for array in arrays] if source.widens else arrays


def _repeated_plain(source: _Source, count: int) -> list[PlainArray]:
    return [plain(chunk) for chunk in _repeated(source, count).chunks]


def _repeated(source: _Source, count: int) -> pa.ChunkedArray[Any]:
    """The missing value, so many times."""
    one = table_from_rows([(source.missing,)], (source.column,)).column(0).chunk(0)
    rows = max(min(BLOCK_ROWS, BLOCK_BYTES // max(one.nbytes, 1), count), 1)
    block = one.take(pa.array([0] * rows, pa.int32()))
    blocks = [block.slice(0, min(rows, count - start)) for start in range(0, count, rows)]
    return pa.chunked_array(blocks, one.type)
