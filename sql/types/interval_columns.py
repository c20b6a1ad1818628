"""Columns of intervals as PostgreSQL writes them (`-1 years -2 mons +3 days -04:05:06.5`), read without a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.types.arrow import Array, pa, pc
from sql.types.buffers import offsets_of, values_of
from sql.types.calendar import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNITS: Final = ("year", "years", "mon", "mons", "month", "months", "week", "weeks", "day", "days")
_RANKS: Final = np.array([0, 0, 1, 1, 1, 1, 2, 2, 3, 3])
"""In the order in which they are written: each may stand once."""
_MONTHS: Final = np.array([12, 12, 1, 1, 1, 1, 0, 0, 0, 0])
_DAYS: Final = np.array([0, 0, 0, 0, 0, 0, 7, 7, 1, 1])
_FEWEST_TIME_BYTES: Final = 8
_MOST_HOUR_DIGITS: Final = 9
_MOST_AMOUNT_DIGITS: Final = 7
_ZERO: Final = ord("0")


def read_intervals(texts: Array) -> Array | None:
    """The intervals of a `string` array, as they are stored; `None` where one is not written so."""
    rows = len(texts)
    words = pc.split_pattern(texts, " ")
    offsets = offsets_of(words).astype(np.int64)
    offsets -= offsets[0]
    tokens = words.flatten()
    counts = np.diff(offsets) if rows else np.zeros(0, np.int64)
    row_of = np.repeat(np.arange(rows), counts)
    place = np.arange(len(tokens)) - offsets[:-1][row_of] if rows else np.zeros(0, np.int64)
    has_time = counts % 2 == 1
    is_time = has_time[row_of] & (place == counts[row_of] - 1)
    fields = _fields(tokens, row_of, place, is_time, rows)
    at = np.flatnonzero(is_time)
    times, wrong = _times(tokens.take(pa.array(at)))
    if fields is None or wrong.any():
        return None
    months, days = fields
    micros = np.zeros(rows, np.int64)
    micros[row_of[at]] = times
    mask = pc.is_null(texts) if texts.null_count else None
    columns = [pa.array(months, pa.int32()), pa.array(days, pa.int32()), pa.array(micros)]
    return pa.StructArray.from_arrays(columns, names=["months", "days", "micros"], mask=mask)


def _fields(
    tokens: Array,
    row_of: NDArray[np.int64],
    place: NDArray[np.int64],
    is_time: NDArray[np.bool_],
    rows: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Months and days of each row, out of its pairs of a number and a unit; `None` if one is unusual."""
    amount_at = np.flatnonzero((place % 2 == 0) & ~is_time)
    row = row_of[amount_at]
    amounts, wrong = _integers(tokens.take(pa.array(amount_at)))
    codes = pc.index_in(tokens.take(pa.array(amount_at + 1)), value_set=pa.array(_UNITS))
    if wrong.any() or codes.null_count:
        return None
    code = values_of(codes, "<i4", under_null=0)
    rank = _RANKS[code]
    # A unit that is not behind the one before it may be its double.
    if ((row[1:] == row[:-1]) & (rank[1:] <= rank[:-1])).any():
        return None
    months = np.zeros(rows, np.int64)
    days = np.zeros(rows, np.int64)
    np.add.at(months, row, amounts * _MONTHS[code])
    np.add.at(days, row, amounts * _DAYS[code])
    return months, days


def _bytes_of(texts: Array) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """The bytes of strings, with a few behind them, and where each begins and ends."""
    offsets = offsets_of(texts).astype(np.int64)
    buffer = texts.buffers()[2]
    data = np.frombuffer(buffer, np.uint8) if buffer is not None else np.zeros(0, np.uint8)
    data = np.concatenate([data[offsets[0] : offsets[-1]], np.zeros(8, np.uint8)])
    offsets -= offsets[0]
    return data, offsets[:-1], offsets[1:]


def _signs(data: NDArray[np.uint8], begins: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which are negative, and where each goes on behind its sign."""
    first = data[begins]
    negative = first == ord("-")
    return negative, begins + (negative | (first == ord("+")))


def _integers(texts: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Short decimal numbers, and which are none."""
    data, begins, ends = _bytes_of(texts)
    negative, begins = _signs(data, begins)
    values, wrong = _digits(data, begins, ends, _MOST_AMOUNT_DIGITS)
    return np.where(negative, -values, values), wrong


def _digits(
    data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The numbers from one place to another, of one digit up to `most`; and which are none."""
    sizes = ends - begins
    wrong = (sizes < 1) | (sizes > most)
    values = np.zeros(len(begins), np.int64)
    for place in range(min(int(sizes.max(initial=0)), most)):
        inside = place < sizes
        digit = data[np.where(inside, begins + place, 0)].astype(np.int64) - _ZERO
        wrong |= inside & ((digit < 0) | (digit > 9))
        values = np.where(inside, values * 10 + digit, values)
    return values, wrong


def _times(texts: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds of `[+-]HH…:MM:SS[.ffffff]`, and which are no such texts."""
    data, begins, ends = _bytes_of(texts)
    negative, begins = _signs(data, begins)
    hours_end = begins + values_of(pc.find_substring(texts, ":"), "<i4").astype(np.int64) - (begins - _starts(texts))
    wrong = (ends - begins < _FEWEST_TIME_BYTES) | (hours_end < begins + 2)
    # Whatever is wrong is read where something else stands: its result does not count.
    at = np.where(wrong, 0, hours_end)
    begins, ends = np.where(wrong, 0, begins), np.where(wrong, 0, ends)
    wrong |= ends < at + 6
    hours, no_hours = _digits(data, begins, at, _MOST_HOUR_DIGITS)
    minutes, no_minutes = _digits(data, at + 1, at + 3, 2)
    seconds, no_seconds = _digits(data, at + 4, at + 6, 2)
    wrong |= no_hours | no_minutes | no_seconds | (data[at + 3] != ord(":")) | (minutes > 59) | (seconds > 59)
    micros = hours * HOUR + minutes * MINUTE + seconds * SECOND
    rest = ends - (at + 6)
    longer = np.flatnonzero(~wrong & (rest > 0))
    if len(longer):
        point = at[longer] + 6
        fraction, no_fraction = _digits(data, point + 1, ends[longer], 6)
        wrong[longer] |= no_fraction | (data[point] != ord("."))
        micros[longer] += fraction * 10 ** np.clip(7 - rest[longer], 0, 6)
    return np.where(negative, -micros, micros), wrong


def _starts(texts: Array) -> NDArray[np.int64]:
    starts: NDArray[np.int64] = (offsets_of(texts)[:-1] - offsets_of(texts)[0]).astype(np.int64)
    return starts
