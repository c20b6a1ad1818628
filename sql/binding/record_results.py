"""Rows as values of a result: a client is told their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.bound_query import announced_column
from sql.binding.record_fields import is_record
from sql.binding.records import as_text
from sql.binding.sources import output_columns
from sql.errors import FeatureNotSupported
from storage import types as t

if TYPE_CHECKING:
    from sql.binding.bound_query import BoundQuery
    from sql.binding.context import Binding


def shown(binding: Binding, query: BoundQuery) -> str:
    """The text of a whole statement: its columns come out as they are announced to the client."""
    for _, bound in query.columns:
        if bound.type.oid == t.RECORD.oid and not bound.fields:
            raise FeatureNotSupported("a row without known columns is not supported", position=bound.position)
    if not any(is_record(bound) for _, bound in query.columns):
        return query.announced()
    columns = output_columns(query.columns, query.types, "q")
    texts = (as_text(binding, bound).sql if is_record(bound) else bound.sql for _, bound in columns)
    listed = ", ".join(
        f"{announced_column(text, bound.type)} AS c{number}"
        for number, (text, (_, bound)) in enumerate(zip(texts, columns, strict=True), start=1)
    )
    return f'SELECT {listed} FROM ({query.render_settled()}) AS "q"'
