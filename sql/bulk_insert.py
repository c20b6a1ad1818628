"""Rows that one statement inserts, however many: into the hot tier, or else, too many for that, into segments."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from sql.bulk_rows import insert_rows
from sql.new_rows import settled_rows
from sql.numbering import with_numbers
from sql.queries import session_values, sources_of
from sql.row_stores import store_to_write
from storage.bulk_load import reserve_segment, write_segment_load

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from sql.plan import InsertQuery, QueryPlan
    from sql.session_state import SessionState
    from storage.bulk_load import SegmentToWrite
    from storage.catalog_entries import Table
    from storage.segment_load import SegmentLoad
    from storage.transaction import Transaction

    Run = Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]

ROWS_A_STEP: Final = 100_000
"""Rows that are taken from a query at once."""

SEGMENT_ROWS_MAX: Final = 1 << 20


class BulkInsert:
    """Takes rows, whose constraints have been tested, in pieces. The statement has locked the table.

    Up to `HotTierOptions.bulk_load_bytes` they are hot rows: inserted as they come (`insert_part` runs that, and what
    meets a lock again), or, without that, together at the end. Of more all go into segments, in their order: one is
    written by a worker while the rows of the next one come in. Any method raises what inserting does.
    """

    def __init__(
        self,
        session: SessionState,
        transaction: Transaction,
        table: Table,
        store_oid: int,
        insert_part: Run | None = None,
    ) -> None:
        self._session = session
        self._transaction = transaction
        self._table = table
        self._store_oid = store_oid
        self._insert_part = insert_part
        self._limits = session.shared.hot_tier
        self._mark = transaction.mark()
        self._is_bulk = False
        self._rows: list[pa.Table] = []
        """All so far; of a bulk load those for the next segment."""
        self._bytes = 0
        self._writing: tuple[SegmentToWrite, asyncio.Future[SegmentLoad]] | None = None

    async def insert(self, rows: pa.Table) -> None:
        """Insert some rows."""
        self._keep(rows)
        if self._is_bulk:
            if self._bytes >= self._limits.segment_bytes or self._row_count() >= SEGMENT_ROWS_MAX:
                await self._begin_segment()
        elif self._bytes >= self._limits.bulk_load_bytes and self._table.type != "stream":
            await self._go_over_to_segments()
        elif self._insert_part is not None:
            await self._insert_part(partial(self._insert_hot, rows))

    async def finish(self) -> None:
        """All rows have come."""
        if self._is_bulk:
            await self._begin_segment()
            await self._end_segment()
        elif self._insert_part is None and self._rows:
            rows, self._rows = pa.concat_tables(self._rows), []
            await self._insert_hot(rows)

    async def abort(self) -> None:
        """The statement has failed, and what it did is undone: return when no worker does anything for it any more."""
        self._rows.clear()
        if self._writing is not None:
            work, written = self._writing
            work.seqs.release()
            await asyncio.wait([written])
            # It has stopped, or failed, or just ended: that is of no account now.
            written.exception()
            self._writing = None

    def _keep(self, rows: pa.Table) -> None:
        self._rows.append(rows)
        self._bytes += rows.nbytes

    def _row_count(self) -> int:
        return sum(rows.num_rows for rows in self._rows)

    async def _insert_hot(self, rows: pa.Table) -> None:
        await insert_rows(self._session, self._transaction, self._table, self._store_oid, rows)

    async def _go_over_to_segments(self) -> None:
        if self._insert_part is not None:
            self._transaction.undo_to(self._mark)
        self._is_bulk = True
        rows, self._rows, self._bytes = self._rows, [], 0
        while rows:
            await self.insert(rows.pop(0))

    async def _begin_segment(self) -> None:
        await self._end_segment()
        if self._rows:
            rows, self._rows, self._bytes = pa.concat_tables(self._rows), [], 0
            storage = self._session.shared.storage
            work = reserve_segment(storage, self._transaction, self._store_oid, rows)
            written = asyncio.get_running_loop().run_in_executor(None, write_segment_load, storage, work)
            self._writing = work, written

    async def _end_segment(self) -> None:
        if self._writing is None:
            return
        _, written = self._writing
        # Not awaited itself: it would be cancelled with who waits, but go on.
        await asyncio.wait([written])
        if self._insert_part is None:
            await self._insert_segment(written)
        else:
            await self._insert_part(partial(self._insert_segment, written))
        self._writing = None

    async def _insert_segment(self, written: asyncio.Future[SegmentLoad]) -> None:
        self._transaction.insert(self._store_oid, written.result())


def is_streamed(plan: InsertQuery) -> bool:
    """Whether the rows of an INSERT may be inserted as they come: nobody asks for all of them at the end."""
    return plan.values is None and plan.conflict is None and plan.returning is None


async def insert_from_query(
    session: SessionState, transaction: Transaction, plan: InsertQuery, parameters: Sequence[object]
) -> int:
    """Run an INSERT … SELECT for which `is_streamed` holds, in a table that is locked. Returns how many rows it was."""
    store_oid = store_to_write(session, transaction, plan.table)
    return await insert_pieces(session, transaction, plan.table, store_oid, plan.query, parameters)


async def insert_pieces(
    session: SessionState,
    transaction: Transaction,
    table: Table,
    store_oid: int,
    query: QueryPlan,
    parameters: Sequence[object],
) -> int:
    """Insert what a query gives. Returns how many rows that was."""
    bulk = BulkInsert(session, transaction, table, store_oid)
    count = 0
    try:
        async with aclosing(_pieces(session, query, parameters)) as pieces:
            async for piece in pieces:
                found = await with_numbers(session, query, piece) if query.numbered else piece
                rows = found.select(range(len(table.columns)))
                rows = await settled_rows(session, table, rows)
                await bulk.insert(rows)
                count += rows.num_rows
        await bulk.finish()
    except BaseException:
        await bulk.abort()
        raise
    return count


async def _pieces(
    session: SessionState, query: QueryPlan, parameters: Sequence[object]
) -> AsyncGenerator[pa.Table, None]:
    stream = session.shared.engine.stream(query, sources_of(session, query), parameters, session_values(session, query))
    batches: list[pa.RecordBatch] = []
    waiting = 0
    try:
        async for batch in stream:
            batches.append(batch)
            waiting += batch.num_rows
            if waiting >= ROWS_A_STEP:
                yield pa.Table.from_batches(batches)
                batches, waiting = [], 0
        if waiting:
            yield pa.Table.from_batches(batches)
    finally:
        await stream.aclose()
