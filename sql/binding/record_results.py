"""Rows as values of a result: a client is told their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.bound_query import announced_column
from sql.binding.record_fields import is_record
from sql.binding.records import as_text
from sql.binding.row_arrays import array_text, is_row_array
from sql.binding.sources import output_columns
from sql.errors import FeatureNotSupported
from storage import types as t

if TYPE_CHECKING:
    from sql.binding.bound_query import BoundQuery
    from sql.binding.context import Binding
    from sql.binding.values import Bound


def shown(binding: Binding, query: BoundQuery) -> str:
    """The text of a whole statement: its columns come out as they are announced to the client."""
    if not any(bound.type.oid in (t.RECORD.oid, t.RECORD_ARRAY.oid) for _, bound in query.columns):
        return query.announced()
    columns = output_columns(query.columns, query.types, "q")
    listed = ", ".join(
        f"{announced_column(shown_text(binding, bound), bound.type)} AS c{number}"
        for number, (_, bound) in enumerate(columns, start=1)
    )
    return f'SELECT {listed} FROM ({query.render_settled()}) AS "q"'


def shown_text(binding: Binding, value: Bound) -> str:
    """The text of a column of a result: of a row it is a text. Raises 0A000 for a row of unknown columns."""
    if is_record(value):
        return as_text(binding, value).sql
    if is_row_array(value):
        return array_text(binding, value)
    if value.type.oid in (t.RECORD.oid, t.RECORD_ARRAY.oid):
        raise FeatureNotSupported("a row without known columns is not supported", position=value.position)
    return value.sql
