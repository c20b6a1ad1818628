"""What a worker does for a large deletion: it reads the keys of the rows, and looks at them again when locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from storage.dead import distinct
from storage.deletion import PreparedDeletion
from storage.load_keys import KEYS_A_STEP, LoadKeys, load_keys
from storage.unique_keys import row_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.dead import Seqs
    from storage.snapshot import TableSnapshot
    from storage.unique_keys import RowKey


def prepare_deletion(snapshot: TableSnapshot, store_oid: int, seqs: Seqs) -> PreparedDeletion:
    """Prepare rows of a row store, of which there is a snapshot, for deletion. In a worker. Raises `CorruptSegment`.

    A row that is named twice is deleted once.
    """
    seqs = distinct(seqs)
    keys = row_keys(snapshot.table, store_oid)
    positions = sorted({position for key in keys for position in key.positions})
    columns = dict(zip(positions, snapshot.take(seqs, positions), strict=True)) if positions else {}
    loaded = [load_keys(key, [columns[position] for position in key.positions]) for key in keys]
    return PreparedDeletion(store_oid, seqs, loaded)


def gathered(store_oid: int, deleted: Mapping[int, Sequence[bytes]], keys: Sequence[RowKey]) -> PreparedDeletion:
    """The same of rows that were deleted one by one, whose index entries are known. In a worker."""
    seqs = np.sort(np.fromiter(deleted, np.int64, len(deleted)))
    loaded = []
    for key in keys:
        prefix, start = key.prefix, len(key.prefix)
        encoded: list[bytes | None] = []
        for first in range(0, len(seqs), KEYS_A_STEP):
            of_rows = [deleted[seq] for seq in seqs[first : first + KEYS_A_STEP].tolist()]
            found = [next((entry for entry in entries if entry.startswith(prefix)), None) for entries in of_rows]
            encoded += [None if entry is None else entry[start:] for entry in found]
        loaded.append(LoadKeys(prefix, pa.array(encoded, pa.binary())))
    return PreparedDeletion(store_oid, seqs, loaded)


def are_live(seqs: Seqs, seen: TableSnapshot, now: TableSnapshot) -> bool:
    """Whether rows of an earlier snapshot are still there, and not dead, in a later one. In a worker.

    Raises `CorruptSegment`.
    """
    if any(len(np.intersect1d(seqs, dead, assume_unique=True)) for dead in now.dead_seqs()):
        return False
    return now.has_all(seqs, seen)
