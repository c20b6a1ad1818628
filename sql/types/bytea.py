"""bytea: written as hex, read as hex or in the old escape format."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sql.errors import InvalidParameterValue, InvalidTextRepresentation
from sql.types.arrow import Array, pa
from sql.types.buffers import join, offsets_of, validity_of
from sql.types.codec import Codec, unchanged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storage.types import SqlType

_ESCAPE: Final = re.compile(rb"\\(?:(\\)|([0-3][0-7][0-7])|())", re.DOTALL)
_HEX_BYTES: Final = re.compile(r"(?:[0-9a-fA-F]{2}|[ \t\n\r])*")
_NOT_HEX: Final = re.compile(r"[^0-9a-fA-F]")


def _parse(text: str) -> bytes:
    if text.startswith("\\x"):
        return _parse_hex(text[2:])
    return _ESCAPE.sub(_unescape, text.encode())


def _parse_hex(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        # Space may stand between two bytes, but not between the digits of one.
        rest = digits[_HEX_BYTES.match(digits).end() :]  # type: ignore[union-attr]  # it matches the empty text.
        wrong = _NOT_HEX.search(rest)
        if wrong:
            raise InvalidParameterValue(f'invalid hexadecimal digit: "{wrong[0]}"') from None
        raise InvalidParameterValue("invalid hexadecimal data: odd number of digits") from None


def _unescape(match: re.Match[bytes]) -> bytes:
    backslash, octal, _ = match.groups()
    if octal:
        return bytes([int(octal, 8)])
    if not backslash:
        raise InvalidTextRepresentation("invalid input syntax for type bytea")
    return b"\\"


def _format(value: bytes) -> bytes:
    return b"\\x" + value.hex().encode()


@cache
def _hex_of_byte() -> NDArray[Any]:
    return np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), "S2")


def hex_digits(data: NDArray[np.uint8]) -> NDArray[Any]:
    """The two hexadecimal digits of each byte."""
    return _hex_of_byte()[data]


def _format_array(array: Array) -> Array:
    offsets = offsets_of(array)
    data = array.buffers()[2]
    used = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data is not None else np.zeros(0, np.uint8)
    doubled = pa.py_buffer((offsets - offsets[0]) * 2)
    digits = pa.py_buffer(hex_digits(used))
    return join(
        pa.scalar(b"\\x"), pa.Array.from_buffers(pa.binary(), len(array), [validity_of(array), doubled, digits])
    )


def _unchanged_array(array: Array) -> Array:
    return array


def bytea_codec(sql_type: SqlType) -> Codec:
    """The codec of bytea."""
    return Codec(sql_type, _parse, _format, bytes, bytes, unchanged, _format_array, _unchanged_array)
