"""Many rows, or keys of many rows, claimed at once: one lock for all of them, and one look at them in a worker.

The keys are for ON CONFLICT. Where a transaction sees other rows than those that are visible, or has such rows itself,
its keys are looked up one by one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from storage.deletion import PreparedDeletion
from storage.deletion_work import are_live
from storage.keys import unpack_seq
from storage.load import PreparedLoad, in_schema, keys_of
from storage.unique_keys import row_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pyarrow as pa

    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.engine import Storage
    from storage.kv import KeyValueStore
    from storage.load_keys import LoadKeys
    from storage.overlay import TableOverlay
    from storage.transaction import Transaction

    Search = Callable[[], list[Seqs]]

NO_ROW = -1
"""In the place of a seq."""


def prepare_claim(table: Table, store_oid: int, data: pa.Table, indexes: Collection[int | None]) -> PreparedLoad:
    """The keys of rows in some indexes of a row store, by their oids; `None` is the primary key. In a worker.

    It is for `claim_keys`, and not to be inserted. The same key may be in it twice.
    """
    data = in_schema(data, table)
    keys = [key for key in row_keys(table, store_oid) if key.index_oid in indexes]
    return PreparedLoad(table, store_oid, data, keys, keys_of(keys, data))


def claim_keys(storage: Storage, transaction: Transaction, claim: PreparedLoad) -> Search | None:
    """Lock keys, so that nobody else inserts or deletes them. Returns what finds, in a worker, the rows that have them.

    It gives their seqs: for each key of the claim an array with one for each row, or `NO_ROW`. `None`, and nothing
    is locked, where the keys have to be looked up one by one. Raises `Blocked`, `DefinitionChanged`.
    """
    state = storage.visible.stores.get(claim.store_oid)
    if state is None or state.table.type == "stream" or transaction.repeatable:
        return None
    overlay = transaction.overlays.get(claim.store_oid)
    if transaction.own.has_redefined(claim.store_oid) or (overlay is not None and _may_have(overlay, claim)):
        return None
    claim.require_made_for(state.table)
    transaction.held.take_load(claim)
    return partial(_find, claim.keys, storage.visible.kv)


def claim_rows(transaction: Transaction, store_oid: int, seqs: Seqs) -> Callable[[], bool]:
    """Lock committed rows, ascending, that a statement sees, for FOR UPDATE. At least one.

    Returns what tells, in a worker, whether all are still there. Raises `Blocked`, `TableGone`.
    """
    seen, state = transaction.taken.of(store_oid), transaction.own.state(store_oid)
    transaction.held.take_deletion(PreparedDeletion(store_oid, seqs, ()))
    return partial(are_live, seqs, seen, state.snapshot())


def _may_have(overlay: TableOverlay, claim: PreparedLoad) -> bool:
    """Whether a transaction may have inserted or deleted some of the keys itself."""
    if overlay.deleted or overlay.deletions or overlay.entries:
        return True
    return any(mine.overlaps(keys) for load in overlay.loads() for mine in load.keys for keys in claim.keys)


def _find(claimed: Sequence[LoadKeys], kv: KeyValueStore) -> list[Seqs]:
    # With the locks held no commit of these keys is under way: what the indexes have is visible.
    found = []
    for keys in claimed:
        seqs = np.full(len(keys), NO_ROW, np.int64)
        if keys.first <= keys.last and kv.any_between(keys.first, keys.last + b"\0"):
            for start, entries in keys.steps():
                for place, entry in enumerate(entries, start):
                    there = None if entry is None else kv.get(entry)
                    if there is not None:
                        seqs[place] = unpack_seq(there)
        found.append(seqs)
    return found
