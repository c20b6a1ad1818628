"""What a statement, or an action, has done to a table with foreign keys: one thing that is to be looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from sql.foreign_keys.key_rows import GoneKeys, gone_keys
from sql.foreign_keys.links import references_to

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sql.foreign_keys.key_rows import Replaced
    from storage.catalog import Catalog
    from storage.catalog_entries import ForeignKey, Table
    from storage.changes import ChangesMark
    from storage.transaction import Transaction


class Link(Struct, frozen=True):
    """A foreign key to a table: which table has it, and which of the columns of the keys at hand it refers to."""

    table_oid: int
    foreign_key: ForeignKey
    columns: tuple[int, ...]


class Changes(Struct, frozen=True):
    """Rows of a table that were written since a mark."""

    table: Table
    mark: ChangesMark
    links: tuple[Link, ...]
    """The foreign keys to the table, in the order of their making."""
    read_gone: Callable[[], GoneKeys] | None
    """What reads, in a worker, the keys that may be gone; `None` if nothing refers to the table."""


def changes_since(transaction: Transaction, table: Table, mark: ChangesMark, replaced: Sequence[Replaced]) -> Changes:
    """What was done to a table since a mark: rows that were deleted and are none of those `replaced` are gone."""
    links = links_to(transaction.catalog, table)
    if not links:
        return Changes(table, mark, (), None)
    numbers = _numbers(links)
    # Taken now: what actions will do to the table comes by itself.
    gone = transaction.references.rows_deleted_since(table.oid, mark, numbers)
    places = {column.number: place for place, column in enumerate(table.columns)}
    read = partial(gone_keys, gone, tuple(replaced), tuple(places[number] for number in numbers))
    at = {number: place for place, number in enumerate(numbers)}
    known = [Link(oid, each, tuple(at[number] for number in each.referenced_columns)) for oid, each in links]
    return Changes(table, mark, tuple(known), read)


def links_to(catalog: Catalog, table: Table) -> list[tuple[int, ForeignKey]]:
    """The foreign keys to a table with the oids of the tables that have them, in the order of their making."""
    found = [(other.oid, each) for other, each in references_to(catalog, table)]
    return sorted(found, key=lambda link: link[1].oid)


def touches(catalog: Catalog, table: Table, assigned: Collection[int] | None) -> bool:
    """Whether columns that are assigned to, by their numbers, are of a foreign key; `None`: they are not known."""
    if assigned is None:
        return True
    referring = (number for each in table.foreign_keys for number in each.columns)
    return not set(referring).isdisjoint(assigned) or touches_key(catalog, table, assigned)


def touches_key(catalog: Catalog, table: Table, assigned: Collection[int]) -> bool:
    """Whether columns that are assigned to are of a key that foreign keys refer to."""
    return not set(_numbers(links_to(catalog, table))).isdisjoint(assigned)


def _numbers(links: Sequence[tuple[int, ForeignKey]]) -> list[int]:
    return sorted({number for _, each in links for number in each.referenced_columns})
