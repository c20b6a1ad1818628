"""Queries over rows that a statement hands in, and RETURNING, which is one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from sql.queries import session_values, sources_of
from sql.query_scans import RowsScan
from sql.result import Rows
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import QueryPlan, Returning
    from sql.session_state import SessionState
    from storage.rows import Row

RETURNED_A_STEP: Final = 1_000
"""Rows to return that are taken out of Arrow before the loop is let go."""


class HandedIn:
    """A query over rows that the statement hands in. Made before anything is changed.

    So subqueries of RETURNING and of DO UPDATE see tables as they were before the statement.
    """

    def __init__(self, session: SessionState, query: QueryPlan, parameters: Sequence[object]) -> None:
        self._session = session
        self._query = query
        self._parameters = parameters
        self._sources = sources_of(session, query, pa.table({}))

    async def table(self, rows: pa.Table) -> pa.Table:
        """Its result, of these rows."""
        query, session = self._query, self._session
        scans = (scan for scan in query.scans if isinstance(scan, RowsScan))
        sources = {**self._sources, **{scan.alias: rows for scan in scans}}
        return await session.shared.engine.table(query, sources, self._parameters, session_values(session, query))


class Returned:
    """The RETURNING of one statement. Made before anything is changed, as `HandedIn`."""

    def __init__(self, session: SessionState, returning: Returning, parameters: Sequence[object]) -> None:
        self._returning = returning
        self._query = None if returning.query is None else HandedIn(session, returning.query, parameters)

    async def rows(self, changed: pa.Table, tag: str) -> Rows:
        """The result, of rows that were changed: the table's columns, and what it carries of other relations."""
        returned: list[Row] = []
        result = await self.table(changed)
        for start in range(0, result.num_rows, RETURNED_A_STEP):
            if start:
                await asyncio.sleep(0)
            returned += rows_from_table(result.slice(start, RETURNED_A_STEP))
        return Rows(self._returning.columns, returned, tag)

    async def table(self, changed: pa.Table) -> pa.Table:
        """The same in Arrow."""
        if self._query is not None:
            return await self._query.table(changed)
        assert self._returning.positions is not None
        return changed.select(list(self._returning.positions))
