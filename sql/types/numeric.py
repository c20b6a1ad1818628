"""numeric: decimal text, and the base-10000 digits of PostgreSQL's binary format (`numeric_send` in its numeric.c)."""

from __future__ import annotations

import decimal
import re
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.errors import (
    FeatureNotSupported,
    InvalidBinaryRepresentation,
    InvalidTextRepresentation,
    NumericValueOutOfRange,
)
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import valid_rows
from sql.types.codec import Codec, malformed, wrong_size
from sql.types.limbs import divide, limbs_of
from storage.types import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from storage.types import SqlType

_SPECIAL: Final = re.compile(r"\s*(?:nan|[+-]?inf(?:inity)?)\s*", re.ASCII | re.IGNORECASE)
_HEADER: Final = struct.Struct("!HhHH")
_DIGIT: Final = struct.Struct("!H")
_MOST_SCALE: Final = 0x3FFF
_POSITIVE, _NEGATIVE, _NAN = 0x0000, 0x4000, 0xC000
_INFINITE: Final = (0xD000, 0xF000)
_DIGITS: Final = 38
_ROUNDING: Final = decimal.Context(prec=200, rounding=decimal.ROUND_HALF_UP, Emax=999999, Emin=-999999)
_EXACT: Final = decimal.Context(prec=200_000, rounding=decimal.ROUND_HALF_UP, Emax=999999, Emin=-999999)


def numeric_codec(sql_type: SqlType) -> Codec:
    """The codec of numeric: values are rounded to the type's scale, half away from zero."""
    precision, scale = sql_type.precision_and_scale
    unit = Decimal(1).scaleb(-scale)

    whole_digits = precision - scale

    def coerce(value: Decimal) -> Decimal:
        if value.is_infinite() and sql_type.modifier >= 4:
            raise NumericValueOutOfRange(
                "numeric field overflow",
                detail=f"A field with precision {precision}, scale {scale} cannot hold an infinite value.",
            )
        if not value.is_finite():
            raise FeatureNotSupported(f"numeric {value} cannot be stored")
        if value and value.adjusted() > whole_digits:
            raise numeric_overflow(precision, scale)
        rounded = value.quantize(unit, context=_ROUNDING)
        if not rounded:
            # PostgreSQL knows no negative zero.
            return rounded.copy_abs()
        if rounded.adjusted() >= whole_digits:
            raise numeric_overflow(precision, scale)
        return rounded

    return _codec(sql_type, coerce)


def open_numeric_codec() -> Codec:
    """The codec of a parameter of type numeric: it has the digits that it was sent with, 38 of them at most."""
    return _codec(NUMERIC, fit)


def fit(value: Decimal) -> Decimal:
    """The number with no more digits than there are places. Raises 22003 where those before the point are more."""
    if not value.is_finite():
        raise FeatureNotSupported(f"numeric {value} cannot be stored")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    whole = max(value.adjusted() + 1, 1) if value else 1
    if whole > _DIGITS:
        raise NumericValueOutOfRange(f"value overflows numeric format: it has more than {_DIGITS} digits")
    kept = min(max(-exponent, 0), _DIGITS - whole)
    rounded = value.quantize(Decimal(1).scaleb(-kept), context=_ROUNDING)
    return rounded or rounded.copy_abs()


def read_decimal(text: str) -> Decimal:
    """The number that PostgreSQL's input function reads, or one that is not finite. Raises 22P02."""
    try:
        value = Decimal(text)
    except decimal.InvalidOperation:
        raise _invalid(text) from None
    if "_" in text or not text.isascii():
        raise _invalid(text)
    if not value.is_finite() and not _SPECIAL.fullmatch(text):
        raise _invalid(text)
    return value


def _codec(sql_type: SqlType, coerce: Callable[[Decimal], Decimal]) -> Codec:
    def parse(text: str) -> Decimal:
        return coerce(read_decimal(text))

    def receive(data: bytes) -> Decimal:
        return coerce(_receive(data))

    return Codec(sql_type, parse, _format, receive, _send, coerce, _format_array, _send_array)


def _invalid(text: str) -> InvalidTextRepresentation:
    return InvalidTextRepresentation(f'invalid input syntax for type numeric: "{text}"')


def numeric_overflow(precision: int, scale: int) -> NumericValueOutOfRange:
    """The error for a number that has more digits before the point than its type."""
    power = f"10^{precision - scale}" if precision > scale else "1"
    return NumericValueOutOfRange(
        "numeric field overflow",
        detail=f"A field with precision {precision}, scale {scale} must round to an absolute value less than {power}.",
    )


def _format(value: Decimal) -> bytes:
    return format(value or value.copy_abs(), "f").encode()


def _receive(data: bytes) -> Decimal:
    """The number with the digits after the point that its header says: any more are cut."""
    if len(data) < _HEADER.size:
        raise wrong_size(len(data), _HEADER.size)
    count, weight, sign, scale = _HEADER.unpack_from(data)
    if sign not in (_POSITIVE, _NEGATIVE, _NAN, *_INFINITE):
        raise InvalidBinaryRepresentation('invalid sign in external "numeric" value')
    if scale > _MOST_SCALE:
        raise InvalidBinaryRepresentation('invalid scale in external "numeric" value')
    total = 0
    for position in range(_HEADER.size, _HEADER.size + 2 * count, 2):
        if len(data) < position + 2:
            raise wrong_size(len(data), position + 2)
        (digit,) = _DIGIT.unpack_from(data, position)
        if digit >= 10_000:
            raise InvalidBinaryRepresentation('invalid digit in external "numeric" value')
        total = total * 10_000 + digit
    if len(data) != _HEADER.size + 2 * count:
        raise malformed()
    if sign == _NAN or sign in _INFINITE:
        return Decimal("NaN" if sign == _NAN else "Infinity" if sign == _INFINITE[0] else "-Infinity")
    value = Decimal(-total if sign else total).scaleb(4 * (weight + 1 - count), _EXACT)
    return value.quantize(Decimal(1).scaleb(-scale), decimal.ROUND_DOWN, _EXACT)


def _send(value: Decimal) -> bytes:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    # Align the decimal point to a multiple of four digits.
    padding = exponent % 4
    total = abs(int(value.scaleb(-exponent, _EXACT))) * 10**padding
    weight = (exponent - padding) // 4 - 1
    groups: list[int] = []
    while total:
        total, group = divmod(total, 10_000)
        weight += 1
        if group or groups:
            groups.append(group)
    if not groups:
        return _HEADER.pack(0, 0, _POSITIVE, scale)
    groups.reverse()
    header = _HEADER.pack(len(groups), weight, _NEGATIVE if value < 0 else _POSITIVE, scale)
    return header + struct.pack(f"!{len(groups)}H", *groups)


def _format_array(array: Array) -> Array:
    text = pc.cast(array, pa.string())
    if array.type.scale <= 6:
        return text.cast(pa.binary())
    # Arrow writes values near zero with an exponent, PostgreSQL never does.
    scientific = pc.fill_null(pc.match_substring(text, "E"), False)
    if pc.any(scientific).as_py():
        text = pc.replace_with_mask(text, scientific, _plain(array.filter(scientific)))
    return text.cast(pa.binary())


def _plain(array: Array) -> Array:
    """Text with all the digits after the point, out of the digits without it."""
    scale = array.type.scale
    unscaled = pa.Array.from_buffers(_whole(array.type), len(array), array.buffers(), offset=array.offset)
    digits = pc.cast(pc.abs(unscaled), pa.string())
    digits = pc.utf8_lpad(digits, scale + 1, "0")
    sign = pc.if_else(pc.less(unscaled, pa.scalar(0, unscaled.type)), "-", "")
    whole, fraction = pc.utf8_slice_codeunits(digits, 0, -scale), pc.utf8_slice_codeunits(digits, -scale)
    return pc.binary_join_element_wise(sign, whole, pa.scalar("."), fraction, "")


def _whole(decimal_type: pa.DataType) -> pa.DataType:
    wide = decimal_type.byte_width > 16
    return pa.decimal256(76, 0) if wide else pa.decimal128(38, 0)


def _send_array(array: Array) -> Array:
    """Base-10000 digits by long division of the whole column; zero digits at either end are then cut away."""
    rows = len(array)
    if rows == 0 or array.null_count == rows:
        return pa.nulls(rows, pa.binary())
    scale = array.type.scale
    negative, limbs = limbs_of(array)
    columns, fraction_groups = _base_10000(limbs, scale)
    digits = np.stack(columns, axis=1)
    nonzero = digits != 0
    any_digit = nonzero.any(axis=1)
    width = digits.shape[1]
    first = np.where(any_digit, nonzero.argmax(axis=1), 0)
    after = np.where(any_digit, width - nonzero[:, ::-1].argmax(axis=1), 0)
    header = np.empty((rows, 4), ">u2")
    header[:, 0] = after - first
    header[:, 1] = np.where(any_digit, width - fraction_groups - 1 - first, 0).astype(np.int16).view(np.uint16)
    header[:, 2] = np.where(negative & any_digit, _NEGATIVE, _POSITIVE)
    header[:, 3] = max(scale, 0)
    return _cut(array, header, digits, first, after)


def _base_10000(limbs: list[NDArray[np.uint64]], scale: int) -> tuple[list[NDArray[np.uint64]], int]:
    """Columns of digits, the most significant first, and how many of them come after the point."""
    columns: list[NDArray[np.uint64]] = []
    fraction_groups = -(-scale // 4)
    if scale % 4:
        limbs, rest = divide(limbs, 10 ** (scale % 4))
        columns.append(rest * np.uint64(10 ** (4 - scale % 4)))
    while limbs[0].any() or len(limbs) > 1 or not columns:
        limbs, rest = divide(limbs, 10_000)
        columns.append(rest)
    while len(columns) < fraction_groups:
        columns.append(np.zeros_like(columns[0]))
    return columns[::-1], fraction_groups


def _cut(
    array: Array,
    header: NDArray[np.uint16],
    digits: NDArray[np.uint64],
    first: NDArray[np.int64],
    after: NDArray[np.int64],
) -> Array:
    """Header and the digits from `first` to before `after` of each row, as binary."""
    position = np.arange(digits.shape[1])
    whole = np.empty((len(array), 4 + digits.shape[1]), ">u2")
    whole[:, :4], whole[:, 4:] = header, digits
    keep = np.ones(whole.shape, np.bool_)
    keep[:, 4:] = (position >= first[:, None]) & (position < after[:, None])
    offsets = np.zeros(len(array) + 1, np.int32)
    np.cumsum((4 + after - first) * 2, out=offsets[1:])
    numbers = pa.Array.from_buffers(pa.binary(), len(array), [None, pa.py_buffer(offsets), pa.py_buffer(whole[keep])])
    if not array.null_count:
        return numbers
    return pc.if_else(pa.array(valid_rows(array)), numbers, pa.scalar(None, pa.binary()))
