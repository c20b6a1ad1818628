"""UNDROP: a dropped table comes back, with everything that it had, as long as its space has not been reclaimed.

A drop takes away no more than the table's entry in the catalog, so the rest is as it was: `prepare_undrop` (worker)
loads it as a start of the server does, and `commit_undrop` (loop) makes it visible with the entry, in one batch. A
crash leaves the table dropped or there.

Whoever brings a table back sees to it first that nobody reclaims it meanwhile. If that has begun, `commit_undrop`
raises: the record of the dropped table, under `Storage.drop_lock`, decides between the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from storage.drop import find_dropped
from storage.errors import BeingReclaimed, NamespaceGone, NameTaken, NotDropped
from storage.keys import KeyKind, key
from storage.kv import Delete
from storage.recovery import load_stores
from storage.returning import Returning, as_it_comes_back

if TYPE_CHECKING:
    from storage.catalog_entries import DroppedTable, Table
    from storage.engine import Storage
    from storage.syncer import Commit
    from storage.table_state import TableState


class PreparedUndrop(Struct, frozen=True):
    """A dropped table as it will be, with its row stores, loaded."""

    dropped: DroppedTable
    returning: Returning
    states: tuple[TableState, ...]


def latest_dropped(storage: Storage, namespace: str, name: str) -> DroppedTable | None:
    """Of the dropped tables that had this name, the one that was dropped last; perhaps it is being reclaimed already.

    On the loop.
    """
    there = storage.catalog.tables
    found = [
        dropped
        for dropped in storage.dropped()
        # The record of a drop that is not durable yet can be read, too: until then the table is there.
        if (dropped.table.namespace, dropped.table.name) == (namespace, name) and dropped.table.oid not in there
    ]
    return max(found, key=lambda dropped: (dropped.dropped_at, dropped.table.oid), default=None)


def require_undroppable(storage: Storage, namespace: str, name: str, new_name: str | None = None) -> DroppedTable:
    """The table that UNDROP TABLE of this name brings back, perhaps under another one. On the loop.

    Raises `NotDropped` if there is none, `BeingReclaimed`, `NamespaceGone`, and `NameTaken` when another relation has
    its name. Nobody writes into it: a drop waits for those who do.
    """
    dropped = latest_dropped(storage, namespace, name)
    if dropped is None:
        raise NotDropped(f'there is no dropped table "{namespace}.{name}" to bring back')
    _require_possible(storage, dropped, as_it_comes_back(storage.catalog, dropped, new_name=new_name))
    return dropped


def owner_is_there(storage: Storage, dropped: DroppedTable) -> bool:
    """Whether the owner of a dropped table was not dropped, too. A role made anew with its name is another one."""
    role = storage.catalog.role(dropped.table.owner)
    return role is not None and dropped.owner_oid in (None, role.oid)


def prepare_undrop(storage: Storage, dropped: DroppedTable, returning: Returning | None = None) -> PreparedUndrop:
    """Load a dropped table. In a worker, when `require_undroppable` has found it and nobody reclaims it any more.

    `returning` is what comes back, where the names of before or the owner are not to be kept.
    """
    returning = returning or as_it_comes_back(storage.catalog, dropped)
    states = load_stores(storage.visible, returning.table, storage.cold_folder, storage.reaper)
    storage.options.faults.reach("undrop.before_batch")
    return PreparedUndrop(dropped, returning, states)


def commit_undrop(storage: Storage, prepared: PreparedUndrop) -> Commit:
    """Make the table visible again. On the loop.

    Raises what `require_undroppable` raises, for what has changed since, and `Blocked` or `RowChanged` as
    `Transaction.change_catalog` does, when another transaction is about to take the name; `SerializationFailure` when
    the owner was dropped meanwhile; `WriteFailed`.
    """
    returning, table = prepared.returning, prepared.returning.table
    with storage.drop_lock:
        now = find_dropped(storage, table.oid)
        if now is None or now.dropped_at != prepared.dropped.dropped_at:
            raise NotDropped(f'there is no dropped table "{_full_name(table)}" to bring back any more')
        _require_possible(storage, now, returning)
        transaction = storage.begin()
        try:
            transaction.begin_statement()
            transaction.change_catalog(returning.added_to)
            transaction.adopt(prepared.states)
        except BaseException:
            storage.rollback(transaction)
            raise
        commit = storage.commit(transaction, [Delete(key(KeyKind.DROPPED, table.oid))])
    storage.options.faults.reach("undrop.after_batch")
    return commit


def _require_possible(storage: Storage, dropped: DroppedTable, returning: Returning) -> None:
    catalog, table = storage.catalog, returning.table
    if dropped.reclaiming:
        raise BeingReclaimed(f'the space of dropped table "{_full_name(table)}" is being reclaimed')
    if catalog.namespace(table.namespace) is None:
        raise NamespaceGone(f'schema "{table.namespace}" does not exist')
    for namespace, name in returning.names:
        if catalog.is_taken(namespace, name):
            # Of an index or a sequence only where the name was taken a moment ago: see `as_it_comes_back`.
            raise NameTaken(f'relation "{name}" already exists')


def _full_name(table: Table) -> str:
    return f"{table.namespace}.{table.name}"
