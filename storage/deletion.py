"""Many rows prepared for deletion: sorted, their keys read and encoded, all of it in a worker.

What a transaction does with them then, on the loop, is not a step for each row: it takes one lock, it keeps one value,
and its commit is staged (`storage.staging`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from storage.dead import between
from storage.rows import binary_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.dead import Flags, Seqs
    from storage.load import LoadKeys


class PreparedDeletion:
    """Committed rows of one row store, to be deleted together. Immutable; made by `deletion_work`."""

    __slots__ = ("keys", "seqs", "store_oid")

    def __init__(self, store_oid: int, seqs: Seqs, keys: LoadKeys | None) -> None:
        self.store_oid = store_oid
        self.seqs = seqs
        """Ascending, each once; at least one."""
        self.keys = keys
        """Their primary keys, in the same order; `None` if the table has none."""

    def __len__(self) -> int:
        return len(self.seqs)

    def __contains__(self, seq: int) -> bool:
        at = int(self.seqs.searchsorted(seq))
        return at < len(self.seqs) and self.seqs.item(at) == seq

    def seq_of(self, key: bytes) -> int | None:
        """The seq of the row with that key, if it is one of these."""
        position = None if self.keys is None else self.keys.position_of(key)
        return None if position is None else self.seqs.item(position)

    def holds(self, seqs: Seqs) -> Flags:
        """Which of some seqs are of these rows."""
        at = np.minimum(self.seqs.searchsorted(seqs), len(self.seqs) - 1)
        found: Flags = self.seqs[at] == seqs
        return found

    def shares_rows(self, other: PreparedDeletion) -> bool:
        """Whether a row is of both."""
        return bool(self.holds(between(other.seqs, self.seqs.item(0), self.seqs.item(-1))).any())

    def slices(self, count: int) -> Iterator[tuple[list[int], list[bytes] | None]]:
        """The seqs and keys, so many at a time."""
        for start in range(0, len(self.seqs), count):
            keys = None if self.keys is None else binary_values(self.keys.of_rows.slice(start, count))
            yield self.seqs[start : start + count].tolist(), keys
