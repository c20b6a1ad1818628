"""Functions of numeric, computed in decimal: exact to the sixteenth digit behind the point."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from sql.errors import (
    DivisionByZero,
    InvalidLogarithmArgument,
    InvalidPowerArgument,
    NumericValueOutOfRange,
)
from sql.native.function import NativeFunction

_CONTEXT: Final = Context(prec=60, Emax=10**6, Emin=-(10**6))
_UNIT: Final = Decimal(1).scaleb(-16)
_MOST: Final = Decimal(10) ** 22
_FAR: Final = 10**5
"""Digits of a power: with more, its exponent might be beyond what the context has."""


def _written(value: Decimal) -> str:
    if abs(value) >= _MOST:
        raise NumericValueOutOfRange("value overflows numeric format: it has more than 38 digits")
    return format(value.quantize(_UNIT, ROUND_HALF_UP, _CONTEXT), "f")


def divided(one: str, other: str) -> str:
    """`/`."""
    divisor = Decimal(other)
    if divisor == 0:
        raise DivisionByZero
    return _written(_CONTEXT.divide(Decimal(one), divisor))


def root(number: str) -> str:
    """sqrt()."""
    value = Decimal(number)
    if value < 0:
        raise InvalidPowerArgument
    return _written(value.sqrt(_CONTEXT))


def exponential(number: str) -> str:
    """exp()."""
    value = Decimal(number)
    if value > 100:
        raise NumericValueOutOfRange("value overflows numeric format: it has more than 38 digits")
    return _written(value.exp(_CONTEXT))


def logarithm(number: str) -> str:
    """ln()."""
    return _written(_positive(number).ln(_CONTEXT))


def common_logarithm(number: str) -> str:
    """log()."""
    return _written(_positive(number).log10(_CONTEXT))


def logarithm_of_base(base: str, number: str) -> str:
    """log(base, number)."""
    divisor = _positive(base).ln(_CONTEXT)
    value = _positive(number).ln(_CONTEXT)
    if divisor == 0:
        raise DivisionByZero
    return _written(_CONTEXT.divide(value, divisor))


def _positive(number: str) -> Decimal:
    value = Decimal(number)
    if value == 0:
        raise InvalidLogarithmArgument("cannot take logarithm of zero")
    if value < 0:
        raise InvalidLogarithmArgument("cannot take logarithm of a negative number")
    return value


def power(base: str, exponent: str) -> str:
    """power() and `^`."""
    one, other = Decimal(base), Decimal(exponent)
    if one == 0 and other < 0:
        raise InvalidPowerArgument("zero raised to a negative power is undefined")
    if one < 0 and other != other.to_integral_value():
        raise InvalidPowerArgument("a negative number raised to a non-integer power yields a complex result")
    if other == 0:
        return "1"
    if one == 0:
        return "0"
    # A logarithm takes a hundred times as long as a power: it is for what might be more than a decimal can hold.
    digits = (abs(one.adjusted()) + 1) * abs(other)
    if digits > _FAR and abs(one).log10(_CONTEXT) * other > 22:
        raise NumericValueOutOfRange("value overflows numeric format: it has more than 38 digits")
    return _written(_CONTEXT.power(one, other))


def spread(count: int, total: str, squares: str, kind: str) -> str | None:
    """variance() and stddev() of integers, by their number, sum and sum of squares."""
    divisor = count if kind.endswith("pop") else count - 1
    if divisor <= 0:
        return None
    one, all_squares = Decimal(total), Decimal(squares)
    variance = _CONTEXT.divide(count * all_squares - one * one, Decimal(count * divisor))
    return _written(variance.sqrt(_CONTEXT) if kind.startswith("stddev") else variance)


_T: Final = "VARCHAR"

NUMERIC_FUNCTIONS: Final = (
    NativeFunction("silt_spread", spread, ("BIGINT", _T, _T, _T), _T),
    NativeFunction("silt_numeric_divide", divided, (_T, _T), _T),
    NativeFunction("silt_numeric_sqrt", root, (_T,), _T),
    NativeFunction("silt_numeric_exp", exponential, (_T,), _T),
    NativeFunction("silt_numeric_ln", logarithm, (_T,), _T),
    NativeFunction("silt_numeric_log", common_logarithm, (_T,), _T),
    NativeFunction("silt_numeric_log_of", logarithm_of_base, (_T, _T), _T),
    NativeFunction("silt_numeric_power", power, (_T, _T), _T),
)
