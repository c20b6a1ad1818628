"""Primary keys, as the indexes and constraints that PostgreSQL's catalogs show them as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sql.relations.identifiers import qualified, quote_identifier
from sql.relations.oids import constraint_oid, index_oid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.catalog import Catalog
    from storage.catalog_entries import Column, Table


@dataclass(frozen=True, slots=True)
class Index:
    """The unique index that a primary key stands for."""

    oid: int
    constraint_oid: int
    name: str
    table: Table
    columns: tuple[Column, ...]
    """In the key's order."""

    @property
    def column_list(self) -> str:
        """The columns in parentheses, as SQL has them."""
        return f"({', '.join(quote_identifier(column.name) for column in self.columns)})"

    @property
    def definition(self) -> str:
        """What pg_get_indexdef() says."""
        return self._on(qualified(self.table.namespace, self.table.name))

    @property
    def short_definition(self) -> str:
        """What pg_get_indexdef() says with `pretty`, where the table can be found without its namespace."""
        return self._on(quote_identifier(self.table.name))

    def _on(self, table: str) -> str:
        return f"CREATE UNIQUE INDEX {quote_identifier(self.name)} ON {table} USING btree {self.column_list}"

    @property
    def constraint_definition(self) -> str:
        """What pg_get_constraintdef() says."""
        return f"PRIMARY KEY {self.column_list}"


def index_of(table: Table) -> Index | None:
    """The index of a table's primary key, if it has one."""
    if table.primary_key is None:
        return None
    columns = tuple(table.columns[position] for position in table.key_positions)
    return Index(index_oid(table.oid), constraint_oid(table.oid), table.primary_key.name, table, columns)


def indexes_of(catalog: Catalog) -> Iterator[Index]:
    """Every index, in the order of the tables' oids."""
    for table in catalog.tables.values():
        index = index_of(table)
        if index is not None:
            yield index
