"""Who counts the growth of which table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.growth import TableGrowth


def watch_growth(storage: Storage, table_oid: int, growth: TableGrowth) -> None:
    """Have commits add to `growth`, instead of to what they added to before; what is hot already is counted.

    Raises `TableGone`.
    """
    storage.visible.growth[table_oid] = growth
    count_growth(storage, table_oid, growth)


def unwatch_growth(storage: Storage, table_oid: int) -> None:
    """No longer count what is committed to a table."""
    storage.visible.growth.pop(table_oid, None)


def count_growth(storage: Storage, table_oid: int, growth: TableGrowth) -> None:
    """Set it to the hot rows that are visible, dead ones included: what a flush would settle now. O(1) a store.

    Raises `TableGone`.
    """
    stores = storage.visible.stores_of(table_oid)
    growth.recount(sum(state.hot.row_count for state in stores), sum(state.hot.byte_count for state in stores))


def has_hot_rows(storage: Storage, table_oid: int) -> bool:
    """Whether a flush of the table would settle anything, be it dead rows to forget. Raises `TableGone`."""
    return any(state.hot.row_count for state in storage.visible.stores_of(table_oid))


def last_flushed_us(storage: Storage, table: Table) -> int:
    """When the table was last flushed, or else made: none of its hot rows is older. Microseconds since the epoch."""
    stores = storage.visible.stores_of(table.oid)
    return max((state.last_flushed_at or 0 for state in stores), default=0) or table.created_at
