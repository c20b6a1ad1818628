"""pg_class: users' tables, views, sequences, the indexes of keys, and the computed relations themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from sql.relations.acl_entries import aclitems
from sql.relations.indexes import indexes_of
from sql.relations.oids import BOOTSTRAP_ROLE_OID
from sql.relations.operator_classes import BTREE
from sql.relations.owners import SYSTEM_NAMESPACE_OIDS, namespace_oid, role_oid
from sql.relations.relation import Content, content_of, selecting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sql.relations.context import RelationContext
    from sql.relations.relation import Relation, Wanted
    from storage.catalog_entries import SequenceGenerator, View

HEAP: Final = 2
SEQUENCE_COLUMNS: Final = 3
"""last_value, log_cnt and is_called."""
PAGE_BYTES: Final = 8192
"""PostgreSQL counts in pages of this size."""

MEASURED: Final = frozenset({"relpages", "reltuples"})
"""The columns that say how large a table is now."""

_CLASS_COLUMNS: Final = (
    "oid relname relnamespace relowner relam relfilenode relpages reltuples relhasindex relkind relnatts relhasrules "
    "relreplident reloptions relacl relchecks relhastriggers"
)
_CLASS_SAME: Final = {"relpersistence": "p", "relispopulated": True}


def pg_class(context: RelationContext) -> Content:
    """The rows of pg_class for users' tables, which are empty here, views, sequences and indexes."""
    rows = [*_table_rows(context), *_view_rows(context), *_sequence_rows(context), *_index_rows(context)]
    return content_of(_CLASS_COLUMNS, rows, **_CLASS_SAME)


def with_sizes(rows: Callable[[RelationContext], pa.Table], context: RelationContext, wanted: Wanted) -> pa.Table:
    """What rows, which follow from the catalog, are with the sizes that tables have now, where these are wanted."""
    table = selecting(rows)(context, wanted)
    # Without any column, as for count(*), the rows come with all of them.
    shown = MEASURED if wanted.columns is None else MEASURED.intersection(wanted.columns)
    if not shown:
        return table
    oids = rows(context).column("oid").to_pylist()
    places = {oid: place for place, oid in enumerate(oids)}
    columns = {name: table.column(name).to_pylist() for name in shown}
    for each in context.statistics():
        place = places.get(each.table_oid)
        if place is not None:
            sizes = (-(-(each.hot_bytes + each.cold_bytes) // PAGE_BYTES), float(each.hot_rows + each.cold_rows))
            for name, size in zip(("relpages", "reltuples"), sizes, strict=True):
                if name in columns:
                    columns[name][place] = size
    for name, values in columns.items():
        index = table.column_names.index(name)
        field = table.schema.field(index)
        table = table.set_column(index, field, pa.array(values, field.type))
    return table


def _table_rows(context: RelationContext) -> Iterator[tuple[object, ...]]:
    catalog = context.catalog
    for table in catalog.tables.values():
        yield (
            table.oid,
            table.name,
            namespace_oid(catalog, table.namespace),
            role_oid(catalog, table.owner),
            HEAP,
            table.oid,
            0,
            0.0,
            table.primary_key is not None or bool(table.indexes),
            "r",
            max((column.number for column in table.columns), default=0),
            False,
            "d",
            _options(table.options),
            aclitems(catalog, table),
            len(table.checks),
            # PostgreSQL tests foreign keys by triggers; psql looks for them only where there are some.
            bool(table.foreign_keys or table.referenced_by),
        )


def _view_rows(context: RelationContext) -> Iterator[tuple[object, ...]]:
    for view in context.catalog.views.values():
        yield (
            *_plain(context, view, "v", len(view.columns)),
            True,
            "n",
            _options(view.options),
            _acl(context, view),
            0,
            False,
        )


def _sequence_rows(context: RelationContext) -> Iterator[tuple[object, ...]]:
    for each in context.catalog.sequences.values():
        yield (*_plain(context, each, "S", SEQUENCE_COLUMNS), False, "n", None, _acl(context, each), 0, False)


def _plain(context: RelationContext, relation: View | SequenceGenerator, kind: str, columns: int) -> tuple[object, ...]:
    """The columns from oid to relnatts of a relation that keeps no rows."""
    catalog = context.catalog
    namespace, owner = namespace_oid(catalog, relation.namespace), role_oid(catalog, relation.owner)
    pages, rows, relfilenode = (1, 1.0, relation.oid) if kind == "S" else (0, 0.0, 0)
    return (relation.oid, relation.name, namespace, owner, 0, relfilenode, pages, rows, False, kind, columns)


def _acl(context: RelationContext, relation: View | SequenceGenerator) -> list[str] | None:
    return aclitems(context.catalog, relation)


def _options(options: Mapping[str, str]) -> list[str] | None:
    return [f"{name}={value}" for name, value in options.items()] or None


def _index_rows(context: RelationContext) -> Iterator[tuple[object, ...]]:
    catalog = context.catalog
    for index in indexes_of(catalog):
        namespace, owner = namespace_oid(catalog, index.table.namespace), role_oid(catalog, index.table.owner)
        natts = len(index.shown_columns)
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
            None,
            0,
            False,
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
            None,
            0,
            False,
        )
        for each in relations
    )
    return content_of(_CLASS_COLUMNS, rows, **_CLASS_SAME)
