"""INSERT, UPDATE and DELETE: rows into the transaction's overlay, waiting for whoever holds a lock on them.

A statement that meets a lock undoes what it did, waits for the holder, and runs again on a fresh snapshot: READ
COMMITTED as PostgreSQL defines it. In REPEATABLE READ storage raises `SerializationFailure` instead.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from sql import errors
from sql.constraints import check_arrow, unique_violation
from sql.plan import DeleteQuery, InsertQuery, UpdateQuery
from sql.queries import query_table
from sql.result import Command, Rows
from sql.row_stores import own_store, store_to_write
from sql.settings import milliseconds_of
from sql.waiting import wait_for_transaction
from storage import errors as storage_errors
from storage.engine import prepare_deletion, prepare_load
from storage.errors import Blocked, RowChanged
from storage.rows import rows_from_table
from storage.snapshot import PROVISIONAL_SEQ

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import pyarrow as pa

    from sql.plan import Returning
    from sql.result import Result
    from sql.session_state import SessionState
    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.rows import Row
    from storage.transaction import Transaction


def run_at_once(session: SessionState, command: str, attempt: Callable[[], Result]) -> Result | Awaitable[Result]:
    """Run a write that need not wait, unless it meets a lock: then there is something to await."""
    transaction = session.block.for_writing(command)
    mark = transaction.begin_statement()
    try:
        return attempt()
    except (Blocked, RowChanged) as conflict:
        transaction.undo_to(mark)
        return _run_again(session, transaction, attempt, conflict)
    except storage_errors.UniqueViolation as violation:
        raise _in_words(session, violation) from None


async def _run_again(
    session: SessionState, transaction: Transaction, attempt: Callable[[], Result], conflict: Exception
) -> Result:
    async def once_more() -> Result:
        return attempt()

    await _wait_out(session, transaction, conflict)
    return await _until_free(session, transaction, once_more)


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
        found = await query_table(session, plan.query, parameters)
        return await _apply(session, transaction, plan, found, parameters)

    return await _until_free(session, transaction, attempt)


PREPARED_FROM_ROWS: Final = 2_000
"""Rows from which their keys are read and encoded in a worker: that takes some microseconds each."""

RETURNED_A_STEP: Final = 1_000
"""Rows to return that are taken out of Arrow before the loop is let go."""

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
    verb = "INSERT 0"
    rows = found
    if not isinstance(plan, InsertQuery):
        verb = "UPDATE" if isinstance(plan, UpdateQuery) else "DELETE"
        rows = found.drop_columns(["_seq"])
        if found.num_rows:
            await delete_rows(transaction, own_store(session, table), found.column("_seq").to_numpy())
    if not isinstance(plan, DeleteQuery):
        check_arrow(table, rows, session.codecs)
        if rows.num_rows:
            await insert_rows(session, transaction, table, store_to_write(session, transaction, table), rows)
    tag = f"{verb} {found.num_rows}"
    if plan.returning is None:
        return Command(tag)
    return await _returned(session, plan.returning, rows, tag, parameters)


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


async def _returned(
    session: SessionState, returning: Returning, rows: pa.Table, tag: str, parameters: Sequence[object]
) -> Rows:
    if returning.query is not None:
        result = await query_table(session, returning.query, parameters, rows)
    else:
        assert returning.positions is not None
        result = rows.select(list(returning.positions))
    returned: list[Row] = []
    for start in range(0, result.num_rows, RETURNED_A_STEP):
        if start:
            await asyncio.sleep(0)
        returned += rows_from_table(result.slice(start, RETURNED_A_STEP))
    return Rows(returning.columns, returned, tag)


async def _until_free(
    session: SessionState, transaction: Transaction, attempt: Callable[[], Awaitable[Result]]
) -> Result:
    while True:
        mark = transaction.begin_statement()
        try:
            return await attempt()
        except (Blocked, RowChanged) as conflict:
            transaction.undo_to(mark)
            await _wait_out(session, transaction, conflict)
        except storage_errors.UniqueViolation as violation:
            raise _in_words(session, violation) from None


async def _wait_out(session: SessionState, transaction: Transaction, conflict: Exception) -> None:
    """Wait until the lock that a statement met is free; a changed row needs no waiting."""
    if not isinstance(conflict, Blocked):
        return
    timeout_ms = milliseconds_of(session.settings.get("lock_timeout"))
    try:
        async with asyncio.timeout(timeout_ms / 1000 if timeout_ms else None):
            await wait_for_transaction(session.shared.storage, transaction, conflict.holder)
    except TimeoutError:
        raise errors.LockNotAvailable from None


def _in_words(session: SessionState, violation: storage_errors.UniqueViolation) -> errors.UniqueViolation:
    table = session.catalog.table_by_oid(violation.table_id)
    assert table is not None, "the transaction wrote to it"
    return unique_violation(violation, table, session.codecs)
