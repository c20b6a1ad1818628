"""to_date and to_timestamp of columns of texts: if fields have their place in a pattern, all rows are read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from sql.formatting.pattern import moment_pattern
from sql.native.function import Partial
from sql.remembered_texts import remembered
from sql.types.arrow import Array, pa
from sql.types.buffers import offsets_of, valid_rows
from sql.types.calendar import DAY, MONTH_DAYS, SECOND, days_from_civil
from sql.types.zone import find_zone

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTHS: Final = {"YYYY": 4, "MM": 2, "DD": 2, "HH24": 2, "MI": 2, "SS": 2, "MS": 3, "US": 6}
_MOST: Final = {"HH24": 23, "MI": 59, "SS": 59}
_ZERO: Final = ord("0")
_ASCII: Final = 128
_MONTH_DAYS: Final = np.array((0, *MONTH_DAYS))


class _Places(Struct, frozen=True):
    """Where the fields of a pattern are, and what is between them."""

    fields: tuple[tuple[str, int], ...]
    """Keywords, and where they begin."""
    marks: tuple[tuple[int, int], ...]
    """Places, and the character that each must have."""
    size: int


def text_column_to_date(texts: Array, pattern: str) -> Array | Partial | None:
    """to_date(): days since 1970."""
    places = _places(pattern)
    if places is None:
        return None
    days, _, read = _moments(texts, places)
    return _with_left(texts, pa.array(days.astype(np.int32)), read)


def text_column_to_timestamp(texts: Array, pattern: str, zone: str) -> Array | Partial | None:
    """to_timestamp(): microseconds since 1970 in UTC; the zone is that of the texts."""
    places, found = _places(pattern), find_zone(zone)
    if places is None or found is None:
        return None
    days, micros, read = _moments(texts, places)
    return _with_left(texts, pa.array(found.column_to_utc(days * DAY + micros)), read)


def _with_left(texts: Array, values: Array, read: NDArray[np.bool_]) -> Array | Partial:
    if read.all():
        return values
    valid = valid_rows(texts)
    values = pa.Array.from_buffers(
        values.type, len(values), [pa.py_buffer(np.packbits(read, bitorder="little")), values.buffers()[1]]
    )
    return Partial(values, pa.array(valid & ~read)) if (valid & ~read).any() else values


@remembered(256)
def _places(pattern: str) -> _Places | None:
    """The places of a pattern; `None` if a field of it has none."""
    fields: list[tuple[str, int]] = []
    marks: list[tuple[int, int]] = []
    at = 0
    for part in moment_pattern(pattern):
        if part.word in _WIDTHS and part.fill and not part.ordinal:
            fields.append((part.word, at))
            at += _WIDTHS[part.word]
        elif part.word or not part.text.isascii() or part.text.isdigit():
            return None
        else:
            marks.append((at, ord(part.text)))
            at += 1
    words = [word for word, _ in fields]
    if len(set(words)) < len(words) or "YYYY" not in words or {"MS", "US"} <= set(words):
        return None
    return _Places(tuple(fields), tuple(marks), at)


def _moments(texts: Array, places: _Places) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Days, microseconds within them, and which texts could be read: those of this form that are in range."""
    offsets = offsets_of(texts).astype(np.int64)
    rows = np.flatnonzero((np.diff(offsets) >= places.size) & valid_rows(texts))
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    characters = data[offsets[rows][:, None] + np.arange(places.size)]
    # What is behind the pattern does not count, unless it is another digit of the last field.
    behind = offsets[rows] + places.size
    following = data[np.minimum(behind, len(data) - 1)]
    good = (behind == offsets[rows + 1]) | (following < _ZERO) | (following > _ZERO + 9) & (following < _ASCII)
    for at, character in places.marks:
        good &= characters[:, at] == character
    values: dict[str, NDArray[np.int64]] = {}
    for word, at in places.fields:
        digits = characters[:, at : at + _WIDTHS[word]].astype(np.int64) - _ZERO
        good &= ((digits >= 0) & (digits <= 9)).all(axis=1)
        values[word] = digits @ (10 ** np.arange(_WIDTHS[word] - 1, -1, -1))
        good &= values[word] <= _MOST.get(word, 10**6)
    days, micros = np.zeros((2, len(texts)), np.int64)
    read = np.zeros(len(texts), np.bool_)
    found, in_calendar = _days(values)
    good &= in_calendar
    read[rows[good]] = True
    days[rows[good]] = found[good]
    micros[rows[good]] = _micros(values, len(rows))[good]
    return days, micros, read


def _days(values: dict[str, NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Days since 1970, and whether there is such a day."""
    year = values["YYYY"]
    one = np.ones_like(year)
    month, day = values.get("MM", one), values.get("DD", one)
    there = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    month = np.where(there, month, 1)
    leap = (month == 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    there &= day <= _MONTH_DAYS[month] + leap
    days: NDArray[np.int64] = days_from_civil(year, month, day)
    return days, there


def _micros(values: dict[str, NDArray[np.int64]], rows: int) -> NDArray[np.int64]:
    nothing = np.zeros(rows, np.int64)
    hour, minute, second = (values.get(word, nothing) for word in ("HH24", "MI", "SS"))
    fraction = values["MS"] * 1000 if "MS" in values else values.get("US", nothing)
    return ((hour * 60 + minute) * 60 + second) * SECOND + fraction
