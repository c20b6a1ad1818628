"""Runs statements in parts: all of them see the rows of when the statement began, and each is run once.

What a part writes or locks is in the transaction at once; what it gives is handed to the later ones as Arrow tables.
Whoever meets a lock undoes all parts and runs them again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql.foreign_keys.enforcement import tables_written
from sql.lock_waits import run_until_free
from sql.plan import LockingQuery, QueryPlan, RowCalls
from sql.plan_queries import with_queries
from sql.queries import query_table, run_query
from sql.query_scans import PartScan, TableScan
from sql.row_calls import called_table, run_row_calls
from sql.row_locking import locked_rows, locked_table
from sql.row_stores import snapshots_of
from sql.writes import say_whose_rows, write_rows
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from sql.foreign_keys.enforcement import WrittenTables
    from sql.plan import Composite, PartPlan
    from sql.query_scans import Scan
    from sql.result import Result
    from sql.session_state import SessionState
    from sql.writes import WriteQuery, Written
    from storage.transaction import Transaction


async def run_composite(session: SessionState, plan: Composite, parameters: Sequence[object]) -> Result:
    """Run all parts, and give the result of the last, the statement proper."""
    if plan.command is None:
        return await _Run(session, None, parameters, None).result(as_of_now(session, plan))
    transaction = session.block.for_writing(plan.command)
    plans = [*(part.plan for part in plan.before), plan.plan, *(part.plan for part in plan.behind)]
    for each in plans:
        if not isinstance(each, QueryPlan | RowCalls | LockingQuery):
            say_whose_rows(session, each)

    async def attempt() -> Result:
        # All locks of tables before any snapshot, so that this has what whoever held one has done.
        for each in plans:
            _lock_tables(transaction, each)
        tables = tables_written(session, transaction, plans)
        result = await _Run(session, transaction, parameters, tables).result(as_of_now(session, plan))
        if tables is not None:
            await tables.enforce()
        return result

    return await run_until_free(session, transaction, attempt)


def _lock_tables(transaction: Transaction, plan: PartPlan) -> None:
    if isinstance(plan, LockingQuery):
        for lock in plan.locks:
            transaction.lock_table(lock.table.oid, LockMode.ROW_SHARE)
    elif not isinstance(plan, QueryPlan | RowCalls):
        transaction.lock_table(plan.table.oid, LockMode.ROW_EXCLUSIVE)


def as_of_now(session: SessionState, plan: Composite) -> Composite:
    """The plan with snapshots of now in all its scans of tables."""

    def settled(query: QueryPlan) -> QueryPlan:
        scans: list[Scan] = [
            replace(scan, snapshots=snapshots_of(session, scan)) if isinstance(scan, TableScan) else scan
            for scan in query.scans
        ]
        return replace(query, scans=tuple(scans))

    before, behind = (
        tuple(replace(part, plan=with_queries(part.plan, settled)) for part in parts)
        for parts in (plan.before, plan.behind)
    )
    return replace(plan, before=before, plan=with_queries(plan.plan, settled), behind=behind)


class _Run:
    """One run of a statement in parts."""

    def __init__(
        self,
        session: SessionState,
        transaction: Transaction | None,
        parameters: Sequence[object],
        tables: WrittenTables | None,
    ) -> None:
        self._session = session
        self._transaction = transaction
        self._parameters = parameters
        self._tables = tables
        self._given: dict[int, pa.Table] = {}
        """What the parts have given, by number."""

    async def result(self, plan: Composite) -> Result:
        for part in plan.before:
            await self._run_part(part.number, part.plan)
        result = await self._last(self._filled(plan.plan))
        for part in plan.behind:
            await self._run_part(part.number, part.plan)
        return result

    async def _run_part(self, number: int, plan: PartPlan) -> None:
        given = await self._table(self._filled(plan))
        if given is not None:
            self._given[number] = given.rename_columns([f"c{place}" for place in range(1, given.num_columns + 1)])

    async def _table(self, plan: PartPlan) -> pa.Table | None:
        session, transaction, parameters = self._session, self._transaction, self._parameters
        match plan:
            case QueryPlan():
                return await query_table(session, plan, parameters)
            case RowCalls():
                called: pa.Table = await called_table(session, plan, parameters)
                return called
        assert transaction is not None, "what writes or locks has one"
        match plan:
            case LockingQuery():
                return await locked_table(session, transaction, plan, parameters)
            case _:
                return await (await self._write(transaction, plan)).table()

    async def _last(self, plan: PartPlan) -> Result:
        session, transaction, parameters = self._session, self._transaction, self._parameters
        match plan:
            case QueryPlan():
                return run_query(session, plan, parameters)
            case RowCalls():
                return await run_row_calls(session, plan, parameters)
        assert transaction is not None, "what writes or locks has one"
        match plan:
            case LockingQuery():
                return await locked_rows(session, transaction, plan, parameters)
            case _:
                return await (await self._write(transaction, plan)).result()

    async def _write(self, transaction: Transaction, plan: WriteQuery) -> Written:
        written = await write_rows(self._session, transaction, plan, self._parameters, is_part=True)
        if self._tables is not None:
            self._tables.note(plan.table, written.replaced)
        return written

    def _filled(self, plan: PartPlan) -> PartPlan:
        """The plan with what other parts have given."""
        return with_queries(plan, partial(_filled, self._given))


def _filled(given: Mapping[int, pa.Table], query: QueryPlan) -> QueryPlan:
    scans: list[Scan] = [
        replace(scan, rows=given[scan.part]) if isinstance(scan, PartScan) and scan.part in given else scan
        for scan in query.scans
    ]
    return replace(query, scans=tuple(scans))
