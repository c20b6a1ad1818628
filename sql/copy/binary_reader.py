"""COPY FROM in binary: bytes as they come → Arrow tables of stored values (`CopyReadBinary…` in copyfromparse.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.copy.binary import COUNT, FLAGS, LENGTH, SIGNATURE
from sql.copy.binary_columns import stored_column, wire_size
from sql.copy.row_scan import ScannedRows, scan_rows
from sql.errors import BadCopyFormat, SqlError
from sql.types.arrow import Array, Table, pa
from sql.types.codec import wrong_size
from storage.rows import stored_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from sql.copy.columns import CopyColumn
    from sql.types import Codecs

BLOCK_BYTES: Final = 1 << 20
"""Parsed at once."""
_WITH_OIDS: Final = 1 << 16
_CRITICAL: Final = 0xFFFF0000


class BinaryCopyReader:
    """Parses the data of one COPY FROM. May be used in any thread, by one at a time.

    `relation` is the table's name for the context of errors.
    """

    def __init__(
        self, columns: Sequence[CopyColumn], codecs: Codecs, relation: str = "", *, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._columns = columns
        self._codecs = [codecs.of(column.type) for column in columns]
        self._relation = relation
        self._block_bytes = block_bytes
        self._wanted_bytes = block_bytes
        self._pending = bytearray()
        self._header_due = True
        self._ended = False
        self._line = 0

    def feed(self, data: bytes) -> list[Table]:
        """Take more data. Returns the rows that are now complete, when there are enough. Raises for bad data."""
        self._pending += data
        if len(self._pending) < self._wanted_bytes:
            return []
        rows = self._parse(is_last=False)
        # Of a huge row look again when there is twice as much, or the time would grow with its square.
        self._wanted_bytes = self._block_bytes if rows else max(self._block_bytes, 2 * len(self._pending))
        return rows

    def finish(self) -> list[Table]:
        """The rest of the rows. Data may end without a trailer. Raises for bad data."""
        return self._parse(is_last=True)

    def _parse(self, *, is_last: bool) -> list[Table]:
        data = bytes(self._pending)
        position = 0
        if self._header_due:
            after_header = self._after_header(data, is_last=is_last)
            if after_header is None:
                return []
            position, self._header_due = after_header, False
        rows = self._scan(data, position, is_last=is_last)
        del self._pending[: rows.end]
        count = len(rows.starts)
        if not count or not self._columns:
            return []
        table = self._table(data, rows)
        self._line += count
        return [table]

    def _after_header(self, data: bytes, *, is_last: bool) -> int | None:
        """Where the rows begin; `None` while the header is not complete."""
        if data[: len(SIGNATURE)] != SIGNATURE[: len(data)] or (is_last and len(data) < len(SIGNATURE)):
            raise BadCopyFormat("COPY file signature not recognized")
        if len(data) < len(SIGNATURE) + 4:
            if is_last:
                raise BadCopyFormat("invalid COPY file header (missing flags)")
            return None
        (flags,) = FLAGS.unpack_from(data, len(SIGNATURE))
        if flags & _WITH_OIDS:
            raise BadCopyFormat("invalid COPY file header (WITH OIDS)")
        if flags & _CRITICAL:
            raise BadCopyFormat("unrecognized critical flags in COPY file header")
        if len(data) < len(SIGNATURE) + 8:
            if is_last:
                raise BadCopyFormat("invalid COPY file header (missing length)")
            return None
        (extension,) = LENGTH.unpack_from(data, len(SIGNATURE) + 4)
        end = len(SIGNATURE) + 8 + extension
        if extension < 0 or (is_last and len(data) < end):
            raise BadCopyFormat(f"invalid COPY file header ({'missing' if extension < 0 else 'wrong'} length)")
        return end if len(data) >= end else None

    def _scan(self, data: bytes, position: int, *, is_last: bool) -> ScannedRows:
        """The complete rows. Raises for what is wrong behind them."""
        if self._ended:
            rows = ScannedRows.none(len(self._columns), position)
        else:
            rows = scan_rows(data, position, len(self._columns))
        end = self._look_behind(data, rows.end, len(rows.starts), is_last=is_last)
        return ScannedRows(rows.starts, rows.lengths, end)

    def _look_behind(self, data: bytes, position: int, rows: int, *, is_last: bool) -> int:
        """Where the next data has to begin: here if there is nothing, or a part of a row, or behind the trailer."""
        size = len(data)
        if position + COUNT.size <= size and not self._ended:
            (count,) = COUNT.unpack_from(data, position)
            if count == -1:
                self._ended = True
                position += COUNT.size
            elif count != len(self._columns):
                raise BadCopyFormat(
                    f"row field count is {count}, expected {len(self._columns)}", context=self._place(rows)
                )
            else:
                column = self._torn_column(data, position + COUNT.size, rows)
                if is_last:
                    raise BadCopyFormat("unexpected EOF in COPY data", context=self._place(rows, column))
        if self._ended and position < size:
            raise BadCopyFormat("received copy data after EOF marker", context=self._place(rows))
        return position

    def _torn_column(self, data: bytes, at: int, row: int) -> int:
        """The column in which the data ends, of a row that begins there."""
        for column in range(len(self._columns)):
            if at + LENGTH.size > len(data):
                return column
            (length,) = LENGTH.unpack_from(data, at)
            if length < -1:
                raise BadCopyFormat("invalid field size", context=self._place(row, column))
            at += LENGTH.size + max(0, length)
            if at > len(data):
                return column
        raise AssertionError(row)

    def _table(self, data: bytes, rows: ScannedRows) -> Table:
        arrays = []
        for index, column in enumerate(self._columns):
            mine = rows.starts[:, index], rows.lengths[:, index]
            array = stored_column(data, *mine, column.type)
            arrays.append(self._one_by_one(data, *mine, index) if array is None else array)
        return pa.table(arrays, names=[column.name for column in self._columns])

    def _one_by_one(self, data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], index: int) -> Array:
        receive, size = self._codecs[index].receive, wire_size(self._columns[index].type)
        values = []
        for row, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
            try:
                if size is not None and 0 <= length != size:
                    raise wrong_size(length, size)
                values.append(None if length < 0 else receive(data[start : start + length]))
            except SqlError as error:
                error.context = self._place(row, index)
                raise
        return stored_array(values, self._columns[index].type.arrow)

    def _place(self, row: int, column: int | None = None) -> str:
        place = f"COPY {self._relation}, line {self._line + row + 1}"
        return place if column is None else f"{place}, column {self._columns[column].name}"
