"""pg_constraint: keys, checks and foreign keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.relations.foreign_keys import ACTION_LETTERS, references_of
from sql.relations.indexes import indexes_of
from sql.relations.owners import namespace_oid
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.relations.context import RelationContext
    from storage.catalog import Catalog

    Row = tuple[object, ...]

_NAMES = (
    "oid conname connamespace conrelid conindid conkey contype connoinherit conbin "
    "condeferrable condeferred convalidated confrelid confkey confupdtype confdeltype confmatchtype confdelsetcols"
)
_NO_REFERENCE = (False, False, True, 0, None, " ", " ", " ", None)
"""The columns from condeferrable on of what is no foreign key."""


def pg_constraint(context: RelationContext) -> Content:
    """The rows of pg_constraint."""
    catalog = context.catalog
    return content_of(_NAMES, [*_keys(catalog), *_checks(catalog), *_foreign_keys(catalog)], conislocal=True)


def _keys(catalog: Catalog) -> Iterator[Row]:
    for index in indexes_of(catalog):
        if index.constraint_oid is not None:
            yield (
                index.constraint_oid,
                index.name,
                namespace_oid(catalog, index.table.namespace),
                index.table.oid,
                index.oid,
                [column.number for column in index.columns],
                "p" if index.is_primary else "u",
                True,
                None,
                *_NO_REFERENCE,
            )


def _checks(catalog: Catalog) -> Iterator[Row]:
    for table in catalog.tables.values():
        for check in table.checks:
            yield (
                check.oid,
                check.name,
                namespace_oid(catalog, table.namespace),
                table.oid,
                0,
                list(check.columns),
                "c",
                False,
                check.expression,
                *_NO_REFERENCE,
            )


def _foreign_keys(catalog: Catalog) -> Iterator[Row]:
    for each in references_of(catalog):
        key = each.key
        yield (
            key.oid,
            key.name,
            namespace_oid(catalog, each.table.namespace),
            each.table.oid,
            each.index_oid,
            list(key.columns),
            "f",
            True,
            None,
            key.deferrable,
            key.deferred,
            key.validated,
            each.referenced.oid,
            list(key.referenced_columns),
            ACTION_LETTERS[key.on_update],
            ACTION_LETTERS[key.on_delete],
            "f" if key.match_full else "s",
            list(key.set_columns) or None,
        )
