"""Which tables hold the memory of the hot tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from storage.catalog_entries import Table
    from storage.engine import Storage


class HotTable(Struct, frozen=True):
    """A table that has hot rows, and what its row stores hold together."""

    table: Table
    held_bytes: int

    @property
    def can_be_flushed(self) -> bool:
        """Whether a flush frees that; rows of streams only go when they are old enough."""
        return self.table.type != "stream"


def hot_tables(storage: Storage) -> list[HotTable]:
    """The tables that have hot rows; those that hold most come first."""
    by_oid: dict[int, int] = {}
    for state in storage.visible.stores.values():
        if state.counted_bytes:
            by_oid[state.table.oid] = by_oid.get(state.table.oid, 0) + state.counted_bytes
    found = [HotTable(storage.visible.store(oid).table, held_bytes) for oid, held_bytes in by_oid.items()]
    return sorted(found, key=lambda each: each.held_bytes, reverse=True)
