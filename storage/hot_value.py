"""How rows become the value of a hot key, and back.

The first byte says how: `rows` is msgpack, for a few rows (0.1 µs a row); `arrow` is an Arrow IPC record batch, for
many. Neither holds the schema: that is the layout's (see `storage.layout`). Two more tags are for the same encodings of
rows of a later layout than the first, whose number follows: seven bits a byte, the low ones first.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa

from storage import types
from storage.rows import Row, arrow_schema, table_from_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.catalog_entries import Column, LayoutColumn
    from storage.types import SqlType

ARROW_FROM_ROWS: Final = 512
"""From so many rows on, a value is an Arrow batch."""

_ROWS: Final = b"\1"
_ARROW: Final = b"\2"
_ROWS_OF_LAYOUT: Final = b"\3"
_ARROW_OF_LAYOUT: Final = b"\4"

FIRST_LAYOUT: Final = 1

TUPLE_BYTES: Final = 64
VALUE_BYTES: Final = 40
"""About what a row as a tuple, and each value of it, takes in memory, besides what it has of text and bytes."""

_NUMBERS: Final = frozenset((types.REAL.oid, types.DOUBLE.oid))
_BYTES: Final = frozenset((types.BYTEA.oid, types.UUID.oid))


class RowFormat:
    """The columns of one layout of a table, and what turns its rows into bytes and Arrow tables."""

    __slots__ = (
        "_arrow_tag",
        "_decode",
        "_encode",
        "_rows_tag",
        "_schema",
        "_sized",
        "columns",
        "layout",
        "tuple_bytes",
    )

    def __init__(self, columns: Sequence[Column | LayoutColumn], layout: int = FIRST_LAYOUT) -> None:
        self.columns = tuple(columns)
        self.layout = layout
        self.tuple_bytes = TUPLE_BYTES + VALUE_BYTES * len(self.columns)
        """About what a row of fixed size takes in memory as a tuple."""
        self._sized = tuple([place for place, column in enumerate(self.columns) if _has_length(column.type)])
        # Both are made when they are first needed: of a thousand columns that takes milliseconds.
        self._schema: pa.Schema | None = None
        self._decode: Callable[[memoryview], list[Row]] | None = None
        is_first = layout == FIRST_LAYOUT
        self._rows_tag = _ROWS if is_first else _ROWS_OF_LAYOUT + _packed(layout)
        self._arrow_tag = _ARROW if is_first else _ARROW_OF_LAYOUT + _packed(layout)
        self._encode = msgspec.msgpack.Encoder().encode

    @property
    def schema(self) -> pa.Schema:
        """That of its rows as an Arrow table."""
        if self._schema is None:
            self._schema = arrow_schema(self.columns)
        return self._schema

    def table(self, rows: Sequence[Row]) -> pa.Table:
        """Rows as an Arrow table."""
        return table_from_rows(rows, self.columns)

    def held_bytes(self, rows: Sequence[Row]) -> int:
        """About what rows take in memory as tuples."""
        held_bytes = len(rows) * self.tuple_bytes
        for place in self._sized:
            held_bytes += sum([len(value) for row in rows if (value := row[place]) is not None])
        return held_bytes

    def encode_rows(self, rows: Sequence[Row]) -> bytes:
        """Rows as a hot value, in the encoding that suits their number."""
        if len(rows) >= ARROW_FROM_ROWS:
            return self.encode_table(self.table(rows))
        return self._rows_tag + self._encode(rows)

    def encode_table(self, table: pa.Table) -> bytes:
        """An Arrow table with this schema, and at least one row, as a hot value."""
        (batch,) = table.combine_chunks().to_batches()
        return b"".join((self._arrow_tag, memoryview(batch.serialize())))

    def decode(self, value: bytes) -> list[Row] | pa.Table:
        """The rows of a hot value of this layout, as they were encoded.

        An Arrow table keeps the value alive and does not copy it.
        """
        start = len(self._rows_tag)
        if value[0] == self._rows_tag[0]:
            if self._decode is None:
                self._decode = msgspec.msgpack.Decoder(_rows_type(self.columns)).decode
            return self._decode(memoryview(value)[start:])
        batch = pa.ipc.read_record_batch(pa.py_buffer(value).slice(start), self.schema)
        return pa.Table.from_batches([batch])


def layout_of(value: bytes) -> int:
    """The layout of the rows of a hot value."""
    if value[0] <= _ARROW[0]:
        return FIRST_LAYOUT
    layout = shift = 0
    for byte in memoryview(value)[1:]:
        layout |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return layout


def _packed(layout: int) -> bytes:
    packed = bytearray()
    while layout >= 0x80:
        packed.append(layout & 0x7F | 0x80)
        layout >>= 7
    packed.append(layout)
    return bytes(packed)


def _has_length(sql_type: SqlType) -> bool:
    return types.element_of(sql_type) is not None or pa.types.is_string(sql_type.arrow) or sql_type.oid in _BYTES


def _rows_type(columns: Sequence[Column | LayoutColumn]) -> Any:  # noqa: ANN401 - a type that is made at run time
    values: Any = tuple([_value_type(column.type) | None for column in columns])
    return list[tuple[values]]


def _value_type(sql_type: SqlType) -> Any:  # noqa: ANN401 - the same
    oid = sql_type.oid
    element = types.element_of(sql_type)
    if element is not None:
        return list[_value_type(element) | None]  # type: ignore[misc]  # a type that is made at run time
    if oid == types.BOOLEAN.oid:
        return bool
    if oid == types.NUMERIC.oid:
        return Decimal
    if oid == types.INTERVAL.oid:
        return tuple[int, int, int]
    if oid in _NUMBERS:
        return float
    if oid in _BYTES:
        return bytes
    return str if pa.types.is_string(sql_type.arrow) else int
