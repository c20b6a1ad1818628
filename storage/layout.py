"""Layouts: which columns, of which types, under which names, a row was written with.

A change of a table's columns writes no row: it moves the columns as they were into `Table.layouts` and raises
`Table.layout`. Hot values and segments say which layout they have, and are read as rows of the current one: a column
that their layout has is widened from the type it had there; another one is `Column.missing`, or NULL without.

The functions here are pure: they give the changed definition, and check nothing that SQL has rules for. A name counts,
too: the columns of a segment's file have the names of its layout. Defaults, NOT NULL, comments need no new layout.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storage.catalog_entries import Column, LayoutColumn
from storage.hot_value import RowFormat
from storage.widening import is_widening, keeps_key_bytes, widened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.catalog_entries import Table
    from storage.rows import Stored
    from storage.types import SqlType

__all__ = [
    "add_column",
    "can_retype",
    "drop_column",
    "encode_missing",
    "is_rewritten",
    "is_widening",
    "layout_columns",
    "missing_value",
    "rename_column",
    "replace_column",
    "retype_column",
]


def add_column(table: Table, column: Column) -> Table:
    """With another column, at the end, whose number is `table.next_column_number`.

    Rows that are there read as having `column.missing`: see `encode_missing`.
    """
    assert column.number == table.next_column_number, column
    return _changed(table, (*table.columns, column))


def drop_column(table: Table, number: int) -> Table:
    """Without a column. What is made of it (keys, indexes, checks, foreign keys) must be gone already."""
    used = {each for index in table.indexes for each in index.columns}
    used.update(each for check in table.checks for each in check.columns)
    used.update(each for foreign_key in table.foreign_keys for each in foreign_key.columns)
    used.update(() if table.primary_key is None else table.primary_key.columns)
    assert number not in used, f"column {number} of {table.name} is in use"
    return _changed(table, [column for column in table.columns if column.number != number])


def rename_column(table: Table, number: int, name: str) -> Table:
    """With another name for a column."""
    return _changed(table, [replace(each, name=name) if each.number == number else each for each in table.columns])


def can_retype(table: Table, number: int, new_type: SqlType) -> bool:
    """Whether `retype_column` can do it: a widening that leaves the entries of the table's keys as they are."""
    old_type = _column(table, number).type
    if not is_widening(old_type, new_type):
        return False
    keys = [index.columns for index in table.indexes if index.unique]
    keys.extend(() if table.primary_key is None else (table.primary_key.columns,))
    return keeps_key_bytes(old_type, new_type) or not any(number in columns for columns in keys)


def retype_column(table: Table, number: int, new_type: SqlType) -> Table:
    """With a wider type for a column; `can_retype` says whether that is possible without rewriting rows."""
    assert can_retype(table, number, new_type), f"column {number} of {table.name} cannot become {new_type}"
    old = _column(table, number)
    missing = encode_missing(new_type, widened(missing_value(old), old.type, new_type))
    new = replace(old, type=new_type, missing=missing)
    return _changed(table, [new if each is old else each for each in table.columns])


def replace_column(table: Table, column: Column) -> Table:
    """With another column in the place of the one with its number: for who writes all its values anew.

    Rows of earlier layouts read as having `column.missing`, whatever they had there.
    """
    old = _column(table, column.number)
    changed = _changed(table, [column if each is old else each for each in table.columns])
    layouts = {layout: _forgetting(columns, column.number) for layout, columns in changed.layouts.items()}
    return replace(changed, layouts=layouts)


def is_rewritten(before: Table, after: Table) -> bool:
    """Whether a column that both definitions have was replaced in between: rows of before are not as `after` then."""
    if before.layout == after.layout or before.layout not in after.layouts:
        return False
    kept = {column.number for column in after.layouts[before.layout]}
    there = {column.number for column in after.columns}
    return any(column.number in there and column.number not in kept for column in before.columns)


def _forgetting(columns: Sequence[LayoutColumn], number: int) -> tuple[LayoutColumn, ...]:
    # It keeps its place among what was written then, under a number that no column has.
    return tuple(replace(each, number=-number) if each.number == number else each for each in columns)


def encode_missing(sql_type: SqlType, value: Stored) -> bytes | None:
    """A stored value of a type as `Column.missing` has it; `None` for NULL."""
    return None if value is None else _single_format(sql_type).encode_rows([(value,)])


def missing_value(column: Column) -> Stored:
    """The stored value that rows without the column read as having."""
    if column.missing is None:
        return None
    rows = _single_format(column.type).decode(column.missing)
    assert isinstance(rows, list)
    return rows[0][0]


def layout_columns(table: Table, layout: int) -> tuple[LayoutColumn, ...]:
    """The columns of a layout of a table, in their order."""
    return _as_layout(table.columns) if layout == table.layout else table.layouts[layout]


def _changed(table: Table, columns: Sequence[Column]) -> Table:
    return replace(
        table,
        columns=tuple(columns),
        version=table.version + 1,
        layout=table.layout + 1,
        layouts={**table.layouts, table.layout: _as_layout(table.columns)},
        last_column=max(table.next_column_number - 1, *(column.number for column in columns)),
    )


def _as_layout(columns: Sequence[Column]) -> tuple[LayoutColumn, ...]:
    return tuple(LayoutColumn(column.number, column.type, column.name) for column in columns)


def _column(table: Table, number: int) -> Column:
    return next(column for column in table.columns if column.number == number)


@lru_cache(maxsize=64)
def _single_format(sql_type: SqlType) -> RowFormat:
    return RowFormat((LayoutColumn(1, sql_type),))
