"""Rows that an open transaction has inserted into one table, in the order of their insertion, in runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.hot_value import RowFormat
    from storage.load import PreparedLoad
    from storage.load_keys import LoadKeys
    from storage.rows import Row
    from storage.unique_keys import RowKey

PROVISIONAL_SEQ: Final = 1 << 62
"""Rows of an uncommitted transaction have seqs from here on; they get their own when it commits."""

ENTRY_BYTES: Final = 150
"""About what the index entry of a row takes in an overlay, with its lock."""


class RowRun:
    """Rows that were inserted as tuples, with consecutive provisional seqs and of one layout."""

    __slots__ = ("_entry_bytes", "entries", "first_seq", "format", "measured", "rows")

    def __init__(self, first_seq: int, row_format: RowFormat, keys: Sequence[RowKey]) -> None:
        self._entry_bytes = ENTRY_BYTES * len(keys)
        self.first_seq = first_seq
        self.format = row_format
        self.rows: list[Row] = []
        self.entries: dict[bytes, list[bytes | None]] = {key.prefix: [] for key in keys}
        """Their index entries in each index, by its prefix."""
        self.measured = 0
        """How many of the rows `UncommittedRows` has counted."""

    def __len__(self) -> int:
        return len(self.rows)

    def held_bytes(self, start: int, stop: int) -> int:
        """About what some of the rows take in memory."""
        return self.format.held_bytes(self.rows[start:stop]) + max(stop - start, 0) * self._entry_bytes


class LoadRun:
    """Rows that were inserted as one prepared load. Those that are in a segment have their seqs already."""

    __slots__ = ("entries", "first_seq", "format", "load")

    def __init__(self, first_seq: int, row_format: RowFormat, load: PreparedLoad) -> None:
        self.first_seq = first_seq
        self.format = row_format
        self.load = load
        self.entries: dict[bytes, LoadKeys] = {keys.prefix: keys for keys in load.keys}
        """Their keys in each index, by its prefix."""

    def __len__(self) -> int:
        return self.load.row_count

    def entries_at(self, position: int) -> list[bytes]:
        """The index entries of a row."""
        return [entry for keys in self.entries.values() if (entry := keys.entry_at(position)) is not None]


Run = RowRun | LoadRun
