"""Columns of segments in DuckDB's terms: those of earlier layouts become the table's as it is defined now."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sql.duckdb_types import duckdb_type, from_stored, identifier, literal_text, parameter_expression
from storage import types as t
from storage.layout import missing_value
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.catalog_entries import Column, LayoutColumn
    from storage.rows import Stored
    from storage.types import SqlType


def current_columns(columns: Sequence[Column]) -> list[str]:
    """The select items for columns as they are now."""
    return [_item(from_stored(identifier(column.name), column.type), column) for column in columns]


def earlier_columns(columns: Sequence[Column], layout: Sequence[LayoutColumn]) -> list[str]:
    """The select items that make columns of an earlier layout the same as `current_columns`."""
    written = {column.number: column for column in layout}
    return [_item(_converted(column, written.get(column.number)), column) for column in columns]


def stored_constant(value: Stored, sql_type: SqlType) -> str:
    """A stored value as a constant, in the type in which DuckDB computes with it."""
    if value is None:
        return f"CAST(NULL AS {duckdb_type(sql_type)})"
    element = element_of(sql_type)
    if element is not None:
        items = ", ".join(stored_constant(item, element) for item in value)
        return f"CAST([{items}] AS {duckdb_type(sql_type)})"
    return parameter_expression(_literal(value, sql_type), sql_type)


def _item(expression: str, column: Column) -> str:
    return f"{expression} AS {identifier(column.name)}"


def _converted(column: Column, written: LayoutColumn | None) -> str:
    if written is None:
        return stored_constant(missing_value(column), column.type)
    stored = from_stored(identifier(written.name), written.type)
    is_same = duckdb_type(written.type) == duckdb_type(column.type)
    return stored if is_same else f"CAST({stored} AS {duckdb_type(column.type)})"


def _literal(value: Stored, sql_type: SqlType) -> str:
    """The value as text that DuckDB reads; `parameter_expression` says of which type it is."""
    match sql_type.oid:
        case t.INTERVAL.oid:
            months, days, micros = value
            return f"{{'months': {months}, 'days': {days}, 'micros': {micros}}}"
        case t.UUID.oid:
            return literal_text(str(uuid.UUID(bytes=value)))
        case t.BYTEA.oid:
            return f"from_hex('{value.hex()}')"
    return literal_text(str(value))
