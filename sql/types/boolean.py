"""boolean"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.errors import InvalidTextRepresentation, ProtocolViolation
from sql.types.buffers import bits_of, fixed_size
from sql.types.codec import Codec, malformed, unchanged

if TYPE_CHECKING:
    from sql.types.arrow import Array
    from storage.types import SqlType

_WORDS: Final = (
    ("true", 1, True),
    ("false", 1, False),
    ("yes", 1, True),
    ("no", 1, False),
    ("on", 2, True),
    ("off", 2, False),
)
"""Words, the letters of each that suffice, and their value."""

LITERALS: Final[dict[str, bool]] = {"1": True, "0": False} | {
    word[:length]: value for word, shortest, value in _WORDS for length in range(shortest, len(word) + 1)
}
"""Everything that stands for a boolean, in lower case."""


def _parse(text: str) -> bool:
    value = LITERALS.get(text)
    if value is None:
        value = LITERALS.get(text.strip(" \t\n\v\f\r").lower())
    if value is None:
        raise InvalidTextRepresentation(f'invalid input syntax for type boolean: "{text}"')
    return value


def _receive(data: bytes) -> bool:
    if len(data) != 1:
        raise malformed() if data else ProtocolViolation("no data left in message")
    return data != b"\0"


def _format(value: bool) -> bytes:
    return b"t" if value else b"f"


def _send(value: bool) -> bytes:
    return b"\1" if value else b"\0"


def _format_array(array: Array) -> Array:
    return fixed_size(np.where(bits_of(array), np.uint8(ord("t")), np.uint8(ord("f"))), array)


def _send_array(array: Array) -> Array:
    return fixed_size(bits_of(array), array)


def boolean_codec(sql_type: SqlType) -> Codec:
    """The codec of boolean."""
    return Codec(sql_type, _parse, _format, _receive, _send, unchanged, _format_array, _send_array)
