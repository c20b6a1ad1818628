"""to_date and to_timestamp: from the fields of a text to a day and a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import DatetimeFieldOverflow, InvalidDatetimeFormat, TimeZoneDisplacementOverflow
from sql.formatting.reading import read_fields
from sql.types.calendar import DAY, TIMESTAMP_INFINITY, civil_from_days, days_from_civil, days_in_month
from sql.types.zone import find_zone

if TYPE_CHECKING:
    from sql.formatting.reading import Fields

_UNIX_JULIAN: Final = 2_440_588
_MOST_OFFSET_HOURS: Final = 15
_LAST_DAY: Final = 2_145_031_948
"""5874897-12-31. The first day is that of the Julian calendar's count."""


def to_date(text: str, pattern: str) -> int:
    """Days since 1970. Raises 22008 for what is no date."""
    days = _assembled(text, pattern)[0]
    if not -_UNIX_JULIAN <= days <= _LAST_DAY:
        raise DatetimeFieldOverflow(f'date out of range: "{text}"')
    return days


def to_timestamp(text: str, pattern: str, zone: str) -> int:
    """Microseconds since 1970 in UTC; the zone is that of texts without an offset."""
    days, micros, fields = _assembled(text, pattern)
    local = days * DAY + micros
    if not -_UNIX_JULIAN * DAY <= local < TIMESTAMP_INFINITY - DAY:
        raise DatetimeFieldOverflow("timestamp out of range")
    if fields.offset_sign:
        if not (0 <= fields.offset_hours <= _MOST_OFFSET_HOURS and 0 <= fields.offset_minutes < 60):
            raise TimeZoneDisplacementOverflow(f'time zone displacement out of range: "{text}"')
        return local - fields.offset_sign * (fields.offset_hours * 60 + fields.offset_minutes) * 60_000_000
    found = find_zone(zone)
    return local if found is None else found.to_utc(local)


def _assembled(text: str, pattern: str) -> tuple[int, int, Fields]:
    fields = read_fields(text, pattern)
    micros = _time_of_day(fields, text)
    return _days(fields, text), micros, fields


def _time_of_day(fields: Fields, text: str) -> int:
    hour, rest = divmod(fields.day_seconds, 3600)
    minute, second = divmod(rest, 60)
    hour, minute, second = fields.hour or hour, fields.minute or minute, fields.second or second
    if fields.half_days:
        if not 1 <= hour <= 12:
            raise InvalidDatetimeFormat(
                f'hour "{hour}" is invalid for the 12-hour clock',
                hint="Use the 24-hour clock, or give an hour between 1 and 12.",
            )
        if fields.is_pm and hour < 12:
            hour += 12
        elif not fields.is_pm and hour == 12:
            hour = 0
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= fields.micros < 1_000_000):
        raise _overflow(text)
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fields.micros


def _days(fields: Fields, text: str) -> int:
    year = _year(fields)
    month, day = 1, 1
    if fields.julian:
        year, month, day = _civil(fields.julian - _UNIX_JULIAN)
    if fields.week and fields.is_iso:
        monday = _first_monday(year) + (fields.week - 1) * 7
        year, month, day = _civil(monday + ((fields.weekday - 2) % 7 if fields.weekday else 0))
    elif fields.week:
        fields.year_day = (fields.week - 1) * 7 + 1
    if fields.month_week:
        fields.day = (fields.month_week - 1) * 7 + 1
    day, month = fields.day or day, fields.month or month
    if fields.year_day and (month <= 1 or day <= 1):
        year, month, day = _by_day_of_year(fields, year, month, day)
    _check(fields, year, month, day, text)
    return int(days_from_civil(year, month, 1)) + day - 1


def _year(fields: Fields) -> int:
    century = -fields.century if fields.is_bc else fields.century
    if fields.year and fields.century and fields.year_digits <= 2:
        low = fields.year % 100
        if low:
            return low + (century - 1) * 100 if century >= 0 else (century + 1) * 100 - low + 1
        return century * 100 + (0 if century >= 0 else 1)
    if fields.year:
        year = -fields.year if fields.is_bc else fields.year
        return year + 1 if year < 0 else year
    if fields.century:
        return (century - 1) * 100 + 1 if century >= 0 else century * 100 + 1
    return 0


def _by_day_of_year(fields: Fields, year: int, month: int, day: int) -> tuple[int, int, int]:
    if not year and not fields.is_bc:
        raise InvalidDatetimeFormat("cannot calculate day of year without year information")
    if fields.is_iso:
        return _civil(_first_monday(year) + fields.year_day - 1)
    before = 0
    found = 1
    while found < 12 and fields.year_day > before + days_in_month(year, found):
        before += days_in_month(year, found)
        found += 1
    return year, (found if month <= 1 else month), (fields.year_day - before if day <= 1 else day)


def _check(fields: Fields, year: int, month: int, day: int, text: str) -> None:
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise _overflow(text)
    has_year = bool(fields.year or fields.century or fields.julian or (fields.week and fields.is_iso))
    has_all = has_year and (bool(fields.month and fields.day) or bool(fields.year_day) or bool(fields.julian))
    if has_all and day > days_in_month(year, month):
        raise _overflow(text)


def _overflow(text: str) -> DatetimeFieldOverflow:
    return DatetimeFieldOverflow(f'date/time field value out of range: "{text}"')


def _first_monday(year: int) -> int:
    """The Monday of the week that has the year's fourth of January."""
    fourth = int(days_from_civil(year, 1, 4))
    return fourth - (fourth + 3) % 7


def _civil(days: int) -> tuple[int, int, int]:
    year, month, day = civil_from_days(days)
    return int(year), int(month), int(day)
