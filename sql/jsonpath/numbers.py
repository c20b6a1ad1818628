"""Arithmetic of paths: numeric's, with as many digits after the point as PostgreSQL gives."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Final

from sql.errors import DivisionByZero, NumericValueOutOfRange

_EXACT: Final = Context(prec=200_000, Emax=10**9, Emin=-(10**9))
"""What numeric holds: 131,072 digits before the point and 16,383 behind it."""

_MOST_DIGITS: Final = 131_072
_MOST_DISPLAYED: Final = 1000
_LEAST_SIGNIFICANT: Final = 16


def computed(operator: str, left: Decimal, right: Decimal) -> Decimal:
    """`left operator right`. Raises 22012 and 22003."""
    match operator:
        case "+":
            result = _EXACT.add(left, right)
        case "-":
            result = _EXACT.subtract(left, right)
        case "*":
            result = _EXACT.multiply(left, right)
        case "/":
            result = _quotient(left, right)
        case _:
            result = _remainder(left, right)
    if result and result.adjusted() >= _MOST_DIGITS:
        raise NumericValueOutOfRange("value overflows numeric format")
    return _without_minus_zero(result)


def floor(value: Decimal) -> Decimal:
    """The whole number at or below."""
    return _without_minus_zero(value.to_integral_value(ROUND_FLOOR))


def ceiling(value: Decimal) -> Decimal:
    """The whole number at or above."""
    return _without_minus_zero(value.to_integral_value(ROUND_CEILING))


def truncated(value: Decimal) -> int:
    """Without what is behind the point."""
    return int(value)


def _without_minus_zero(value: Decimal) -> Decimal:
    return value or value.copy_abs()


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise DivisionByZero
    return _EXACT.remainder(left, right)


def _quotient(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise DivisionByZero
    unit = Decimal(1).scaleb(-_digits_of_quotient(left, right))
    # Digits enough that rounding once more to the unit is right.
    digits = max(left.adjusted() - right.adjusted(), 0) + _MOST_DISPLAYED + 20
    context = Context(prec=digits, Emax=10**9, Emin=-(10**9), rounding="ROUND_DOWN")
    return context.divide(left, right).quantize(unit, ROUND_HALF_UP, _EXACT)


def _digits_of_quotient(left: Decimal, right: Decimal) -> int:
    """How many stand behind the point (PostgreSQL's select_div_scale): at least 16 are significant.

    It guesses the first digit of the quotient from those of the operands, which it counts in groups of four.
    """
    one_weight, one_first = _leading_group(left)
    other_weight, other_first = _leading_group(right)
    weight = one_weight - other_weight
    if one_first <= other_first:
        weight -= 1
    wanted = _LEAST_SIGNIFICANT - weight * 4
    displayed = max(wanted, _scale(left), _scale(right), 0)
    return min(displayed, _MOST_DISPLAYED)


def _leading_group(value: Decimal) -> tuple[int, int]:
    """Which group of four digits the first one is in, counted from the point, and the number in that group."""
    if not value:
        return 0, 0
    weight = value.adjusted() // 4
    return weight, int(abs(value).scaleb(-4 * weight, _EXACT))


def _scale(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
