"""Intervals as people write them: `1 year 2 mons 3 days 04:05:06`, ISO 8601 durations, SQL's `1-2 3 4:05:06`.

Follows `DecodeInterval` and `DecodeISO8601Interval` of PostgreSQL's datetime.c.
"""

from __future__ import annotations

import re
from typing import Final

from sql.errors import DatetimeFieldOverflow, IntervalFieldOverflow, InvalidDatetimeFormat
from sql.types.calendar import DAY, HOUR, MINUTE, SECOND

Interval = tuple[int, int, int]
"""Months, days and microseconds."""

_ITEM: Final = re.compile(
    r"""\s*(?:
    (?P<time>[+-]?\d+:[\d:.]+)
  | (?P<years_months>[+-]?\d+-\d+)(?![\d.-])
  | (?P<number>[+-]?\s*(?:\d+\.?\d*|\.\d+))
  | (?P<word>[a-z]+)
  | (?P<at>@)
    )\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_TIME: Final = re.compile(r"([+-]?)(\d+):(\d+)(?::(\d+))?(\.\d*)?", re.ASCII)
_ISO_ITEM: Final = re.compile(r"([+-]?)(\d*)(\.\d*)?([YMWDHS])", re.ASCII)
_ISO_PLAIN: Final = re.compile(
    r"P(?:(-?\d+)-(-?\d+)(?:-(-?\d+))?)?(?:T(-?\d+):(-?\d+)(?::(-?\d+(?:\.\d*)?))?)?", re.ASCII
)

_UNITS: Final[dict[str, tuple[str, ...]]] = {
    "microsecond": ("microsecond", "microseconds", "us", "usec", "usecs", "usecond", "useconds"),
    "millisecond": ("millisecond", "milliseconds", "ms", "msec", "msecs", "msecond", "mseconds"),
    "second": ("s", "sec", "secs", "second", "seconds"),
    "minute": ("m", "min", "mins", "minute", "minutes"),
    "hour": ("h", "hr", "hrs", "hour", "hours"),
    "day": ("d", "day", "days"),
    "week": ("w", "week", "weeks"),
    "month": ("mon", "mons", "month", "months"),
    "year": ("y", "yr", "yrs", "year", "years"),
    "decade": ("dec", "decs", "decade", "decades"),
    "century": ("c", "cent", "century", "centuries"),
    "millennium": ("mil", "mils", "millennium", "millennia"),
}
_UNIT_OF: Final = {name: unit for unit, names in _UNITS.items() for name in names}
_MICROS: Final = {"microsecond": 1, "millisecond": 1000, "second": SECOND, "minute": MINUTE, "hour": HOUR}
_YEARS: Final = {"year": 1, "decade": 10, "century": 100, "millennium": 1000}
_ISO_DATE_UNITS: Final = {"Y": "year", "M": "month", "W": "week", "D": "day"}
_ISO_TIME_UNITS: Final = {"H": "hour", "M": "minute", "S": "second"}


def parse_interval(text: str) -> Interval:
    """Raises 22007 for what is no interval and 22015 for fields out of range."""
    reader = _Reader(text)
    stripped = text.strip()
    if stripped.startswith("P"):
        reader.read_iso(stripped)
    else:
        reader.read()
    return reader.result()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.months = self.days = self.micros = 0
        self.seen: set[str] = set()
        self.ago = False

    def invalid(self) -> InvalidDatetimeFormat:
        return InvalidDatetimeFormat(f'invalid input syntax for type interval: "{self.text}"')

    def overflow(self) -> IntervalFieldOverflow:
        return IntervalFieldOverflow(f'interval field value out of range: "{self.text}"')

    def result(self) -> Interval:
        sign = -1 if self.ago else 1
        months, days, micros = self.months * sign, self.days * sign, self.micros * sign
        if not -(2**31) <= months < 2**31:
            raise DatetimeFieldOverflow("interval out of range")
        if not (-(2**31) <= days < 2**31 and -(2**63) <= micros < 2**63):
            raise self.overflow()
        return months, days, micros

    def read(self) -> None:
        items = self._items()
        position = 0
        while position < len(items):
            kind, item = items[position]
            following = items[position + 1] if position + 1 < len(items) else ("end", "")
            position += 1
            if kind == "time":
                self._time(item)
            elif kind == "years_months":
                self._years_months(item)
            elif kind == "number":
                if following[0] == "word":
                    self._add(item, self._unit(following[1]))
                    position += 1
                elif following[0] == "time":
                    self._add(item, "day")
                elif following[0] == "end":
                    self._add(item, "second")
                else:
                    raise self.invalid()
            elif kind == "word" and item == "ago" and following[0] == "end" and self.seen:
                self.ago = True
            elif kind != "at":
                raise self.invalid()
        if not self.seen:
            raise self.invalid()

    def _items(self) -> list[tuple[str, str]]:
        lowered = self.text.lower()
        items: list[tuple[str, str]] = []
        position = 0
        while position < len(lowered):
            match = _ITEM.match(lowered, position)
            if match is None or match.lastgroup is None:
                raise self.invalid()
            items.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        return items

    def _unit(self, word: str) -> str:
        unit = _UNIT_OF.get(word)
        if unit is None:
            raise self.invalid()
        return unit

    def _time(self, item: str) -> None:
        match = _TIME.fullmatch(item)
        if match is None:
            raise self.invalid()
        sign, first, second, third, fraction = match.groups()
        hours, minutes, seconds = int(first), int(second), int(third or 0)
        if third is None and fraction is not None:
            hours, minutes, seconds = 0, hours, minutes
        if minutes > 59 or seconds > 60:
            raise self.overflow()
        micros = hours * HOUR + minutes * MINUTE + seconds * SECOND
        if fraction and fraction != ".":
            micros += round(float(fraction) * SECOND)
        self._mark("hour", "minute", "second")
        self.micros += -micros if sign == "-" else micros

    def _years_months(self, item: str) -> None:
        years, _, months = item.lstrip("+-").partition("-")
        if int(months) > 11:
            raise self.overflow()
        total = int(years) * 12 + int(months)
        self._mark("year", "month")
        self.months += -total if item.startswith("-") else total

    def _mark(self, *units: str) -> None:
        """A unit may be given once only."""
        if self.seen.intersection(units):
            raise self.invalid()
        self.seen.update(units)

    def _add(self, number: str, unit: str) -> None:
        self._mark(unit)
        compact = number.replace(" ", "")
        whole, _, fraction = compact.lstrip("+-").partition(".")
        sign = -1 if compact.startswith("-") else 1
        self._add_amount(sign * int(whole or 0), sign * float(f"0.{fraction or 0}"), unit)

    def _add_amount(self, whole: int, fraction: float, unit: str) -> None:
        if unit in _MICROS:
            self.micros += whole * _MICROS[unit] + round(fraction * _MICROS[unit])
        elif unit in _YEARS:
            self.months += 12 * whole * _YEARS[unit] + round(fraction * 12 * _YEARS[unit])
        elif unit == "month":
            self.months += whole
            self._add_days(fraction * 30)
        elif unit == "week":
            self.days += whole * 7
            self._add_days(fraction * 7)
        else:
            self.days += whole
            self._add_days(fraction)

    def _add_days(self, days: float) -> None:
        self.days += int(days)
        self.micros += round((days - int(days)) * DAY)

    def read_iso(self, stripped: str) -> None:
        plain = _ISO_PLAIN.fullmatch(stripped)
        if plain is not None and len(stripped) > 1:
            self._read_iso_plain(plain)
            return
        date, mark, time = stripped[1:].partition("T")
        if (mark and not time) or not (date or time):
            raise self.invalid()
        self._read_designators(date, _ISO_DATE_UNITS)
        self._read_designators(time, _ISO_TIME_UNITS)

    def _read_iso_plain(self, match: re.Match[str]) -> None:
        years, months, days, hours, minutes, seconds = match.groups()
        self.months = int(years or 0) * 12 + int(months or 0)
        self.days = int(days or 0)
        self.micros = int(hours or 0) * HOUR + int(minutes or 0) * MINUTE + round(float(seconds or 0) * SECOND)

    def _read_designators(self, part: str, units: dict[str, str]) -> None:
        position = 0
        while position < len(part):
            match = _ISO_ITEM.match(part, position)
            if match is None or match[4] not in units or not (match[2] or match[3]):
                raise self.invalid()
            sign = -1 if match[1] == "-" else 1
            fraction = float(f"0{match[3]}0") if match[3] else 0.0
            self._add_amount(sign * int(match[2] or 0), sign * fraction, units[match[4]])
            position = match.end()
