"""Many rows prepared for deletion: sorted, their keys read and encoded, all of it in a worker.

What a transaction does with them then, on the loop, is not a step for each row: it takes one lock, it keeps one value,
and its commit is staged (`storage.staging`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from storage.dead import between
from storage.load_keys import position_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.dead import Flags, Seqs
    from storage.load_keys import LoadKeys


class PreparedDeletion:
    """Committed rows of one row store, to be deleted together. Immutable; made by `deletion_work`."""

    __slots__ = ("keys", "seqs", "store_oid")

    def __init__(self, store_oid: int, seqs: Seqs, keys: Sequence[LoadKeys]) -> None:
        self.store_oid = store_oid
        self.seqs = seqs
        """Ascending, each once; at least one."""
        self.keys = keys
        """Those of the rows, in the same order: one set for each key of the table."""

    def __len__(self) -> int:
        return len(self.seqs)

    def __contains__(self, seq: int) -> bool:
        at = int(self.seqs.searchsorted(seq))
        return at < len(self.seqs) and self.seqs.item(at) == seq

    def seq_of(self, entry: bytes) -> int | None:
        """The seq of the row with that index entry, if it is one of these."""
        position = position_in(self.keys, entry)
        return None if position is None else self.seqs.item(position)

    def holds(self, seqs: Seqs) -> Flags:
        """Which of some seqs are of these rows."""
        at = np.minimum(self.seqs.searchsorted(seqs), len(self.seqs) - 1)
        found: Flags = self.seqs[at] == seqs
        return found

    def shares_rows(self, other: PreparedDeletion) -> bool:
        """Whether a row is of both."""
        return bool(self.holds(between(other.seqs, self.seqs.item(0), self.seqs.item(-1))).any())

    def slices(self, count: int) -> Iterator[tuple[int, Seqs]]:
        """The seqs, so many at a time, and the position of the first of each time."""
        for start in range(0, len(self.seqs), count):
            yield start, self.seqs[start : start + count]
