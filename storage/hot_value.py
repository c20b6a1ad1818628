"""How rows become the value of a hot key, and back.

The first byte says how: `rows` is msgpack, for a few rows (0.1 µs a row); `arrow` is an Arrow IPC record batch, for
many. Neither holds the schema: that is the table's. A change of a table's columns will bring tags that say of which
version.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa

from storage import types
from storage.rows import Row, arrow_schema, table_from_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.catalog_entries import Column
    from storage.types import SqlType

ARROW_FROM_ROWS: Final = 512
"""From so many rows on, a value is an Arrow batch."""

_ROWS: Final = b"\1"
_ARROW: Final = b"\2"

_NUMBERS: Final = frozenset((types.REAL.oid, types.DOUBLE.oid))
_BYTES: Final = frozenset((types.BYTEA.oid, types.UUID.oid))


class RowFormat:
    """The columns of a table, and what turns its rows into bytes and Arrow tables."""

    __slots__ = ("_decode", "_encode", "columns", "schema")

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.schema = arrow_schema(columns)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(_rows_type(self.columns)).decode

    def table(self, rows: Sequence[Row]) -> pa.Table:
        """Rows as an Arrow table."""
        return table_from_rows(rows, self.columns)

    def encode_rows(self, rows: Sequence[Row]) -> bytes:
        """Rows as a hot value, in the encoding that suits their number."""
        if len(rows) >= ARROW_FROM_ROWS:
            return self.encode_table(self.table(rows))
        return _ROWS + self._encode(rows)

    def encode_table(self, table: pa.Table) -> bytes:
        """An Arrow table with this schema, and at least one row, as a hot value."""
        (batch,) = table.combine_chunks().to_batches()
        return b"".join((_ARROW, memoryview(batch.serialize())))

    def decode(self, value: bytes) -> list[Row] | pa.Table:
        """The rows of a hot value, as they were encoded. An Arrow table keeps the value alive and does not copy it."""
        if value[0] == _ROWS[0]:
            rows: list[Row] = self._decode(memoryview(value)[1:])
            return rows
        batch = pa.ipc.read_record_batch(pa.py_buffer(value).slice(1), self.schema)
        return pa.Table.from_batches([batch])


def _rows_type(columns: Sequence[Column]) -> Any:  # noqa: ANN401 - a type that is made at run time
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
