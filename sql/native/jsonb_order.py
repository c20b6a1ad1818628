"""The order of jsonb values, as bytes that compare as PostgreSQL compares the values (8.14.4)."""

from __future__ import annotations

import json
import re
import struct
from decimal import Decimal
from typing import Any, Final

from sql.native.function import NativeFunction

_DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)
_NULL, _STRING, _NUMBER, _BOOLEAN, _ARRAY, _OBJECT = range(1, 7)
_COUNT: Final = struct.Struct(">I")
_EXPONENT_ZERO: Final = 1 << 30


def sort_key(text: str) -> bytes:
    """The bytes: equal of equal values, and in their order."""
    value = _DECODER.decode(text)
    if isinstance(value, dict):
        return b"\x02" + _fields(value)
    # A scalar is an array of one, right before a true one; so an empty array is before all scalars.
    elements, is_array = (value, 1) if isinstance(value, list) else ([value], 0)
    return b"\x01" + _COUNT.pack(len(elements)) + bytes((is_array,)) + b"".join(map(_key, elements))


def _key(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON has
    match value:
        case None:
            return bytes((_NULL,))
        case bool():
            return bytes((_BOOLEAN, value))
        case str():
            return bytes((_STRING,)) + _text(value)
        case Decimal():
            return bytes((_NUMBER,)) + _number(value)
        case list():
            return bytes((_ARRAY,)) + _COUNT.pack(len(value)) + b"".join(map(_key, value))
    return bytes((_OBJECT,)) + _fields(value)


def _fields(value: dict[str, Any]) -> bytes:
    return _COUNT.pack(len(value)) + b"".join(_text(key) + _key(item) for key, item in value.items())


def _text(text: str) -> bytes:
    return text.encode() + b"\x00"


def _number(value: Decimal) -> bytes:
    if value == 0:
        return b"\x01"
    digits = "".join(map(str, value.as_tuple().digits)).rstrip("0")
    written = _COUNT.pack(value.adjusted() + _EXPONENT_ZERO) + digits.encode() + b"\x00"
    # Of negative numbers the larger amount is the smaller one.
    return b"\x00" + bytes(255 - byte for byte in written) if value < 0 else b"\x02" + written


_STRING_OR_ZEROS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=[0-9])(\.[0-9]*?)0+(?![0-9])')


def without_zeros(text: str) -> str:
    """A value with its numbers as short as they can be: equal of equal values."""
    return _STRING_OR_ZEROS.sub(_shortened, text)


def _shortened(match: re.Match[str]) -> str:
    fraction = match[1]
    return match[0] if fraction is None else "" if fraction == "." else fraction


JSONB_ORDER_FUNCTIONS: Final = (
    NativeFunction("silt_jsonb_key", sort_key, ("VARCHAR",), "BLOB"),
    NativeFunction("silt_jsonb_without_zeros", without_zeros, ("VARCHAR",), "VARCHAR"),
)
