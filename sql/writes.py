"""INSERT, UPDATE and DELETE: rows into the transaction's overlay, waiting for whoever holds a lock on them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from sql.checks import test_checks
from sql.conflicts import insert_on_conflict
from sql.constraints import check_arrow
from sql.lock_waits import run_until_free
from sql.many_values import rows_of_values
from sql.plan import DeleteQuery, InsertQuery, UpdateQuery
from sql.queries import query_table
from sql.result import Command
from sql.returning import Returned
from sql.row_stores import own_store, store_to_write
from storage.engine import prepare_deletion, prepare_load
from storage.rows import table_from_rows
from storage.snapshot import PROVISIONAL_SEQ
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from sql.result import Result
    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.transaction import Transaction


async def run_write(
    session: SessionState, plan: InsertQuery | UpdateQuery | DeleteQuery, parameters: Sequence[object]
) -> Result:
    """Run a write whose rows a query gives."""
    transaction = session.block.for_writing(type(plan).__name__.removesuffix("Query").upper())
    if not isinstance(plan, InsertQuery) and plan.table.type == "user" and session.role.reads_rows_of_all:
        session.notice(
            f'only rows of role "{session.role.name}" are changed in user table "{plan.table.name}"',
            hint="Use EXECUTE AS USER to change those of another role.",
        )

    async def attempt() -> Result:
        # Before its query, so that this sees what whoever held the lock has done.
        transaction.lock_table(plan.table.oid, LockMode.ROW_EXCLUSIVE)
        if isinstance(plan, InsertQuery) and plan.values is not None:
            found = await rows_of_values(session, plan.table, plan.values)
        else:
            found = await query_table(session, plan.query, parameters)
        return await _apply(session, transaction, plan, found, parameters)

    return await run_until_free(session, transaction, attempt)


PREPARED_FROM_ROWS: Final = 2_000
"""Rows from which their keys are read and encoded in a worker: that takes some microseconds each."""

OWN_ROWS_A_STEP: Final = 1_000
"""Rows of its own that a transaction deletes before it lets go of the loop."""


async def _apply(
    session: SessionState,
    transaction: Transaction,
    plan: InsertQuery | UpdateQuery | DeleteQuery,
    found: pa.Table,
    parameters: Sequence[object],
) -> Result:
    table = plan.table
    # What RETURNING reads of other tables is as it was before the statement.
    returning = None if plan.returning is None else Returned(session, plan.returning, parameters)
    if isinstance(plan, InsertQuery) and plan.conflict is not None:
        check_arrow(table, found, session.codecs)
        await test_checks(session, table, found)
        store_oid = store_to_write(session, transaction, table)
        written = await insert_on_conflict(session, transaction, plan, store_oid, found, parameters)
        tag = f"INSERT 0 {len(written)}"
        if returning is None:
            return Command(tag)
        in_arrow = partial(table_from_rows, written, table.columns)
        return await returning.rows(await asyncio.get_running_loop().run_in_executor(None, in_arrow), tag)
    verb = "INSERT 0"
    rows = found
    if not isinstance(plan, InsertQuery):
        verb = "UPDATE" if isinstance(plan, UpdateQuery) else "DELETE"
        rows = found.drop_columns(["_seq"])
        if found.num_rows:
            await delete_rows(transaction, own_store(session, table), found.column("_seq").to_numpy())
    if not isinstance(plan, DeleteQuery):
        new = rows.select(range(len(table.columns)))
        check_arrow(table, new, session.codecs)
        await test_checks(session, table, new)
        if new.num_rows:
            await insert_rows(session, transaction, table, store_to_write(session, transaction, table), new)
    tag = f"{verb} {found.num_rows}"
    return Command(tag) if returning is None else await returning.rows(rows, tag)


async def delete_rows(transaction: Transaction, store_oid: int, seqs: Seqs) -> None:
    """Delete rows of a row store that the statement has found. Many are prepared in a worker."""
    if len(seqs) < PREPARED_FROM_ROWS:
        transaction.delete(store_oid, seqs.tolist())
        return
    own, committed = seqs[seqs >= PROVISIONAL_SEQ], seqs[seqs < PROVISIONAL_SEQ]
    if len(committed):
        in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
        snapshot = transaction.snapshot(store_oid)
        deletion = await in_worker(prepare_deletion, snapshot, store_oid, committed)
        transaction.delete_locked(deletion, await in_worker(transaction.lock_deletion(deletion)))
    for start in range(0, len(own), OWN_ROWS_A_STEP):
        transaction.delete(store_oid, own[start : start + OWN_ROWS_A_STEP].tolist())
        await asyncio.sleep(0)


async def insert_rows(
    session: SessionState, transaction: Transaction, table: Table, store_oid: int, rows: pa.Table
) -> None:
    """Insert rows in Arrow into a row store. Many are prepared in a worker, so that the loop is not held up."""
    if rows.num_rows >= PREPARED_FROM_ROWS:
        overlay = transaction.overlays.get(store_oid)
        # Named, earlier loads of the transaction are compared with this one in the worker, too.
        after = () if overlay is None else overlay.loads()
        prepare = partial(prepare_load, session.shared.storage, table, rows, after, store_oid)
        transaction.insert(store_oid, await asyncio.get_running_loop().run_in_executor(None, prepare))
    elif rows.num_rows:
        transaction.insert(store_oid, rows)
