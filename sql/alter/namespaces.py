"""ALTER SCHEMA: RENAME TO, OWNER TO."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import alter_syntax as syntax
from sql import errors
from sql.access_lists import change_owner
from sql.alter.view_texts import Renaming, views_after
from sql.role_definition import resolved
from storage.catalog import SYSTEM_NAMESPACES

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from storage.catalog import Catalog
    from storage.catalog_entries import Namespace


def alter_namespace(statement: syntax.AlterNamespace, session: SessionState) -> None:
    """Run ALTER SCHEMA."""
    name = statement.name
    if name in SYSTEM_NAMESPACES:
        raise errors.InsufficientPrivilege(f"must be owner of schema {name}")
    namespace = session.catalog.namespace(name)
    if namespace is None:
        raise errors.UndefinedNamespace(f'schema "{name}" does not exist')
    if not session.role.owns(namespace.owner):
        raise errors.InsufficientPrivilege(f"must be owner of schema {name}")
    match statement.action:
        case syntax.RenameRelation(new_name):
            changed = _renamed(namespace, new_name, session)
        case syntax.SetOwner(role):
            owner = resolved(role, session)
            if not session.role.owns(owner.name):
                raise errors.InsufficientPrivilege(f'must be member of role "{owner.name}"')
            changed = change_owner(session.catalog, namespace, owner.name)
    change = partial(_with, before=namespace, after=changed)
    session.block.for_writing("ALTER SCHEMA").change_catalog(change)


def _renamed(namespace: Namespace, new_name: str, session: SessionState) -> Namespace:
    if new_name in SYSTEM_NAMESPACES or session.catalog.namespace(new_name) is not None:
        raise errors.DuplicateNamespace(f'schema "{new_name}" already exists')
    if new_name.startswith("pg_"):
        raise errors.ReservedName(
            f'unacceptable schema name "{new_name}"', detail='The prefix "pg_" is reserved for system schemas.'
        )
    if not session.role.superuser:
        raise errors.InsufficientPrivilege("permission denied for database siltdb")
    return replace(namespace, name=new_name)


def _with(catalog: Catalog, before: Namespace, after: Namespace) -> Catalog:
    """The catalog with a schema changed. What is in it knows it by its name."""
    inside = catalog.relations_in(before.name) if after.name != before.name else ()
    moved = {each.oid: replace(each, namespace=after.name, version=each.version + 1) for each in inside}
    views = views_after(catalog, [Renaming(each, moved[each.oid]) for each in inside])
    for view in views.values():
        moved[view.oid] = replace(view, namespace=moved[view.oid].namespace if view.oid in moved else view.namespace)
    catalog = catalog.with_namespace(after)
    for relation in moved.values():
        catalog = catalog.with_relation(relation)
    return catalog
