"""INSERT … ON CONFLICT where a query gives the rows, or what becomes of those that have a key already.

The rows are taken in order, some at a time: a key that is free is locked and its row inserted; of a row that has the
key, that one is what DO UPDATE is about, the newest version as PostgreSQL has it. The keys of many rows are locked and
looked up together where that can be (`sql.claimed_rows`). Meeting a lock, or a row that the statement does not see,
undoes all of it: the statement waits and runs again.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from msgspec import Struct

from sql.binding.conflicts import conflict_columns
from sql.bulk_rows import PREPARED_FROM_ROWS, delete_rows, insert_rows
from sql.claimed_rows import SortedOut, sort_out_at_once
from sql.foreign_keys.key_rows import Replaced
from sql.new_rows import settled_rows
from sql.point_conflicts import affected_twice, conflicting_row
from sql.returning import HandedIn
from storage.dead import distinct
from storage.load import in_schema
from storage.rows import rows_from_table, table_from_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import InsertQuery, OnConflict
    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.rows import Row
    from storage.transaction import Transaction

ROWS_A_STEP: Final = 100
"""Rows that are looked up and written before the loop is let go: a few microseconds each."""


class Written(Struct, frozen=True):
    """What a statement has written: how many rows, and the rows, in the order in which they were to be inserted."""

    count: int
    rows: pa.Table | None
    """`None` unless they were asked for."""
    replaced: Replaced | None
    """The rows that DO UPDATE has changed."""


async def insert_on_conflict(
    session: SessionState,
    transaction: Transaction,
    plan: InsertQuery,
    store_oid: int,
    proposed: pa.Table,
    parameters: Sequence[object],
) -> Written:
    """Insert rows, or do with them what ON CONFLICT says.

    Raises `CardinalityViolation`, and what writing raises.
    """
    conflict, table = plan.conflict, plan.table
    assert conflict is not None
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    # Before anything is written: what DO UPDATE reads of other tables is as it was.
    update = None if conflict.update is None else HandedIn(session, conflict.update, parameters)
    found: SortedOut | None = None
    if proposed.num_rows >= PREPARED_FROM_ROWS:
        found = await sort_out_at_once(session, transaction, table, conflict, store_oid, proposed)
    if found is None:
        found = await _sort_out(transaction, plan, conflict, store_oid, proposed)
    new = await in_worker(_at, proposed, found.new)
    if proposed.num_rows >= PREPARED_FROM_ROWS and new.num_rows:
        await insert_rows(session, transaction, table, store_oid, new)
    changes = _Changes(found.met[:0], found.seqs[:0], found.old.slice(0, 0), found.old.slice(0, 0))
    if len(found.met) and update is not None:
        handed_in = await in_worker(_handed_in, plan, proposed, found)
        updated = await update.table(handed_in)
        changed = await settled_rows(session, table, updated.select(range(1, updated.num_columns)))
        changes = await in_worker(_changes, updated.column(0), changed, found)
        await _replace(session, transaction, table, store_oid, changes)
    count = new.num_rows + len(changes.places)
    replaced = Replaced(changes.seqs, changes.new) if len(changes.seqs) else None
    if plan.returning is None:
        return Written(count, None, replaced)
    return Written(count, await in_worker(_in_order, table, found.new, new, changes), replaced)


async def _sort_out(
    transaction: Transaction, plan: InsertQuery, conflict: OnConflict, store_oid: int, proposed: pa.Table
) -> SortedOut:
    """Find the rows whose keys are free, and insert them if they are few; and the others."""
    keys = [key for key in transaction.keys(store_oid) if key.index_oid in conflict.arbiters]
    inserts = proposed.num_rows < PREPARED_FROM_ROWS
    new: list[int] = []
    met: list[tuple[int, int]] = []
    old: list[Row] = []
    new_keys: set[tuple[int | None, bytes]] = set()
    for start in range(0, proposed.num_rows, ROWS_A_STEP):
        for place, row in enumerate(rows_from_table(proposed.slice(start, ROWS_A_STEP)), start):
            mine = {(key.index_oid, values) for key in keys if (values := key.of_row(row)) is not None}
            if not new_keys.isdisjoint(mine):
                if conflict.update is not None:
                    raise affected_twice()
                continue
            found = conflicting_row(transaction, store_oid, keys, row)
            if found is None:
                new_keys |= mine
                new.append(place)
                if inserts:
                    transaction.insert(store_oid, (row,))
            elif conflict.update is not None:
                old.append(found[0])
                met.append((place, found[1]))
        await asyncio.sleep(0)
    places, seqs = np.array(met, np.int64).reshape(-1, 2).T
    in_arrow = partial(table_from_rows, old, plan.table.columns)
    in_arrow_now = await asyncio.get_running_loop().run_in_executor(None, in_arrow)
    return SortedOut(np.array(new, np.int64), places, seqs, in_arrow_now)


def _at(rows: pa.Table, places: Seqs) -> pa.Table:
    """The rows at some places, ascending."""
    return rows if len(places) == rows.num_rows else rows.take(pa.array(places, pa.int64()))


def _handed_in(plan: InsertQuery, proposed: pa.Table, found: SortedOut) -> pa.Table:
    """The rows that the query of DO UPDATE is about."""
    new = _at(proposed, found.met)
    arrays = [pa.chunked_array([pa.array(found.met)]), *found.old.columns, *new.columns]
    return pa.Table.from_arrays(arrays, names=conflict_columns(plan.table))


class _Changes(Struct, frozen=True):
    """Rows to change, in their order: where they were to be inserted, their seqs, what they were and will be."""

    places: Seqs
    seqs: Seqs
    old: pa.Table
    new: pa.Table


def _changes(places: pa.ChunkedArray[pa.Int64Scalar], changed: pa.Table, found: SortedOut) -> _Changes:
    """Those for which the WHERE of DO UPDATE holds. Raises `CardinalityViolation`."""
    unordered = places.to_numpy()
    order = np.argsort(unordered, kind="stable")
    in_order = unordered[order]
    at = found.met.searchsorted(in_order)
    seqs = found.seqs[at]
    if len(distinct(seqs)) != len(seqs):
        raise affected_twice()
    return _Changes(in_order, seqs, _at(found.old, at), changed.take(pa.array(order, pa.int64())))


async def _replace(
    session: SessionState, transaction: Transaction, table: Table, store_oid: int, changes: _Changes
) -> None:
    count = len(changes.seqs)
    if count >= PREPARED_FROM_ROWS:
        await delete_rows(transaction, store_oid, changes.seqs)
        await insert_rows(session, transaction, table, store_oid, changes.new)
        return
    for start in range(0, count, ROWS_A_STEP):
        old, new = (rows_from_table(rows.slice(start, ROWS_A_STEP)) for rows in (changes.old, changes.new))
        transaction.delete(store_oid, changes.seqs[start : start + ROWS_A_STEP].tolist(), old)
        transaction.insert(store_oid, new)
        await asyncio.sleep(0)


def _in_order(table: Table, places: Seqs, new: pa.Table, changes: _Changes) -> pa.Table:
    """All that was written, in the order in which it was to be inserted."""
    if not len(changes.places):
        return new
    both = pa.concat_tables([in_schema(new, table), in_schema(changes.new, table)])
    order = np.argsort(np.concatenate((places, changes.places)), kind="stable")
    return both.take(pa.array(order, pa.int64()))
