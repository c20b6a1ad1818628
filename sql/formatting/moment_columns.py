"""to_char of columns of timestamps: each field of the pattern is written for all rows at once.

A text is a row of bytes, in which every field has its place; what `FM` leaves out is NUL, and is cut out at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sql.formatting.byte_rows import strings_of
from sql.formatting.moments import DAYS, MONTHS, ROMAN_MONTHS, ordinal_suffix
from sql.formatting.pattern import Part, moment_pattern
from sql.native.function import Partial
from sql.types.arrow import Array, pa
from sql.types.buffers import valid_rows, values_of
from sql.types.calendar import DAY, HOUR, SECOND, civil_from_days, days_from_civil
from sql.types.zone import find_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FIRST_MICROS: Final = int(days_from_civil(2, 1, 1)) * DAY
_LAST_MICROS: Final = int(days_from_civil(9999, 1, 1)) * DAY - 1
"""Within these the years, and those of weeks, have four digits."""
_Field = Callable[["_Moments", Part], "NDArray[np.uint8]"]
"""Writes a field of all rows, a row of bytes each; one row of bytes stands for all."""

_UNIX_JULIAN: Final = 2_440_588
_ZERO: Final = ord("0")


def timestamp_column_to_char(moments: Array, pattern: str) -> Array | Partial | None:
    """to_char(timestamp, text)."""
    return _written(moments, values_of(moments, "<i8", under_null=0), pattern)


def timestamptz_column_to_char(moments: Array, pattern: str, zone: str) -> Array | Partial | None:
    """to_char(timestamptz, text), as the zone has it."""
    found = find_zone(zone)
    if found is None:
        return None
    micros = values_of(moments, "<i8", under_null=0)
    # Far from what a calendar has, an offset could leave the range of integers.
    near = np.clip(micros, _FIRST_MICROS, _LAST_MICROS)
    return _written(moments, np.where(near == micros, near + found.offsets(near), micros), pattern)


def _written(moments: Array, micros: NDArray[np.int64], pattern: str) -> Array | Partial | None:
    parts = moment_pattern(pattern)
    if not parts or any(part.word and part.word not in _FIELDS for part in parts):
        return None
    usual = (micros >= _FIRST_MICROS) & (micros <= _LAST_MICROS)
    columns = _Moments(np.where(usual, micros, 0))
    fields = [_FIELDS[part.word](columns, part) if part.word else _literal(part.text) for part in parts]
    rows = np.empty((len(micros), sum(field.shape[1] for field in fields)), np.uint8)
    at = 0
    for field in fields:
        rows[:, at : at + field.shape[1]] = field
        at += field.shape[1]
    texts = strings_of(rows, moments)
    left = ~usual & valid_rows(moments)
    return Partial(texts, pa.array(left)) if left.any() else texts


class _Moments:
    """A column of local times, taken apart as far as fields ask for it."""

    def __init__(self, micros: NDArray[np.int64]) -> None:
        self.days = (micros // DAY).astype(np.int32)
        self.micros = micros % DAY

    @cached_property
    def civil(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Year, month and day."""
        year, month, day = civil_from_days(self.days)
        return year, month, day

    @cached_property
    def second(self) -> NDArray[Any]:
        """Of the day."""
        return (self.micros // SECOND).astype(np.int32)

    @cached_property
    def year_day(self) -> NDArray[Any]:
        """From 1."""
        days: NDArray[Any] = self.days - days_from_civil(self.civil[0], 1, 1) + 1
        return days

    @cached_property
    def weekday(self) -> NDArray[Any]:
        """Sunday is 0."""
        return (self.days + 4) % 7

    @cached_property
    def iso(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The year that the week belongs to, and its number."""
        thursday = self.days - (self.days + 3) % 7 + 3
        year = civil_from_days(thursday)[0]
        return year, (thursday - days_from_civil(year, 1, 1)) // 7 + 1

    @property
    def iso_weekday(self) -> NDArray[Any]:
        """Sunday is 7."""
        return (self.weekday + 6) % 7 + 1


def _literal(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)[None, :]


def _number(of: Callable[[_Moments], NDArray[Any]], width: int, *, has_fill: bool = True) -> _Field:
    """A number with so many digits; fewer where `FM` says so, unless that says nothing about it."""

    def write(moments: _Moments, part: Part) -> NDArray[np.uint8]:
        values = of(moments)
        digits = np.empty((len(values), width + (2 if part.ordinal else 0)), np.uint8)
        rest = values
        for place in range(width - 1, -1, -1):
            rest, digit = np.divmod(rest, 10)
            digits[:, place] = digit + _ZERO
        if has_fill and not part.fill:
            for place in range(width - 1):
                digits[values < 10 ** (width - 1 - place), place] = 0
        if part.ordinal:
            digits[:, width:] = _table([ordinal_suffix(f"{n:02d}", part.ordinal) for n in range(100)], 2)[values % 100]
        return digits

    return write


def _table(texts: Sequence[str], width: int, pad: str = "\0") -> NDArray[np.uint8]:
    return np.frombuffer("".join(text.ljust(width, pad) for text in texts).encode(), np.uint8).reshape(-1, width)


def _named(texts: Sequence[str], of: Callable[[_Moments], NDArray[Any]]) -> _Field:
    """One of some names, as wide as the longest; `FM` leaves the blanks out."""
    width = max(map(len, texts))

    def write(moments: _Moments, part: Part) -> NDArray[np.uint8]:
        written: NDArray[np.uint8] = _table(texts, width, " " if part.fill else "\0")[of(moments)]
        return written

    return write


def _constant(text: str) -> _Field:
    return lambda _moments, _part: _literal(text)


def _year(width: int, *, iso: bool = False) -> _Field:
    return _number(lambda m: (m.iso[0] if iso else m.civil[0]) % 10**width, width)


def _fraction(digits: int) -> _Field:
    return _number(lambda m: (m.micros % SECOND) // 10 ** (6 - digits), digits, has_fill=False)


def _cased(word: str, texts: Sequence[str], of: Callable[[_Moments], NDArray[Any]]) -> dict[str, _Field]:
    """A keyword in upper case, capitalized and in lower case."""
    return {
        word.upper(): _named([text.upper() for text in texts], of),
        word.capitalize(): _named(texts, of),
        word.lower(): _named([text.lower() for text in texts], of),
    }


def _halves(before: str, after: str) -> dict[str, _Field]:
    write = _named([before, after], lambda m: (m.micros // (12 * HOUR)).astype(np.int32))
    return dict.fromkeys((before, after), write)


def _month(moments: _Moments) -> NDArray[Any]:
    month: NDArray[Any] = moments.civil[1] - 1
    return month


def _grouped_year(moments: _Moments, part: Part) -> NDArray[np.uint8]:
    digits = _number(lambda m: m.civil[0], 4, has_fill=False)(moments, part)
    comma = np.full((len(digits), 1), ord(","), np.uint8)
    return np.concatenate([digits[:, :1], comma, digits[:, 1:]], axis=1)


_HALF_DAY_HOUR: Final = _number(lambda m: (m.second // 3600 + 11) % 12 + 1, 2)
_SHORT_MONTHS: Final = [name[:3] for name in MONTHS]
_SHORT_DAYS: Final = [name[:3] for name in DAYS]

_FIELDS: Final[dict[str, _Field]] = {
    "HH": _HALF_DAY_HOUR,
    "HH12": _HALF_DAY_HOUR,
    "HH24": _number(lambda m: m.second // 3600, 2),
    "MI": _number(lambda m: m.second // 60 % 60, 2),
    "SS": _number(lambda m: m.second % 60, 2),
    "MM": _number(lambda m: m.civil[1], 2),
    "DD": _number(lambda m: m.civil[2], 2),
    "DDD": _number(lambda m: m.year_day, 3),
    "IDDD": _number(lambda m: (m.iso[1] - 1) * 7 + m.iso_weekday, 3),
    "D": _number(lambda m: m.weekday + 1, 1),
    "ID": _number(lambda m: m.iso_weekday, 1),
    "WW": _number(lambda m: (m.year_day - 1) // 7 + 1, 2),
    "IW": _number(lambda m: m.iso[1], 2),
    "W": _number(lambda m: (m.civil[2] - 1) // 7 + 1, 1),
    "Q": _number(lambda m: (m.civil[1] - 1) // 3 + 1, 1),
    "J": _number(lambda m: m.days + _UNIX_JULIAN, 7),
    "Y,YYY": _grouped_year,
    **{word: _year(len(word)) for word in ("YYYY", "YYY", "YY", "Y")},
    **{word: _year(len(word), iso=True) for word in ("IYYY", "IYY", "IY", "I")},
    "MS": _fraction(3),
    "US": _fraction(6),
    **{f"FF{digits}": _fraction(digits) for digits in range(1, 7)},
    **_cased("MONTH", MONTHS, _month),
    **_cased("MON", _SHORT_MONTHS, _month),
    **_cased("DAY", DAYS, lambda m: m.weekday),
    **_cased("DY", _SHORT_DAYS, lambda m: m.weekday),
    "RM": _named(ROMAN_MONTHS, _month),
    "rm": _named([month.lower() for month in ROMAN_MONTHS], _month),
    **_halves("A.M.", "P.M."),
    **_halves("AM", "PM"),
    **_halves("a.m.", "p.m."),
    **_halves("am", "pm"),
    **{word: _constant("A.D." if "." in word else "AD") for word in ("A.D.", "B.C.", "AD", "BC")},
    **{word: _constant("a.d." if "." in word else "ad") for word in ("a.d.", "b.c.", "ad", "bc")},
    "FX": _constant(""),
}
