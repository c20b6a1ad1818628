"""Queries over rows that a statement hands in, and RETURNING, which is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from sql.queries import session_values, sources_of
from sql.query_scans import RowsScan
from sql.table_result import result_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import QueryPlan, Returning
    from sql.result import Rows, Stream
    from sql.session_state import SessionState


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

    async def rows(self, changed: pa.Table, word: str) -> Rows | Stream:
        """The result, of rows that were changed: the table's columns, and what it carries of other relations.

        `word` is what stands in the command tag before their number.
        """
        return result_of(await self.table(changed), self._returning.columns, word)

    async def table(self, changed: pa.Table) -> pa.Table:
        """The same in Arrow."""
        if self._query is not None:
            return await self._query.table(changed)
        assert self._returning.positions is not None
        return changed.select(list(self._returning.positions))
