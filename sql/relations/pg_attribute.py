"""pg_attribute and pg_attrdef: the columns of relations and indexes, and their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.indexes import indexes_of
from sql.relations.oids import default_oid
from sql.relations.pg_sequences import COLUMNS as SEQUENCE_COLUMNS
from sql.relations.pg_types import BY_OID
from sql.relations.relation import Content, content_of
from sql.sequence_names import shown_default

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.relations.context import RelationContext
    from sql.relations.relation import Relation
    from storage.catalog_entries import Column
    from storage.types import SqlType

_ATTRIBUTE_COLUMNS: Final = (
    "attrelid attname atttypid attlen attnum attndims atttypmod attbyval attalign attstorage attnotnull atthasdef "
    "attcollation attidentity attgenerated"
)
_ATTRIBUTE_SAME: Final = {"attstattarget": -1, "attcacheoff": -1, "attislocal": True}


def pg_attribute(context: RelationContext) -> Content:
    """The rows of pg_attribute for users' tables, their indexes, and views."""
    rows: list[tuple[object, ...]] = []
    for table in context.catalog.tables.values():
        for column in table.columns:
            has_default = column.generated is not None or (column.default is not None and column.identity is None)
            identity = "" if column.identity is None else column.identity[0].replace("b", "d")
            plain = (table.oid, column.number, column.name, column.type, column.not_null, has_default)
            rows.append(_attribute(*plain, identity, "" if column.generated is None else "s"))
    for view in context.catalog.views.values():
        for number, shown in enumerate(view.columns, start=1):
            rows.append(_attribute(view.oid, number, shown.name, shown.type, False, False))
    for sequence in context.catalog.sequences.values():
        for number, of_sequence in enumerate(SEQUENCE_COLUMNS, start=1):
            rows.append(_attribute(sequence.oid, number, of_sequence.name, of_sequence.type, True, False))
    for index in indexes_of(context.catalog):
        rows += [
            _attribute(index.oid, number, name, sql_type, False, False)
            for number, (name, sql_type) in enumerate(index.shown_columns, start=1)
        ]
    return content_of(_ATTRIBUTE_COLUMNS, rows, **_ATTRIBUTE_SAME)


def pg_attribute_of_relations(relations: Sequence[Relation]) -> Content:
    """The rows of pg_attribute for the computed relations themselves."""
    rows = (
        _attribute(each.oid, number, column.name, column.type, column.not_null, False)
        for each in relations
        for number, column in enumerate(each.columns, start=1)
    )
    return content_of(_ATTRIBUTE_COLUMNS, rows, **_ATTRIBUTE_SAME)


def _attribute(
    relation_oid: int,
    number: int,
    name: str,
    column_type: SqlType,
    not_null: bool,
    has_default: bool,
    identity: str = "",
    generated: str = "",
) -> tuple[object, ...]:
    known = BY_OID[column_type.oid]
    return (
        relation_oid,
        name,
        column_type.oid,
        known.len,
        number,
        1 if known.name.startswith("_") else 0,
        column_type.modifier,
        known.byval,
        known.align,
        known.storage,
        not_null,
        has_default,
        known.collation,
        identity,
        generated,
    )


def _expression(context: RelationContext, column: Column) -> str | None:
    """The text of a column's default, or of what it is generated as."""
    if column.generated is not None:
        return f"({column.generated})"
    return None if column.default is None else shown_default(context.catalog, column.default, context.search_path)


def pg_attrdef(context: RelationContext) -> Content:
    """The rows of pg_attrdef; `adbin` is the default's SQL text."""
    rows = (
        (
            default_oid(table.oid, column.number),
            table.oid,
            column.number,
            _expression(context, column),
        )
        for table in context.catalog.tables.values()
        for column in table.columns
        if column.generated is not None or (column.default is not None and column.identity is None)
    )
    return content_of("oid adrelid adnum adbin", rows)
