"""RENAME TO, SET SCHEMA and OWNER TO: of any relation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from sql import errors
from sql.access_lists import change_owner
from sql.alter.view_texts import Renaming, views_after
from sql.privileges import require_privilege
from sql.role_definition import resolved
from storage.catalog import SYSTEM_NAMESPACES
from storage.catalog_entries import SequenceGenerator, Table, View

if TYPE_CHECKING:
    from sql.alter_syntax import SetOwner
    from sql.session_state import SessionState
    from storage.catalog import Catalog
    from storage.catalog_entries import Relation

R = TypeVar("R", bound="Table | View | SequenceGenerator")


def renamed(relation: R, new_name: str, session: SessionState) -> R:
    """The relation under another name. Raises `DuplicateTable`, and as `require_creates` does."""
    if session.catalog.is_taken(relation.namespace, new_name):
        raise errors.DuplicateTable(f'relation "{new_name}" already exists')
    require_creates(relation.namespace, session)
    return replace(relation, name=new_name, version=relation.version + 1)


def moved(relation: R, namespace: str, session: SessionState) -> R:
    """The relation in another schema. Raises `DuplicateTable`, and as `require_creates` does."""
    if namespace == relation.namespace:
        return relation
    require_creates(namespace, session)
    names = [relation.name]
    if isinstance(relation, Table):
        names += [name for _, name in relation.index_names]
    for name in names:
        if session.catalog.is_taken(namespace, name):
            raise errors.DuplicateTable(f'relation "{name}" already exists in schema "{namespace}"')
    return replace(relation, namespace=namespace, version=relation.version + 1)


def given(relation: R, action: SetOwner, session: SessionState) -> R:
    """The relation as another role's. Raises `UndefinedObject`, `InsufficientPrivilege`."""
    owner = resolved(action.owner, session)
    if owner.name == relation.owner:
        return relation
    if not session.role.owns(owner.name):
        raise errors.InsufficientPrivilege(f'must be member of role "{owner.name}"')
    return replace(change_owner(session.catalog, relation, owner.name), version=relation.version + 1)


def with_changed(catalog: Catalog, before: Relation, after: Relation) -> Catalog:
    """The catalog with a relation renamed, moved or given away, and all that knows it by its name or goes with it."""
    for view in views_after(catalog, [Renaming(before, after)]).values():
        catalog = catalog.with_relation(view)
    return with_owned(catalog, after)


def with_owned(catalog: Catalog, relation: Relation) -> Catalog:
    """The catalog with a table changed, and the sequences of its columns where it is and of whom it is."""
    catalog = catalog.with_relation(relation)
    if isinstance(relation, Table):
        for each in tuple(catalog.sequences.values()):
            belongs = each.owned_by is not None and each.owned_by[0] == relation.oid
            if belongs and (each.namespace, each.owner) != (relation.namespace, relation.owner):
                given_too = change_owner(catalog, each, relation.owner)
                moved_too = replace(given_too, namespace=relation.namespace, version=each.version + 1)
                catalog = catalog.with_relation(moved_too)
    return catalog


def require_creates(namespace: str, session: SessionState) -> None:
    """Raise `UndefinedNamespace` or `InsufficientPrivilege` unless the role may put relations into a schema."""
    if namespace in SYSTEM_NAMESPACES:
        raise errors.InsufficientPrivilege(f"permission denied for schema {namespace}")
    found = session.catalog.namespace(namespace)
    if found is None:
        raise errors.UndefinedNamespace(f'schema "{namespace}" does not exist')
    require_privilege(session.role, found, "CREATE")
