"""Dates and times as people write them: PostgreSQL's input in ISO DateStyle with month before day (MDY).

Follows `ParseDateTime` and `DecodeDateTime` of PostgreSQL's datetime.c: the text is cut into fields, and what a number
means depends on the fields before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql.errors import (
    InvalidDatetimeFormat,
    InvalidParameterValue,
)
from sql.types.calendar import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    civil_from_days,
    days_from_civil,
)
from sql.types.datetime_fields import DateTimeFields, checked_days, checked_micros, checked_offset, overflow
from sql.types.zone import ABBREVIATIONS, Zone, find_zone

if TYPE_CHECKING:
    from collections.abc import Callable

_FIELD: Final = re.compile(
    r"""\s*(?:
    (?P<time>\d+:[\d:.]*)
  | (?P<date>\d+(?P<mark>[-/.])(?:\d+(?P=mark)[\w]+|[a-z]\w*(?:(?P=mark)\w+)?)|\d+[-/]\d+)
  | (?P<number>\d*\.\d+|\d+\.?)
  | (?P<zone>[+-]\s*\d[\d:]*)
  | (?P<signed>[+-]\s*[a-z]+)
  | (?P<named_zone>[a-z]+/[a-z0-9_+\-/]+|[a-z]{3,}[+-]?\d+[a-z]+)
  | (?P<text_date>[a-z]{3,}[-/.]\w+(?:[-/.]\w+)?)
  | (?P<word>[a-z]+)
  | (?P<mark_only>[^\w\s])
    )\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(\.\d{1,6})?)?)?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?", re.ASCII
)
_TIME: Final = re.compile(r"(\d+):(\d+)(?::(\d+)?(\.\d*)?)?|(\d+):(\d+)(\.\d*)", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])\s*(?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?|(\d{1,2})(\d{2})(\d{2})?)", re.ASCII)

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                       "november", "december")  # fmt: skip
_MONTH_OF: Final = (
    {name: number for number, name in enumerate(_MONTHS, 1)}
    | {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
    | {"sept": 9}
)
_WEEKDAYS: Final = frozenset(
    {"sun", "sunday", "mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday", "thu", "thur", "thurs"}
    | {"thursday", "fri", "friday", "sat", "saturday"}
)
_IGNORED: Final = frozenset({"at", "on"})


def parse_datetime(text: str, type_name: str, now_micros: Callable[[], int], zone: Zone) -> DateTimeFields:
    """The fields of a text. Raises 22007 for what is no date or time and 22008 for fields out of range.

    `now_micros` and the session's `zone` say what `now`, `today`, … mean.
    """
    match = _ISO.fullmatch(text)
    if match is not None and match[1] != "0000":
        return _from_iso(match, text)
    return _Reader(text, type_name, now_micros, zone).read()


def _from_iso(match: re.Match[str], text: str) -> DateTimeFields:
    year, month, day, hour, minute, second, fraction, zulu, sign, offset_hour, offset_minute = match.groups()
    fields = DateTimeFields(checked_days(int(year), int(month), int(day), text))
    if hour is not None:
        seconds = int(second or 0)
        fields.micros = checked_micros(int(hour), int(minute), seconds, round(float(fraction or 0) * SECOND), text)
    if zulu is not None:
        fields.offset = 0
    elif sign is not None:
        if hour is None:
            raise InvalidDatetimeFormat(f'invalid input syntax for type timestamp: "{text}"')
        fields.offset = checked_offset(sign, int(offset_hour), int(offset_minute or 0), 0, text)
    return fields


class _Reader:
    """Reads one text that is not plain ISO, field by field."""

    def __init__(self, text: str, type_name: str, now_micros: Callable[[], int], zone: Zone) -> None:
        self.text, self.type_name = text, type_name
        self.now_micros, self.zone = now_micros, zone
        self.result = DateTimeFields()
        self.year: int | None = None
        self.month: int | None = None
        self.day: int | None = None
        self.day_of_year: int | None = None
        self.two_digit_year = self.text_month = self.bc = self.time_next = self.julian_next = False
        self.meridian: str | None = None

    def invalid(self) -> InvalidDatetimeFormat:
        return InvalidDatetimeFormat(f'invalid input syntax for type {self.type_name}: "{self.text}"')

    def read(self) -> DateTimeFields:
        position = 0
        lowered = self.text.lower()
        while position < len(lowered):
            match = _FIELD.match(lowered, position)
            if match is None:
                raise self.invalid()
            kind = match.lastgroup
            assert kind is not None
            # A group inside another one is the last to match.
            kind = "date" if kind == "mark" else kind
            self._field(kind, match[kind])
            position = match.end()
        return self._settle()

    def _field(self, kind: str, field: str) -> None:
        match kind:
            case "time":
                self._time(field)
            case "date":
                self._date(field)
            case "text_date":
                self._text_date(field)
            case "number":
                self._number(field)
            case "zone":
                self._offset(field)
            case "named_zone":
                self._named_zone(field)
            case "signed":
                self._signed(field)
            case "word":
                self._word(field)

    def _time(self, field: str) -> None:
        match = _TIME.fullmatch(field)
        if match is None or self.result.micros is not None:
            raise self.invalid()
        hour, minute, second, fraction, *_ = match.groups()
        if match[5] is not None:
            # `mm:ss.f`: without hours.
            hour, minute, second, fraction = "0", match[5], match[6], match[7]
        fraction_micros = round(float(f"0{fraction}") * SECOND) if fraction and fraction != "." else 0
        self.result.micros = checked_micros(int(hour), int(minute), int(second or 0), fraction_micros, self.text)
        self.time_next = False

    def _date(self, field: str) -> None:
        parts = re.split(r"[^a-z0-9]+", field)
        for part in parts:
            if not part.isdecimal():
                self._month_name(part)
        for part in parts:
            if part.isdecimal():
                self._date_part(part)

    def _text_date(self, field: str) -> None:
        if re.split(r"[-/.]", field, maxsplit=1)[0] in _MONTH_OF:
            self._date(field)
        else:
            self._named_zone(field)

    def _month_name(self, name: str) -> None:
        month = _MONTH_OF.get(name)
        if month is None or self.text_month:
            raise self.invalid()
        if self.month is not None and self.day is None:
            # A number taken for the month was the day: `8 January 1999`.
            self.day = self.month
        elif self.month is not None:
            raise self.invalid()
        self.month, self.text_month = month, True

    def _date_part(self, digits: str) -> None:
        """What a number is by what is known already (`DecodeNumber`)."""
        value = int(digits)
        if self.year is not None and self.month is None and len(digits) == 3 and 1 <= value <= 366:
            self.day_of_year = value
        elif self.month is None and self.year is None and len(digits) >= 3:
            self._set_year(digits)
        elif self.month is None:
            self.month = value
        elif self.day is None and not (self.text_month and self.year is None and len(digits) >= 3):
            self.day = value
        elif self.year is None:
            self._set_year(digits)
        else:
            raise self.invalid()

    def _set_year(self, digits: str) -> None:
        self.year = int(digits)
        self.two_digit_year = len(digits) <= 2

    def _number(self, field: str) -> None:
        if self.julian_next:
            self._julian(field)
        elif self.time_next:
            self._run_together_time(field)
        elif "." in field:
            whole, _, fraction = field.partition(".")
            if self._date_is_known() and self.result.micros is None:
                self._run_together_time(field)
            elif len(whole) == 4 and len(fraction) == 3:
                self._set_year(whole)
                self.day_of_year = int(fraction)
            else:
                raise self.invalid()
        elif self.result.micros is None and (self._date_is_known() or self.type_name == "time"):
            self._run_together_time(field)
        elif len(field) >= 6 and not self._date_is_begun():
            self._set_year(field[:-4])
            self.month, self.day = int(field[-4:-2]), int(field[-2:])
        elif len(field) <= 5:
            self._date_part(field)
        else:
            raise self.invalid()

    def _date_is_begun(self) -> bool:
        return self.year is not None or self.month is not None or self.day is not None

    def _date_is_known(self) -> bool:
        complete = self.year is not None and self.month is not None and self.day is not None
        return complete or self.result.days is not None or (self.year is not None and self.day_of_year is not None)

    def _run_together_time(self, field: str) -> None:
        digits, _, fraction = field.partition(".")
        if len(digits) not in (4, 6) or self.result.micros is not None:
            raise self.invalid()
        micros = round(float(f"0.{fraction}") * SECOND) if fraction else 0
        hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
        self.result.micros = checked_micros(hour, minute, second, micros, self.text)
        self.time_next = False

    def _julian(self, field: str) -> None:
        day, _, fraction = field.partition(".")
        self.result.days = int(day) - 2_440_588
        if fraction:
            self.result.micros = round(float(f"0.{fraction}") * DAY)
        self.julian_next = False

    def _offset(self, field: str) -> None:
        match = _OFFSET.fullmatch(field)
        if match is None or self.result.offset is not None:
            raise self.invalid()
        if (
            self.result.micros is None
            and not self.time_next
            and self.type_name.startswith("time")
            and self._date_is_begun()
        ):
            raise self.invalid()
        sign, hours, minutes, seconds, run_hours, run_minutes, run_seconds = match.groups()
        hour, minute, second = hours or run_hours, minutes or run_minutes or 0, seconds or run_seconds or 0
        self.result.offset = checked_offset(sign, int(hour), int(minute), int(second), self.text)

    def _named_zone(self, field: str) -> None:
        zone = find_zone(field)
        if zone is None:
            raise InvalidParameterValue(f'time zone "{field}" not recognized')
        self.result.zone = zone

    def _signed(self, field: str) -> None:
        if field.lstrip("+-").strip() not in ("infinity", "inf"):
            raise self.invalid()
        self.result.infinite = -1 if field.startswith("-") else 1

    def _word(self, word: str) -> None:
        if word in _MONTH_OF:
            self._month_name(word)
        elif word in ("am", "pm"):
            self.meridian = word
        elif word in ("bc", "ad", "b", "a"):
            self.bc = word.startswith("b")
        elif word == "t" and (self._date_is_known() or self.type_name == "time"):
            self.time_next = True
        elif word in ("j", "jd", "julian"):
            self.julian_next = True
        elif word in ABBREVIATIONS:
            self.result.offset = ABBREVIATIONS[word] * MINUTE
        elif word in ("infinity", "inf"):
            self.result.infinite = 1
        elif not self._relative(word) and word not in _WEEKDAYS and word not in _IGNORED:
            zone = find_zone(word)
            if zone is None:
                raise self.invalid()
            self.result.zone = zone

    def _relative(self, word: str) -> bool:
        if word == "epoch":
            self.result.moment = 0
        elif word == "now":
            self.result.moment = self.now_micros()
        elif word in ("today", "tomorrow", "yesterday"):
            utc = self.now_micros()
            shift = {"today": 0, "tomorrow": 1, "yesterday": -1}[word]
            self.result.days = (utc + self.zone.offset(utc)) // DAY + shift
        elif word == "allballs":
            self.result.micros, self.result.offset = 0, 0
        else:
            return False
        return True

    def _settle(self) -> DateTimeFields:
        result = self.result
        if self.time_next or self.julian_next:
            raise self.invalid()
        if self.meridian is not None:
            self._apply_meridian()
        if self._date_is_begun():
            if result.days is not None or result.moment is not None or result.infinite:
                raise self.invalid()
            result.days = self._days()
        if result.days is None and result.micros is None and result.moment is None and not result.infinite:
            raise self.invalid()
        if result.days is not None and result.micros is None:
            result.micros = 0 if result.offset is not None or result.zone is not None else None
        return result

    def _apply_meridian(self) -> None:
        if self.result.micros is None:
            raise self.invalid()
        hours, rest = divmod(self.result.micros, HOUR)
        if not 1 <= hours <= 12:
            raise overflow(self.text)
        self.result.micros = (hours % 12 + (12 if self.meridian == "pm" else 0)) * HOUR + rest

    def _days(self) -> int:
        if self.year is None:
            raise self.invalid()
        year = self.year
        if self.bc:
            if year <= 0:
                raise overflow(self.text)
            year = 1 - year
        elif self.two_digit_year:
            year += 2000 if year < 70 else 1900
        elif year == 0:
            raise overflow(self.text)
        if self.day_of_year is not None:
            days = int(days_from_civil(year, 1, 1)) + self.day_of_year - 1
            if civil_from_days(days)[0] != year or self.day_of_year < 1:
                raise overflow(self.text)
            return days
        if self.month is None or self.day is None:
            raise self.invalid()
        return checked_days(year, self.month, self.day, self.text)
