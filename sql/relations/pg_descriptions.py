"""pg_description and pg_shdescription: what COMMENT ON has said, and what types are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.indexes import indexes_of
from sql.relations.relation import Content, content_of
from sql.relations.type_descriptions import TYPE_DESCRIPTIONS
from storage.catalog_entries import Table, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sql.relations.context import RelationContext
    from storage.catalog import Catalog

    Description = tuple[str, int, int, str | None]
    """The catalog that the object is in, its oid, the number of a column or 0, and the text."""

CLASS_OIDS: Final[Mapping[str, int]] = {
    "pg_authid": 1260,
    "pg_class": 1259,
    "pg_constraint": 2606,
    "pg_namespace": 2615,
    "pg_type": 1247,
}
"""The oids, in pg_class, of the catalogs whose objects may have comments."""


def descriptions(catalog: Catalog) -> Iterator[tuple[str, int, int, str]]:
    """Every comment but those on roles, and what PostgreSQL says of its types."""
    for type_oid, description in TYPE_DESCRIPTIONS.items():
        yield "pg_type", type_oid, 0, description
    for kind, oid, number, text in _all(catalog):
        if text is not None:
            yield kind, oid, number, text


def role_descriptions(catalog: Catalog) -> Iterator[tuple[str, int, int, str]]:
    """The comments on roles."""
    for role in catalog.roles.values():
        if role.comment is not None:
            yield "pg_authid", role.oid, 0, role.comment


def pg_description(context: RelationContext) -> Content:
    """The rows of pg_description."""
    rows = [(oid, CLASS_OIDS[kind], number, text) for kind, oid, number, text in descriptions(context.catalog)]
    return content_of("objoid classoid objsubid description", rows)


def pg_shdescription(context: RelationContext) -> Content:
    """The rows of pg_shdescription."""
    rows = [(oid, CLASS_OIDS[kind], text) for kind, oid, _, text in role_descriptions(context.catalog)]
    return content_of("objoid classoid description", rows)


def _all(catalog: Catalog) -> Iterator[Description]:
    for namespace in catalog.namespaces.values():
        yield "pg_namespace", namespace.oid, 0, namespace.comment
    for relation in catalog.relations():
        yield "pg_class", relation.oid, 0, relation.comment
        if isinstance(relation, View):
            for number, shown in enumerate(relation.columns, start=1):
                yield "pg_class", relation.oid, number, shown.comment
        if isinstance(relation, Table):
            for column in relation.columns:
                yield "pg_class", relation.oid, column.number, column.comment
            for check in relation.checks:
                yield "pg_constraint", check.oid, 0, check.comment
            for foreign_key in relation.foreign_keys:
                yield "pg_constraint", foreign_key.oid, 0, foreign_key.comment
    yield from _of_indexes(catalog)


def _of_indexes(catalog: Catalog) -> Iterator[Description]:
    """The comment on a constraint's index is also the constraint's."""
    for index in indexes_of(catalog):
        key = index.table.primary_key
        if key is not None and key.name == index.name:
            comment, is_constraint = key.comment, True
        else:
            own = next(each for each in index.table.indexes if each.name == index.name)
            comment, is_constraint = own.comment, own.constraint
        yield "pg_class", index.oid, 0, comment
        if is_constraint and index.constraint_oid is not None:
            yield "pg_constraint", index.constraint_oid, 0, comment
