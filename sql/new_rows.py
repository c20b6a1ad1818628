"""Rows that a statement is about to write: what is computed of them, and what they have to satisfy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.checks import test_checks
from sql.constraints import check_arrow
from sql.generated_columns import with_generated

if TYPE_CHECKING:
    import pyarrow as pa

    from sql.session_state import SessionState
    from storage.catalog_entries import Table


async def settled_rows(session: SessionState, table: Table, rows: pa.Table) -> pa.Table:
    """The rows with their generated columns; the table's columns are the first, and may be followed by others.

    Raises `NotNullViolation`, `CheckViolation`, and what computing raises.
    """
    rows = await with_generated(session, table, rows)
    new = rows.select(range(len(table.columns)))
    check_arrow(table, new, session.codecs)
    await test_checks(session, table, new)
    return rows
