"""Locks of catalog entries: of the objects that a transaction changes, and of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.catalog_entries import Namespace, Relation, Role, Table
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Hashable

    from storage.catalog import Catalog, CatalogChange
    from storage.catalog_entries import CatalogEntry
    from storage.locks import HeldLocks


def lock_changed(held: HeldLocks, before: Catalog, change: CatalogChange, seen: tuple[Catalog, Catalog]) -> bool:
    """Lock what a change of a catalog touches. Raises `Blocked`.

    `seen` is the catalog that the change was made on and the one that is visible now: False if these differ in what is
    changed.
    """
    base, visible = seen
    for (kind, oid), entry in change.entries.items():
        old = before.entry(kind, oid)
        for lock in {(kind, oid)}.union(*(entry_names(each) for each in (old, entry) if each is not None)):
            held.take_name(lock)
        if isinstance(old, Table) and visible.entry(kind, oid) is not None and _keeps_writers_out(old, entry):
            held.take_table(oid, LockMode.ACCESS_EXCLUSIVE)
        if visible.entry(kind, oid) is not base.entry(kind, oid):
            return False
        if entry is not None and visible.named(entry) is not base.named(entry):
            return False
    return True


def _keeps_writers_out(old: Table, new: CatalogEntry | None) -> bool:
    """Whether a change of a table is one of what its writers rely on, and not just of its name or its owner."""
    if not isinstance(new, Table):
        return True
    return _relied_on(old) != _relied_on(new)


def _relied_on(table: Table) -> tuple[object, ...]:
    return (
        table.columns,
        table.primary_key,
        table.options,
        table.layout,
        table.indexes,
        table.checks,
        table.foreign_keys,
        table.referenced_by,
    )


def entry_names(entry: CatalogEntry) -> set[Hashable]:
    """The locks of an entry's names. The relations of a namespace and the indexes of its tables share theirs."""
    if isinstance(entry, Namespace | Role):
        return {(type(entry), entry.name)}
    names: set[Hashable] = {(Relation, entry.namespace, entry.name)}
    if isinstance(entry, Table):
        names.update((Relation, *name) for name in entry.index_names)
    return names
