"""Rows as PostgreSQL writes them, in messages and in binary COPY: of each value its length (-1 for NULL) and its bytes.

Each part of a row (header, length, value) becomes an Arrow binary array with an element a row. Parts of a fixed width
are laid side by side in one array of bytes first; then one kernel joins the parts row by row, and the data buffer of
what it gives *is* the stream of rows. Where every part has a fixed width, the array of bytes is the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from msgspec import Struct

from sql.types.arrow import Array, pa, pc
from sql.types.buffers import as_binary, fixed_size, join, valid_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_COUNT_BYTES: Final = 2
_LENGTH_BYTES: Final = 4


class WireRows(Struct, frozen=True):
    """Rows one after the other, and how many bytes each has: one number where all have the same."""

    data: memoryview
    sizes: int | NDArray[Any]

    def ends(self, rows: int) -> NDArray[np.int64]:
        """Where each row ends."""
        sizes = np.full(rows, self.sizes, np.int64) if isinstance(self.sizes, int) else self.sizes
        return np.cumsum(sizes, dtype=np.int64)


class _Fixed(Struct, frozen=True):
    """A part with the same number of bytes in each row."""

    bytes: NDArray[np.uint8]
    """One row of bytes for each message; or only one, the same for all."""

    @property
    def width(self) -> int:
        return int(self.bytes.shape[1])


_Part = _Fixed | Array
"""A part of the rows; those of varying width are binary arrays, in which null is no bytes."""


def wire_rows(written: Sequence[Array], rows: int, message: bytes = b"") -> WireRows:
    """Rows, at least one, of values that codecs have written. With `message` each is a message of that kind."""
    parts: list[_Part] = []
    total: int | NDArray[Any] = _COUNT_BYTES
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
    if message:
        # A message's length counts itself, and not the letter before it.
        total = total + _LENGTH_BYTES
        head = [_same_for_all(message), _length(total, rows)]
        total = total + len(message)
    else:
        head = []
    count = _same_for_all(len(written).to_bytes(_COUNT_BYTES, "big"))
    return WireRows(_joined([*head, count, *parts], rows), total)


def _length(total: int | NDArray[Any], rows: int) -> _Fixed:
    if isinstance(total, int):
        return _same_for_all(_big_endian(total))
    return _Fixed(total.astype(">i4").view(np.uint8).reshape(rows, 4))


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
