"""Days and microseconds since 1970 as dates and times of day: of one value, or of a numpy array of them.

The proleptic Gregorian calendar, with year 0 for 1 BC. The arithmetic is that of "chrono-Compatible Low-Level Date
Algorithms" (H. Hinnant); floor division lets the same lines serve numbers and arrays.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number: TypeAlias = Any
"""An `int`, or a numpy array of them."""

POSTGRES_EPOCH_DAYS: Final = 10_957
"""2000-01-01, from which PostgreSQL counts on the wire, in days since 1970-01-01."""
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
POSTGRES_EPOCH_MICROS: Final = POSTGRES_EPOCH_DAYS * DAY

DATE_INFINITY: Final = 2**31 - 1
DATE_MINUS_INFINITY: Final = -DATE_INFINITY
"""As in DuckDB, one above the least integer (which is PostgreSQL's); both are written as -infinity."""
TIMESTAMP_INFINITY: Final = 2**63 - 1
TIMESTAMP_MINUS_INFINITY: Final = -TIMESTAMP_INFINITY

_FIRST_PLAIN_DAY: Final = -719_162
_LAST_PLAIN_DAY: Final = 2_932_896
"""0001-01-01 and 9999-12-31: between them a date is ten characters."""
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local times have no zone.
_MICROSECOND: Final = timedelta(microseconds=1)

MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days_from_civil(year: Number, month: Number, day: Number) -> Number:
    """Days since 1970-01-01."""
    year = year - (month <= 2)
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468


def civil_from_days(days: Number) -> tuple[Number, Number, Number]:
    """Year (0 is 1 BC), month and day."""
    days = days + 719_468
    era = days // 146_097
    day_of_era = days - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = (shifted_month + 2) % 12 + 1
    return year_of_era + era * 400 + (month <= 2), month, day


def days_in_month(year: int, month: int) -> int:
    """Length of the month."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else MONTH_DAYS[month - 1]


def date_text(days: int) -> tuple[str, str]:
    """`2020-01-31`, and ` BC` or nothing, which follows the time where there is one."""
    year, month, day = civil_from_days(days)
    if year <= 0:
        return f"{1 - year:04d}-{month:02d}-{day:02d}", " BC"
    return f"{year:04d}-{month:02d}-{day:02d}", ""


def plain_timestamp_text(micros: int) -> str | None:
    """`2020-01-31 10:00:00.5`, quickly; `None` outside of the years 1 to 9999."""
    if not _FIRST_PLAIN_DAY * DAY <= micros < (_LAST_PLAIN_DAY + 1) * DAY:
        return None
    text = str(_EPOCH + timedelta(microseconds=micros))
    return text.rstrip("0") if len(text) > 19 else text


def plain_timestamp(text: str) -> int | None:
    """Microseconds of `2020-01-31 10:00:00[.123456]`, quickly; `None` for what is written in any other way."""
    if (len(text) == 19 or (len(text) == 26 and text[19] == ".")) and text[7] == "-" and text[16] == ":":
        try:
            return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except (ValueError, TypeError):
            # A TypeError is about an offset: three digits after the point and `+00` are as long as six digits.
            return None
    return None


def plain_date_text(days: int) -> str | None:
    """`2020-01-31`, quickly; `None` outside of the years 1 to 9999."""
    if _FIRST_PLAIN_DAY <= days <= _LAST_PLAIN_DAY:
        return date.fromordinal(days + 719_163).isoformat()
    return None


def plain_date(text: str) -> int | None:
    """Days of `2020-01-31`, quickly; `None` for what is written in any other way."""
    if len(text) == 10 and text[7] == "-":
        try:
            return date.fromisoformat(text).toordinal() - 719_163
        except ValueError:
            return None
    return None


def time_text(micros: int) -> str:
    """`10:00:00`, with as many digits of a fraction as it needs."""
    seconds, fraction = divmod(micros, SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:06d}".rstrip("0") if fraction else text


# What whole columns of dates and times are written with: bytes of fixed width, looked up or computed for all at once.


@cache
def _two_digits() -> NDArray[Any]:
    return np.frombuffer(b"".join(b"%02d" % number for number in range(100)), "S2")


@cache
def _times_of_day() -> NDArray[Any]:
    """`00:00:00` to `24:00:00`: made when the first is asked for, on the loop, and so as a column."""
    seconds = np.arange(86_401)
    text = np.full((len(seconds), 8), ord(":"), np.uint8)
    fields = text.view(_TIME_LAYOUT).reshape(-1)
    digits = _two_digits()
    fields["hour"], fields["minute"] = digits[seconds // 3600], digits[seconds // 60 % 60]
    fields["second"] = digits[seconds % 60]
    return text.view("S8").reshape(-1)


@cache
def _three_digits() -> NDArray[Any]:
    return np.frombuffer(b"".join(b"%03d" % number for number in range(1000)), "S3")


_DATE_LAYOUT: Final = np.dtype(
    {"names": ["century", "year", "month", "day"], "formats": ["S2"] * 4, "offsets": [0, 2, 5, 8], "itemsize": 10}
)

_TIME_LAYOUT: Final = np.dtype(
    {"names": ["hour", "minute", "second"], "formats": ["S2"] * 3, "offsets": [0, 3, 6], "itemsize": 8}
)


def plain_days(days: NDArray[Any]) -> NDArray[np.bool_]:
    """True for the days that `date_column` can write."""
    return (days >= _FIRST_PLAIN_DAY) & (days <= _LAST_PLAIN_DAY)


def date_column(days: NDArray[Any]) -> NDArray[Any]:
    """Dates of years 1 to 9999 as `V10`: `2020-01-31`."""
    if len(days) == 0:
        return np.zeros(0, "V10")
    low, high = int(days.min()), int(days.max())
    if high - low >= len(days):
        return _computed_dates(days.astype(np.int64))
    dates: NDArray[Any] = _computed_dates(np.arange(low, high + 1, dtype=np.int64))[days - low]
    return dates


def _computed_dates(days: NDArray[np.int64]) -> NDArray[Any]:
    year, month, day = civil_from_days(days)
    text = np.full((len(days), 10), ord("-"), np.uint8)
    fields = text.view(_DATE_LAYOUT).reshape(-1)
    digits = _two_digits()
    fields["century"], fields["year"] = digits[year // 100], digits[year % 100]
    fields["month"], fields["day"] = digits[month], digits[day]
    return text.view("V10").reshape(-1)


def time_column(seconds: NDArray[Any]) -> NDArray[Any]:
    """Seconds since midnight as `S8`: `10:00:00`."""
    times: NDArray[Any] = _times_of_day()[seconds]
    return times


def fraction_columns(micros: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Microseconds below a second as two columns of three digits."""
    high = micros // 1000
    digits = _three_digits()
    return digits[high], digits[micros - high * 1000]
