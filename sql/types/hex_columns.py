"""Columns of hexadecimal digits, bytea's and uuids', read without a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.types.arrow import Array, pa
from sql.types.buffers import offsets_of, valid_rows, validity_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NOT_HEX: Final = 255
_PREFIX: Final = b"\\x"
_UUID_BYTES: Final = 16
_UUID_TEXT: Final = np.array([*range(8), *range(9, 13), *range(14, 18), *range(19, 23), *range(24, 36)])
"""Where its digits stand in the text of a uuid."""
_HYPHENS: Final = np.array([8, 13, 18, 23])
_UUID_TEXT_BYTES: Final = 36


def _digit_values() -> NDArray[np.uint8]:
    values = np.full(256, _NOT_HEX, np.uint8)
    for value, digit in enumerate(b"0123456789abcdef"):
        values[[digit, ord(chr(digit).upper())]] = value
    return values


_VALUES: Final = _digit_values()


def read_hex(texts: Array) -> Array | None:
    """bytea in the hexadecimal format, out of a `string` array; `None` where one is in another format, or wrong."""
    offsets = offsets_of(texts).astype(np.int64)
    data = _data(texts, offsets)
    offsets = offsets - offsets[0]
    lengths = np.diff(offsets)
    given = lengths > 0
    begins = offsets[:-1][given]
    if (lengths[given] < len(_PREFIX)).any() or (~given & valid_rows(texts)).any():
        return None
    if (data[begins] != _PREFIX[0]).any() or (data[begins + 1] != _PREFIX[1]).any() or (lengths % 2).any():
        return None
    values = _VALUES[data]
    is_digit = np.ones(len(data), np.bool_)
    is_digit[begins] = is_digit[begins + 1] = False
    digits = values[is_digit]
    if (digits == _NOT_HEX).any():
        return None
    stored = np.zeros(len(offsets), np.int32)
    np.cumsum(np.maximum(lengths - len(_PREFIX), 0) // 2, out=stored[1:])
    pairs = digits.reshape(-1, 2)
    content = pa.py_buffer(pairs[:, 0] << 4 | pairs[:, 1])
    return pa.Array.from_buffers(pa.binary(), len(texts), [validity_of(texts), pa.py_buffer(stored), content])


def read_uuids(texts: Array) -> Array | None:
    """uuids as PostgreSQL writes them; `None` where one is written in another way, or wrong."""
    valid = valid_rows(texts)
    offsets = offsets_of(texts).astype(np.int64)
    data = _data(texts, offsets)
    lengths = np.diff(offsets)
    if (lengths != np.where(valid, _UUID_TEXT_BYTES, 0)).any():
        return None
    characters = data.reshape(-1, _UUID_TEXT_BYTES)
    digits = _VALUES[characters[:, _UUID_TEXT]]
    if (digits == _NOT_HEX).any() or (characters[:, _HYPHENS] != ord("-")).any():
        return None
    content = np.zeros((len(texts), _UUID_BYTES), np.uint8)
    content[valid] = digits[:, 0::2] << 4 | digits[:, 1::2]
    buffers = [validity_of(texts), pa.py_buffer(content)]
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.Array.from_buffers(pa.binary(_UUID_BYTES), len(texts), buffers))


def _data(texts: Array, offsets: NDArray[np.int64]) -> NDArray[np.uint8]:
    buffer = texts.buffers()[2]
    return np.zeros(0, np.uint8) if buffer is None else np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]]
