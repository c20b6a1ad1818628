"""COPY FROM in binary: bytes as they come → Arrow tables of stored values (`CopyReadBinary…` in copyfromparse.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.copy.alike_rows import FIRST_LOOK, rows_alike
from sql.copy.binary import COUNT, FLAGS, LENGTH, SIGNATURE
from sql.copy.binary_columns import stored_column, wire_size
from sql.errors import BadCopyFormat, SqlError
from sql.types.arrow import Array, Table, pa
from sql.types.codec import wrong_size
from storage.rows import stored_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sql.copy.columns import CopyColumn
    from sql.types import Codecs

BLOCK_BYTES: Final = 1 << 20
"""Parsed at once."""
MOST_PATIENCE: Final = 1024
"""Rows that are scanned one by one before the next look at whether others are like them."""
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
        starts, lengths, end = self._scan(data, position, is_last=is_last)
        del self._pending[:end]
        count = len(starts) // max(len(self._columns), 1)
        if not count:
            return []
        table = self._table(data, np.array(starts, np.int64), np.array(lengths, np.int64), count)
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

    def _scan(self, data: bytes, position: int, *, is_last: bool) -> tuple[list[int], list[int], int]:
        """Where each value of the complete rows starts, and its length (-1 for NULL), row by row; and their end."""
        starts: list[int] = []
        lengths: list[int] = []
        columns, size = len(self._columns), len(data)
        add_start, add_length, length_at = starts.append, lengths.append, LENGTH.unpack_from
        rows = 0
        patience = next_look = 1
        while position + COUNT.size <= size and not self._ended:
            (count,) = COUNT.unpack_from(data, position)
            at = position + COUNT.size
            if count == -1:
                self._ended, position = True, at
                break
            if count != columns:
                raise BadCopyFormat(f"row field count is {count}, expected {columns}", context=self._place(rows))
            for column in range(columns):
                if at + LENGTH.size > size:
                    break
                (length,) = length_at(data, at)
                at += LENGTH.size
                if length < -1:
                    raise BadCopyFormat("invalid field size", context=self._place(rows, column))
                if at + length > size:
                    break
                add_start(at)
                add_length(length)
                at += max(0, length)
            else:
                row_start, position, rows = position, at, rows + 1
                if rows < next_look:
                    continue
                alike = rows_alike(data, row_start, position, starts[-columns:] if columns else [])
                starts += alike.starts(starts[-columns:])
                lengths += lengths[-columns:] * alike.count
                position, rows = position + alike.bytes, rows + alike.count
                # Rows of texts are seldom alike: then look less and less often.
                patience = 1 if alike.count >= FIRST_LOOK else min(2 * patience, MOST_PATIENCE)
                next_look = rows + patience
                continue
            if is_last:
                column = len(starts) - rows * columns
                raise BadCopyFormat("unexpected EOF in COPY data", context=self._place(rows, column))
            break
        if self._ended and position < size:
            raise BadCopyFormat("received copy data after EOF marker", context=self._place(rows))
        del starts[rows * columns :], lengths[rows * columns :]
        return starts, lengths, position

    def _table(self, data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], count: int) -> Table:
        width = len(self._columns)
        arrays = []
        for index, column in enumerate(self._columns):
            mine = starts[index::width], lengths[index::width]
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
