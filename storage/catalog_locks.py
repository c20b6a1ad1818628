"""Locks of catalog entries: of the objects that a transaction changes, and of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.catalog_entries import Namespace, Relation, Role, Table

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
        if visible.entry(kind, oid) is not base.entry(kind, oid):
            return False
        if entry is not None and visible.named(entry) is not base.named(entry):
            return False
    return True


def entry_names(entry: CatalogEntry) -> set[Hashable]:
    """The locks of an entry's names. The relations of a namespace and the indexes of its tables share theirs."""
    if isinstance(entry, Namespace | Role):
        return {(type(entry), entry.name)}
    names: set[Hashable] = {(Relation, entry.namespace, entry.name)}
    if isinstance(entry, Table):
        names.update((Relation, *name) for name in entry.index_names)
    return names
