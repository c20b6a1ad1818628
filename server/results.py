"""Results of statements → messages (PostgreSQL manual, "Extended Query": RowDescription, DataRow, CommandComplete)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from msgspec import Struct

from server.encoding import encode_batch, row_encoder, stored_rows
from server.protocol import backend
from sql.types.object_name import names_objects
from storage import types

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from server.output import Output
    from server.steps import Wait
    from server.stream_reader import StreamReader
    from sql.result import ResultColumn
    from sql.types import Codecs

VALUES_A_TURN: Final = 4_000
"""Values that are made text, about a microsecond each, before others have their turn on the loop."""

FEW_ROWS: Final = 48
FEW_BYTES: Final = 1 << 20
"""A batch of no more than so many rows and bytes is encoded value by value."""

VALUES_AT_ONCE: Final = 50_000
BYTES_AT_ONCE: Final = 1 << 20
COLUMNS_AT_ONCE: Final = 200
SLOW_VALUES_AT_ONCE: Final = 2_000
"""A batch of more values, bytes or columns than these is encoded in a worker. Slow are names of catalog objects, which
are looked up one by one, and arrays."""

_SHAPES_KEPT: Final = 256

_TYPE_SIZES_BYTES: Final[Mapping[int, int]] = {
    types.BOOLEAN.oid: 1,
    types.INTERNAL_CHAR.oid: 1,
    types.SMALLINT.oid: 2,
    types.INTEGER.oid: 4,
    types.OID.oid: 4,
    types.REGCLASS.oid: 4,
    types.REGTYPE.oid: 4,
    types.REGPROC.oid: 4,
    types.REGNAMESPACE.oid: 4,
    types.REGROLE.oid: 4,
    types.REAL.oid: 4,
    types.DATE.oid: 4,
    types.VOID.oid: 4,
    types.BIGINT.oid: 8,
    types.DOUBLE.oid: 8,
    types.TIME.oid: 8,
    types.TIMESTAMP.oid: 8,
    types.TIMESTAMPTZ.oid: 8,
    types.INTERVAL.oid: 16,
    types.UUID.oid: 16,
    types.NAME.oid: 64,
    types.UNKNOWN.oid: -2,
}
"""pg_type.typlen of the types whose values have one length."""


class _Shape(Struct):
    """What is worked out once for columns in given formats."""

    columns: tuple[ResultColumn, ...]
    codecs: Codecs | None = None
    encode_row: Callable[[tuple[object, ...]], bytes] | None = None
    description: bytes = b""


class ResultWriter:
    """Writes rows to one client."""

    def __init__(self, output: Output) -> None:
        self._output = output
        # Keyed by the identity of the columns, which hashing would take longer than encoding a row. An entry holds its
        # columns, so that the identity stays theirs.
        self._shapes: dict[tuple[int, tuple[int, ...]], _Shape] = {}

    def description(self, columns: tuple[ResultColumn, ...], formats: tuple[int, ...]) -> bytes:
        """Give the RowDescription of columns in the formats given, one for each."""
        shape = self._shape(columns, formats)
        if not shape.description:
            shape.description = backend.row_description(
                [
                    backend.FieldDescription(
                        column.name,
                        column.table_oid,
                        column.column_number,
                        column.type.oid,
                        _TYPE_SIZES_BYTES.get(column.type.oid, -1),
                        column.type.modifier,
                        wire_format,
                    )
                    for column, wire_format in zip(columns, formats, strict=True)
                ]
            )
        return shape.description

    def write_rows(
        self,
        rows: Sequence[tuple[object, ...]],
        columns: tuple[ResultColumn, ...],
        formats: tuple[int, ...],
        codecs: Codecs,
    ) -> None:
        """Write a DataRow for each tuple of stored values."""
        self._output.write(self.encoded(rows, columns, formats, codecs))

    def write_many_rows(
        self,
        rows: Sequence[tuple[object, ...]],
        columns: tuple[ResultColumn, ...],
        formats: tuple[int, ...],
        codecs: Codecs,
    ) -> Generator[Wait, Any, None]:
        """The same for many: others have their turn between, and the client reads."""
        step = max(VALUES_A_TURN // max(len(columns), 1), 1)
        for start in range(0, len(rows), step):
            if start:
                yield self._output.wait_until_writable()
            self.write_rows(rows[start : start + step], columns, formats, codecs)

    def encoded(
        self,
        rows: Sequence[tuple[object, ...]],
        columns: tuple[ResultColumn, ...],
        formats: tuple[int, ...],
        codecs: Codecs,
    ) -> bytes:
        """The DataRows of tuples of stored values."""
        shape = self._shape(columns, formats)
        encode_row = shape.encode_row
        if encode_row is None or shape.codecs is not codecs:
            encode_row = shape.encode_row = row_encoder(columns, formats, codecs)
            shape.codecs = codecs
        return encode_row(rows[0]) if len(rows) == 1 else b"".join(map(encode_row, rows))

    async def write_stream(
        self,
        reader: StreamReader,
        columns: tuple[ResultColumn, ...],
        formats: tuple[int, ...],
        codecs: Codecs,
        limit_rows: int = 0,
    ) -> tuple[int, bool]:
        """Write at most `limit_rows` rows (0: all), as fast as the client reads.

        Returns how many were written and whether the stream is at its end. Closes the stream when it cannot be read on.
        """
        sent_rows = 0
        try:
            while not limit_rows or sent_rows < limit_rows:
                batch = await reader.read(limit_rows - sent_rows if limit_rows else 0)
                if batch is None:
                    return sent_rows, True
                if _is_large(batch, columns):
                    in_worker = asyncio.get_running_loop().run_in_executor
                    await self._write_large(await in_worker(None, encode_batch, batch, columns, formats, codecs))
                else:
                    self._output.write(self._encoded_batch(batch, columns, formats, codecs))
                sent_rows += batch.num_rows
                await self._output.wait_until_writable()
        except BaseException:
            await reader.close()
            raise
        return sent_rows, False

    async def _write_large(self, encoded: bytes | memoryview) -> None:
        """Write piece by piece: handing ten megabytes to the transport takes as many milliseconds."""
        rest = memoryview(encoded)
        while len(rest) > BYTES_AT_ONCE:
            self._output.write(rest[:BYTES_AT_ONCE])
            rest = rest[BYTES_AT_ONCE:]
            await self._output.wait_until_writable()
        self._output.write(rest)

    def _encoded_batch(
        self, batch: pa.RecordBatch, columns: tuple[ResultColumn, ...], formats: tuple[int, ...], codecs: Codecs
    ) -> bytes | memoryview:
        # A kernel call takes some ten microseconds whatever the number of rows, and a column takes some ten of them.
        is_small = 0 < batch.num_rows <= FEW_ROWS and batch.get_total_buffer_size() <= FEW_BYTES
        if is_small and not any(pa.types.is_nested(array.type) for array in batch.columns):
            return self.encoded(stored_rows(batch, columns), columns, formats, codecs)
        return encode_batch(batch, columns, formats, codecs)

    def _shape(self, columns: tuple[ResultColumn, ...], formats: tuple[int, ...]) -> _Shape:
        key = (id(columns), formats)
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _SHAPES_KEPT:
                self._shapes.clear()
            shape = self._shapes[key] = _Shape(columns)
        return shape


def _is_large(batch: pa.RecordBatch, columns: Sequence[ResultColumn]) -> bool:
    count = batch.num_columns
    values = count * batch.num_rows
    return (
        count > COLUMNS_AT_ONCE
        or values > VALUES_AT_ONCE
        or batch.get_total_buffer_size() > BYTES_AT_ONCE
        or (
            values > SLOW_VALUES_AT_ONCE
            and (
                names_objects(column.type for column in columns)
                or any(pa.types.is_nested(array.type) for array in batch.columns)
            )
        )
    )
