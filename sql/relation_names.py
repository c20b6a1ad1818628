"""Names that are made for relations and constraints, as PostgreSQL makes them: `t_a_seq`, `t_a_check1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

    from storage.catalog import Catalog

NAME_BYTES_MAX: Final = 63
"""A longer name is cut."""


def object_name(table: str, column: str | None, label: str) -> str:
    """`table_column_label`: where that is too long the longer one of table and column is cut."""
    first, second = table.encode(), b"" if column is None else column.encode()
    room = NAME_BYTES_MAX - len(label) - 1 - (0 if column is None else 1)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = [first.decode(errors="ignore"), *([] if column is None else [second.decode(errors="ignore")]), label]
    return "_".join(parts)


def choose_name(
    catalog: Catalog, namespace: str, table: str, column: str | None, label: str, taken: Container[str] = ()
) -> str:
    """A name for a relation that is not taken in the namespace nor in `taken`: with a number if need be."""
    name, number = object_name(table, column, label), 0
    while catalog.is_taken(namespace, name) or name in taken:
        number += 1
        name = object_name(table, column, f"{label}{number}")
    return name


def choose_constraint_name(table: str, column: str | None, label: str, taken: Container[str]) -> str:
    """A name for a constraint of a table that is not in `taken`."""
    name, number = object_name(table, column, label), 0
    while name in taken:
        number += 1
        name = object_name(table, column, f"{label}{number}")
    return name
