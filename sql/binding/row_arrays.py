"""Arrays of rows, which array_agg() makes: their `fields` are those of each element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.record_fields import fields_of
from sql.binding.records import as_text
from sql.binding.values import Bound
from storage import types as t

if TYPE_CHECKING:
    from sql.binding.context import Binding


def is_row_array(value: Bound) -> bool:
    """Whether it is an array of rows with known fields."""
    return value.type.oid == t.RECORD_ARRAY.oid and bool(value.fields)


def array_of_rows(row: Bound, distinct: str, order: str, behind: str) -> Bound:
    """array_agg() of a row. The texts are those of its DISTINCT, ORDER BY, and FILTER and OVER."""
    sql = f"array_agg({distinct}{row.sql}{order}){behind}"
    return Bound(sql, t.RECORD_ARRAY, "array_agg", names_strongly=True, fields=row.fields)


def element(value: Bound, name: str) -> Bound:
    """An element, which the text calls so."""
    return Bound(name, t.RECORD, fields=fields_of(name, value.fields))


def array_text(binding: Binding, value: Bound) -> str:
    """What PostgreSQL writes for an array of rows."""
    text = as_text(binding, element(value, "item")).sql
    item = f"CASE WHEN item IS NULL THEN 'NULL' ELSE silt_array_item({text}) END"
    return f"('{{' || array_to_string(list_transform({value.sql}, lambda item: {item}), ',') || '}}')"
