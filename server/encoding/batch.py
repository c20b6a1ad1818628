"""All the DataRow messages of a record batch, without a loop over its rows.

Each part of a message (header, length, value) becomes an Arrow binary array with an element a row. Parts of a fixed
width are laid side by side in one array of bytes first; then one kernel joins the parts row by row, and the data buffer
of what it gives *is* the stream of messages. Where every part has a fixed width, the array of bytes is the stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from server.encoding.rows import BINARY_FORMAT
from sql.errors import ProgramLimitExceeded
from sql.types.arrow import Array, RecordBatch, pa, pc
from sql.types.buffers import as_binary, fixed_size, join, valid_rows
from storage.rows import values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sql.result import ResultColumn
    from sql.types import Codecs

MAX_BYTES: Final = (1 << 31) - 1
"""What the 32-bit offsets of Arrow's arrays reach."""
_TEXT_GROWTH: Final = 4
"""Bytes of text for a byte of Arrow data, at most, but for …"""
_TEXT_EXTRA: Final = 40
"""… so many more for a small value: `numeric` has 40 digits, an interval some words."""
_HEADER_BYTES: Final = 7
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A part with the same number of bytes in each row."""

    bytes: NDArray[np.uint8]
    """One row of bytes for each message; or only one, the same for all."""

    @property
    def width(self) -> int:
        return int(self.bytes.shape[1])


_Part = _Fixed | Array
"""A part of the messages; those of varying width are binary arrays, in which null is no bytes."""


def stored_rows(batch: RecordBatch, columns: Sequence[ResultColumn]) -> list[tuple[Any, ...]]:
    """The rows of a small batch as tuples of stored values."""
    pairs = zip(batch.columns, columns, strict=True)
    return list(zip(*(values_of(_as_stored(array, column)) for array, column in pairs), strict=True))


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
        stored = _as_stored(array, column)
        written.append(codec.send_array(stored) if code == BINARY_FORMAT else codec.format_array(stored))
    return _joined(_framed(written, rows), rows)


def _estimate(batch: RecordBatch) -> int:
    """An upper bound for the bytes of any step on the way, text being the longer form."""
    values = batch.num_rows * batch.num_columns
    return int(batch.nbytes * _TEXT_GROWTH + values * _TEXT_EXTRA + batch.num_rows * _HEADER_BYTES)


def _as_stored(array: Array, column: ResultColumn) -> Array:
    """What a query computed may be narrower or wider than the column's type; a numeric may have any scale."""
    expected = column.type.arrow
    if array.type.equals(expected) or pa.types.is_decimal(array.type):
        return array
    if pa.types.is_list(array.type) and pa.types.is_decimal(array.type.value_type):
        return array
    return array.cast(expected)


def _framed(written: Sequence[Array], rows: int) -> list[_Part]:
    """Header, lengths and values, in the order of the message."""
    parts: list[_Part] = []
    total: int | NDArray[Any] = _HEADER_BYTES - 1
    for array in written:
        if pa.types.is_fixed_size_binary(array.type) and not array.null_count:
            width = array.type.byte_width
            parts += (_same_for_all(_big_endian(width)), _Fixed(_bytes_of(array, width)))
            total = total + (_LENGTH_BYTES + width)
        else:
            values = as_binary(array)
            lengths = pc.binary_length(values)
            if values.null_count:
                valid = valid_rows(values)
                sizes = np.where(valid, pc.fill_null(lengths, 0).to_numpy(), 0)
                sent = np.where(valid, sizes, -1)
            else:
                sizes = sent = lengths.to_numpy()
            parts += (_Fixed(sent.astype(">i4").view(np.uint8).reshape(rows, 4)), values)
            total = total + sizes + _LENGTH_BYTES
    return [*_header(total, len(written), rows), *parts]


def _header(total: int | NDArray[Any], columns: int, rows: int) -> tuple[_Fixed, _Fixed, _Fixed]:
    count = np.frombuffer(columns.to_bytes(2, "big"), np.uint8)
    if isinstance(total, int):
        length = _same_for_all(_big_endian(total))
    else:
        length = _Fixed(total.astype(">i4").view(np.uint8).reshape(rows, 4))
    return _same_for_all(b"D"), length, _Fixed(count.reshape(1, 2))


def _big_endian(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _same_for_all(data: bytes) -> _Fixed:
    return _Fixed(np.frombuffer(data, np.uint8).reshape(1, len(data)))


def _bytes_of(array: Array, width: int) -> NDArray[np.uint8]:
    data = np.frombuffer(array.buffers()[1], np.uint8)
    return data[array.offset * width : (array.offset + len(array)) * width].reshape(len(array), width)


def _joined(parts: Sequence[_Part], rows: int) -> memoryview:
    elements: list[Any] = []
    run: list[_Fixed] = []
    for part in parts:
        if isinstance(part, _Fixed):
            run.append(part)
        else:
            elements += (_side_by_side(run, rows), part)
            run = []
    if not elements:
        return _side_by_side_bytes(run, rows).data.cast("B")
    if run:
        elements.append(_side_by_side(run, rows))
    stream = join(*(as_binary(element) for element in elements), null_handling="replace")
    _, offsets, data = stream.buffers()
    end = np.frombuffer(offsets, np.int32)[rows]
    return memoryview(data)[:end]


def _side_by_side(run: Sequence[_Fixed], rows: int) -> Array:
    return fixed_size(_side_by_side_bytes(run, rows))


def _side_by_side_bytes(run: Sequence[_Fixed], rows: int) -> NDArray[np.uint8]:
    """The parts of each row next to each other.

    What is the same for all rows is copied with the whole row at once. The rest goes through fields of a structured
    type, which numpy copies as words, several times faster than as a slice of each row.
    """
    starts = np.cumsum([0, *(part.width for part in run)]).tolist()
    template = bytearray(starts[-1])
    varying: dict[int, _Fixed] = {}
    for start, part in zip(starts, run, strict=False):
        if len(part.bytes) == 1 or part.width == 0:
            template[start : start + part.width] = part.bytes.tobytes()
        else:
            varying[start] = part
    whole = np.frombuffer(bytearray(bytes(template) * rows), np.uint8)
    layout = np.dtype(
        {
            "names": [str(start) for start in varying],
            "formats": [f"V{part.width}" for part in varying.values()],
            "offsets": list(varying),
            "itemsize": starts[-1],
        }
    )
    fields = whole.view(layout)
    for start, part in varying.items():
        fields[str(start)] = np.ascontiguousarray(part.bytes).view(f"V{part.width}").reshape(rows)
    return whole.reshape(rows, starts[-1])
