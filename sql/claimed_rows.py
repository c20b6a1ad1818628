"""The rows of a large INSERT … ON CONFLICT sorted out at once: those whose keys are free, and the others."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from sql.point_conflicts import affected_twice
from storage.dead import distinct
from storage.errors import RowChanged
from storage.key_claims import NO_ROW, claim_keys, prepare_claim
from storage.rows import arrow_schema, from_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import OnConflict
    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.dead import Flags, Seqs
    from storage.load import PreparedLoad
    from storage.snapshot import TableSnapshot
    from storage.transaction import Transaction


class SortedOut(Struct, frozen=True):
    """Rows that were to be inserted, by their places, ascending: those to insert, and those to update instead."""

    new: Seqs
    met: Seqs
    seqs: Seqs
    """Of the rows that have the keys of those that were met, in the same order."""
    old: pa.Table
    """These rows."""


async def sort_out_at_once(
    session: SessionState,
    transaction: Transaction,
    table: Table,
    conflict: OnConflict,
    store_oid: int,
    proposed: pa.Table,
) -> SortedOut | None:
    """Lock the keys of rows, and sort these out; `None` where that has to be done one by one.

    What DO NOTHING is about is left out. Raises `CardinalityViolation`, and what locking raises.
    """
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    claim = await in_worker(prepare_claim, table, store_oid, proposed, conflict.arbiters)
    search = claim_keys(session.shared.storage, transaction, claim)
    if search is None:
        return None
    found = await in_worker(search)
    updates = conflict.update is not None
    snapshot = transaction.snapshot(store_oid)
    return await in_worker(_sorted_out, claim, found, snapshot, updates)


def _sorted_out(claim: PreparedLoad, found: Sequence[Seqs], snapshot: TableSnapshot, updates: bool) -> SortedOut:
    taken = np.full(claim.row_count, NO_ROW, np.int64)
    for seqs in reversed(found):
        # The first key of which there is a row says which row it is.
        taken = np.where(seqs == NO_ROW, taken, seqs)
    is_free = taken == NO_ROW
    comes_again = _come_again(claim, is_free) if any(keys.duplicate() is not None for keys in claim.keys) else None
    is_met = ~is_free
    if comes_again is not None:
        if updates and comes_again.any():
            raise affected_twice()
        is_free &= ~comes_again
        is_met &= ~comes_again
    met = np.flatnonzero(is_met) if updates else np.empty(0, np.int64)
    return SortedOut(np.flatnonzero(is_free), met, taken[met], _rows_with(taken[met], snapshot))


def _come_again(claim: PreparedLoad, is_free: Flags) -> Flags:
    """Which rows have a key of a row before them that is to be inserted."""
    seen: set[bytes] = set()
    found: Flags = np.zeros(claim.row_count, np.bool_)
    steps = zip(*(keys.steps() for keys in claim.keys), strict=True)
    for step in steps:
        start = step[0][0]
        for place, entries in enumerate(zip(*(entries for _, entries in step), strict=True), start):
            if any(entry in seen for entry in entries):
                found[place] = True
            elif is_free[place]:
                seen.update(entry for entry in entries if entry is not None)
    return found


def _rows_with(seqs: Seqs, snapshot: TableSnapshot) -> pa.Table:
    """Rows by their seqs. Raises `RowChanged` if one has come since the snapshot was taken."""
    schema = arrow_schema(snapshot.table.columns)
    if not len(seqs):
        return schema.empty_table()
    ascending = distinct(seqs)
    if snapshot.fetch(ascending.item(-1), ()) is None:
        raise RowChanged
    columns = snapshot.take(ascending, range(len(schema)))
    if len(columns[0]) != len(ascending):
        raise RowChanged
    arrays = [from_plain(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema).take(pa.array(ascending.searchsorted(seqs), pa.int64()))
