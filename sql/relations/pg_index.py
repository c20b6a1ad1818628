"""pg_index and pg_constraint: keys, indexes and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.relations.indexes import indexes_of
from sql.relations.operator_classes import operator_class
from sql.relations.owners import namespace_oid
from sql.relations.pg_types import BY_OID
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from sql.relations.context import RelationContext
    from sql.relations.indexes import Index


def pg_index(context: RelationContext) -> Content:
    """The rows of pg_index: primary keys and the other indexes."""
    return content_of(
        "indexrelid indrelid indnatts indnkeyatts indkey indcollation indclass indoption indisunique indisprimary",
        map(_index_row, indexes_of(context.catalog)),
        indimmediate=True,
        indisvalid=True,
        indisready=True,
        indislive=True,
    )


def _index_row(index: Index) -> tuple[object, ...]:
    natts = len(index.columns)
    return (
        index.oid,
        index.table.oid,
        natts,
        natts,
        [column.number for column in index.columns],
        [BY_OID[column.type.oid].collation for column in index.columns],
        [operator_class(column.type) for column in index.columns],
        [0] * natts,
        index.is_unique,
        index.is_primary,
    )


def pg_constraint(context: RelationContext) -> Content:
    """The rows of pg_constraint: the keys, and the checks."""
    catalog = context.catalog
    keys = (
        (
            index.constraint_oid,
            index.name,
            namespace_oid(catalog, index.table.namespace),
            index.table.oid,
            index.oid,
            [column.number for column in index.columns],
            "p" if index.is_primary else "u",
            True,
            None,
        )
        for index in indexes_of(catalog)
        if index.constraint_oid is not None
    )
    checks = (
        (
            check.oid,
            check.name,
            namespace_oid(catalog, table.namespace),
            table.oid,
            0,
            list(check.columns),
            "c",
            False,
            check.expression,
        )
        for table in catalog.tables.values()
        for check in table.checks
    )
    return content_of(
        "oid conname connamespace conrelid conindid conkey contype connoinherit conbin",
        [*keys, *checks],
        convalidated=True,
        confupdtype=" ",
        confdeltype=" ",
        confmatchtype=" ",
        conislocal=True,
    )
