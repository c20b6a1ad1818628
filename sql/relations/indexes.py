"""Keys and indexes, as the indexes and constraints that PostgreSQL's catalogs show them as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sql.index_definition import with_names
from sql.relations.identifiers import qualified, quote_identifier
from sql.relations.oids import constraint_oid, index_oid, unique_constraint_oid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.catalog import Catalog
    from storage.catalog_entries import Column, Table


class Index(Struct, frozen=True):
    """An index: of the primary key, of a UNIQUE constraint, or one that was created as such."""

    oid: int
    constraint_oid: int | None
    """`None` if it has not come with a constraint."""
    name: str
    table: Table
    columns: tuple[Column, ...]
    """In the index's order: those that it is on as they are."""
    is_primary: bool = True
    is_unique: bool = True
    definition_text: str | None = None
    """What is behind USING, where the columns do not say it: see `sql.index_definition`."""

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
        unique = "UNIQUE " if self.is_unique else ""
        text = self.definition_text
        text = f"btree {self.column_list}" if text is None else with_names(text, self.table)
        return f"CREATE {unique}INDEX {quote_identifier(self.name)} ON {table} USING {text}"

    @property
    def constraint_definition(self) -> str:
        """What pg_get_constraintdef() says."""
        return f"{self.constraint_type} {self.column_list}"

    @property
    def constraint_type(self) -> str:
        """What kind of constraint it came with."""
        return "PRIMARY KEY" if self.is_primary else "UNIQUE"


def indexes_of_table(table: Table) -> Iterator[Index]:
    """The indexes of a table: that of its primary key first."""
    if table.primary_key is not None:
        columns = tuple(table.columns[position] for position in table.key_positions)
        yield Index(index_oid(table.oid), constraint_oid(table.oid), table.primary_key.name, table, columns)
    by_number = {column.number: column for column in table.columns}
    for index in table.indexes:
        yield Index(
            index.oid,
            unique_constraint_oid(index.oid) if index.constraint else None,
            index.name,
            table,
            tuple(by_number[number] for number in index.columns),
            is_primary=False,
            is_unique=index.unique,
            definition_text=index.definition,
        )


def indexes_of(catalog: Catalog) -> Iterator[Index]:
    """Every index, in the order of the tables' oids."""
    for table in catalog.tables.values():
        yield from indexes_of_table(table)
