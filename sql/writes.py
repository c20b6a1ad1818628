"""INSERT, UPDATE and DELETE: rows into the transaction's overlay, waiting for whoever holds a lock on them.

A statement that meets a lock undoes what it did, waits for the holder, and runs again on a fresh snapshot: READ
COMMITTED as PostgreSQL defines it. In REPEATABLE READ storage raises `SerializationFailure` instead.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sql import errors
from sql.constraints import check_arrow, unique_violation
from sql.plan import DeleteQuery, InsertQuery, KeyLookup, UpdateQuery
from sql.queries import query_table
from sql.result import Command, Rows
from sql.settings import milliseconds_of
from sql.waiting import wait_for_transaction
from storage import errors as storage_errors
from storage.errors import Blocked, RowChanged
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import pyarrow as pa

    from sql.compiled import Run
    from sql.plan import Returning
    from sql.result import Result
    from sql.session import Session
    from storage.catalog import Table
    from storage.transaction import Transaction


def run_point(session: Session, plan: object, run: Run, parameters: Sequence[object]) -> Result | Awaitable[Result]:
    """Run a compiled plan; only where it meets a lock is there anything to wait for."""
    if isinstance(plan, KeyLookup):
        return run(session.block, parameters)
    transaction = session.block.for_writing()
    mark = transaction.begin_statement()
    try:
        return run(session.block, parameters)
    except (Blocked, RowChanged) as conflict:
        transaction.undo_to(mark)
        return _run_point_again(session, transaction, run, parameters, conflict)
    except storage_errors.UniqueViolation as violation:
        raise _in_words(session, violation) from None


async def _run_point_again(
    session: Session, transaction: Transaction, run: Run, parameters: Sequence[object], conflict: Exception
) -> Result:
    async def attempt() -> Result:
        return run(session.block, parameters)

    await _wait_out(session, transaction, conflict)
    return await _until_free(session, transaction, attempt)


async def run_write(
    session: Session, plan: InsertQuery | UpdateQuery | DeleteQuery, parameters: Sequence[object]
) -> Result:
    """Run a write whose rows a query gives."""
    transaction = session.block.for_writing()

    async def attempt() -> Result:
        found = await query_table(session, plan.query, parameters)
        return await _apply(session, transaction, plan, found, parameters)

    return await _until_free(session, transaction, attempt)


async def _apply(
    session: Session,
    transaction: Transaction,
    plan: InsertQuery | UpdateQuery | DeleteQuery,
    found: pa.Table,
    parameters: Sequence[object],
) -> Result:
    table = plan.table
    verb = "INSERT 0"
    rows = found
    if not isinstance(plan, InsertQuery):
        verb = "UPDATE" if isinstance(plan, UpdateQuery) else "DELETE"
        rows = found.drop_columns(["_seq"])
        if found.num_rows:
            transaction.delete(table.oid, found.column("_seq").to_pylist())
    if not isinstance(plan, DeleteQuery):
        check_arrow(table, rows, session.codecs)
        await insert_rows(session, transaction, table, rows)
    tag = f"{verb} {found.num_rows}"
    if plan.returning is None:
        return Command(tag)
    return await _returned(session, plan.returning, rows, tag, parameters)


async def insert_rows(session: Session, transaction: Transaction, table: Table, rows: pa.Table) -> None:
    """Insert rows in Arrow. Many are prepared in a worker first, so that the loop is not held up."""
    storage = session.database.storage
    if rows.num_rows > storage.options.staged_load_rows:
        prepared = await asyncio.get_running_loop().run_in_executor(None, storage.prepare_load, table, rows)
        transaction.insert(table.oid, prepared)
    elif rows.num_rows:
        transaction.insert(table.oid, rows)


async def _returned(
    session: Session, returning: Returning, rows: pa.Table, tag: str, parameters: Sequence[object]
) -> Rows:
    if returning.query is not None:
        result = await query_table(session, returning.query, parameters, rows)
    else:
        assert returning.positions is not None
        result = rows.select(list(returning.positions))
    return Rows(returning.columns, rows_from_table(result), tag)


async def _until_free(session: Session, transaction: Transaction, attempt: Callable[[], Awaitable[Result]]) -> Result:
    while True:
        mark = transaction.begin_statement()
        try:
            return await attempt()
        except (Blocked, RowChanged) as conflict:
            transaction.undo_to(mark)
            await _wait_out(session, transaction, conflict)
        except storage_errors.UniqueViolation as violation:
            raise _in_words(session, violation) from None


async def _wait_out(session: Session, transaction: Transaction, conflict: Exception) -> None:
    """Wait until the lock that a statement met is free; a changed row needs no waiting."""
    if not isinstance(conflict, Blocked):
        return
    timeout_ms = milliseconds_of(session.settings.get("lock_timeout"))
    try:
        async with asyncio.timeout(timeout_ms / 1000 if timeout_ms else None):
            await wait_for_transaction(session.database.storage, transaction, conflict.holder)
    except TimeoutError:
        raise errors.LockNotAvailable from None


def _in_words(session: Session, violation: storage_errors.UniqueViolation) -> errors.UniqueViolation:
    table = session.catalog.table_by_oid(violation.table_id)
    assert table is not None, "the transaction wrote to it"
    return unique_violation(violation, table, session.codecs)
