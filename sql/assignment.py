"""Assignment casts on stored values: from the type a value has to the type of the column that takes it.

Covers the casts that need no query: within the integer family, towards wider numbers, among text types, date and moment
to timestamp. `assignment` answers `None` for any other pair, and the statement then takes the general path.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final, cast

from sql.errors import NumericValueOutOfRange
from sql.matching import has_elements_to_match, needs_match
from sql.types.calendar import TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY
from storage import types as t

if TYPE_CHECKING:
    from sql.types import Codecs
    from storage.types import SqlType

Cast = Callable[[object], object]
"""From a stored value that is not NULL to a stored value of the target type. Raises `SqlError`."""

INTEGERS: Final = {
    t.SMALLINT.oid: (-(2**15), 2**15 - 1),
    t.INTEGER.oid: (-(2**31), 2**31 - 1),
    t.BIGINT.oid: (-(2**63), 2**63 - 1),
}
TEXTS: Final = frozenset((t.TEXT.oid, t.VARCHAR.oid, t.CHAR.oid, t.NAME.oid))
_FLOATS: Final = frozenset((t.REAL.oid, t.DOUBLE.oid))
_DAY_US: Final = 86_400_000_000


def identity(value: object) -> object:
    """The cast that changes nothing; callers may leave it out."""
    return value


def assignment(source: SqlType, target: SqlType, codecs: Codecs) -> Cast | None:
    """The cast from one type to another as an assignment does it; `None` where only a query can do it."""
    if source.oid == target.oid or (source.oid in TEXTS and target.oid in TEXTS):
        # Where equal values may be stored as different ones, a parameter is not yet what is stored.
        needs_modifier = target.modifier >= 0 or needs_match(target) or has_elements_to_match(target)
        return codecs.of(target).coerce if needs_modifier else identity
    if source.oid in INTEGERS:
        return _from_integer(source, target, codecs)
    if source.oid == t.NUMERIC.oid:
        return _from_numeric(target)
    if source.oid in _FLOATS:
        return _from_float(source, target, codecs)
    if source.oid == t.DATE.oid and target.oid == t.TIMESTAMP.oid:
        return lambda days: cast("int", days) * _DAY_US
    if source.oid == t.TIMESTAMPTZ.oid and target.oid == t.TIMESTAMP.oid:
        return _from_moment(target, codecs)
    return None


def _from_moment(target: SqlType, codecs: Codecs) -> Cast:
    """What the clocks of the session's time zone show at a moment; infinity stays."""
    offset, coerce = codecs.zone.offset, codecs.of(target).coerce

    def shown(moment: object) -> object:
        moment_us = cast("int", moment)
        if moment_us >= TIMESTAMP_INFINITY or moment_us <= TIMESTAMP_MINUS_INFINITY:
            return moment_us
        return coerce(moment_us + offset(moment_us))

    return shown


def _from_integer(source: SqlType, target: SqlType, codecs: Codecs) -> Cast | None:
    if target.oid in INTEGERS:
        fits = INTEGERS[source.oid][1] <= INTEGERS[target.oid][1]
        return identity if fits else in_range(target)
    if target.oid in _FLOATS:
        return lambda number: float(cast("int", number))
    if target.oid == t.NUMERIC.oid:
        coerce = codecs.of(target).coerce
        return lambda number: coerce(Decimal(cast("int", number)))
    return None


def _from_numeric(target: SqlType) -> Cast | None:
    if target.oid == t.DOUBLE.oid:
        return lambda number: float(cast("Decimal", number))
    if target.oid in INTEGERS:
        check = in_range(target)
        return lambda number: check(int(cast("Decimal", number).to_integral_value(ROUND_HALF_UP)))
    return None


def _from_float(source: SqlType, target: SqlType, codecs: Codecs) -> Cast | None:
    if target.oid == t.DOUBLE.oid:
        return identity
    if target.oid == t.NUMERIC.oid:
        # PostgreSQL takes no more digits than are sure (DBL_DIG, FLT_DIG).
        digits = 15 if source.oid == t.DOUBLE.oid else 6
        coerce = codecs.of(target).coerce
        return lambda number: coerce(Decimal(f"{number:.{digits}g}"))
    if target.oid in INTEGERS:
        low, high = INTEGERS[target.oid]

        def rounded(number: object) -> object:
            # Halves go to the even number, and what is none is out of range.
            value = cast("float", number)
            if not low - 0.5 <= value < high + 0.5:
                raise NumericValueOutOfRange(f"{target} out of range")
            return round(value)

        return rounded
    return None


def in_range(target: SqlType) -> Cast:
    """The check that an integer fits its type. Raises `NumericValueOutOfRange`."""
    low, high = INTEGERS[target.oid]

    def check(number: object) -> object:
        if not low <= cast("int", number) <= high:
            raise NumericValueOutOfRange(f"{target} out of range")
        return number

    return check
