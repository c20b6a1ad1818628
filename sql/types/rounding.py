"""The modifier of time, timestamp and interval types: digits of a second."""

from __future__ import annotations

from typing import Final

_UNITS: Final = (1_000_000, 100_000, 10_000, 1000, 100, 10)


def round_micros(micros: int, digits: int) -> int:
    """Rounded to so many digits after the seconds, half away from zero; unchanged for a modifier of -1 or 6."""
    if not 0 <= digits < 6:
        return micros
    unit = _UNITS[digits]
    rounded = (abs(micros) + unit // 2) // unit * unit
    return rounded if micros >= 0 else -rounded
