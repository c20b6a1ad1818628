"""SELECT … FOR UPDATE and its like: the rows that a query gives are locked until the transaction ends.

A row that somebody else has locked is waited for, and then the statement runs again on a fresh snapshot, as UPDATE
does; with NOWAIT that is an error, and with SKIP LOCKED the row is left out.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from sql.errors import InvalidParameterValue, LockNotAvailable
from sql.lock_waits import run_until_free
from sql.locking_planner import ROW_LIMIT
from sql.point_rows import NO_ROW
from sql.queries import session_values, sources_of
from sql.row_stores import own_store
from sql.scalar import compile_scalar
from sql.table_result import result_of
from storage.dead import distinct
from storage.errors import Blocked, RowChanged, SerializationFailure
from storage.key_claims import claim_rows
from storage.snapshot import PROVISIONAL_SEQ
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import LockingQuery
    from sql.plan_parts import RowLock
    from sql.result import Rows, Stream
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from storage.dead import Seqs
    from storage.transaction import Transaction

ROWS_A_STEP: Final = 1_000
"""Rows that are locked before the loop is let go."""

LOCKED_TOGETHER: Final = 2_000
"""Rows from which all of them are one lock."""

MORE_ROWS: Final = 16
"""Rows that are asked for beyond those that are wanted: others may be locked until the answer comes."""


async def run_locking_query(session: SessionState, plan: LockingQuery, parameters: Sequence[object]) -> Rows | Stream:
    """Run the query, and lock what it gives. Raises `LockNotAvailable`, and what waiting for locks raises."""
    transaction = session.block.for_writing(plan.command)

    async def attempt() -> Rows | Stream:
        return await locked_rows(session, transaction, plan, parameters)

    return await run_until_free(session, transaction, attempt)


async def locked_rows(
    session: SessionState, transaction: Transaction, plan: LockingQuery, parameters: Sequence[object]
) -> Rows | Stream:
    """The result of the query, its rows locked. Raises as `locked_table`."""
    return result_of(await locked_table(session, transaction, plan, parameters), plan.columns, "SELECT")


async def locked_table(
    session: SessionState, transaction: Transaction, plan: LockingQuery, parameters: Sequence[object]
) -> pa.Table:
    """The rows of the query, locked. Raises `Blocked` and `RowChanged`: undo to a mark then."""
    for lock in plan.locks:
        transaction.lock_table(lock.table.oid, LockMode.ROW_SHARE)
    width = len(plan.columns)
    sources, values = sources_of(session, plan.query), session_values(session, plan.query)
    stores = tuple(own_store(session, lock.table) for lock in plan.locks)
    limit, offset = (count_of(session, scalar, parameters) for scalar in (plan.limit, plan.offset))
    if plan.limit is None or limit is None:
        found = await session.shared.engine.table(plan.query, sources, parameters, {**values, ROW_LIMIT: None})
        if found.num_rows >= LOCKED_TOGETHER and all(lock.policy != "skip" for lock in plan.locks):
            await _lock_together(transaction, plan.locks, stores, found.select(range(width, found.num_columns)))
            return found.select(range(width))
        kept, _ = await _lock(transaction, plan.locks, stores, found.select(range(width, found.num_columns)), None)
        return await asyncio.get_running_loop().run_in_executor(None, _taken, found.select(range(width)), kept)
    wanted = limit + (offset or 0)
    asked = wanted + MORE_ROWS
    while True:
        found = await session.shared.engine.table(plan.query, sources, parameters, {**values, ROW_LIMIT: asked})
        seqs = found.select(range(width, found.num_columns))
        kept, changed = await _lock(transaction, plan.locks, stores, seqs, wanted)
        if len(kept) == wanted or found.num_rows < asked:
            break
        asked *= 4
    if changed and len(kept) < wanted:
        # What they are now may be wanted.
        raise RowChanged
    return found.select(range(width)).take(pa.array(kept[offset or 0 :], pa.int64()))


async def _lock_together(
    transaction: Transaction, locks: Sequence[RowLock], stores: Sequence[int], seqs: pa.Table
) -> None:
    """Lock all rows of each table, as one lock."""
    in_worker = partial(asyncio.get_running_loop().run_in_executor, None)
    for lock, store_oid, column in zip(locks, stores, seqs.columns, strict=True):
        committed = await in_worker(_committed, column)
        if not len(committed):
            continue
        try:
            are_there = claim_rows(transaction, store_oid, committed)
        except Blocked:
            if lock.policy == "nowait":
                raise LockNotAvailable(f'could not obtain lock on row in relation "{lock.table.name}"') from None
            raise
        if not await in_worker(are_there):
            raise SerializationFailure if transaction.repeatable else RowChanged


def _committed(seqs: pa.ChunkedArray[pa.Int64Scalar]) -> Seqs:
    """Those of rows that are not the transaction's own, ascending; a NULL is no row."""
    known = distinct(seqs.drop_null().to_numpy().astype(np.int64))
    return known[known < PROVISIONAL_SEQ]


async def _lock(
    transaction: Transaction, locks: Sequence[RowLock], stores: Sequence[int], seqs: pa.Table, wanted: int | None
) -> tuple[list[int], bool]:
    """Lock rows until there are enough. Returns their places, and whether others were left out that have changed."""
    columns = await asyncio.get_running_loop().run_in_executor(None, _seqs_by_lock, seqs)
    kept: list[int] = []
    changed = False
    for place in range(seqs.num_rows):
        if wanted is not None and len(kept) >= wanted:
            break
        if place % ROWS_A_STEP == ROWS_A_STEP - 1:
            await asyncio.sleep(0)
        for lock, store_oid, column in zip(locks, stores, columns, strict=True):
            seq = column[place]
            if seq is None:
                continue
            try:
                transaction.lock_row(store_oid, seq)
            except Blocked:
                if lock.policy == "wait":
                    raise
                if lock.policy == "nowait":
                    raise LockNotAvailable(f'could not obtain lock on row in relation "{lock.table.name}"') from None
                break
            except RowChanged:
                if lock.policy != "skip" or wanted is None:
                    raise
                changed = True
                break
        else:
            kept.append(place)
    return kept, changed


def _seqs_by_lock(seqs: pa.Table) -> list[list[int | None]]:
    return [column.to_pylist() for column in seqs.columns]


def _taken(rows: pa.Table, places: Sequence[int]) -> pa.Table:
    return rows if len(places) == rows.num_rows else rows.take(pa.array(places, pa.int64()))


def count_of(session: SessionState, scalar: Scalar | None, parameters: Sequence[object]) -> int | None:
    """The value of LIMIT or OFFSET; `None` for NULL."""
    if scalar is None:
        return None
    value = compile_scalar(scalar, session.codecs)(parameters, NO_ROW, session.block)
    assert value is None or isinstance(value, int)
    if value is not None and value < 0:
        raise InvalidParameterValue("LIMIT and OFFSET must not be negative")
    return value
