"""MERGE: a query says which action applies to which rows; these are changed as UPDATE, DELETE and INSERT change them.

A row that somebody else has changed since makes it run again on a fresh snapshot, so that its conditions are tested
again; two source rows for one row of the table are an error, as in PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sql.bulk_rows import delete_rows, insert_rows
from sql.errors import CardinalityViolation
from sql.lock_waits import run_until_free
from sql.new_rows import settled_rows
from sql.numbering import as_column
from sql.queries import query_table
from sql.result import Command
from sql.row_stores import own_store, store_to_write
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import MergeQuery
    from sql.session_state import SessionState
    from storage.dead import Seqs
    from storage.transaction import Transaction


async def run_merge(session: SessionState, plan: MergeQuery, parameters: Sequence[object]) -> Command:
    """Run it. Raises `CardinalityViolation`, and what writing raises."""
    transaction = session.block.for_writing("MERGE")

    async def attempt() -> Command:
        transaction.lock_table(plan.table.oid, LockMode.ROW_EXCLUSIVE)
        found = await query_table(session, plan.query, parameters)
        await _apply(session, transaction, plan, found)
        return Command(f"MERGE {found.num_rows}")

    return await run_until_free(session, transaction, attempt)


async def _apply(session: SessionState, transaction: Transaction, plan: MergeQuery, found: pa.Table) -> None:
    table = plan.table
    if not found.num_rows:
        return
    actions = found.column(1).to_numpy()
    kinds = np.array(["", *plan.kinds])[actions]
    changed = pa.array(kinds != "insert")
    seqs = found.column(0).filter(changed).to_numpy()
    if len(np.unique(seqs)) != len(seqs):
        raise CardinalityViolation(
            "MERGE command cannot affect row a second time",
            hint="Ensure that not more than one source row matches any one target row.",
        )
    new = await _new_rows(session, plan, found, actions, pa.array(kinds != "delete"))
    new = await settled_rows(session, table, new)
    if len(seqs):
        await delete_rows(transaction, own_store(session, table), seqs)
    if new.num_rows:
        await insert_rows(session, transaction, table, store_to_write(session, transaction, table), new)


async def _new_rows(
    session: SessionState, plan: MergeQuery, found: pa.Table, actions: Seqs, stay: pa.Array[Any]
) -> pa.Table:
    """The rows that are there afterwards, with the numbers of sequences that new ones take."""
    new = found.select(range(2, found.num_columns)).filter(stay)
    if not plan.numbered:
        return new
    taken_by = actions[stay.to_numpy(zero_copy_only=False)]
    for action, numbered in plan.numbered:
        places = np.flatnonzero(taken_by == action)
        taken = await session.block.sequences.take(numbered.sequence, len(places))
        column = as_column(pa.array(taken), plan.table.columns[numbered.position].type)
        index = np.full(new.num_rows, -1, np.int64)
        index[places] = np.arange(len(places))
        given = column.take(pa.array(index, mask=index < 0))
        rest = new.column(numbered.position).combine_chunks()
        merged = pa.compute.if_else(pa.array(index >= 0), given, rest)
        new = new.set_column(numbered.position, new.field(numbered.position), merged)
    return new
