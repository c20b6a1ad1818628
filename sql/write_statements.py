"""INSERT, UPDATE and DELETE whose rows a query gives, as statements: they wait for whoever has locked these rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.foreign_keys.enforcement import tables_written
from sql.lock_waits import run_until_free
from sql.writes import say_whose_rows, write_rows
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import DeleteQuery, InsertQuery, UpdateQuery
    from sql.result import Result
    from sql.session_state import SessionState


async def run_write(
    session: SessionState, plan: InsertQuery | UpdateQuery | DeleteQuery, parameters: Sequence[object]
) -> Result:
    """Run a write, and see to the foreign keys that it concerns."""
    transaction = session.block.for_writing(type(plan).__name__.removesuffix("Query").upper())
    say_whose_rows(session, plan)

    async def attempt() -> Result:
        # Before its query, so that this sees what whoever held the lock has done.
        transaction.lock_table(plan.table.oid, LockMode.ROW_EXCLUSIVE)
        tables = tables_written(session, transaction, (plan,))
        written = await write_rows(session, transaction, plan, parameters)
        if tables is not None:
            tables.note(plan.table, written.replaced)
            await tables.enforce()
        return await written.result()

    return await run_until_free(session, transaction, attempt)
