"""What the macros of the catalog functions read: relations of one row, whose columns are maps and lists.

A macro cannot be given the catalog, but it may read a relation that is registered with the query. One row of maps
makes that a scalar subquery without correlation, which DuckDB takes in every place where an expression may stand,
and which costs as much as a constant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from sql.relations.acl_entries import namespace_acls, relation_acls
from sql.relations.foreign_keys import references_of
from sql.relations.identifiers import qualified
from sql.relations.indexes import indexes_of
from sql.relations.object_names import (
    ObjectNames,
    function_names,
    function_oids,
    type_names,
    type_oids,
)
from sql.relations.oids import index_oid
from sql.relations.owners import role_oid
from sql.relations.pg_descriptions import descriptions, role_descriptions
from sql.relations.pg_procs import PROCS
from sql.relations.view_definitions import view_definition
from sql.sequence_names import owning_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.relations.context import RelationContext
    from sql.relations.relation import Relation
    from storage.catalog import Catalog

SEPARATOR: Final = "\x1f"
"""Stands between the parts of a name in the keys of the maps: no name has it in practice, as it has the dot."""

TEXT_TO_OID: Final[pa.DataType] = pa.map_(pa.string(), pa.uint32())
OID_TO_TEXT: Final[pa.DataType] = pa.map_(pa.uint32(), pa.string())
OID_TO_OID: Final[pa.DataType] = pa.map_(pa.uint32(), pa.uint32())
OID_TO_BOOLEAN: Final[pa.DataType] = pa.map_(pa.uint32(), pa.bool_())
OID_TO_NUMBER: Final[pa.DataType] = pa.map_(pa.uint32(), pa.int64())
OID_TO_OIDS: Final[pa.DataType] = pa.map_(pa.uint32(), pa.list_(pa.uint32()))
OID_TO_TEXTS: Final[pa.DataType] = pa.map_(pa.uint32(), pa.list_(pa.string()))
TEXT_TO_TEXT: Final[pa.DataType] = pa.map_(pa.string(), pa.string())

FIXED: Final = pa.schema(
    [
        ("types", TEXT_TO_OID),
        ("type_names", OID_TO_TEXT),
        ("functions", TEXT_TO_OID),
        ("function_names", OID_TO_TEXT),
        ("function_arguments", OID_TO_TEXT),
        ("function_results", OID_TO_TEXT),
    ]
)
"""silt_fixed: types and functions."""

NAMES: Final = pa.schema(
    [
        ("relations", TEXT_TO_OID),
        ("relation_names", OID_TO_TEXT),
        ("relation_visible", OID_TO_BOOLEAN),
        ("relation_acls", OID_TO_TEXTS),
        ("namespaces", TEXT_TO_OID),
        ("namespace_names", OID_TO_TEXT),
        ("namespace_acls", OID_TO_TEXTS),
        ("roles", TEXT_TO_OID),
        ("role_names", OID_TO_TEXT),
        ("memberships", OID_TO_OIDS),
        ("superusers", pa.list_(pa.uint32())),
        ("acting_role", pa.uint32()),
        ("search_path", pa.list_(pa.string())),
    ]
)
"""silt_names: relations, namespaces and roles as the session sees them."""

DEFINITIONS: Final = pa.schema(
    [
        ("indexes", OID_TO_TEXT),
        ("short_indexes", OID_TO_TEXT),
        ("index_columns", OID_TO_TEXTS),
        ("constraints", OID_TO_TEXT),
        ("short_constraints", OID_TO_TEXT),
        ("owned_sequences", TEXT_TO_TEXT),
        ("views", OID_TO_TEXT),
    ]
)
"""silt_definitions: what pg_get_indexdef(), pg_get_constraintdef() and pg_get_viewdef() say."""

SIZES: Final = pa.schema([("relation_bytes", OID_TO_NUMBER), ("total_bytes", pa.int64())])
"""silt_sizes: bytes hot and cold by table, none by each other relation, and of all."""

SETTINGS: Final = pa.schema([("setting_values", TEXT_TO_TEXT)])
"""silt_settings: the values in force, by name in lower case."""

COMMENTS: Final = pa.schema([("comments", TEXT_TO_TEXT), ("object_comments", OID_TO_TEXT)])
"""silt_comments: by catalog, oid and column (`pg_class/16384/0`), and by the oids of objects alone."""

SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "silt_fixed": FIXED,
    "silt_names": NAMES,
    "silt_definitions": DEFINITIONS,
    "silt_sizes": SIZES,
    "silt_settings": SETTINGS,
    "silt_comments": COMMENTS,
}


def _row(schema: pa.Schema, **values: object) -> pa.Table:
    return pa.Table.from_arrays([_cell(field.type, values[field.name]) for field in schema], schema=schema)


def _cell(arrow: pa.DataType, value: object) -> pa.Array[Any]:
    if not (isinstance(arrow, pa.MapType) and isinstance(value, dict)):
        return pa.array([value], arrow)
    keys: pa.Array[Any] = pa.array(list(value), arrow.key_type)
    items: pa.Array[Any] = pa.array(list(value.values()), arrow.item_type)
    offsets: Any = pa.array([0, len(value)], pa.int32())  # The stubs ask for 64 bits, Arrow for 32.
    cell: pa.Array[Any] = pa.MapArray.from_arrays(offsets, keys, items)
    return cell


def fixed() -> pa.Table:
    """silt_fixed."""
    return _row(
        FIXED,
        types=dict(type_oids()),
        type_names=dict(type_names()),
        functions=dict(function_oids()),
        function_names=dict(function_names()),
        function_arguments={proc.oid: proc.arguments for proc in PROCS},
        function_results={proc.oid: proc.result for proc in PROCS},
    )


def names(context: RelationContext, relations: Sequence[Relation]) -> pa.Table:
    """silt_names."""
    known = ObjectNames(context.catalog, context.search_path, relations)
    oids: dict[str, int] = dict(known.visible)
    for namespace, members in known.by_namespace.items():
        oids |= {f"{namespace}{SEPARATOR}{name}": oid for name, oid in members.items()}
    return _row(
        NAMES,
        relations=oids,
        relation_names=dict(known.relation_names),
        relation_visible={
            oid: known.visible.get(name) == oid
            for members in known.by_namespace.values()
            for name, oid in members.items()
        },
        relation_acls=relation_acls(context.catalog, relations),
        search_path=list(context.search_path),
        namespaces=dict(known.namespace_oids),
        namespace_names=dict(known.namespace_names),
        namespace_acls=namespace_acls(context.catalog),
        role_names=dict(known.role_names),
        **_roles(context),
    )


def _roles(context: RelationContext) -> dict[str, object]:
    catalog = context.catalog
    roles = catalog.roles.values()
    return {
        "roles": {role.name: role.oid for role in roles},
        "memberships": {role.oid: [role_oid(catalog, name) for name in catalog.memberships(role)] for role in roles},
        "superusers": [role.oid for role in roles if role.superuser],
        "acting_role": context.role.oid,
    }


def definitions(context: RelationContext, relations: Sequence[Relation]) -> pa.Table:
    """silt_definitions."""
    indexes = list(indexes_of(context.catalog))
    keys = {each.constraint_oid: each.constraint_definition for each in indexes if each.constraint_oid is not None}
    checks = [check for table in context.catalog.tables.values() for check in table.checks]
    names = ObjectNames(context.catalog, context.search_path, relations)
    visible = names.visible
    references = {
        each.key.oid: each.definition(names.relation_names[each.referenced.oid])
        for each in references_of(context.catalog)
    }
    return _row(
        DEFINITIONS,
        indexes={each.oid: each.definition for each in indexes},
        short_indexes={
            each.oid: each.short_definition if visible.get(each.table.name) == each.table.oid else each.definition
            for each in indexes
        },
        index_columns={each.oid: list(each.column_definitions) for each in indexes},
        constraints={**keys, **references, **{each.oid: f"CHECK (({each.expression}))" for each in checks}},
        short_constraints={**keys, **references, **{each.oid: f"CHECK ({each.expression})" for each in checks}},
        owned_sequences=_owned_sequences(context.catalog),
        views={
            each.oid: view_definition(each, context.catalog, context.search_path)
            for each in context.catalog.views.values()
        },
    )


def _owned_sequences(catalog: Catalog) -> dict[str, str]:
    """By a table's oid and a column's name the sequence that goes with it, as pg_get_serial_sequence() says."""
    return {
        f"{owner[0].oid}{SEPARATOR}{owner[1]}": qualified(each.namespace, each.name)
        for each in catalog.sequences.values()
        if (owner := owning_column(catalog, each)) is not None
    }


def sizes(context: RelationContext, relations: Sequence[Relation]) -> pa.Table:
    """silt_sizes."""
    by_table = {each.table_oid: each.hot_bytes + each.cold_bytes for each in context.statistics()}
    by_oid = dict.fromkeys((each.oid for each in relations), 0)
    by_oid.update(dict.fromkeys((each.oid for each in context.catalog.relations()), 0))
    for table in context.catalog.tables.values():
        if table.primary_key is not None:
            by_oid[index_oid(table.oid)] = 0
        for index in table.indexes:
            by_oid[index.oid] = 0
    by_oid.update(by_table)
    return _row(SIZES, relation_bytes=by_oid, total_bytes=sum(by_table.values()))


def settings(context: RelationContext) -> pa.Table:
    """silt_settings."""
    return _row(SETTINGS, setting_values={setting.name.lower(): value for setting, value in context.settings()})


def comments(context: RelationContext) -> pa.Table:
    """silt_comments."""
    found = [*descriptions(context.catalog), *role_descriptions(context.catalog)]
    return _row(
        COMMENTS,
        comments={f"{kind}/{oid}/{number}": text for kind, oid, number, text in found},
        object_comments={oid: text for _, oid, number, text in found if not number},
    )
