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
from msgspec import Struct, field

from sql.binding.conflicts import conflict_columns
from sql.bulk_rows import PREPARED_FROM_ROWS, delete_rows, insert_rows
from sql.claimed_rows import Conflict, rows_in_steps, sort_out_at_once
from sql.new_rows import settled_rows
from sql.point_conflicts import affected_twice, conflicting_row
from sql.returning import HandedIn
from storage.rows import rows_from_table, table_from_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import InsertQuery, OnConflict
    from sql.session_state import SessionState
    from storage.dead import Seqs
    from storage.rows import Row
    from storage.transaction import Transaction

ROWS_A_STEP: Final = 100
"""Rows that are looked up and written before the loop is let go: a few microseconds each."""


class _Done(Struct):
    """What has been written so far: the rows, by place."""

    rows: dict[int, Row] = field(default_factory=dict)

    def of(self, proposed: pa.Table) -> pa.Table:
        """Those in Arrow, of what was to be inserted."""
        return proposed.take(pa.array(self.rows, pa.int64()))

    def in_order(self) -> list[Row]:
        """All of them."""
        return [self.rows[place] for place in sorted(self.rows)]


async def insert_on_conflict(
    session: SessionState,
    transaction: Transaction,
    plan: InsertQuery,
    store_oid: int,
    proposed: pa.Table,
    parameters: Sequence[object],
) -> list[Row]:
    """Insert rows, or do with them what ON CONFLICT says. Returns the rows that were inserted or updated, in order.

    Raises `CardinalityViolation`, and what writing raises.
    """
    conflict = plan.conflict
    assert conflict is not None
    # Before anything is written: what DO UPDATE reads of other tables is as it was.
    update = None if conflict.update is None else HandedIn(session, conflict.update, parameters)
    done = _Done()
    conflicts: list[Conflict] | None = None
    if proposed.num_rows >= PREPARED_FROM_ROWS:
        conflicts = await _sort_out_at_once(session, transaction, plan, store_oid, proposed, done)
    if conflicts is None:
        conflicts = await _sort_out(transaction, conflict, store_oid, proposed, done)
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    if proposed.num_rows >= PREPARED_FROM_ROWS and done.rows:
        await insert_rows(session, transaction, plan.table, store_oid, await in_worker(done.of, proposed))
    if conflicts and update is not None:
        await _update(session, transaction, plan, store_oid, conflicts, update, done)
    return await in_worker(done.in_order)


async def _sort_out_at_once(
    session: SessionState,
    transaction: Transaction,
    plan: InsertQuery,
    store_oid: int,
    proposed: pa.Table,
    done: _Done,
) -> list[Conflict] | None:
    """Find the rows whose keys are free. Returns the others; `None` where rows have to be taken one by one."""
    assert plan.conflict is not None
    found = await sort_out_at_once(session, transaction, plan.table, plan.conflict, store_oid, proposed)
    if found is None:
        return None
    done.rows = found.new
    return found.conflicts


async def _sort_out(
    transaction: Transaction, conflict: OnConflict, store_oid: int, proposed: pa.Table, done: _Done
) -> list[Conflict]:
    """Find the rows whose keys are free, and insert them if they are few. Returns the others."""
    keys = [key for key in transaction.keys(store_oid) if key.index_oid in conflict.arbiters]
    inserts = proposed.num_rows < PREPARED_FROM_ROWS
    conflicts: list[Conflict] = []
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
                done.rows[place] = row
                if inserts:
                    transaction.insert(store_oid, (row,))
            elif conflict.update is not None:
                conflicts.append(Conflict(place, row, *found))
        await asyncio.sleep(0)
    return conflicts


async def _update(
    session: SessionState,
    transaction: Transaction,
    plan: InsertQuery,
    store_oid: int,
    conflicts: Sequence[Conflict],
    update: HandedIn,
    done: _Done,
) -> None:
    """Update the rows that have the keys, where the WHERE of DO UPDATE holds."""
    table = plan.table
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    found = await update.table(await in_worker(_handed_in, plan, conflicts))
    changed = await settled_rows(session, table, found.select(range(1, found.num_columns)))
    changes, new_rows, seqs = await in_worker(_changes, found.column(0), changed, conflicts)
    done.rows.update(new_rows)
    if len(changes) >= PREPARED_FROM_ROWS:
        await delete_rows(transaction, store_oid, seqs)
        await insert_rows(session, transaction, table, store_oid, changed)
        return
    for start in range(0, len(changes), ROWS_A_STEP):
        for conflict in changes[start : start + ROWS_A_STEP]:
            transaction.delete(store_oid, (conflict.seq,), (conflict.old,))
            transaction.insert(store_oid, (new_rows[conflict.place],))
        await asyncio.sleep(0)


def _handed_in(plan: InsertQuery, conflicts: Sequence[Conflict]) -> pa.Table:
    """The rows that the query of DO UPDATE is about."""
    columns = plan.table.columns
    old = table_from_rows([conflict.old for conflict in conflicts], columns)
    new = table_from_rows([conflict.new for conflict in conflicts], columns)
    places = pa.array([conflict.place for conflict in conflicts], pa.int64())
    return pa.Table.from_arrays([places, *old.columns, *new.columns], names=conflict_columns(plan.table))


def _changes(
    places: pa.ChunkedArray[pa.Int64Scalar], changed: pa.Table, conflicts: Sequence[Conflict]
) -> tuple[list[Conflict], dict[int, Row], Seqs]:
    """Whose rows to change, in order; what they will be, by place; and their seqs. Raises `CardinalityViolation`."""
    new_rows = dict(zip(places.to_numpy().tolist(), rows_in_steps(changed), strict=True))
    changes = [conflict for conflict in conflicts if conflict.place in new_rows]
    seqs = np.array([conflict.seq for conflict in changes], np.int64)
    if len(np.unique(seqs)) != len(seqs):
        raise affected_twice()
    return changes, new_rows, seqs
