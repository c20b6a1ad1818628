"""What a worker does for a large deletion: it reads the keys of the rows, and looks at them again when locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from storage.deletion import PreparedDeletion
from storage.load import LoadKeys, encoded_keys

if TYPE_CHECKING:
    from storage.dead import Seqs
    from storage.snapshot import TableSnapshot


def prepare_deletion(snapshot: TableSnapshot, store_oid: int, seqs: Seqs) -> PreparedDeletion:
    """Prepare rows of a row store, of which there is a snapshot, for deletion. In a worker. Raises `CorruptSegment`.

    A row that is named twice is deleted once.
    """
    seqs = np.unique(seqs)
    positions = snapshot.table.key_positions
    if not positions:
        return PreparedDeletion(store_oid, seqs, None)
    types = [snapshot.table.columns[position].type for position in positions]
    return PreparedDeletion(store_oid, seqs, LoadKeys(encoded_keys(types, snapshot.take(seqs, positions))))


def are_live(seqs: Seqs, seen: TableSnapshot, now: TableSnapshot) -> bool:
    """Whether rows of an earlier snapshot are still there, and not dead, in a later one. In a worker.

    Raises `CorruptSegment`.
    """
    if any(len(np.intersect1d(seqs, dead, assume_unique=True)) for dead in now.dead_seqs()):
        return False
    return now.has_all(seqs, seen)
