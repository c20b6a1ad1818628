"""Parts of dates, times and intervals: which words name them, and which types have them (PostgreSQL 9.9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import FeatureNotSupported, InvalidParameterValue
from sql.words import words
from storage import types as t

if TYPE_CHECKING:
    from storage.types import SqlType

_SPELLINGS: Final = {
    "microseconds": "us usec usecs useconds usecond microsecond microseconds",
    "milliseconds": "ms msec msecs mseconds msecond millisecond milliseconds",
    "second": "s sec secs second seconds",
    "minute": "m min mins minute minutes",
    "hour": "h hr hrs hour hours",
    "day": "d day days",
    "week": "w week weeks",
    "month": "mon mons month months",
    "quarter": "qtr quarter",
    "year": "y yr yrs year years",
    "decade": "dec decs decade decades",
    "century": "c cent century centuries",
    "millennium": "mil mils millennia millennium",
    "timezone_hour": "timezone_h timezone_hour",
    "timezone_minute": "timezone_m timezone_minute",
    "julian": "j jd julian",
    **{name: name for name in ("epoch", "dow", "isodow", "doy", "isoyear", "timezone")},
}
_BY_SPELLING: Final = {spelling: unit for unit, listed in _SPELLINGS.items() for spelling in listed.split()}
_CLOCK: Final = words("microseconds milliseconds second minute hour")
_ZONE: Final = words("timezone timezone_hour timezone_minute")
_OF_INTERVAL: Final = _CLOCK | words("day month quarter year decade century millennium epoch")
_CALENDAR: Final = frozenset(_SPELLINGS) - _CLOCK - _ZONE
_OF_TYPE: Final = {
    t.DATE.oid: _CALENDAR,
    t.TIME.oid: _CLOCK | {"epoch"},
    t.TIMESTAMP.oid: _CALENDAR | _CLOCK,
    t.TIMESTAMPTZ.oid: _CALENDAR | _CLOCK | _ZONE,
    t.INTERVAL.oid: _OF_INTERVAL,
}
_TRUNCATED: Final = _CLOCK | words("day week month quarter year decade century millennium")
GROWING: Final = words("year decade century millennium isoyear julian epoch")
"""Parts that are infinite of an infinite date: others are NULL."""


def part_of(spelling: str, sql_type: SqlType) -> str:
    """The part that a word names. Raises `InvalidParameterValue` and `FeatureNotSupported` in PostgreSQL's words."""
    return _unit(spelling, sql_type, _OF_TYPE[sql_type.oid])


def truncated_to(spelling: str, sql_type: SqlType) -> str:
    """What date_trunc() cuts a value of the type to. Raises as `part_of` does."""
    unit = _unit(spelling, sql_type, _TRUNCATED)
    if unit == "week" and sql_type.oid == t.INTERVAL.oid:
        raise FeatureNotSupported(
            'unit "week" not supported for type interval', detail="Months usually have fractional weeks."
        )
    return unit


def _unit(spelling: str, sql_type: SqlType, known: frozenset[str]) -> str:
    unit = _BY_SPELLING.get(spelling.lower())
    if unit is None:
        raise InvalidParameterValue(f'unit "{spelling.lower()}" not recognized for type {sql_type}')
    if unit not in known:
        raise FeatureNotSupported(f'unit "{spelling.lower()}" not supported for type {sql_type}')
    return unit
