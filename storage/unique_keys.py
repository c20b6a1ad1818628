"""The keys of a table: its primary key and its unique indexes, and how the entries of rows in them are made.

An *entry* is what an index has for a row: the whole key under which RocksDB has the row's seq, which is the prefix of
the index and the memcomparable values. A row with a NULL in a key has no entry in its index: NULLs are distinct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage.errors import UniqueViolation
from storage.keys import KeyKind, entry_encoder, key, key_encoder

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from storage.catalog_entries import Table
    from storage.types import SqlType


class RowKey:
    """One key of the rows of a row store. Immutable."""

    __slots__ = ("columns", "entry_of", "index_oid", "name", "of_values", "positions", "prefix", "table_oid", "types")

    def __init__(self, table: Table, name: str, columns: tuple[int, ...], index_oid: int | None, prefix: bytes) -> None:
        places = {column.number: place for place, column in enumerate(table.columns)}
        self.table_oid = table.oid
        self.name = name
        """Of the index; also of the constraint that it came with, if any."""
        self.columns = columns
        """The numbers of its columns, in its order."""
        self.index_oid = index_oid
        """`None` of the primary key."""
        self.prefix = prefix
        """What all its entries begin with, and no entries of other ones."""
        self.positions = tuple(places[number] for number in columns)
        """Where its values stand in a row."""
        self.types = tuple(table.columns[position].type for position in self.positions)
        self.of_values = key_encoder(self.types)
        """From its values, of which none is NULL, to an entry without the prefix."""
        nullable = index_oid is not None and not all(table.columns[position].not_null for position in self.positions)
        self.entry_of = entry_encoder(prefix, self.types, self.positions, nullable=nullable)
        """From a whole row to its entry; `None` where a value of the key is NULL."""

    def of_row(self, row: tuple[Any, ...]) -> bytes | None:
        """The entry of a row without the prefix, as `find` takes it; `None` where a value of the key is NULL."""
        entry = self.entry_of(row)
        return None if entry is None else entry[len(self.prefix) :]

    def values_of(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values of the key in a row."""
        return tuple([row[position] for position in self.positions])

    def violation(self, values: tuple[Any, ...]) -> UniqueViolation:
        """The error for values that another row has."""
        return UniqueViolation(self.table_oid, self.name, values, self.columns)


def row_keys(table: Table, store_oid: int) -> tuple[RowKey, ...]:
    """The keys of the rows of a row store: the primary key, then the unique indexes by oid, as they are checked."""
    keys = []
    primary = table.primary_key
    if primary is not None:
        prefix = key(KeyKind.INDEX, store_oid) if primary.oid is None else index_prefix(store_oid, primary.oid)
        keys.append(RowKey(table, primary.name, primary.columns, None, prefix))
    for index in sorted(table.indexes, key=lambda index: index.oid):
        if index.unique:
            prefix = index_prefix(store_oid, index.oid)
            keys.append(RowKey(table, index.name, index.columns, index.oid, prefix))
    return tuple(keys)


def have_same_keys(one: Table, other: Table) -> bool:
    """Whether the keys of a row store are the same under two definitions of its table."""
    if (one.primary_key, one.indexes) != (other.primary_key, other.indexes):
        return False
    numbers = {number for each in one.indexes for number in each.columns}
    numbers.update(() if one.primary_key is None else one.primary_key.columns)
    return _key_columns(one, numbers) == _key_columns(other, numbers)


def _key_columns(table: Table, numbers: Collection[int]) -> list[tuple[int, int, SqlType, bool]]:
    columns = enumerate(table.columns)
    return [(each.number, place, each.type, each.not_null) for place, each in columns if each.number in numbers]


def index_prefix(store_oid: int, index_oid: int) -> bytes:
    """What the entries of a unique index in a row store begin with."""
    return key(KeyKind.UNIQUE, store_oid, index_oid)


def find_key(keys: Sequence[RowKey], index_oid: int | None) -> RowKey:
    """Of the keys of a row store that of an index; of the primary key with `None`. It must be there."""
    return next(each for each in keys if each.index_oid == index_oid)


def key_of_entry(keys: Sequence[RowKey], entry: bytes) -> RowKey:
    """The key whose entry it is."""
    return next(each for each in keys if entry.startswith(each.prefix))
