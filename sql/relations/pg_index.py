"""pg_index: the indexes of keys, and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.index_definition import with_names
from sql.relations.indexes import indexes_of
from sql.relations.operator_classes import operator_class
from sql.relations.pg_types import BY_OID
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from sql.relations.context import RelationContext
    from sql.relations.indexes import Index

_DESCENDING: Final = 1
_NULLS_FIRST: Final = 2
"""The bits of indoption."""


def pg_index(context: RelationContext) -> Content:
    """The rows of pg_index: primary keys and the other indexes."""
    return content_of(
        "indexrelid indrelid indnatts indnkeyatts indkey indcollation indclass indoption indisunique indisprimary "
        "indexprs indpred",
        map(_index_row, indexes_of(context.catalog)),
        indimmediate=True,
        indisvalid=True,
        indisready=True,
        indislive=True,
    )


def _index_row(index: Index) -> tuple[object, ...]:
    parts = index.parts
    types = [sql_type for _, sql_type in index.shown_columns[: len(parts.elements)]]
    expressions = [with_names(each.expression, index.table) for each in parts.elements if each.column is None]
    return (
        index.oid,
        index.table.oid,
        len(parts.elements) + len(parts.included),
        len(parts.elements),
        [*(each.column or 0 for each in parts.elements), *parts.included],
        [BY_OID[sql_type.oid].collation for sql_type in types],
        [operator_class(sql_type) for sql_type in types],
        [each.descending * _DESCENDING + each.nulls_first * _NULLS_FIRST for each in parts.elements],
        index.is_unique,
        index.is_primary,
        ", ".join(expressions) or None,
        None if parts.condition is None else with_names(parts.condition, index.table),
    )
