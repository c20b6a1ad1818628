"""Numerics of several scales as one: what DuckDB's own common type of them would round away is kept.

To DuckDB a numeric is a DECIMAL of at most 38 digits. The common type of DECIMAL(38,0) and DECIMAL(2,1) is
DECIMAL(38,0) there, and 2.5 becomes 3. Here it is DECIMAL(38,1): a number that then has no place raises 22003.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.values import Bound
    from storage.types import SqlType

MOST: Final = 38
DIVISION_SCALE: Final = 16
"""Digits after the point of a quotient of numerics: PostgreSQL gives at least 16 significant digits."""

_INTEGER_WIDTHS: Final = {t.SMALLINT.oid: 5, t.INTEGER.oid: 10, t.BIGINT.oid: 19}
_NUMBER: Final = re.compile(r"[0-9]*\.?([0-9]*)(?:[eE]([-+]?[0-9]{1,5}))?")
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_PLACES: Final = re.compile(r"(?:([0-9]+)|\(- ?[0-9]+)::INTEGER\)?")
_CONSTANT: Final = re.compile(r"\(?-? ?CAST\((?:'[-0-9.]*'|NULL) AS DECIMAL\((\d+),(\d+)\)\)\)?")


def is_numeric(sql_type: SqlType) -> bool:
    """Whether values of the type are numerics, or arrays of them, with the digits that each has."""
    return (element_of(sql_type) or sql_type).oid == t.NUMERIC.oid


def common_digits(values: Sequence[Bound]) -> int | None:
    """As many digits after the point as any of the numbers has; `None` where that is not known of all."""
    found = [value.digits for value in values]
    known = [each for each in found if each is not None]
    return max(known) if known and len(known) == len(found) else None


def constant_digits(text: str) -> int:
    """The digits after the point of a string constant that is a numeric, or an array of them."""
    return max((_decimals(*each) for each in _NUMBER.findall(text)), default=0)


def _decimals(fraction: str, exponent: str) -> int:
    return min(max(len(fraction) - int(exponent or 0), 0), MOST)


def as_one(values: Sequence[Bound], originals: Sequence[Bound] = ()) -> list[Bound]:
    """Numerics, or arrays of them, as one type that has all their digits after the point; anything else as it is.

    `originals` are the values before they became numerics: an integer has few digits.
    """
    if not all(is_numeric(value.type) for value in values):
        return list(values)
    digits = common_digits(values)
    if digits is None:
        return _beside_open(values, originals or values)
    return [_with(value, digits, before) for value, before in zip(values, originals or values, strict=True)]


def _beside_open(values: Sequence[Bound], originals: Sequence[Bound]) -> list[Bound]:
    """The same where a parameter has the digits that it is sent with: next to what may have 38, those of a quotient."""
    pairs = zip(values, originals, strict=True)
    known = [(value.digits, before) for value, before in pairs if value.digits is not None]
    if all(_whole_digits(before) + digits < MOST for digits, before in known):
        return list(values)
    digits = max(DIVISION_SCALE, *(digits for digits, _ in known))
    return [_cast(value, MOST, digits) for value in values]


def rescaled(value: Bound, digits: int | None, before: Bound) -> Bound:
    """A numeric with so many digits after the point; as it is where it has them, or nothing is known.

    `before` is what the value was before it became a numeric.
    """
    return value if digits is None or not is_numeric(value.type) else _with(value, digits, before)


def widest(value: Bound, digits: int | None) -> Bound:
    """A numeric with so many digits after the point, and 38 in all."""
    return value if digits is None else _cast(value, MOST, digits)


def _with(value: Bound, digits: int, before: Bound) -> Bound:
    have = before.digits if value.digits is None else value.digits
    if have is None or have >= digits:
        return value
    return _cast(value, min(MOST, _whole_digits(before) + digits), digits)


def _cast(value: Bound, precision: int, digits: int) -> Bound:
    array = "[]" if element_of(value.type) is not None else ""
    return replace(value, sql=f"CAST({value.sql} AS DECIMAL({precision},{digits}){array})", scale=digits)


def _whole_digits(value: Bound) -> int:
    """How many digits before the point there may be, as far as that is known."""
    if value.is_unknown and value.constant is None and value.parameter is None:
        return 0  # It is NULL.
    width = _INTEGER_WIDTHS.get(value.type.oid)
    if width is not None:
        return width
    constant = _CONSTANT.fullmatch(value.sql)
    if constant is not None:
        return int(constant[1]) - int(constant[2])
    if value.type.oid == t.NUMERIC.oid and value.type.modifier >= 4:
        precision, scale = value.type.precision_and_scale
        return precision - scale
    return MOST


def result_digits(name: str, gives: str, returns: SqlType, arguments: Sequence[Bound]) -> int | None:
    """The digits after the point of what a function gives: those of DuckDB's type, or as many as an argument has."""
    if not is_numeric(returns):
        return None
    if name == "round" and not gives:
        places = _PLACES.fullmatch(arguments[1].sql)
        # Before the point it rounds to whole numbers.
        return None if arguments[0].digits is None or places is None else min(arguments[0].digits, int(places[1] or 0))
    given = _DECIMAL.fullmatch(gives)
    if given is not None:
        return int(given[2])
    return common_digits([argument for argument in arguments if is_numeric(argument.type)])
