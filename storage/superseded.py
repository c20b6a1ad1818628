"""What keys led to until they were deleted: for transactions with one snapshot for all their statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.load import PreparedLoad
from storage.load_keys import shared_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.deletion import PreparedDeletion


class Superseded:
    """Filled while there are such transactions. On the loop."""

    __slots__ = ("_by_entry", "_deletions")

    def __init__(self) -> None:
        self._by_entry: dict[bytes, list[int]] = {}
        self._deletions: list[PreparedDeletion] = []

    def add(self, entry: bytes, seq: int) -> None:
        """A row with this index entry has been deleted."""
        self._by_entry.setdefault(entry, []).append(seq)

    def add_many(self, deletion: PreparedDeletion) -> None:
        """These rows have been."""
        if deletion.keys:
            self._deletions.append(deletion)

    def clear(self) -> None:
        """Nobody is left who would ask."""
        self._by_entry.clear()
        self._deletions.clear()

    def seqs_of(self, entry: bytes) -> Iterator[int]:
        """The rows that had an index entry and have been deleted."""
        yield from self._by_entry.get(entry, ())
        for deletion in self._deletions:
            seq = deletion.seq_of(entry)
            if seq is not None:
                yield seq

    def seqs_with(self, entries: Iterable[bytes | None] | PreparedLoad) -> Iterator[int]:
        """The deleted rows that had one of these entries."""
        if not self._by_entry and not self._deletions:
            return
        if not isinstance(entries, PreparedLoad):
            for entry in entries:
                if entry is not None:
                    yield from self.seqs_of(entry)
            return
        for entry, seqs in self._by_entry.items():
            if entries.position_of(entry) is not None:
                yield from seqs
        for deletion in self._deletions:
            for entry in shared_entries(deletion.keys, entries.keys):
                seq = deletion.seq_of(entry)
                assert seq is not None, "the entry is one of its own"
                yield seq
