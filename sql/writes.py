"""INSERT, UPDATE and DELETE: rows into the transaction's overlay, waiting for whoever holds a lock on them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from sql.bulk_rows import delete_rows, insert_rows
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
from storage.rows import table_from_rows
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from sql.result import Result
    from sql.session_state import SessionState
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
