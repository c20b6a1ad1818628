"""to_char of dates, times and intervals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from sql.errors import InvalidDatetimeFormat
from sql.formatting.pattern import moment_pattern
from sql.types.calendar import DAY, civil_from_days, days_from_civil
from sql.types.zone import find_zone
from sql.words import words

if TYPE_CHECKING:
    from sql.formatting.pattern import Part

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
ROMAN_MONTHS: Final = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_NO_INTERVAL: Final = words(
    "MONTH Month month MON Mon mon DAY Day day DY Dy dy D ID TZ tz TZH TZM OF IDDD A.D. B.C. AD BC a.d. b.c. ad bc"
)
_UNIX_JULIAN: Final = 2_440_588


class Moment(Struct, frozen=True):
    """A point in time taken apart; of an interval, how much it has of each."""

    year: int
    month: int
    day: int
    micros: int
    """Within the day, or of an interval all below days."""
    is_interval: bool = False
    offset_seconds: int = 0
    zone: str = ""

    @property
    def days(self) -> int:
        """Days since 1970."""
        return int(days_from_civil(self.year, self.month, self.day))

    @property
    def hour(self) -> int:
        """Hours."""
        return _quotient(self.micros, 3_600_000_000)

    @property
    def minute(self) -> int:
        """Minutes."""
        return _remainder(_quotient(self.micros, 60_000_000), 60)

    @property
    def second(self) -> int:
        """Seconds."""
        return _remainder(_quotient(self.micros, 1_000_000), 60)

    @property
    def fraction(self) -> int:
        """Microseconds below the second."""
        return _remainder(self.micros, 1_000_000)

    @property
    def shown_year(self) -> int:
        """The year without a sign: 1 BC is 1."""
        return self.year if self.is_interval or self.year > 0 else 1 - self.year

    @property
    def weekday(self) -> int:
        """The day of the week; Sunday is 0."""
        return (self.days + 4) % 7

    @property
    def year_day(self) -> int:
        """The day of the year."""
        if self.is_interval:
            return self.year * 360 + self.month * 30 + self.day
        return self.days - int(days_from_civil(self.year, 1, 1)) + 1

    @property
    def iso_year_and_week(self) -> tuple[int, int]:
        """The year that the week belongs to, and its number."""
        thursday = self.days - (self.days + 3) % 7 + 3
        year = int(civil_from_days(thursday)[0])
        return year, (thursday - int(days_from_civil(year, 1, 1))) // 7 + 1


_Writer = Callable[[Moment, "Part"], str]
"""Writes a field that is no plain number."""


def _quotient(amount: int, unit: int) -> int:
    """Towards zero, as C divides."""
    return -(-amount // unit) if amount < 0 else amount // unit


def _remainder(amount: int, unit: int) -> int:
    return amount - _quotient(amount, unit) * unit


def timestamp_to_char(micros: int, pattern: str) -> str | None:
    """to_char(timestamp, text)."""
    return _written(_local(micros), pattern)


def timestamptz_to_char(micros: int, pattern: str, zone: str) -> str | None:
    """to_char(timestamptz, text), as the zone has it."""
    found = find_zone(zone)
    offset = 0 if found is None else found.offset(micros)
    return _written(_local(micros + offset, offset // 1_000_000, _abbreviation(micros, zone)), pattern)


def interval_to_char(months: int, days: int, micros: int, pattern: str) -> str | None:
    """to_char(interval, text)."""
    return _written(Moment(_quotient(months, 12), _remainder(months, 12), days, micros, is_interval=True), pattern)


def _local(micros: int, offset_seconds: int = 0, zone: str = "") -> Moment:
    days, rest = divmod(micros, DAY)
    year, month, day = civil_from_days(days)
    return Moment(int(year), int(month), int(day), rest, offset_seconds=offset_seconds, zone=zone)


def _abbreviation(micros: int, zone: str) -> str:
    """What the zone calls itself then."""
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ""
    cycle = 146_097 * DAY
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros % cycle if micros >= 0 else 0)
    return moment.astimezone(info).tzname() or ""


def _written(moment: Moment, pattern: str) -> str | None:
    if not pattern:
        return None
    return "".join(part.text or _field(moment, part) for part in moment_pattern(pattern))


def _field(moment: Moment, part: Part) -> str:
    if moment.is_interval and part.word in _NO_INTERVAL:
        raise InvalidDatetimeFormat(
            "invalid format specification for an interval value",
            hint="Intervals are not tied to specific calendar dates.",
        )
    numeric = _NUMERIC.get(part.word)
    if numeric is None:
        return _NAMED[part.word](moment, part)
    value, width = numeric(moment)
    text = _padded(value, width if part.fill else 0)
    return text + (ordinal_suffix(text, part.ordinal) if part.ordinal else "")


def _padded(value: int, width: int) -> str:
    """With zeros; a sign stands in addition."""
    return f"{value:0{width + (value < 0)}d}" if width else str(value)


def ordinal_suffix(digits: str, case: str) -> str:
    """`st`, `nd`, `rd` or `th`."""
    last = digits[-1]
    teen = digits[-2:-1] == "1"
    suffix = "th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(last, "th")
    return suffix.upper() if case == "TH" else suffix


def _century(moment: Moment) -> tuple[int, int]:
    if moment.is_interval:
        century = _quotient(moment.year, 100)
    else:
        century = (moment.year - 1) // 100 + 1 if moment.year > 0 else _quotient(moment.year, 100) - 1
    return century, 2 if -99 <= century <= 99 else 0


def _half_day(moment: Moment) -> int:
    hour = _remainder(moment.hour, 12)
    return hour or 12


def _year_part(width: int, *, iso: bool) -> Callable[[Moment], tuple[int, int]]:
    def part(moment: Moment) -> tuple[int, int]:
        year = moment.shown_year
        if iso and not moment.is_interval:
            found = moment.iso_year_and_week[0]
            year = found if found > 0 else 1 - found
        return (year if width == 4 else _remainder(year, 10**width)), width

    return part


def _with_sign(value: int, width: int) -> tuple[int, int]:
    """A number whose sign takes the place of a digit."""
    return value, width - (value < 0)


def _iso_day_of_year(moment: Moment) -> int:
    _, week = moment.iso_year_and_week
    return (week - 1) * 7 + (moment.weekday or 7)


_NUMERIC: Final[dict[str, Callable[[Moment], tuple[int, int]]]] = {
    "HH": lambda m: (_half_day(m), 2),
    "HH12": lambda m: (_half_day(m), 2),
    "HH24": lambda m: (m.hour, 2),
    "MI": lambda m: (m.minute, 2),
    "SS": lambda m: (m.second, 2),
    "SSSS": lambda m: (_quotient(m.micros, 1_000_000), 0),
    "SSSSS": lambda m: (_quotient(m.micros, 1_000_000), 0),
    "MM": lambda m: (m.month, 2),
    "DDD": lambda m: _with_sign(m.year_day, 3),
    "IDDD": lambda m: (_iso_day_of_year(m), 3),
    "DD": lambda m: _with_sign(m.day, 2),
    "D": lambda m: (m.weekday + 1, 0),
    "ID": lambda m: (m.weekday or 7, 0),
    "WW": lambda m: (_quotient(m.year_day - 1, 7) + 1, 2),
    "IW": lambda m: (m.iso_year_and_week[1], 2),
    "W": lambda m: (_quotient(m.day - 1, 7) + 1, 0),
    "CC": _century,
    "YYYY": _year_part(4, iso=False),
    "YYY": _year_part(3, iso=False),
    "YY": _year_part(2, iso=False),
    "Y": _year_part(1, iso=False),
    "IYYY": _year_part(4, iso=True),
    "IYY": _year_part(3, iso=True),
    "IY": _year_part(2, iso=True),
    "I": _year_part(1, iso=True),
    "J": lambda m: (m.days + _UNIX_JULIAN, 0),
}
"""What is a number: the number, and with how many digits at least."""


def _named(names: tuple[str, ...], index: Callable[[Moment], int], case: Callable[[str], str], width: int) -> _Writer:
    def write(moment: Moment, part: Part) -> str:
        if index(moment) < 0:
            return ""
        name = case(names[index(moment)])
        return name.ljust(width) if part.fill else name

    return write


def _short(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[:3] for name in names)


def _halves(before: str, after: str) -> _Writer:
    return lambda moment, _part: after if _remainder(moment.hour, 24) >= 12 else before


def _eras(before: str, after: str) -> _Writer:
    return lambda moment, _part: before if moment.year <= 0 else after


def _grouped_year(moment: Moment, part: Part) -> str:
    text = f"{moment.shown_year // 1000},{moment.shown_year % 1000:03d}"
    return text + (ordinal_suffix(text, part.ordinal) if part.ordinal else "")


def _quarter(moment: Moment, part: Part) -> str:
    if moment.month == 0:
        return ""
    text = str((moment.month - 1) // 3 + 1)
    return text + (ordinal_suffix(text, part.ordinal) if part.ordinal else "")


def _fraction(digits: int) -> _Writer:
    def write(moment: Moment, part: Part) -> str:
        text = f"{_quotient(moment.fraction, 10 ** (6 - digits)):0{digits}d}"
        return text + (ordinal_suffix(text, part.ordinal) if part.ordinal else "")

    return write


def _roman_month(case: Callable[[str], str]) -> _Writer:
    def write(moment: Moment, part: Part) -> str:
        if moment.month == 0:
            if moment.year == 0:
                return ""
            name = case("XII" if moment.year > 0 else "I")
        else:
            name = case(ROMAN_MONTHS[moment.month - 1 if moment.month > 0 else moment.month])
        return name.ljust(4) if part.fill else name

    return write


def _offset(moment: Moment, part: Part) -> str:
    hours, minutes = divmod(abs(moment.offset_seconds) // 60, 60)
    text = ("-" if moment.offset_seconds < 0 else "+") + (f"{hours:02d}" if part.fill else str(hours))
    return text + (f":{minutes:02d}" if minutes else "")


def _offset_hours(moment: Moment, _part: Part) -> str:
    return f"{'-' if moment.offset_seconds < 0 else '+'}{abs(moment.offset_seconds) // 3600:02d}"


_NAMED: Final[dict[str, Callable[[Moment, Part], str]]] = {
    "A.M.": _halves("A.M.", "P.M."),
    "P.M.": _halves("A.M.", "P.M."),
    "AM": _halves("AM", "PM"),
    "PM": _halves("AM", "PM"),
    "a.m.": _halves("a.m.", "p.m."),
    "p.m.": _halves("a.m.", "p.m."),
    "am": _halves("am", "pm"),
    "pm": _halves("am", "pm"),
    "A.D.": _eras("B.C.", "A.D."),
    "B.C.": _eras("B.C.", "A.D."),
    "AD": _eras("BC", "AD"),
    "BC": _eras("BC", "AD"),
    "a.d.": _eras("b.c.", "a.d."),
    "b.c.": _eras("b.c.", "a.d."),
    "ad": _eras("bc", "ad"),
    "bc": _eras("bc", "ad"),
    "MONTH": _named(MONTHS, lambda m: m.month - 1, str.upper, 9),
    "Month": _named(MONTHS, lambda m: m.month - 1, str, 9),
    "month": _named(MONTHS, lambda m: m.month - 1, str.lower, 9),
    "MON": _named(_short(MONTHS), lambda m: m.month - 1, str.upper, 3),
    "Mon": _named(_short(MONTHS), lambda m: m.month - 1, str, 3),
    "mon": _named(_short(MONTHS), lambda m: m.month - 1, str.lower, 3),
    "DAY": _named(DAYS, lambda m: m.weekday, str.upper, 9),
    "Day": _named(DAYS, lambda m: m.weekday, str, 9),
    "day": _named(DAYS, lambda m: m.weekday, str.lower, 9),
    "DY": _named(_short(DAYS), lambda m: m.weekday, str.upper, 3),
    "Dy": _named(_short(DAYS), lambda m: m.weekday, str, 3),
    "dy": _named(_short(DAYS), lambda m: m.weekday, str.lower, 3),
    "RM": _roman_month(str.upper),
    "rm": _roman_month(str.lower),
    "Q": _quarter,
    "Y,YYY": _grouped_year,
    "MS": _fraction(3),
    "US": _fraction(6),
    **{f"FF{digits}": _fraction(digits) for digits in range(1, 7)},
    "TZ": lambda m, _part: m.zone.upper(),
    "tz": lambda m, _part: m.zone.lower(),
    "TZH": _offset_hours,
    "TZM": lambda m, _part: f"{abs(m.offset_seconds) % 3600 // 60:02d}",
    "OF": _offset,
    "FX": lambda _m, _part: "",
}
