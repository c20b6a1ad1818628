"""LOCK TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql import errors
from sql.lock_waits import lock_table
from sql.privileges import has_privilege, kind_of
from sql.resolve import find_relation, require_usage
from sql.result import Command
from storage.catalog_entries import Table, View
from storage.errors import Blocked
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.names import QualifiedName
    from sql.privileges import Privilege
    from sql.session_state import SessionState
    from sql.statements import LockTables
    from storage.transaction import Transaction

_WRITE: Final[tuple[Privilege, ...]] = ("UPDATE", "DELETE", "TRUNCATE")
_NEEDED: Final[dict[LockMode, tuple[Privilege, ...]]] = {
    LockMode.ACCESS_SHARE: ("SELECT",),
    LockMode.ROW_EXCLUSIVE: ("INSERT", *_WRITE),
}
"""Any of these, or else any that writes: as PostgreSQL 15 has it."""


async def lock_tables(session: SessionState, statement: LockTables) -> Command:
    """Lock tables one after the other; those locked so far stay so while it waits for the next one."""
    session.block.require_others("LOCK TABLE")
    transaction = session.block.for_locks()
    for name in statement.tables:
        locked: tuple[int, ...] = ()
        # Once it has waited, another table may have the name, or none.
        while locked != (wanted := tuple(_oids(session, name, statement.mode))):
            for oid in wanted:
                await _lock(session, transaction, oid, statement, name)
            locked = wanted
    return Command("LOCK TABLE")


async def _lock(
    session: SessionState, transaction: Transaction, oid: int, statement: LockTables, name: QualifiedName
) -> None:
    if statement.waits:
        await lock_table(session, transaction, oid, statement.mode)
        session.block.begin_statement(reads=False)
        return
    try:
        transaction.lock_table(oid, statement.mode)
    except Blocked:
        raise errors.LockNotAvailable(f'could not obtain lock on relation "{name.name}"') from None


def _oids(session: SessionState, name: QualifiedName, mode: LockMode) -> Iterator[int]:
    relation = find_relation(session, name)
    if relation is None:
        raise errors.UndefinedTable(f'relation "{name}" does not exist')
    if not isinstance(relation, Table | View):
        raise errors.WrongObjectType(f'"{relation.name}" is not a table or view')
    require_usage(session, relation.namespace)
    if not any(has_privilege(session.role, relation, each) for each in _NEEDED.get(mode, _WRITE)):
        raise errors.InsufficientPrivilege(f"permission denied for {kind_of(relation)} {relation.name}")
    if isinstance(relation, Table):
        yield relation.oid
    else:
        yield from _tables_of(session, relation)


def _tables_of(session: SessionState, view: View) -> Iterator[int]:
    """The tables that a view reads, which are locked with its owner's rights."""
    for oid in dict.fromkeys(oid for oid, _ in view.uses):
        used = session.catalog.relation_by_oid(oid)
        if isinstance(used, Table):
            yield used.oid
        elif isinstance(used, View):
            yield from _tables_of(session, used)
