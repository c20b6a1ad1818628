"""INSERT, UPDATE and DELETE: rows into the transaction's overlay."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from sql.bulk_insert import insert_from_query, is_streamed
from sql.bulk_rows import PREPARED_FROM_ROWS, delete_rows, insert_rows
from sql.conflicts import insert_on_conflict
from sql.foreign_keys.key_rows import Replaced
from sql.many_values import rows_of_values
from sql.new_rows import settled_rows
from sql.plan import DeleteQuery, InsertQuery, UpdateQuery
from sql.queries import query_table
from sql.result import Command
from sql.returning import Returned
from sql.row_stores import own_store, store_to_write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.result import Result
    from sql.session_state import SessionState
    from storage.transaction import Transaction

    WriteQuery = InsertQuery | UpdateQuery | DeleteQuery


class Written(Struct, frozen=True):
    """What a write has done: its command tag, and the rows that it wrote, as RETURNING wants them."""

    word: str
    """Before the number, in the tag."""
    count: int
    changed: pa.Table | None
    returning: Returned | None
    replaced: Replaced | None = None
    """The rows that others have taken the place of."""

    async def result(self) -> Result:
        """What the client gets."""
        if self.returning is None or self.changed is None:
            return Command(f"{self.word} {self.count}")
        return await self.returning.rows(self.changed, self.word)

    async def table(self) -> pa.Table | None:
        """What RETURNING gives, in Arrow."""
        return None if self.returning is None or self.changed is None else await self.returning.table(self.changed)


def say_whose_rows(session: SessionState, plan: WriteQuery) -> None:
    """A NOTICE for who reads the rows of all roles in a user table, and changes its own."""
    if not isinstance(plan, InsertQuery) and plan.table.type == "user" and session.role.reads_rows_of_all:
        session.notice(
            f'only rows of role "{session.role.name}" are changed in user table "{plan.table.name}"',
            hint="Use EXECUTE AS USER to change those of another role.",
        )


async def write_rows(
    session: SessionState,
    transaction: Transaction,
    plan: WriteQuery,
    parameters: Sequence[object],
    *,
    is_part: bool = False,
) -> Written:
    """Write what the query of a plan gives; its table is locked. Raises `Blocked` and its like: undo to a mark then.

    `is_part`: what other parts of the statement have changed before is left alone.
    """
    if isinstance(plan, InsertQuery) and is_streamed(plan) and not is_part:
        return Written("INSERT 0", await insert_from_query(session, transaction, plan, parameters), None, None)
    if isinstance(plan, InsertQuery) and plan.values is not None:
        found = await rows_of_values(session, plan.table, plan.values, parameters)
        # They stand in these rows and nowhere else.
        parameters = ()
    else:
        found = await query_table(session, plan.query, parameters)
        if is_part and not isinstance(plan, InsertQuery):
            found = _still_there(transaction, own_store(session, plan.table), found)
    # What RETURNING reads of other tables is as it was before the statement.
    returning = None if plan.returning is None else Returned(session, plan.returning, parameters)
    if isinstance(plan, InsertQuery) and plan.conflict is not None:
        return await _insert_on_conflict(session, transaction, plan, found, returning, parameters)
    return await _apply(session, transaction, plan, found, returning)


async def _insert_on_conflict(
    session: SessionState,
    transaction: Transaction,
    plan: InsertQuery,
    found: pa.Table,
    returning: Returned | None,
    parameters: Sequence[object],
) -> Written:
    table = plan.table
    found = await settled_rows(session, table, found)
    store_oid = store_to_write(session, transaction, table)
    written = await insert_on_conflict(session, transaction, plan, store_oid, found, parameters)
    return Written("INSERT 0", written.count, written.rows, returning, written.replaced)


async def _apply(
    session: SessionState, transaction: Transaction, plan: WriteQuery, found: pa.Table, returning: Returned | None
) -> Written:
    table = plan.table
    word = "INSERT 0"
    rows = found
    replaced: Replaced | None = None
    if not isinstance(plan, InsertQuery):
        word = "UPDATE" if isinstance(plan, UpdateQuery) else "DELETE"
        seqs = found.column("_seq")
        rows = found.drop_columns(["_seq"])
        if found.num_rows >= PREPARED_FROM_ROWS:
            in_one_piece = await asyncio.get_running_loop().run_in_executor(None, seqs.to_numpy)
            await delete_rows(transaction, own_store(session, table), in_one_piece)
        elif found.num_rows:
            await delete_rows(transaction, own_store(session, table), seqs.to_numpy())
    if not isinstance(plan, DeleteQuery):
        rows = await settled_rows(session, table, rows)
        new = rows.select(range(len(table.columns)))
        if new.num_rows:
            await insert_rows(session, transaction, table, store_to_write(session, transaction, table), new)
        if isinstance(plan, UpdateQuery):
            replaced = Replaced(found.column("_seq"), new)
    return Written(word, found.num_rows, rows, returning, replaced)


def _still_there(transaction: Transaction, store_oid: int, found: pa.Table) -> pa.Table:
    """Without the rows that another part of the statement has changed: each is changed once."""
    overlay = transaction.overlays.get(store_oid)
    if overlay is None or not found.num_rows:
        return found
    seqs = found.column("_seq").to_numpy()
    gone = np.isin(seqs, overlay.view().deleted_seqs())
    if overlay.dead:
        gone |= np.isin(seqs, np.fromiter(overlay.dead, np.int64, len(overlay.dead)))
    return found.filter(pa.array(~gone)) if gone.any() else found
