"""Flush policies: at which size or age of its hot rows a table is flushed. Whatever comes first.

The text is `rows:10000,interval:300s,bytes:64MB`, any of the three; `none` is no policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from storage.units import UnitError, format_duration, format_size, parse_duration, parse_size

if TYPE_CHECKING:
    from storage.catalog_entries import Table

OPTION: Final = "flush_policy"
"""The table option."""
_EXAMPLE: Final = "'rows:10000,interval:300s,bytes:64MB'"
_SHORTEST_INTERVAL_US: Final = 100_000
_LONGEST_INTERVAL_US: Final = 3650 * 86_400_000_000
_LARGEST: Final = (1 << 63) - 1


class FlushPolicy(Struct, frozen=True):
    """Limits that start a flush. With none of them there is no policy."""

    rows: int | None = None
    """Rows committed since the last flush."""
    interval_us: int | None = None
    """Microseconds that a row may be hot."""
    bytes: int | None = None
    """Encoded bytes committed since the last flush."""

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return self != FlushPolicy()

    def __str__(self) -> str:
        """The text that `parse` reads back."""
        parts = []
        if self.rows is not None:
            parts.append(f"rows:{self.rows}")
        if self.interval_us is not None:
            parts.append(f"interval:{format_duration(self.interval_us / 1e6)}")
        if self.bytes is not None:
            parts.append(f"bytes:{format_size(self.bytes)}")
        return ",".join(parts) or "none"

    @classmethod
    def parse(cls, text: str) -> FlushPolicy:
        """The policy that a text describes. Raises `UnitError`, whose message says what is wrong."""
        if text.strip().lower() == "none":
            return cls()
        found: dict[str, str] = {}
        for part in text.split(","):
            name, colon, value = (piece.strip() for piece in part.partition(":"))
            name = name.lower()
            if not colon or name not in ("rows", "interval", "bytes"):
                raise UnitError(f"'{text}' is not a flush policy, as {_EXAMPLE} or 'none'")
            if name in found:
                raise UnitError(f"flush policy '{text}' says {name} twice")
            found[name] = value
        return cls(
            _rows(found["rows"]) if "rows" in found else None,
            _interval(found["interval"]) if "interval" in found else None,
            _bytes(found["bytes"]) if "bytes" in found else None,
        )


def policy_of(table: Table, default: FlushPolicy) -> FlushPolicy:
    """The policy of a table: its own, or the default. A stream table is never flushed."""
    if table.options.get("type") == "stream":
        return FlushPolicy()
    text = table.options.get(OPTION)
    return default if text is None else FlushPolicy.parse(text)


def _rows(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= _LARGEST:
        raise UnitError(f"rows of a flush policy must be a number from 1 up, as 'rows:10000', not '{text}'")
    return int(text)


def _interval(text: str) -> int:
    interval_us = round(parse_duration(text) * 1e6)
    if not _SHORTEST_INTERVAL_US <= interval_us <= _LONGEST_INTERVAL_US:
        raise UnitError(f"interval of a flush policy must be from 100ms to 3650d, not '{text}'")
    return interval_us


def _bytes(text: str) -> int:
    size = parse_size(text)
    if not 1 <= size <= _LARGEST:
        raise UnitError(f"bytes of a flush policy must be 1B or more, not '{text}'")
    return size
