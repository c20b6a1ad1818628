"""Foreign keys, as the constraints that PostgreSQL's catalogs show them as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.relations.identifiers import quote_identifier
from sql.relations.indexes import indexes_of_table
from sql.relations.oids import index_oid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sql.relations.indexes import Index
    from storage.catalog import Catalog
    from storage.catalog_entries import Column, ForeignKey, ReferentialAction, Table

ACTION_LETTERS: Final[Mapping[ReferentialAction, str]] = {
    "no action": "a",
    "restrict": "r",
    "cascade": "c",
    "set null": "n",
    "set default": "d",
}
"""Of pg_constraint.confupdtype and confdeltype."""


class Reference(Struct, frozen=True):
    """A foreign key with the tables on both of its sides."""

    key: ForeignKey
    table: Table
    """The one that has it."""
    referenced: Table

    @property
    def columns(self) -> tuple[Column, ...]:
        """The referencing columns, in order."""
        return _columns(self.table, self.key.columns)

    @property
    def referenced_columns(self) -> tuple[Column, ...]:
        """What each of them refers to."""
        return _columns(self.referenced, self.key.referenced_columns)

    @property
    def index_oid(self) -> int:
        """The oid, in pg_class, of the index of the referenced key."""
        named = self.key.referenced_index
        return index_oid(self.referenced.oid) if named is None else named

    @property
    def index(self) -> Index:
        """The index of the referenced key."""
        return next(each for each in indexes_of_table(self.referenced) if each.oid == self.index_oid)

    def definition(self, referenced_name: str) -> str:
        """What pg_get_constraintdef() says, with this name of the referenced table."""
        key = self.key
        words = [f"FOREIGN KEY {_listed(self.columns)} REFERENCES {referenced_name}{_listed(self.referenced_columns)}"]
        if key.match_full:
            words.append("MATCH FULL")
        if key.on_update != "no action":
            words.append(f"ON UPDATE {key.on_update.upper()}")
        if key.on_delete != "no action":
            words.append(f"ON DELETE {key.on_delete.upper()}")
        if key.set_columns:
            words.append(_listed(_columns(self.table, key.set_columns)))
        if key.deferrable:
            words.append("DEFERRABLE")
        if key.deferred:
            words.append("INITIALLY DEFERRED")
        if not key.validated:
            words.append("NOT VALID")
        return " ".join(words)


def _columns(table: Table, numbers: Iterable[int]) -> tuple[Column, ...]:
    by_number = {column.number: column for column in table.columns}
    return tuple(by_number[number] for number in numbers)


def _listed(columns: Iterable[Column]) -> str:
    return f"({', '.join(quote_identifier(column.name) for column in columns)})"


def references_of_table(catalog: Catalog, table: Table) -> Iterator[Reference]:
    """The foreign keys that a table has."""
    for key in table.foreign_keys:
        yield Reference(key, table, catalog.tables[key.referenced_table])


def references_of(catalog: Catalog) -> Iterator[Reference]:
    """Every foreign key, in the order of the tables that have them."""
    for table in catalog.tables.values():
        yield from references_of_table(catalog, table)
