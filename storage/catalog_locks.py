"""Locks of catalog entries: of the objects that a transaction changes, and of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from storage.catalog import Catalog, CatalogChange, CatalogEntry
    from storage.locks import HeldLocks


def lock_changed(held: HeldLocks, before: Catalog, change: CatalogChange, seen: tuple[Catalog, Catalog]) -> bool:
    """Lock what a change of a catalog touches. Raises `Blocked`.

    `seen` is the catalog that the change was made on and the one that is visible now: False if these differ in what is
    changed.
    """
    base, visible = seen
    for (kind, oid), entry in change.entries.items():
        old = before.entry(kind, oid)
        for lock in {(kind, oid)} | {entry_name(each) for each in (old, entry) if each is not None}:
            held.take_name(lock)
        if visible.entry(kind, oid) is not base.entry(kind, oid):
            return False
        if entry is not None and visible.named(entry) is not base.named(entry):
            return False
    return True


def entry_name(entry: CatalogEntry) -> Hashable:
    """The lock of an entry's name."""
    return (type(entry), getattr(entry, "namespace", None), entry.name)
