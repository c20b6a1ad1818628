"""Columns of segments in DuckDB's terms: those of earlier layouts become the table's as it is defined now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.duckdb_constants import stored_constant
from sql.duckdb_types import duckdb_type, from_stored, identifier
from storage.layout import missing_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.catalog_entries import Column, LayoutColumn


def current_columns(columns: Sequence[Column]) -> list[str]:
    """The select items for columns as they are now."""
    return [_item(from_stored(identifier(column.name), column.type), column) for column in columns]


def earlier_columns(columns: Sequence[Column], layout: Sequence[LayoutColumn]) -> list[str]:
    """The select items that make columns of an earlier layout the same as `current_columns`."""
    written = {column.number: column for column in layout}
    return [_item(_converted(column, written.get(column.number)), column) for column in columns]


def _item(expression: str, column: Column) -> str:
    return f"{expression} AS {identifier(column.name)}"


def _converted(column: Column, written: LayoutColumn | None) -> str:
    if written is None:
        return stored_constant(missing_value(column), column.type)
    stored = from_stored(identifier(written.name), written.type)
    is_same = duckdb_type(written.type) == duckdb_type(column.type)
    return stored if is_same else f"CAST({stored} AS {duckdb_type(column.type)})"
