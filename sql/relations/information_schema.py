"""information_schema: the standard's view of the catalog, as PostgreSQL 15 gives it.

A role sees the tables that it may use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.acl_entries import privileges_on
from sql.relations.context import DATABASE
from sql.relations.oids import BOOTSTRAP_ROLE_OID
from sql.relations.owners import SYSTEM_NAMESPACE_OIDS, role_name
from sql.relations.privileges import usable_tables, usable_views
from sql.relations.relation import Content, content_of
from sql.relations.standard_constraints import (
    check_constraints,
    constraint_column_usage,
    constraint_table_usage,
    key_column_usage,
    referential_constraints,
    table_constraints,
    yes_or_no,
)
from sql.relations.view_definitions import view_definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sql.relations.context import RelationContext
    from sql.relations.relation import Relation
    from storage.catalog_entries import Table, View


def information_schema_catalog_name(_context: RelationContext) -> Content:
    """The database."""
    return content_of("catalog_name", [(DATABASE,)])


def schemata(context: RelationContext) -> Content:
    """The namespaces."""
    catalog = context.catalog
    owner = role_name(catalog, BOOTSTRAP_ROLE_OID)
    users = ((each.name, each.owner) for each in catalog.namespaces.values())
    rows = [*((name, owner) for name in SYSTEM_NAMESPACE_OIDS), *users]
    return content_of("schema_name schema_owner", rows, catalog_name=DATABASE)


def enabled_roles(context: RelationContext) -> Content:
    """The role itself and those that it is in; for a superuser, every role."""
    roles = (name for name in context.catalog.roles if context.role.owns(name))
    return content_of("role_name", ((name,) for name in roles))


def character_sets(_context: RelationContext) -> Content:
    """The one encoding."""
    return content_of(
        "character_set_name character_repertoire form_of_use",
        [("UTF8", "UCS", "UTF8")],
        default_collate_catalog=DATABASE,
        default_collate_schema="pg_catalog",
        default_collate_name="default",
    )


def tables(context: RelationContext) -> Content:
    """Users' tables and views."""
    listed = [(table.namespace, table.name, "BASE TABLE", "YES") for table in usable_tables(context)]
    return _tables([*listed, *((view.namespace, view.name, "VIEW", "NO") for view in usable_views(context))])


def tables_of_relations(relations: Sequence[Relation]) -> Content:
    """The computed relations."""
    kinds = {"r": "BASE TABLE", "v": "VIEW"}
    return _tables((each.namespace, each.name, kinds[each.kind], "NO") for each in relations)


def _tables(rows: Iterable[tuple[object, ...]]) -> Content:
    return content_of(
        "table_schema table_name table_type is_insertable_into", rows, table_catalog=DATABASE, is_typed="NO"
    )


def views(context: RelationContext) -> Content:
    """Users' views; their text is for those who own them."""
    role = context.role
    return _views(
        (
            view.namespace,
            view.name,
            view_definition(view, context.catalog, context.search_path) if role.owns(view.owner) else None,
        )
        for view in usable_views(context)
    )


def views_of_relations(relations: Sequence[Relation]) -> Content:
    """The computed relations that are views; they have no SQL definition."""
    return _views((each.namespace, each.name, None) for each in relations if each.kind == "v")


def _views(rows: Iterable[tuple[object, ...]]) -> Content:
    return content_of(
        "table_schema table_name view_definition",
        rows,
        table_catalog=DATABASE,
        check_option="NONE",
        is_updatable="NO",
        is_insertable_into="NO",
        is_trigger_updatable="NO",
        is_trigger_deletable="NO",
        is_trigger_insertable_into="NO",
    )


def table_privileges(context: RelationContext) -> Content:
    """What was granted on tables and views, as far as the role has or has granted it, or everyone has it."""
    return _privileges(context, with_public=True)


def role_table_grants(context: RelationContext) -> Content:
    """The same without what everyone has."""
    return _privileges(context, with_public=False)


def _privileges(context: RelationContext, *, with_public: bool) -> Content:
    catalog, role = context.catalog, context.role
    rows: list[tuple[object, ...]] = []
    entries: list[Table | View] = [*catalog.tables.values(), *catalog.views.values()]
    for entry in entries:
        for each in privileges_on(catalog, entry):
            is_own = role.owns(each.grantor) or (each.grantee is not None and role.owns(each.grantee))
            if is_own or (with_public and each.grantee is None):
                grantee = each.grantee or "PUBLIC"
                hierarchy = yes_or_no(each.privilege == "SELECT")
                grantable = yes_or_no(each.grantable)
                rows.append((each.grantor, grantee, entry.namespace, entry.name, each.privilege, grantable, hierarchy))
    names = "grantor grantee table_schema table_name privilege_type is_grantable with_hierarchy"
    return content_of(names, rows, table_catalog=DATABASE)


INFORMATION_SCHEMA: Final[Mapping[str, Callable[[RelationContext], Content]]] = {
    "character_sets": character_sets,
    "check_constraints": check_constraints,
    "constraint_column_usage": constraint_column_usage,
    "constraint_table_usage": constraint_table_usage,
    "enabled_roles": enabled_roles,
    "information_schema_catalog_name": information_schema_catalog_name,
    "key_column_usage": key_column_usage,
    "referential_constraints": referential_constraints,
    "role_table_grants": role_table_grants,
    "schemata": schemata,
    "table_constraints": table_constraints,
    "tables": tables,
    "table_privileges": table_privileges,
    "views": views,
}
"""By name; `columns` is in `sql.relations.standard_columns`."""
