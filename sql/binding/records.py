"""Records: rows as values, their fields, and their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql.binding.coercion import can_coerce, coerce, settled
from sql.binding.record_fields import is_record, may_be_null
from sql.binding.scope import row_of
from sql.binding.sources import find_relation
from sql.binding.text_casts import text_of
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from sql.errors import CannotCoerce, FeatureNotSupported, WrongObjectType
from sql.type_names import no_row_type
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

    from sql.binding.context import Binding
    from storage.types import SqlType


def null_record(columns: Sequence[tuple[str, SqlType]]) -> Bound:
    """No row of such columns."""
    fields = tuple(
        (name, Bound(f"CAST(NULL AS {duckdb_type(sql_type)})", sql_type, name, names_strongly=True))
        for name, sql_type in columns
    )
    listed = ", ".join(f"f{number} {duckdb_type(sql_type)}" for number, (_, sql_type) in enumerate(columns, start=1))
    return Bound(f"CAST(NULL AS STRUCT({listed}))", t.RECORD, fields=fields)


def as_text(binding: Binding, record: Bound) -> Bound:
    """What PostgreSQL writes for a record: `(1,a,)`."""
    items = " || ',' || ".join(f"silt_record_item({_text(binding, field)})" for _, field in record.fields)
    sql = f"('(' || {items} || ')')" if items else "'()'"
    if may_be_null(record):
        sql = f"(CASE WHEN {record.sql} IS NOT NULL THEN {sql} END)"
    return record.computed(sql, t.TEXT)


def _text(binding: Binding, field: Bound) -> str:
    field = settled(binding, field)
    if is_record(field):
        return as_text(binding, field).sql
    if field.type.oid == t.BOOLEAN.oid:
        return f"(CASE WHEN {field.sql} THEN 't' WHEN NOT {field.sql} THEN 'f' END)"
    return text_of(binding, field.sql, field.type)


def row_columns(binding: Binding, cast: exp.Cast, namespace: str | None, name: str) -> list[tuple[str, SqlType]]:
    """The columns of the rows of a relation, which a cast names as a type. Raises `UndefinedObject`."""
    if binding.references is not None:
        raise FeatureNotSupported("views with casts to the type of a table's rows are not supported")
    relation = find_relation(binding, namespace, name)
    if relation is None:
        raise no_row_type(cast, namespace, name)
    return [(column.name, column.type) for column in relation.columns]


def as_row(binding: Binding, value: Bound, name: str, columns: Sequence[tuple[str, SqlType]]) -> Bound:
    """A value as a row of a relation: NULL, or a record whose fields become those of the row."""
    if value.is_unknown and value.constant is None and value.parameter is None:
        return null_record(columns).called(name, strongly=False)
    if value.is_unknown:
        raise FeatureNotSupported("the text of a row is not supported", position=value.position)
    problem = f"cannot cast type {value.type} to {name}"
    if value.type.oid != t.RECORD.oid:
        raise CannotCoerce(problem, position=value.position)
    if len(value.fields) != len(columns):
        few = "few" if len(value.fields) < len(columns) else "many"
        raise CannotCoerce(problem, detail=f"Input has too {few} columns.", position=value.position)
    fields = []
    for number, ((column, wanted), (_, field)) in enumerate(zip(columns, value.fields, strict=True), start=1):
        if not can_coerce(field.type, wanted, "explicit"):
            detail = f"Cannot cast type {field.type.unmodified} to {wanted.unmodified} in column {number}."
            raise CannotCoerce(problem, detail=detail, position=value.position)
        fields.append((column, coerce(binding, field, wanted, "explicit").called(column)))
    row = row_of(fields)
    if may_be_null(value):
        row = replace(row, sql=f"(CASE WHEN {value.sql} IS NOT NULL THEN {row.sql} END)")
    return row.called("row")


def complete(binding: Binding, value: Bound) -> Bound:
    """A row with open fields, which are text where nothing else has said; anything else as it is."""
    if value.sql or not is_record(value):
        return value
    return row_of((name, settled(binding, complete(binding, field))) for name, field in value.fields).called(value.name)


def expanded(binding: Binding, value: Bound) -> list[tuple[str, Bound]]:
    """The columns of `(value).*`. Raises `WrongObjectType` for what is no row."""
    if binding.references is not None:
        raise FeatureNotSupported("views with (row).* are not supported", position=value.position)
    if not is_record(value):
        raise WrongObjectType(f"type {value.type.unmodified} is not composite", position=value.position)
    return [(name, field.called(name)) for name, field in value.fields]
