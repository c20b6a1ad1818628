"""Numbers: what has to be exact, and angles in degrees, whose round ones have round answers."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Final

from sql.errors import DivisionByZero, NumericValueOutOfRange
from sql.native.errors import InvalidWidthBucketArgument
from sql.native.function import NativeFunction

if TYPE_CHECKING:
    from collections.abc import Callable

_EXACT: Final = Context(prec=100)


def quotient(one: str, other: str) -> str:
    """div(): the whole part of a quotient."""
    divisor = Decimal(other)
    if divisor == 0:
        raise DivisionByZero
    return format(_EXACT.divide_int(Decimal(one), divisor), "f")


def truncated(number: str, digits: int) -> str:
    """trunc(numeric, integer)."""
    return _with_digits(number, digits, ROUND_DOWN)


def rounded(number: str, digits: int) -> str:
    """round(numeric, integer)."""
    return _with_digits(number, digits, ROUND_HALF_UP)


def _with_digits(number: str, digits: int, rounding: str) -> str:
    unit = Decimal(1).scaleb(-max(min(digits, 38), -38))
    return format(Decimal(number).quantize(unit, rounding, _EXACT), "f")


def bucket(operand: float, low: float, high: float, count: int) -> int:
    """width_bucket(): buckets may count downwards."""
    if count <= 0:
        raise InvalidWidthBucketArgument("count must be greater than zero")
    if math.isnan(operand) or math.isnan(low) or math.isnan(high):
        raise InvalidWidthBucketArgument("operand, lower bound, and upper bound cannot be NaN")
    if math.isinf(low) or math.isinf(high):
        raise InvalidWidthBucketArgument("lower and upper bounds must be finite")
    if low == high:
        raise InvalidWidthBucketArgument("lower bound cannot equal upper bound")
    if (operand < low) if low < high else (operand > low):
        return 0
    if (operand >= high) if low < high else (operand <= high):
        return count + 1
    return math.floor((operand - low) / (high - low) * count) + 1


def _in_degrees(function: Callable[[float], float]) -> Callable[[float], float]:
    def of_angle(degrees: float) -> float:
        if math.isnan(degrees):
            return degrees
        if math.isinf(degrees):
            raise NumericValueOutOfRange("input is out of range")
        return function(math.fmod(degrees, 360))

    return of_angle


def _sine(degrees: float) -> float:
    sign = 1.0
    if degrees < 0:
        degrees, sign = -degrees, -sign
    if degrees > 180:
        degrees, sign = 360 - degrees, -sign
    if degrees > 90:
        degrees = 180 - degrees
    return sign * _sine_of_quadrant(degrees)


def _cosine(degrees: float) -> float:
    degrees = abs(degrees)
    sign = 1.0
    if degrees > 180:
        degrees = 360 - degrees
    if degrees > 90:
        degrees, sign = 180 - degrees, -sign
    return sign * _cosine_of_quadrant(degrees)


def _sine_of_quadrant(degrees: float) -> float:
    """Exact at 0, 30 and 90."""
    if degrees <= 30:
        return math.sin(math.radians(degrees)) / math.sin(math.radians(30)) / 2
    return 1 - (1 - math.cos(math.radians(90 - degrees))) / (1 - math.cos(math.radians(60))) / 2


def _cosine_of_quadrant(degrees: float) -> float:
    """Exact at 0, 60 and 90."""
    if degrees <= 60:
        return 1 - (1 - math.cos(math.radians(degrees))) / (1 - math.cos(math.radians(60))) / 2
    return math.sin(math.radians(90 - degrees)) / math.sin(math.radians(30)) / 2


def _tangent(degrees: float) -> float:
    cosine = _cosine(degrees)
    one = _sine_of_quadrant(45) / _cosine_of_quadrant(45)
    if cosine == 0:
        return math.inf if _sine(degrees) > 0 else -math.inf
    # Negative zero would be shown as such.
    return _sine(degrees) / cosine / one + 0.0


def _cotangent(degrees: float) -> float:
    sine = _sine(degrees)
    one = _cosine_of_quadrant(45) / _sine_of_quadrant(45)
    if sine == 0:
        return math.copysign(math.inf, sine) if _cosine(degrees) > 0 else -math.copysign(math.inf, sine)
    return _cosine(degrees) / sine / one + 0.0


def _arc(function: Callable[[float], float]) -> Callable[[float], float]:
    def of_ratio(ratio: float) -> float:
        if math.isnan(ratio):
            return ratio
        if abs(ratio) > 1:
            raise NumericValueOutOfRange("input is out of range")
        return function(ratio)

    return of_ratio


def _arc_sine(ratio: float) -> float:
    if abs(ratio) <= 0.5:
        return math.asin(ratio) / math.asin(0.5) * 30
    return math.copysign(90 - math.acos(abs(ratio)) / math.acos(0.5) * 60, ratio)


def _arc_cosine(ratio: float) -> float:
    if ratio >= 0:
        return 90 - math.asin(ratio) / math.asin(0.5) * 30 if ratio <= 0.5 else math.acos(ratio) / math.acos(0.5) * 60
    return 90 - _arc_sine(ratio)


def scale(number: str) -> int:
    """scale(): digits behind the point."""
    return len(number.partition(".")[2])


def min_scale(number: str) -> int:
    """min_scale(): the digits behind the point that say something."""
    return len(number.partition(".")[2].rstrip("0"))


_T: Final = "VARCHAR"
_D: Final = "DOUBLE"

NUMBER_FUNCTIONS: Final = (
    NativeFunction("silt_div", quotient, (_T, _T), _T),
    NativeFunction("silt_trunc", truncated, (_T, "INTEGER"), _T),
    NativeFunction("silt_round", rounded, (_T, "INTEGER"), _T),
    NativeFunction("silt_width_bucket", bucket, (_D, _D, _D, "INTEGER"), "INTEGER"),
    NativeFunction("silt_sind", _in_degrees(_sine), (_D,), _D),
    NativeFunction("silt_cosd", _in_degrees(_cosine), (_D,), _D),
    NativeFunction("silt_tand", _in_degrees(_tangent), (_D,), _D),
    NativeFunction("silt_cotd", _in_degrees(_cotangent), (_D,), _D),
    NativeFunction("silt_asind", _arc(_arc_sine), (_D,), _D),
    NativeFunction("silt_acosd", _arc(_arc_cosine), (_D,), _D),
    NativeFunction("silt_atand", lambda ratio: math.atan(ratio) / math.atan(1) * 45, (_D,), _D),
    NativeFunction("silt_atan2d", lambda y, x: math.atan2(y, x) / math.atan(1) * 45, (_D, _D), _D),
    NativeFunction("silt_scale", scale, (_T,), "INTEGER"),
    NativeFunction("silt_min_scale", min_scale, (_T,), "INTEGER"),
)
