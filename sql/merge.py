"""MERGE: a query says which action applies to which rows; these are changed as UPDATE, DELETE and INSERT change them.

A row that somebody else has changed since makes it run again on a fresh snapshot, so that its conditions are tested
again; two source rows for one row of the table are an error, as in PostgreSQL.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sql.bulk_rows import delete_rows, insert_rows
from sql.errors import CardinalityViolation
from sql.foreign_keys.enforcement import tables_written
from sql.foreign_keys.key_rows import Replaced
from sql.lock_waits import run_until_free
from sql.new_rows import settled_rows
from sql.numbering import as_column
from sql.queries import query_table
from sql.result import Command
from sql.row_stores import own_store, store_to_write
from storage.dead import distinct
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import MergeQuery
    from sql.session_state import SessionState
    from storage.dead import Seqs
    from storage.transaction import Transaction
    from storage.types import SqlType


async def run_merge(session: SessionState, plan: MergeQuery, parameters: Sequence[object]) -> Command:
    """Run it. Raises `CardinalityViolation`, and what writing raises."""
    transaction = session.block.for_writing("MERGE")

    async def attempt() -> Command:
        transaction.lock_table(plan.table.oid, LockMode.ROW_EXCLUSIVE)
        tables = tables_written(session, transaction, (plan,))
        found = await query_table(session, plan.query, parameters)
        replaced = await _apply(session, transaction, plan, found)
        if tables is not None:
            tables.note(plan.table, replaced)
            await tables.enforce()
        return Command(f"MERGE {found.num_rows}")

    return await run_until_free(session, transaction, attempt)


async def _apply(session: SessionState, transaction: Transaction, plan: MergeQuery, found: pa.Table) -> Replaced | None:
    """Returns the rows that were updated."""
    table = plan.table
    if not found.num_rows:
        return None
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    seqs, new, taken_by = await in_worker(_taken_apart, plan, found)
    new = await _with_numbers(session, plan, new, taken_by)
    new = await settled_rows(session, table, new)
    if len(seqs):
        await delete_rows(transaction, own_store(session, table), seqs)
    if new.num_rows:
        await insert_rows(session, transaction, table, store_to_write(session, transaction, table), new)
    return await in_worker(_replaced, plan, found, new, taken_by) if table.referenced_by else None


def _replaced(plan: MergeQuery, found: pa.Table, new: pa.Table, taken_by: Seqs) -> Replaced:
    """Of the rows that are there afterwards those that were there before, in both states."""
    updates = np.array([kind == "update" for kind in ("", *plan.kinds)])
    seqs = found.column(0).filter(pa.array(updates[found.column(1).to_numpy()]))
    return Replaced(seqs, new.filter(pa.array(updates[taken_by])))


def _taken_apart(plan: MergeQuery, found: pa.Table) -> tuple[Seqs, pa.Table, Seqs]:
    """The seqs of the rows to change, the rows that are there afterwards, and by which action each of these is so.

    Raises `CardinalityViolation`.
    """
    actions = found.column(1).to_numpy()
    kinds = ("", *plan.kinds)
    changes = np.array([kind != "insert" for kind in kinds])[actions]
    stays = np.array([kind != "delete" for kind in kinds])[actions]
    seqs = found.column(0).filter(pa.array(changes)).to_numpy()
    if len(distinct(seqs)) != len(seqs):
        raise CardinalityViolation(
            "MERGE command cannot affect row a second time",
            hint="Ensure that not more than one source row matches any one target row.",
        )
    return seqs, found.select(range(2, found.num_columns)).filter(pa.array(stays)), actions[stays]


async def _with_numbers(session: SessionState, plan: MergeQuery, new: pa.Table, taken_by: Seqs) -> pa.Table:
    """The rows with the numbers of sequences that new ones take."""
    for action, numbered in plan.numbered:
        places = np.flatnonzero(taken_by == action)
        taken = await session.block.sequences.take(numbered.sequence, len(places))
        give = partial(_with_some, new, numbered.position, places, taken, plan.table.columns[numbered.position].type)
        new = await asyncio.get_running_loop().run_in_executor(None, give)
    return new


def _with_some(new: pa.Table, position: int, places: Seqs, taken: Seqs, sql_type: SqlType) -> pa.Table:
    """The rows with these numbers in a column of some of them."""
    index = np.full(new.num_rows, -1, np.int64)
    index[places] = np.arange(len(places))
    given = as_column(pa.array(taken), sql_type).take(pa.array(index, mask=index < 0))
    merged = pa.compute.if_else(pa.array(index >= 0), given, new.column(position).combine_chunks())
    return new.set_column(position, new.field(position), merged)
