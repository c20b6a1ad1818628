"""Dates, times and intervals from their parts, and arithmetic of intervals."""

from __future__ import annotations

import math
import re
from typing import Final

from sql.errors import DatetimeFieldOverflow, DivisionByZero, InvalidParameterValue
from sql.native import interval_columns
from sql.native.function import NativeFunction
from sql.types.calendar import DAY, days_from_civil, days_in_month
from sql.types.zone import find_zone

Parts = tuple[int, int, int]
"""Months, days and nanoseconds, as Arrow takes an interval."""

_MOST: Final = 2**31 - 1
_I: Final = "INTEGER"
_B: Final = "BIGINT"
_D: Final = "DOUBLE"
_INTERVAL: Final = (_B, _B, _B)


def _interval(months: float, days: float, micros: float) -> Parts:
    if not all(map(math.isfinite, (months, days, micros))) or max(abs(months), abs(days)) > _MOST:
        raise DatetimeFieldOverflow("interval out of range")
    if abs(micros) >= 2**63 / 1000:
        raise DatetimeFieldOverflow("interval out of range")
    return int(months), int(days), int(micros) * 1000


def justified(months: int, days: int, micros: int) -> Parts:
    """justify_interval(): whole days and months, and one sign for all."""
    whole = int(micros / DAY) if abs(micros) < 2**52 else int(math.copysign(abs(micros) // DAY, micros))
    micros -= whole * DAY
    days += whole
    whole = int(math.copysign(abs(days) // 30, days))
    days -= whole * 30
    months += whole
    if months > 0 and (days < 0 or (days == 0 and micros < 0)):
        days, months = days + 30, months - 1
    elif months < 0 and (days > 0 or (days == 0 and micros > 0)):
        days, months = days - 30, months + 1
    if days > 0 and micros < 0:
        micros, days = micros + DAY, days - 1
    elif days < 0 and micros > 0:
        micros, days = micros - DAY, days + 1
    return _interval(months, days, micros)


def justified_hours(months: int, days: int, micros: int) -> Parts:
    """justify_hours(): whole days, and one sign for days and time."""
    whole = abs(micros) // DAY * (1 if micros > 0 else -1)
    micros -= whole * DAY
    days += whole
    if days > 0 and micros < 0:
        micros, days = micros + DAY, days - 1
    elif days < 0 and micros > 0:
        micros, days = micros - DAY, days + 1
    return _interval(months, days, micros)


def justified_days(months: int, days: int, micros: int) -> Parts:
    """justify_days(): months of 30 days, and one sign for months and days."""
    whole = abs(days) // 30 * (1 if days > 0 else -1)
    days -= whole * 30
    months += whole
    if months > 0 and days < 0:
        days, months = days + 30, months - 1
    elif months < 0 and days > 0:
        days, months = days - 30, months + 1
    return _interval(months, days, micros)


def times(months: int, days: int, micros: int, factor: float) -> Parts:
    """An interval times a number: what is left of months becomes days, what is left of days becomes time."""
    return _scaled(months * factor, days * factor, micros * factor)


def divided(months: int, days: int, micros: int, divisor: float) -> Parts:
    """An interval divided by a number. Raises 22012."""
    if divisor == 0:
        raise DivisionByZero
    return _scaled(months / divisor, days / divisor, micros / divisor)


def _scaled(months: float, days: float, micros: float) -> Parts:
    if not all(map(math.isfinite, (months, days, micros))) or max(abs(months), abs(days)) > _MOST:
        raise DatetimeFieldOverflow("interval out of range")
    whole_months, whole_days = int(months), int(days)
    more_days = _rounded((months - whole_months) * 30)
    seconds = _rounded((days - whole_days + more_days - int(more_days)) * 86400)
    if abs(seconds) >= 86400:
        whole_days += int(seconds / 86400)
        seconds -= int(seconds / 86400) * 86400
    return _interval(whole_months, whole_days + int(more_days), round(micros + seconds * 1_000_000))


def _rounded(amount: float) -> float:
    return round(amount * 1_000_000) / 1_000_000


def make_interval(years: int, months: int, weeks: int, days: int, hours: int, minutes: int, seconds: float) -> Parts:
    """make_interval()."""
    if not math.isfinite(seconds):
        raise DatetimeFieldOverflow("interval out of range")
    micros = (hours * 3600 + minutes * 60) * 1_000_000 + round(seconds * 1_000_000)
    return _interval(years * 12 + months, weeks * 7 + days, micros)


def make_date(year: int, month: int, day: int) -> int:
    """make_date(): days since 1970; years below zero are BC."""
    shown = year
    if year < 0:
        year += 1
    if shown == 0 or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        raise DatetimeFieldOverflow(f"date field value out of range: {shown}-{month:02d}-{day:02d}")
    return int(days_from_civil(year, month, day))


def make_time(hour: int, minute: int, second: float) -> int:
    """make_time(): microseconds of the day."""
    whole = (hour * 60 + minute) * 60_000_000 + round(second * 1_000_000) if math.isfinite(second) else -1
    if not (0 <= hour <= 24 and 0 <= minute < 60 and 0 <= second <= 60) or whole > DAY:
        raise DatetimeFieldOverflow(f"time field value out of range: {hour}:{minute:02d}:{_shown(second)}")
    return whole


def _shown(second: float) -> str:
    return f"{second:02g}" if second >= 10 else f"{second:g}".zfill(2)


def make_timestamp(year: int, month: int, day: int, hour: int, minute: int, second: float) -> int:
    """make_timestamp(): microseconds since 1970."""
    return make_date(year, month, day) * DAY + make_time(hour, minute, second)


def make_timestamptz(year: int, month: int, day: int, hour: int, minute: int, second: float, zone: str) -> int:
    """make_timestamptz(): microseconds since 1970 in UTC."""
    local = make_timestamp(year, month, day, hour, minute, second)
    offset = _OFFSET.fullmatch(zone)
    if offset is not None:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return local - (-minutes if offset[1] == "-" else minutes) * 60_000_000
    found = find_zone(zone) if zone[:1].isalpha() else None
    if found is None:
        raise InvalidParameterValue(f'time zone "{zone}" not recognized')
    return found.to_utc(local)


_OFFSET: Final = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?")
"""East of UTC, unlike in the names of zones."""

TIME_FUNCTIONS: Final = (
    NativeFunction("silt_justified", justified, _INTERVAL, "INTERVAL"),
    NativeFunction("silt_justified_hours", justified_hours, _INTERVAL, "INTERVAL"),
    NativeFunction("silt_justified_days", justified_days, _INTERVAL, "INTERVAL"),
    NativeFunction("silt_interval_multiplied", times, (*_INTERVAL, _D), "INTERVAL", of_columns=interval_columns.times),
    NativeFunction("silt_interval_divided", divided, (*_INTERVAL, _D), "INTERVAL", of_columns=interval_columns.divided),
    NativeFunction(
        "silt_make_interval", make_interval, (_I, _I, _I, _I, _I, _I, _D), "INTERVAL", of_columns=interval_columns.made
    ),
    NativeFunction("silt_make_date", make_date, (_I, _I, _I), _I),
    NativeFunction("silt_make_time", make_time, (_I, _I, _D), _B),
    NativeFunction("silt_make_timestamp", make_timestamp, (_I, _I, _I, _I, _I, _D), _B),
    NativeFunction("silt_make_timestamptz", make_timestamptz, (_I, _I, _I, _I, _I, _D, "VARCHAR"), _B),
)
