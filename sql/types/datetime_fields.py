"""The fields of a date and time, checked as PostgreSQL checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.errors import DatetimeFieldOverflow, TimeZoneDisplacementOverflow
from sql.types.calendar import DAY, HOUR, MINUTE, SECOND, days_from_civil, days_in_month

if TYPE_CHECKING:
    from sql.types.zone import Zone

_MAX_OFFSET: Final = 16 * HOUR


class DateTimeFields(Struct):
    """What a text says: days since 1970, microseconds since midnight and east of UTC; `None` where it says nothing."""

    days: int | None = None
    micros: int | None = None
    offset: int | None = None
    zone: Zone | None = None
    infinite: int = 0
    """1 for infinity, -1 for -infinity."""
    moment: int | None = None
    """Microseconds since the epoch, for `now` and `epoch`."""


def overflow(text: str, *, month_or_day: bool = False) -> DatetimeFieldOverflow:
    """A field out of range; where month and day may have been meant the other way round, with PostgreSQL's hint."""
    hint = 'Perhaps you need a different "datestyle" setting.' if month_or_day else None
    return DatetimeFieldOverflow(f'date/time field value out of range: "{text}"', hint=hint)


def checked_days(year: int, month: int, day: int, text: str) -> int:
    """Days since 1970 of a date that exists."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise overflow(text, month_or_day=True)
    if day > days_in_month(year, month):
        raise overflow(text)
    return int(days_from_civil(year, month, day))


def checked_micros(hour: int, minute: int, second: int, fraction: int, text: str) -> int:
    """Microseconds since midnight; 24:00:00 is allowed, and a leap second counts as the next minute."""
    micros = hour * HOUR + minute * MINUTE + second * SECOND + fraction
    if hour > 24 or minute > 59 or second > 60 or micros > DAY:
        raise overflow(text)
    return micros


def checked_offset(sign: str, hours: int, minutes: int, seconds: int, text: str) -> int:
    """Microseconds east of UTC of an offset below 16 hours."""
    offset = hours * HOUR + minutes * MINUTE + seconds * SECOND
    if offset >= _MAX_OFFSET or minutes > 59 or seconds > 59:
        raise TimeZoneDisplacementOverflow(f'time zone displacement out of range: "{text}"')
    return -offset if sign == "-" else offset
