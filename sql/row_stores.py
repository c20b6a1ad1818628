"""Which row stores a statement reads and writes: of a user table the acting role's own, and for some those of all.

Each role reads and writes its own rows of a user table. Superusers and members of `job_operator` read the rows of all,
and write their own. Every other table is one store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import TableGone

if TYPE_CHECKING:
    from sql.acting_role import ActingRole
    from sql.query_scans import TableScan
    from sql.session_state import SessionState
    from storage.catalog_entries import Role, Table
    from storage.engine import Storage, TableStatistics
    from storage.snapshot import TableSnapshot
    from storage.transaction import Transaction


def stores_to_read(session: SessionState, table: Table) -> tuple[int, ...]:
    """The ids of the stores whose rows a statement sees."""
    if table.type == "user" and session.role.reads_rows_of_all:
        # A user table that nobody has written to has no rows, as its own store has none.
        return session.block.stores(table.oid) or (table.oid,)
    return (own_store(session, table),)


def snapshots_of(session: SessionState, scan: TableScan) -> tuple[TableSnapshot, ...]:
    """The row stores that a scan reads, as the current statement sees them. Raises `TableGone`."""
    if scan.snapshots is not None:
        return scan.snapshots
    table = session.catalog.table_by_oid(scan.table_oid)
    if table is None:
        raise TableGone
    stores = (own_store(session, table),) if scan.is_target else stores_to_read(session, table)
    return tuple([session.block.snapshot(store_oid) for store_oid in stores])


def own_store(session: SessionState, table: Table) -> int:
    """The id of the store whose rows a statement changes. One that is empty where there is none of the role yet."""
    return table.oid if table.type != "user" else session.block.partition(table.oid, session.role.oid)


def store_to_write(session: SessionState, transaction: Transaction, table: Table) -> int:
    """The id of the store that new rows go into. It is made where there is none."""
    return table.oid if table.type != "user" else transaction.partition(table.oid, owner_of_rows(session))


def owner_of_rows(session: SessionState) -> Role:
    """The acting role as the catalog has it: new rows of user tables are its own."""
    return session.catalog.roles[session.role.name]


def statistics_shown(storage: Storage, role: ActingRole, table: Table) -> TableStatistics:
    """The sizes of a table as far as a role may know of its rows. Raises `TableGone`."""
    if table.type != "user" or role.reads_rows_of_all:
        return storage.table_statistics(table.oid)
    own = storage.partition(table.oid, role.oid)
    return storage.statistics(table.oid if own is None else own)
