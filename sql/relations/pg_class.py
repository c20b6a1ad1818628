"""pg_class: users' tables, the indexes of their keys, and the computed relations themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.indexes import indexes_of
from sql.relations.oids import BOOTSTRAP_ROLE_OID
from sql.relations.operator_classes import BTREE
from sql.relations.owners import SYSTEM_NAMESPACE_OIDS, namespace_oid, role_oid
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.relations.context import RelationContext
    from sql.relations.relation import Relation

HEAP: Final = 2
PAGE_BYTES: Final = 8192
"""PostgreSQL counts in pages of this size."""

_CLASS_COLUMNS: Final = (
    "oid relname relnamespace relowner relam relfilenode relpages reltuples relhasindex relkind relnatts relhasrules "
    "relreplident reloptions"
)
_CLASS_SAME: Final = {"relpersistence": "p", "relispopulated": True}


def pg_class(context: RelationContext) -> Content:
    """The rows of pg_class for users' tables and their indexes."""
    return content_of(_CLASS_COLUMNS, [*_table_rows(context), *_index_rows(context)], **_CLASS_SAME)


def _table_rows(context: RelationContext) -> Iterator[tuple[object, ...]]:
    catalog = context.catalog
    statistics = {each.table_oid: each for each in context.statistics()}
    for table in catalog.tables.values():
        known = statistics.get(table.oid)
        rows = known.hot_rows + known.cold_rows if known else 0
        size = known.hot_bytes + known.cold_bytes if known else 0
        yield (
            table.oid,
            table.name,
            namespace_oid(catalog, table.namespace),
            role_oid(catalog, table.owner),
            HEAP,
            table.oid,
            -(-size // PAGE_BYTES),
            float(rows),
            table.primary_key is not None,
            "r",
            max((column.number for column in table.columns), default=0),
            False,
            "d",
            [f"{name}={value}" for name, value in table.options.items()] or None,
        )


def _index_rows(context: RelationContext) -> Iterator[tuple[object, ...]]:
    catalog = context.catalog
    for index in indexes_of(catalog):
        namespace, owner = namespace_oid(catalog, index.table.namespace), role_oid(catalog, index.table.owner)
        natts = len(index.columns)
        yield (
            index.oid,
            index.name,
            namespace,
            owner,
            BTREE,
            index.oid,
            1,
            0.0,
            False,
            "i",
            natts,
            False,
            "n",
            None,
        )


def pg_class_of_relations(relations: Sequence[Relation]) -> Content:
    """The rows of pg_class for the computed relations themselves."""
    rows = (
        (
            each.oid,
            each.name,
            SYSTEM_NAMESPACE_OIDS[each.namespace],
            BOOTSTRAP_ROLE_OID,
            HEAP if each.kind == "r" else 0,
            0,
            0,
            -1.0,
            False,
            each.kind,
            len(each.columns),
            each.kind == "v",
            "n",
            None,
        )
        for each in relations
    )
    return content_of(_CLASS_COLUMNS, rows, **_CLASS_SAME)
