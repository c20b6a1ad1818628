"""smallint, integer, bigint, oid and the reg-types (as numbers: their names are resolved where the catalog is)."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.errors import InvalidTextRepresentation, NumericValueOutOfRange
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import fixed_size, values_of
from sql.types.codec import Codec, unchanged, wrong_size
from storage.types import BIGINT, INTEGER, OID, SMALLINT

if TYPE_CHECKING:
    from storage.types import SqlType

_INTEGER: Final = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)

_SIGNED: Final = {SMALLINT.oid: "h", INTEGER.oid: "i", BIGINT.oid: "q"}
"""Letters of `struct`. What is not listed is an oid or another unsigned number."""


def integer_codec(sql_type: SqlType) -> Codec:
    """The codec of an integer type."""
    signed = sql_type.oid in _SIGNED
    layout = struct.Struct("!" + _SIGNED.get(sql_type.oid, "Q" if sql_type.arrow.bit_width == 64 else "I"))
    name = str(sql_type) if signed else str(OID)
    half = 1 << layout.size * 8 - 1
    # An oid may be written as a negative number, which wraps.
    low, high, wrap = (-half, half - 1, 0) if signed else (-half, 2 * half - 1, 2 * half)
    unpack = layout.unpack

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            # Python refuses to convert thousands of digits.
            raise _refused(text, name, out_of_range=_INTEGER.fullmatch(text) is not None) from None
        if low <= value <= high and "_" not in text and text.isascii():
            return value if value >= 0 or not wrap else value + wrap
        raise _refused(text, name, out_of_range="_" not in text and text.isascii())

    def receive(data: bytes) -> int:
        try:
            return unpack(data)[0]  # type: ignore[no-any-return]  # the layout holds one integer.
        except struct.error:
            raise wrong_size(len(data), layout.size) from None

    native = np.dtype(f"<{'i' if signed else 'u'}{layout.size}")
    wire = native.newbyteorder(">")

    def send_array(array: Array) -> Array:
        return fixed_size(values_of(array, native).astype(wire), array)

    return Codec(sql_type, parse, b"%d".__mod__, receive, layout.pack, unchanged, _format_array, send_array)


def _refused(text: str, name: str, *, out_of_range: bool) -> Exception:
    if out_of_range:
        return NumericValueOutOfRange(f'value "{text}" is out of range for type {name}')
    return InvalidTextRepresentation(f'invalid input syntax for type {name}: "{text}"')


def _format_array(array: Array) -> Array:
    return pc.cast(array, pa.string()).cast(pa.binary())
