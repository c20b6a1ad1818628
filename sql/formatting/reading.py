"""to_date and to_timestamp: the fields of a text, as a pattern says where they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.errors import DatetimeFieldOverflow, FeatureNotSupported, InvalidDatetimeFormat
from sql.formatting.moments import DAYS, MONTHS, ROMAN_MONTHS
from sql.formatting.pattern import moment_pattern
from sql.words import words

if TYPE_CHECKING:
    from sql.formatting.pattern import Part

_ISO: Final = words("IYYY IYY IY I IW ID IDDD")
_GREGORIAN: Final = words("YYYY YYY YY Y Y,YYY MM MONTH Month month MON Mon mon RM rm DDD DD D WW W")
_NAMES: Final = words(
    "A.D. A.M. AD AM B.C. BC DAY DY Day Dy MONTH MON Month Mon P.M. PM RM TZ OF FX a.d. a.m. ad am b.c. bc day dy "
    "month mon p.m. pm rm tz Y,YYY"
)
"""Keywords that do not begin with a digit in the text."""
_LENGTHS: Final = {
    "HH": 2,
    "HH12": 2,
    "HH24": 2,
    "MI": 2,
    "SS": 2,
    "MS": 3,
    "US": 6,
    "SSSS": 4,
    "SSSSS": 5,
    "TZH": 2,
    "TZM": 2,
    "MM": 2,
    "DDD": 3,
    "IDDD": 3,
    "DD": 2,
    "D": 1,
    "ID": 1,
    "WW": 2,
    "IW": 2,
    "Q": 1,
    "CC": 2,
    "W": 1,
    "J": 1,
    "YYYY": 4,
    "IYYY": 4,
    "YYY": 3,
    "IYY": 3,
    "YY": 2,
    "IY": 2,
    "Y": 1,
    "I": 1,
    **{f"FF{digits}": digits for digits in range(1, 7)},
}
_STORED: Final[dict[str, str]] = {
    "HH": "hour",
    "HH12": "hour",
    "HH24": "hour",
    "MI": "minute",
    "SS": "second",
    "MM": "month",
    "DD": "day",
    "DDD": "year_day",
    "IDDD": "year_day",
    "WW": "week",
    "IW": "week",
    "W": "month_week",
    "J": "julian",
    "D": "weekday",
    "CC": "century",
    "SSSS": "day_seconds",
    "SSSSS": "day_seconds",
    "TZM": "offset_minutes",
    "Q": "",
    **dict.fromkeys(("YYYY", "IYYY", "YYY", "IYY", "YY", "IY", "Y", "I"), "year"),
}
_NUMBER: Final = re.compile(r"\s*[+-]?\d+")


class Fields(Struct):
    """What a text says; 0 where it says nothing."""

    year: int = 0
    year_digits: int = 4
    century: int = 0
    month: int = 0
    day: int = 0
    year_day: int = 0
    week: int = 0
    month_week: int = 0
    weekday: int = 0
    """Sunday is 1."""
    julian: int = 0
    hour: int = 0
    minute: int = 0
    second: int = 0
    micros: int = 0
    day_seconds: int = 0
    offset_sign: int = 0
    offset_hours: int = 0
    offset_minutes: int = 0
    is_bc: bool = False
    is_pm: bool = False
    half_days: bool = False
    is_iso: bool = False


def read_fields(text: str, pattern: str) -> Fields:
    """The fields that a pattern finds. Raises 22007, 22008, and 0A000 for fields that are only written."""
    return _Reader(text, pattern).read()


class _Reader:
    """Goes through a text and its pattern at the same time."""

    def __init__(self, text: str, pattern: str) -> None:
        self._text = text
        self._parts = moment_pattern(pattern)
        self._at = 0
        self._skipped = 0
        """Characters of the text beyond those that the pattern had."""
        self._exact = False
        self._fields = Fields()
        self._set: dict[str, int] = {}
        self._convention = ""

    def read(self) -> Fields:
        """Read it."""
        for index, part in enumerate(self._parts):
            if self._at >= len(self._text):
                break
            if not self._exact and (part.word or index == 0):
                self._skip_spaces()
            if part.is_space or part.is_separator:
                self._separator()
            elif not part.word:
                self._literal()
            else:
                self._check_convention(part.word)
                self._field(index, part)
                if part.ordinal:
                    self._at += 2
                if not self._exact:
                    self._skipped = 0
                    self._skip_spaces()
        return self._fields

    def _skip_spaces(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
            self._skipped += 1

    def _separator(self) -> None:
        if self._exact:
            self._at += 1
            return
        self._skipped -= 1
        character = self._text[self._at : self._at + 1]
        if character.isspace() or (
            character and character.isascii() and character.isprintable() and not character.isalnum()
        ):
            self._at += 1
            self._skipped += 1

    def _literal(self) -> None:
        if not self._exact and self._skipped > 0:
            self._skipped -= 1
        else:
            self._at += 1

    def _check_convention(self, word: str) -> None:
        found = "iso" if word in _ISO else "gregorian" if word in _GREGORIAN else ""
        if found and self._convention and found != self._convention:
            raise InvalidDatetimeFormat("invalid combination of date conventions")
        self._convention = self._convention or found
        self._fields.is_iso = self._convention == "iso"

    def _field(self, index: int, part: Part) -> None:
        word = part.word
        if word == "FX":
            self._exact = True
        elif word in ("TZ", "tz", "OF"):
            raise FeatureNotSupported(f'formatting field "{word}" is only supported in to_char')
        elif word == "Y,YYY":
            self._grouped_year()
        elif word in _NAMES:
            self._name(word)
        else:
            self._number(index, part)

    def _grouped_year(self) -> None:
        found = re.compile(r"\s*([+-]?\d+),(\d{1,3})").match(self._text, self._at)
        if found is None:
            raise InvalidDatetimeFormat('invalid input string for "Y,YYY"')
        self._at = found.end()
        self._store("year", int(found[1]) * 1000 + int(found[2]), "Y,YYY")

    def _name(self, word: str) -> None:
        fields = self._fields
        match word.upper():
            case "A.M." | "P.M.":
                fields.is_pm, fields.half_days = self._one_of(("A.M.", "P.M."), word) == 1, True
            case "AM" | "PM":
                fields.is_pm, fields.half_days = self._one_of(("AM", "PM"), word) == 1, True
            case "A.D." | "B.C.":
                fields.is_bc = self._one_of(("A.D.", "B.C."), word) == 1
            case "AD" | "BC":
                fields.is_bc = self._one_of(("AD", "BC"), word) == 1
            case "MONTH":
                self._store("month", self._one_of(MONTHS, word) + 1, word)
            case "MON":
                self._store("month", self._one_of(tuple(name[:3] for name in MONTHS), word) + 1, word)
            case "RM":
                # The longer names come first: I begins all of II and III.
                found = self._one_of(tuple(reversed(ROMAN_MONTHS)), word)
                self._store("month", len(ROMAN_MONTHS) - found, word)
            case "DAY":
                self._store("weekday", self._one_of(DAYS, word) + 1, word)
            case _:
                self._store("weekday", self._one_of(tuple(name[:3] for name in DAYS), word) + 1, word)

    def _one_of(self, names: tuple[str, ...], word: str) -> int:
        rest = self._text[self._at :].lower()
        for number, name in enumerate(names):
            if rest.startswith(name.lower()):
                self._at += len(name)
                return number
        raise InvalidDatetimeFormat(
            f'invalid value "{self._shown(max(map(len, names)))}" for "{word}"',
            detail="The given value did not match any of the allowed values for this field.",
        )

    def _shown(self, length: int) -> str:
        """The offending part of the text: up to a space."""
        rest = self._text[self._at :]
        return re.split(r"\s", rest, maxsplit=1)[0] or rest[:length]

    def _number(self, index: int, part: Part) -> None:
        word = part.word
        if word == "TZH":
            self._offset_sign()
        began = self._at
        value = self._integer(index, part, _LENGTHS[word])
        length = self._at - began
        fields = self._fields
        match word:
            case "MS":
                fields.micros += value * 1000 * {1: 100, 2: 10}.get(length, 1)
            case "US" | "FF1" | "FF2" | "FF3" | "FF4" | "FF5" | "FF6":
                fields.micros += value * 10 ** max(6 - length, 0)
            case "TZH":
                fields.offset_hours = value
            case "TZM":
                fields.offset_minutes = value
                fields.offset_sign = fields.offset_sign or 1
            case "ID":
                self._store("weekday", value % 7 + 1, word)
            case _:
                if word in ("HH", "HH12"):
                    fields.half_days = True
                if _STORED[word] == "year" and _LENGTHS[word] < 4:
                    fields.year_digits = _LENGTHS[word]
                    value = _near_2020(value) if length < 4 else value
                self._store(_STORED[word], value, word)

    def _offset_sign(self) -> None:
        character = self._text[self._at : self._at + 1]
        if character and character in "+- ":
            self._fields.offset_sign = -1 if character == "-" else 1
            self._at += 1
        else:
            swallowed = self._skipped > 0 and self._text[self._at - 1] == "-"
            self._fields.offset_sign = -1 if swallowed else 1

    def _integer(self, index: int, part: Part, length: int) -> int:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        if not part.fill or self._is_open_ended(index, part):
            found = _NUMBER.match(self._text, self._at)
        else:
            taken = self._text[self._at : self._at + length]
            if len(taken) < length:
                raise InvalidDatetimeFormat(
                    f'source string too short for "{part.word}" formatting field',
                    detail=f"Field requires {length} characters, but only {len(taken)} remain.",
                    hint='If your source string is not fixed-width, try using the "FM" modifier.',
                )
            found = _NUMBER.match(self._text, self._at, self._at + length)
            if found is not None and found.end() - self._at < length:
                raise InvalidDatetimeFormat(
                    f'invalid value "{taken}" for "{part.word}"',
                    detail=f"Field requires {length} characters, but only {found.end() - self._at} could be parsed.",
                    hint='If your source string is not fixed-width, try using the "FM" modifier.',
                )
        if found is None:
            taken = self._text[self._at : self._at + length]
            raise InvalidDatetimeFormat(
                f'invalid value "{taken}" for "{part.word}"', detail="Value must be an integer."
            )
        self._at = found.end()
        value = int(found[0])
        if not -(2**31) <= value < 2**31:
            raise DatetimeFieldOverflow(f'value for "{part.word}" in source string is out of range')
        return value

    def _is_open_ended(self, index: int, part: Part) -> bool:
        """Whether what follows cannot be a digit, so that a number ends where its digits do."""
        if part.ordinal or index + 1 == len(self._parts):
            return True
        following = self._parts[index + 1]
        return following.word in _NAMES if following.word else not following.text.isdigit()

    def _store(self, name: str, value: int, word: str) -> None:
        if not name:
            return
        if self._set.setdefault(name, value) != value:
            raise InvalidDatetimeFormat(
                f'conflicting values for "{word}" field in formatting string',
                detail="This value contradicts a previous setting for the same field type.",
            )
        setattr(self._fields, name, value)


def _near_2020(year: int) -> int:
    """A year of fewer than four digits: the nearest to 2020."""
    if year < 70:
        return year + 2000
    if year < 100:
        return year + 1900
    if year < 520:
        return year + 2000
    return year + 1000 if year < 1000 else year
