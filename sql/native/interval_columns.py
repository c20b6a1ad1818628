"""Arithmetic of columns of intervals, as `sql.native.times` does it of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sql.native.function import Partial
from sql.types.arrow import Array, pa
from sql.types.buffers import valid_rows, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LAYOUT: Final = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanos", "<i8")])
"""Arrow's month_day_nano_interval."""
_MOST: Final = 2**31 - 1
_MOST_MICROS: Final = 2**63 / 1000
_MOST_PLAIN_MICROS: Final = 2**52
"""Up to here they are the same as floats."""
_DAY_SECONDS: Final = 86_400
_MOST_MADE: Final = 10**6
"""Of a unit of make_interval(): more are for a look at each."""


def times(months: Array, days: Array, micros: Array, factor: Array) -> Array | Partial:
    """Intervals times numbers."""
    parts, factors = _parts(months, days, micros), _numbers(factor, "<f8")
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = [part * factors for part in parts]
    return _scaled(scaled, parts, _valid(months, days, micros, factor))


def divided(months: Array, days: Array, micros: Array, divisor: Array) -> Array | Partial:
    """Intervals divided by numbers."""
    parts, divisors = _parts(months, days, micros), _numbers(divisor, "<f8")
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scaled = [part / divisors for part in parts]
    return _scaled(scaled, parts, _valid(months, days, micros, divisor))


def made(*units: Array) -> Array | Partial:
    """make_interval(): years, months, weeks, days, hours, minutes and seconds."""
    *whole, seconds = units
    years, months, weeks, days, hours, minutes = (_numbers(unit, "<i4").astype(np.int64) for unit in whole)
    second = _numbers(seconds, "<f8")
    usual = np.abs(second) <= _MOST_MADE
    for amount in (years, months, weeks, days, hours, minutes):
        usual &= np.abs(amount) <= _MOST_MADE
    micros = np.rint(np.where(usual, second, 0) * 1_000_000).astype(np.int64)
    micros += (hours * 3600 + minutes * 60) * 1_000_000
    return _intervals(years * 12 + months, weeks * 7 + days, micros, usual, _valid(*units))


def _numbers(column: Array, kind: str) -> NDArray[Any]:
    return values_of(column, kind, under_null=1)


def _parts(*columns: Array) -> list[NDArray[np.int64]]:
    return [_numbers(column, "<i8") for column in columns]


def _valid(*columns: Array) -> NDArray[np.bool_]:
    valid = np.ones(len(columns[0]), np.bool_)
    for column in columns:
        if column.null_count:
            valid &= valid_rows(column)
    return valid


def _scaled(
    scaled: list[NDArray[np.float64]], parts: list[NDArray[np.int64]], valid: NDArray[np.bool_]
) -> Array | Partial:
    """What is left of months becomes days, what is left of days becomes time."""
    months, days, micros = scaled
    usual = (np.abs(months) <= _MOST) & (np.abs(days) <= _MOST) & (np.abs(micros) < _MOST_PLAIN_MICROS)
    usual &= np.abs(parts[2]) < _MOST_PLAIN_MICROS
    months, days, micros = (np.where(usual, part, 0.0) for part in scaled)
    whole_months, whole_days = np.trunc(months), np.trunc(days)
    more_days = _rounded((months - whole_months) * 30)
    seconds = _rounded((days - whole_days + more_days - np.trunc(more_days)) * _DAY_SECONDS)
    over = np.where(np.abs(seconds) >= _DAY_SECONDS, np.trunc(seconds / _DAY_SECONDS), 0.0)
    whole_days += over
    seconds -= over * _DAY_SECONDS
    rounded = np.rint(micros + seconds * 1_000_000)
    return _intervals(whole_months, whole_days + np.trunc(more_days), rounded, usual, valid)


def _rounded(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.rint(amounts * 1_000_000) / 1_000_000
    return rounded


def _intervals(
    months: NDArray[Any], days: NDArray[Any], micros: NDArray[Any], usual: NDArray[np.bool_], valid: NDArray[np.bool_]
) -> Array | Partial:
    usual &= (np.abs(months) <= _MOST) & (np.abs(days) <= _MOST) & (np.abs(micros) < _MOST_MICROS)
    values = np.zeros(len(valid), _LAYOUT)
    values["months"], values["days"] = np.where(usual, months, 0), np.where(usual, days, 0)
    values["nanos"] = np.where(usual, micros, 0).astype(np.int64) * 1000
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    intervals = pa.Array.from_buffers(pa.month_day_nano_interval(), len(valid), [mask, pa.py_buffer(values)])
    left = valid & ~usual
    return Partial(intervals, pa.array(left)) if left.any() else intervals
