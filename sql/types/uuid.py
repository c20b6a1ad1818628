"""uuid: 16 bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.errors import InvalidTextRepresentation
from sql.types.arrow import Array, pa
from sql.types.buffers import fixed_size
from sql.types.bytea import hex_digits
from sql.types.codec import Codec, unchanged, wrong_size

if TYPE_CHECKING:
    from storage.types import SqlType

_LITERAL: Final = re.compile(r"(\{)?[0-9a-fA-F]{4}(?:-?[0-9a-fA-F]{4}){7}(?(1)\})")
"""PostgreSQL takes a hyphen after any group of four digits, and braces around the whole."""

_GROUPS: Final = ((0, 8), (9, 13), (14, 18), (19, 23), (24, 36))
"""Where the digits stand in the text."""


def _parse(text: str) -> bytes:
    if not _LITERAL.fullmatch(text):
        raise InvalidTextRepresentation(f'invalid input syntax for type uuid: "{text}"')
    return bytes.fromhex(text.strip("{}").replace("-", ""))


def _format(value: bytes) -> bytes:
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()


def _receive(data: bytes) -> bytes:
    if len(data) != 16:
        raise wrong_size(len(data), 16)
    return bytes(data)


def _storage(array: Array) -> Array:
    return array.storage if isinstance(array, pa.ExtensionArray) else array


def _format_array(array: Array) -> Array:
    storage = _storage(array)
    data = np.frombuffer(storage.buffers()[1] or b"", np.uint8)[storage.offset * 16 :][: len(storage) * 16]
    digits = hex_digits(data).view(np.uint8).reshape(len(storage), 32)
    text = np.full((len(storage), 36), ord("-"), np.uint8)
    taken = 0
    for start, end in _GROUPS:
        text[:, start:end] = digits[:, taken : taken + end - start]
        taken += end - start
    return fixed_size(text, storage)


def uuid_codec(sql_type: SqlType) -> Codec:
    """The codec of uuid."""
    return Codec(sql_type, _parse, _format, _receive, bytes, unchanged, _format_array, _storage)
