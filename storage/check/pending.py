"""What was written ahead in a row store and never committed: the next start takes it back (`storage.staging`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from storage.keys import KeyKind, key
from storage.records import decode_record
from storage.staging import SeqRanges, UndoRecord, staged_ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.dead import Seqs
    from storage.kv import KeyValueStore
    from storage.unique_keys import RowKey


class Pending(Struct, frozen=True):
    """Loads and deletions of one row store that were cut short."""

    loads: SeqRanges
    """Rows that are not real."""
    living: Seqs
    """Rows, ascending, whose deaths are not real."""
    entries: tuple[tuple[bytes, int], ...]
    """Index entries that were removed with these, and their seqs."""


def read_pending(kv: KeyValueStore, store_oid: int, keys: Sequence[RowKey]) -> Pending:
    """Read it. Raises `CorruptRecords`."""
    records = [decode_record(*record, UndoRecord) for record in kv.scan(key(KeyKind.DELETION, store_oid))]
    seqs = np.array(sorted(seq for record in records for seq in record.seqs), np.int64)
    entries = tuple(entry for record in records for entry in record.entries(keys))
    return Pending(staged_ranges(kv, store_oid), seqs, entries)
