"""COPY TO in binary: record batches → rows, without a loop over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.copy.binary import HEADER, TRAILER
from sql.copy.chunk import CopyChunk
from sql.errors import ProgramLimitExceeded
from sql.types.buffers import as_stored
from sql.types.wire_rows import wire_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.copy.columns import CopyColumn
    from sql.types import Codecs
    from sql.types.arrow import RecordBatch

_MAX_BYTES: Final = (1 << 31) - 1
"""What the 32-bit offsets of Arrow's arrays reach."""
_GROWTH: Final = 4
"""Bytes written for a byte of Arrow data, at most; but for …"""
_EXTRA: Final = 24
"""… so many more for a small value."""


class BinaryCopyWriter:
    """Writes the data of one COPY TO. May be used in any thread."""

    def __init__(self, columns: Sequence[CopyColumn], codecs: Codecs) -> None:
        self._types = [column.type.arrow for column in columns]
        self._codecs = [codecs.of(column.type) for column in columns]
        self._header = HEADER

    def encode(self, batch: RecordBatch) -> list[CopyChunk]:
        """A batch's rows; the first ones come with the header, in one message as PostgreSQL sends it."""
        rows = batch.num_rows
        if rows == 0:
            return []
        if batch.nbytes * _GROWTH + rows * max(batch.num_columns, 1) * _EXTRA > _MAX_BYTES:
            if rows == 1:
                raise ProgramLimitExceeded("a row is too large to be sent")
            return self.encode(batch.slice(0, rows // 2)) + self.encode(batch.slice(rows // 2))
        written = [
            codec.send_array(as_stored(array, expected))
            for array, codec, expected in zip(batch.columns, self._codecs, self._types, strict=True)
        ]
        encoded = wire_rows(written, rows)
        ends = encoded.ends(rows)
        header, self._header = self._header, b""
        data = b"".join((header, encoded.data)) if header else encoded.data
        return [CopyChunk(data, rows, ends + len(header))]

    def finish(self) -> CopyChunk:
        """The trailer; with the header before it if there were no rows."""
        return CopyChunk(self._header + TRAILER, 0)
