"""Statements that lock all their tables first, one after the other in the order in which they name them.

Those locked so far stay so while it waits for the next one, as in PostgreSQL: whoever names tables in the same order
gets in nobody's way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sql.lock_waits import run_at_once, run_until_free, wait_for_lock
from sql.privileges import has_privilege
from sql.resolve import find_relation
from sql.statements import DropTable
from storage.catalog_entries import Table
from storage.errors import Blocked, DefinitionChanged
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sql.session_state import SessionState
    from sql.statements import TruncateTable
    from storage.transaction import Transaction

T = TypeVar("T")


def run_with_tables(
    session: SessionState, command: str, statement: DropTable | TruncateTable, attempt: Callable[[], T]
) -> T | Awaitable[T]:
    """Run a statement once it has its tables; at once, if nobody is in its way."""
    transaction = session.block.for_writing(command)
    try:
        _lock(session, transaction, statement)
    except Blocked as blocked:
        return _run_when_locked(session, transaction, statement, attempt, blocked)
    return run_at_once(session, command, attempt)


async def _run_when_locked(
    session: SessionState,
    transaction: Transaction,
    statement: DropTable | TruncateTable,
    attempt: Callable[[], T],
    blocked: Blocked | None,
) -> T:
    while blocked is not None:
        await wait_for_lock(session, transaction, blocked)
        blocked = None
        # By now another table may have the name.
        transaction.begin_statement()
        try:
            _lock(session, transaction, statement)
        except Blocked as again:
            blocked = again

    async def run() -> T:
        return attempt()

    return await run_until_free(session, transaction, run)


def _lock(session: SessionState, transaction: Transaction, statement: DropTable | TruncateTable) -> None:
    for table in _tables(session, statement):
        try:
            transaction.lock_table(table.oid, LockMode.ACCESS_EXCLUSIVE)
        except DefinitionChanged:
            # The statement finds that out, and begins again.
            return


def _tables(session: SessionState, statement: DropTable | TruncateTable) -> Iterator[Table]:
    """The tables up to the first name of which the statement will say what is wrong with it."""
    for name in statement.tables:
        relation = find_relation(session, name)
        if relation is None and isinstance(statement, DropTable) and statement.if_exists:
            continue
        if not isinstance(relation, Table):
            return
        may = session.role.owns(relation.owner)
        if not may and (isinstance(statement, DropTable) or not has_privilege(session.role, relation, "TRUNCATE")):
            return
        yield relation
