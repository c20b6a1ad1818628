"""What RETURNING gives: of rows in Arrow, and of rows as tuples."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from sql.plan import RowsScan
from sql.queries import session_values, sources_of
from sql.result import Rows
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import Returning
    from sql.session_state import SessionState
    from storage.rows import Row

RETURNED_A_STEP: Final = 1_000
"""Rows to return that are taken out of Arrow before the loop is let go."""


class Returned:
    """The RETURNING of one statement. Made before anything is changed: what it reads of tables is as it is now."""

    def __init__(self, session: SessionState, returning: Returning, parameters: Sequence[object]) -> None:
        self._session = session
        self._returning = returning
        self._parameters = parameters
        query = returning.query
        self._sources = {} if query is None else sources_of(session, query, pa.table({}))

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
        returning = self._returning
        if returning.query is None:
            assert returning.positions is not None
            return changed.select(list(returning.positions))
        scans = (scan for scan in returning.query.scans if isinstance(scan, RowsScan))
        sources = {**self._sources, **{scan.alias: changed for scan in scans}}
        values = session_values(self._session, returning.query)
        return await self._session.shared.engine.table(returning.query, sources, self._parameters, values)


def plain_rows(returning: Returning, rows: Sequence[Row], tag: str) -> Rows:
    """The result of a RETURNING of plain columns, of rows as tuples."""
    positions = returning.positions
    assert positions is not None, "the planner gives point statements only plain columns to return"
    return Rows(returning.columns, [tuple([row[position] for position in positions]) for row in rows], tag)
