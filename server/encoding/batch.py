"""All the DataRow messages of a record batch, without a loop over its rows (`sql.types.wire_rows`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from server.encoding.rows import BINARY_FORMAT
from sql.errors import ProgramLimitExceeded
from sql.types.buffers import as_stored
from sql.types.wire_rows import wire_rows
from storage.rows import values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.result import ResultColumn
    from sql.types import Codecs
    from sql.types.arrow import Array, RecordBatch

MAX_BYTES: Final = (1 << 31) - 1
"""What the 32-bit offsets of Arrow's arrays reach."""
_TEXT_GROWTH: Final = 4
"""Bytes of text for a byte of Arrow data, at most, but for …"""
_TEXT_EXTRA: Final = 40
"""… so many more for a small value: `numeric` has 40 digits, an interval some words."""
_HEADER_BYTES: Final = 7


def stored_rows(batch: RecordBatch, columns: Sequence[ResultColumn]) -> list[tuple[Any, ...]]:
    """The rows of a small batch as tuples of stored values."""
    pairs = zip(batch.columns, columns, strict=True)
    return list(zip(*(values_of(as_stored(array, column.type.arrow)) for array, column in pairs), strict=True))


def encode_batch(
    batch: RecordBatch,
    columns: Sequence[ResultColumn],
    formats: Sequence[int],
    codecs: Codecs,
    *,
    max_bytes: int = MAX_BYTES,
) -> bytes | memoryview:
    """The DataRow messages of a batch. Raises 54000 for a row too large for a message.

    `formats` has one code a column: 0 is text, 1 is binary. What may take more than `max_bytes` on the way is made in
    halves.
    """
    rows = batch.num_rows
    if rows == 0:
        return b""
    if _estimate(batch) > max_bytes:
        if rows == 1:
            raise ProgramLimitExceeded("a row is too large to be sent")
        half = rows // 2
        halves = (batch.slice(0, half), batch.slice(half))
        return b"".join(encode_batch(part, columns, formats, codecs, max_bytes=max_bytes) for part in halves)
    written: list[Array] = []
    for array, column, code in zip(batch.columns, columns, formats, strict=True):
        codec = codecs.of(column.type)
        stored = as_stored(array, column.type.arrow)
        written.append(codec.send_array(stored) if code == BINARY_FORMAT else codec.format_array(stored))
    return wire_rows(written, rows, b"D").data


def _estimate(batch: RecordBatch) -> int:
    """An upper bound for the bytes of any step on the way, text being the longer form."""
    values = batch.num_rows * batch.num_columns
    return int(batch.nbytes * _TEXT_GROWTH + values * _TEXT_EXTRA + batch.num_rows * _HEADER_BYTES)
