"""Foreign keys are enforced when a statement has written, whatever it was, before its client is told anything.

First comes what foreign keys say of keys that are gone, then what new rows refer to has to be there; then the same for
the rows that this has changed, and so on: a list, however long the chain is.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sql.foreign_keys.actions import act
from sql.foreign_keys.changes import changes_since, touches
from sql.foreign_keys.referring import require_references
from sql.plan import DeleteQuery, InsertQuery, MergeQuery, UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.foreign_keys.changes import Changes
    from sql.foreign_keys.key_rows import Replaced
    from sql.plan import PartPlan
    from sql.session_state import SessionState
    from storage.catalog import Catalog
    from storage.catalog_entries import Table
    from storage.changes import ChangesMark
    from storage.transaction import Transaction


class WrittenTables:
    """The tables with foreign keys, or that foreign keys refer to, which a statement writes to; made before it does."""

    def __init__(self, session: SessionState, transaction: Transaction, tables: Sequence[Table]) -> None:
        self._session = session
        self._transaction = transaction
        self._marks: dict[int, tuple[Table, ChangesMark]] = {
            table.oid: (table, transaction.references.changes_mark(table.oid)) for table in tables
        }
        self._replaced: dict[int, list[Replaced]] = {oid: [] for oid in self._marks}

    def note(self, table: Table, replaced: Replaced | None) -> None:
        """Rows of a table were replaced: those that are deleted besides are gone."""
        if replaced is not None and table.oid in self._replaced:
            self._replaced[table.oid].append(replaced)

    async def enforce(self) -> None:
        """The statement has written all that it does. Raises `ForeignKeyViolation`, and what its actions raise."""
        session, transaction = self._session, self._transaction
        waiting: deque[Changes] = deque(
            changes_since(transaction, table, mark, self._replaced[table.oid]) for table, mark in self._marks.values()
        )
        while waiting:
            changes = waiting.popleft()
            waiting.extend(await act(session, transaction, changes))
            await require_references(session, transaction, changes.table, changes.mark)


def tables_written(
    session: SessionState, transaction: Transaction, plans: Sequence[PartPlan | MergeQuery]
) -> WrittenTables | None:
    """Those that plans are about to write to, which are locked; `None` where it is nothing to foreign keys."""
    tables = _concerned(session.catalog, plans)
    return WrittenTables(session, transaction, tables) if tables else None


def _concerned(catalog: Catalog, plans: Sequence[PartPlan | MergeQuery]) -> list[Table]:
    found: list[Table] = []
    for plan in plans:
        match plan:
            case InsertQuery(table, conflict=conflict):
                updates = conflict is not None and conflict.update is not None
                is_concerned = bool(table.foreign_keys or (updates and table.referenced_by))
            case UpdateQuery(table, assigned=assigned):
                is_concerned = bool(table.foreign_keys or table.referenced_by) and touches(catalog, table, assigned)
            case DeleteQuery(table):
                is_concerned = bool(table.referenced_by)
            case MergeQuery(table):
                is_concerned = bool(table.foreign_keys or table.referenced_by)
            case _:
                continue
        if is_concerned:
            found.append(table)
    return found
