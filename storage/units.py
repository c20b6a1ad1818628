"""Durations and sizes as people write them: `300s`, `1h 30min`, `64MB`. Configuration and SQL read them alike.

Units are PostgreSQL's where it has them. Size units are powers of 1,024, as in PostgreSQL: `1kB` is 1,024 bytes.
"""

from __future__ import annotations

import re
from typing import Final

_SECONDS: Final = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
}
_BYTES: Final = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}

_PART: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)", re.ASCII)


class UnitError(ValueError):
    """the text is not a duration or a size"""


def parse_duration(text: str) -> float:
    """Seconds in a duration: `500ms`, `300s`, `5min`, `1h 30min`, `14d`; `0` needs no unit. Raises `UnitError`."""
    if text.strip() == "0":
        return 0.0
    return sum(amount * _SECONDS[unit] for amount, unit in _parts(text, _SECONDS, "a duration, as '300s'"))


def parse_size(text: str) -> int:
    """Bytes in a size: `512B`, `64kB`, `64MB`, `2GB`; `0` needs no unit. Raises `UnitError`."""
    if text.strip() == "0":
        return 0
    return int(sum(amount * _BYTES[unit] for amount, unit in _parts(text, _BYTES, "a size, as '64MB'")))


def format_duration(seconds: float) -> str:
    """A duration in the largest unit that keeps it whole: `5min`, `90s`, `1500us`. `parse_duration` reads it back."""
    microseconds = round(seconds * 1_000_000)
    for unit in ("d", "h", "min", "s", "ms"):
        length = round(_SECONDS[unit] * 1_000_000)
        if microseconds and microseconds % length == 0:
            return f"{microseconds // length}{unit}"
    return f"{microseconds}us" if microseconds else "0"


def format_size(size_bytes: int) -> str:
    """A size in the largest unit that keeps it whole: `64MB`, `1536kB`. `parse_size` reads it back."""
    for unit, letters in (("tb", "TB"), ("gb", "GB"), ("mb", "MB"), ("kb", "kB")):
        if size_bytes and size_bytes % _BYTES[unit] == 0:
            return f"{size_bytes // _BYTES[unit]}{letters}"
    return f"{size_bytes}B" if size_bytes else "0"


def counted(count: int, noun: str) -> str:
    """`1 file`, `7 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def about_size(size_bytes: int) -> str:
    """A size for people, rounded: `937 bytes`, `1.5 kB`, `14.2 MB`."""
    if size_bytes < 1024:
        return f"{size_bytes} bytes"
    size: float = size_bytes
    for letters in ("kB", "MB", "GB"):
        size /= 1024
        if size < 1024:
            return f"{size:.1f} {letters}"
    return f"{size / 1024:.1f} TB"


def about_duration(seconds: float) -> str:
    """A duration for people, rounded: `7 ms`, `1.8 s`, `3 min 20 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def _parts(text: str, units: dict[str, float] | dict[str, int], wanted: str) -> list[tuple[float, str]]:
    parts: list[tuple[float, str]] = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _PART.match(text, position, end)
        if match is None or match[2].lower() not in units:
            raise UnitError(f"'{text}' is not {wanted} (units: {', '.join(units)})")
        parts.append((float(match[1]), match[2].lower()))
        position = match.end()
    if not parts:
        raise UnitError(f"'{text}' is not {wanted} (units: {', '.join(units)})")
    return parts
