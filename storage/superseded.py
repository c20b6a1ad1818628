"""What keys led to until they were deleted: for transactions with one snapshot for all their statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.load import PreparedLoad

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.deletion import PreparedDeletion


class Superseded:
    """Filled while there are such transactions. On the loop."""

    __slots__ = ("_by_key", "_deletions")

    def __init__(self) -> None:
        self._by_key: dict[tuple[int, bytes], list[int]] = {}
        self._deletions: list[PreparedDeletion] = []

    def add(self, store_oid: int, key: bytes, seq: int) -> None:
        """A row with this key has been deleted."""
        self._by_key.setdefault((store_oid, key), []).append(seq)

    def add_many(self, deletion: PreparedDeletion) -> None:
        """These rows have been."""
        if deletion.keys is not None:
            self._deletions.append(deletion)

    def clear(self) -> None:
        """Nobody is left who would ask."""
        self._by_key.clear()
        self._deletions.clear()

    def seqs_of(self, store_oid: int, key: bytes) -> Iterator[int]:
        """The rows that had a key and have been deleted."""
        yield from self._by_key.get((store_oid, key), ())
        for deletion in self._deletions:
            seq = deletion.seq_of(key) if deletion.store_oid == store_oid else None
            if seq is not None:
                yield seq

    def seqs_with(self, store_oid: int, keys: Sequence[bytes] | PreparedLoad) -> Iterator[int]:
        """The deleted rows that had one of these keys."""
        if not self._by_key and not self._deletions:
            return
        if not isinstance(keys, PreparedLoad):
            for key in keys:
                yield from self.seqs_of(store_oid, key)
            return
        for (oid, key), seqs in self._by_key.items():
            if oid == store_oid and keys.position_of(key) is not None:
                yield from seqs
        for deletion in self._deletions:
            if deletion.store_oid == store_oid and deletion.keys is not None and keys.keys is not None:
                for key in deletion.keys.shared_with(keys.keys):
                    seq = deletion.seq_of(key)
                    assert seq is not None, "the key is one of its own"
                    yield seq
