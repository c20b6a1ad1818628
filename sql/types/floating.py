"""real and double precision: the shortest text that reads back as the same value, as PostgreSQL writes it since 12."""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from sql.errors import InvalidTextRepresentation, NumericValueOutOfRange
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import fixed_size, replaced, values_of
from sql.types.codec import Codec, unchanged, wrong_size
from storage.types import REAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.types import SqlType

_ZERO: Final = re.compile(r"\s*[+-]?(0[xX])?[0.]+([eEpP].*)?\s*", re.ASCII | re.DOTALL)
_HEXADECIMAL: Final = re.compile(r"\s*[+-]?0[xX][0-9a-fA-F.]+([pP][+-]?[0-9]+)?\s*", re.ASCII)

_ARROW_PLAIN_BELOW: Final = 1e10
"""Arrow writes an exponent from here on, PostgreSQL from 10 to the power of 6 (real) or 15 (double)."""
_ARROW_SAME_BELOW: Final = 1e-9
"""Below it both write the same exponent; PostgreSQL writes one below 0.0001, and with two digits at least."""
_EXACT_BELOW: Final = 1e40
"""From 2 to the power of 53 to here, the shortest text may lie halfway between two doubles."""


class _Width(Struct, frozen=True):
    """What sets the two types apart."""

    layout: struct.Struct
    dtype: np.dtype[np.floating]
    digits: int
    """Decimal digits that always survive: FLT_DIG, DBL_DIG."""
    enough_digits: int
    """Digits that tell any two values apart."""
    shortest: Callable[[float], str]
    spacing: Callable[[float], float]
    """The distance to the next value."""


def _shortest_real(value: float) -> str:
    return str(np.float32(value))


def _spacing_of_reals(value: float) -> float:
    return math.ldexp(1.0, max(math.frexp(value)[1] - 24, -149))


_REAL: Final = _Width(struct.Struct("!f"), np.dtype("<f4"), 6, 9, _shortest_real, _spacing_of_reals)
_DOUBLE: Final = _Width(struct.Struct("!d"), np.dtype("<f8"), 15, 17, float.__repr__, math.ulp)


def floating_codec(sql_type: SqlType, extra_float_digits: int) -> Codec:
    """The codec of real or double precision. `extra_float_digits` below 1 rounds to that many digits fewer."""
    width = _REAL if sql_type.oid == REAL.oid else _DOUBLE
    format_value = _formatter(width, extra_float_digits)
    name = str(sql_type)
    unpack = width.layout.unpack

    def parse_double(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = _hexadecimal(text, name)
        if value == 0 or value - value != 0 or "_" in text or not text.isascii():
            _check_unusual(text, value, name)
        return value

    def parse_real(text: str) -> float:
        value = parse_double(text)
        rounded = float(np.float32(value)) if abs(value) < 3.5e38 or value - value != 0 else math.inf
        if (math.isinf(rounded) and not math.isinf(value)) or (rounded == 0 and value != 0):
            raise NumericValueOutOfRange(f'"{text.strip()}" is out of range for type {name}')
        return rounded

    def receive(data: bytes) -> float:
        try:
            return unpack(data)[0]  # type: ignore[no-any-return]  # the layout holds one number.
        except struct.error:
            raise wrong_size(len(data), width.layout.size) from None

    def format_array(array: Array) -> Array:
        if extra_float_digits < 1:
            return pa.array([None if v is None else format_value(v) for v in array.to_pylist()], pa.binary())
        return _format_array(array, width, format_value)

    def send_array(array: Array) -> Array:
        return fixed_size(values_of(array, width.dtype).astype(width.dtype.newbyteorder(">")), array)

    parse = parse_real if width is _REAL else parse_double
    return Codec(sql_type, parse, format_value, receive, width.layout.pack, unchanged, format_array, send_array)


def _hexadecimal(text: str, name: str) -> float:
    """C's strtod reads hexadecimal numbers, so PostgreSQL does."""
    if not _HEXADECIMAL.fullmatch(text):
        raise InvalidTextRepresentation(f'invalid input syntax for type {name}: "{text}"')
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError):
        raise InvalidTextRepresentation(f'invalid input syntax for type {name}: "{text}"') from None


def _check_unusual(text: str, value: float, name: str) -> None:
    """A zero or infinity that is not written as one came of a number out of range."""
    if "_" in text or not text.isascii():
        raise InvalidTextRepresentation(f'invalid input syntax for type {name}: "{text}"')
    overflow = math.isinf(value) and "inf" not in text.lower()
    underflow = value == 0 and not _ZERO.fullmatch(text)
    if overflow or underflow:
        raise NumericValueOutOfRange(f'"{text.strip()}" is out of range for type {name}')


def _formatter(width: _Width, extra_float_digits: int) -> Callable[[float], bytes]:
    shortest, limit = width.shortest, 10.0**width.digits
    if extra_float_digits < 1:
        digits = max(1, width.digits + extra_float_digits)
        return lambda value: _special(value) or f"{value:.{digits}g}".encode()

    def format_value(value: float) -> bytes:
        if -limit < value < limit:
            text = shortest(value)
            if "e" not in text:
                return text.removesuffix(".0").encode()
        return _special(value) or _laid_out(value, width)

    return format_value


def _special(value: float) -> bytes | None:
    if math.isfinite(value):
        return None
    return b"NaN" if math.isnan(value) else b"Infinity" if value > 0 else b"-Infinity"


def _laid_out(value: float, width: _Width) -> bytes:
    """The shortest digits, with an exponent where PostgreSQL writes one."""
    shortest = Decimal(width.shortest(value))
    if abs(Decimal(value) - shortest) * 2 == Decimal(width.spacing(abs(value))):
        shortest = _inside(value, shortest, width)
    sign, digit_values, _ = shortest.normalize().as_tuple()
    exponent = shortest.adjusted()
    if -4 <= exponent < width.digits:
        return format(shortest.normalize(), "f").encode()
    digits = "".join(map(str, digit_values))
    point = "." if len(digits) > 1 else ""
    return f"{'-' if sign else ''}{digits[0]}{point}{digits[1:]}e{exponent:+03d}".encode()


def _inside(value: float, halfway: Decimal, width: _Width) -> Decimal:
    """The shortest number that is nearer to this value than to the next.

    `halfway` between the two reads back right only by rounding to even: PostgreSQL does not count on that. Such a
    number is an integer, so integers are exact here.
    """
    whole, above = abs(int(value)), int(width.spacing(abs(value)))
    below = above // 2 if math.frexp(value)[0] in (0.5, -0.5) else above
    for digits in range(len(halfway.normalize().as_tuple().digits), width.enough_digits):
        unit = 10 ** (halfway.adjusted() - digits + 1)
        lower = whole // unit * unit
        near = [n for n in (lower, lower + unit) if -below < 2 * (n - whole) < above]
        if near:
            nearest = min(near, key=lambda number: abs(number - whole))
            return Decimal(nearest if value > 0 else -nearest)
    return Decimal(f"{value:.{width.enough_digits}g}")


def _format_array(array: Array, width: _Width, format_value: Callable[[float], bytes]) -> Array:
    """Arrow's own text, but for the magnitudes at which it and PostgreSQL choose differently to write an exponent."""
    text = pc.cast(array, pa.string()).cast(pa.binary())
    values = values_of(array, width.dtype, under_null=1.0)
    magnitudes = np.abs(values)
    with np.errstate(invalid="ignore", over="ignore"):
        differs = (magnitudes < 1e-4) & (magnitudes >= _ARROW_SAME_BELOW)
        differs |= (magnitudes >= min(10.0**width.digits, _ARROW_PLAIN_BELOW)) & (magnitudes < 1e15)
        differs |= ~np.isfinite(magnitudes) | ((magnitudes >= 2.0**53) & (magnitudes < _EXACT_BELOW))
    if not differs.any():
        return text
    return replaced(text, differs, values[differs].tolist(), format_value)
