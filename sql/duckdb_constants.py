"""Stored values as constants in DuckDB's text."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sql.duckdb_types import duckdb_type, from_number, literal_text
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from storage.types import SqlType


def stored_constant(value: Any, sql_type: SqlType) -> str:  # noqa: ANN401 - whatever the type stores
    """A stored value as a constant, in the type in which DuckDB computes with it."""
    if value is None:
        return f"CAST(NULL AS {duckdb_type(sql_type)})"
    element = element_of(sql_type)
    if element is not None:
        items = ", ".join(stored_constant(item, element) for item in value)
        return f"CAST([{items}] AS {duckdb_type(sql_type)})"
    match sql_type.oid:
        case t.BOOLEAN.oid:
            return "true" if value else "false"
        case t.DATE.oid | t.TIME.oid | t.TIMESTAMP.oid | t.TIMESTAMPTZ.oid:
            return from_number(str(value), sql_type)
        case t.INTERVAL.oid:
            months, days, micros = value
            return f"(to_months({months}) + to_days({days}) + to_microseconds({micros}))"
        case t.UUID.oid:
            return f"CAST('{uuid.UUID(bytes=value)}' AS UUID)"
        case t.BYTEA.oid:
            return f"unhex('{value.hex()}')"
    if isinstance(value, str):
        return literal_text(value)
    return f"CAST({literal_text(str(value))} AS {duckdb_type(sql_type)})"
