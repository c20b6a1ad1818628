"""Keys and indexes, as the indexes and constraints that PostgreSQL's catalogs show them as."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from sql.index_definition import Element, Parts, parts_of, with_names
from sql.relations.identifiers import qualified, quote_identifier
from sql.relations.oids import constraint_oid, index_oid, unique_constraint_oid
from storage.types import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.catalog import Catalog
    from storage.catalog_entries import Column, Table
    from storage.types import SqlType


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
    def parts(self) -> Parts:
        """What it is on, in its order, and what it says besides."""
        if self.definition_text is not None:
            return parts_of(self.definition_text)
        return Parts(tuple(Element(column.number) for column in self.columns))

    @property
    def shown_columns(self) -> tuple[tuple[str, SqlType], ...]:
        """The names and types of its columns: those behind INCLUDE, and expressions, which are shown as texts, too."""
        parts = self.parts
        by_number = {column.number: column for column in self.table.columns}
        shown: list[tuple[str, SqlType]] = []
        for number, expression in (
            *((e.column, e.expression) for e in parts.elements),
            *((i, "") for i in parts.included),
        ):
            name, sql_type = _name_of(expression), TEXT
            if number is not None:
                name, sql_type = by_number[number].name, by_number[number].type
            numbered = (name, *(f"{name}{again}" for again in range(1, len(shown) + 1)))
            shown.append((next(each for each in numbered if all(each != known for known, _ in shown)), sql_type))
        return tuple(shown)

    @property
    def column_definitions(self) -> tuple[str, ...]:
        """What pg_get_indexdef() says of each of its columns."""
        names = (quote_identifier(name) for name, _ in self.shown_columns)
        texts = [with_names(element.expression, self.table) for element in self.parts.elements]
        return tuple((texts[at] if at < len(texts) else "") or name for at, name in enumerate(names))

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


def _name_of(expression: str) -> str:
    """The name that an index's column has after a call, as a query's has; any other expression's is `expr`."""
    called = re.match(r"(\w+)\(", expression)
    return called[1] if called is not None else "expr"


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
