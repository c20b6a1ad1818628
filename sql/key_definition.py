"""Keys of tables as statements define them: primary keys and UNIQUE constraints become what the catalog has of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql import errors
from sql.relation_names import choose_name
from storage import types as t
from storage.catalog_entries import Index

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from sql.session_state import SessionState
    from sql.statements import CreateTable
    from sql.table_syntax import ColumnDefinition, TableConstraint
    from storage.catalog_entries import Column, Table

_WITHOUT_ORDER: Final = frozenset((t.JSON.oid,))
"""Types that PostgreSQL cannot put into a btree, either."""


def unique_indexes(session: SessionState, table: Table, statement: CreateTable) -> tuple[Index, ...]:
    """The indexes of the UNIQUE constraints of a CREATE TABLE, whose other parts the table has.

    As in PostgreSQL one that says what another one, or the primary key, says is that one.
    """
    seen = [] if table.primary_key is None else [table.primary_key.columns]
    indexes: list[Index] = []
    taken = {table.name, *(name for _, name in table.index_names)}
    for name, names, position in _declared(statement.columns, statement.constraints):
        columns = key_columns(table, names, "unique", position)
        if columns in seen and name is None:
            continue
        seen.append(columns)
        index = unique_index(session, table, columns, name, taken)
        taken.add(index.name)
        indexes.append(index)
    return tuple(indexes)


def unique_index(
    session: SessionState, table: Table, columns: tuple[int, ...], name: str | None, taken: Container[str] = ()
) -> Index:
    """The index of a UNIQUE constraint over columns, by their numbers. Raises `DuplicateTable` for a taken name."""
    catalog = session.catalog
    if name is None:
        by_number = {column.number: column.name for column in table.columns}
        joined = "_".join(by_number[number] for number in columns)
        name = choose_name(catalog, table.namespace, table.name, joined, "key", taken)
    elif catalog.is_taken(table.namespace, name) or name in taken:
        raise errors.DuplicateTable(f'relation "{name}" already exists')
    oid = session.block.for_writing("CREATE INDEX").new_oid()
    return Index(oid, name, columns, unique=True, constraint=True)


def key_columns(table: Table, names: Sequence[str], kind: str, position: int | None) -> tuple[int, ...]:
    """The numbers of the columns of a key. Raises `UndefinedColumn`, `DuplicateColumn`, `UndefinedObject`."""
    numbers: list[int] = []
    for name in names:
        column = table.column(name)
        if column is None:
            raise errors.UndefinedColumn(f'column "{name}" named in key does not exist', position=position)
        if column.number in numbers:
            raise errors.DuplicateColumn(f'column "{name}" appears twice in {kind} constraint', position=position)
        numbers.append(column.number)
    require_ordered(column for column in table.columns if column.number in numbers)
    return tuple(numbers)


def require_ordered(columns: Iterable[Column]) -> None:
    """Raise `UndefinedObject` for a column of which there can be no index."""
    for column in columns:
        if column.type.oid in _WITHOUT_ORDER:
            raise errors.UndefinedObject(
                f'data type {column.type} has no default operator class for access method "btree"',
                hint="You must specify an operator class for the index or define a default operator class for the "
                "data type.",
            )


def _declared(
    columns: Iterable[ColumnDefinition], constraints: Iterable[TableConstraint]
) -> list[tuple[str | None, tuple[str, ...], int]]:
    declared: list[tuple[str | None, tuple[str, ...], int]] = [
        (column.unique_name, (column.name,), column.position) for column in columns if column.unique
    ]
    declared += [(each.name, each.columns, each.position) for each in constraints if each.kind == "unique"]
    # Those with a name come first, so that one without that says the same is the named one.
    return sorted(declared, key=lambda each: each[0] is None)
