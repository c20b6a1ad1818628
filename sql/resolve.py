"""Names to tables, by the search path and the system namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors
from sql.privileges import require_maintain, require_use
from storage.catalog import SYSTEM_NAMESPACES

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.session_state import SessionState
    from storage.catalog_entries import Table


def find_table(session: SessionState, name: QualifiedName) -> Table | None:
    """The user table that a name means; `None` if there is none."""
    catalog = session.catalog
    namespaces = session.search_path if name.namespace is None else (name.namespace,)
    for namespace in namespaces:
        table = catalog.table(namespace, name.name)
        if table is not None:
            return table
    return None


def table_for(session: SessionState, name: QualifiedName, action: str) -> Table:
    """The user table that a statement writes, flushes or compacts, and that its role may so use.

    Raises `UndefinedTable`, `UndefinedNamespace` and `InsufficientPrivilege`; for a flush or compaction of a system
    relation `WrongObjectType`.
    """
    table = find_table(session, name)
    if table is not None:
        (require_use if action not in ("flush", "compact") else require_maintain)(session.role, table)
        return table
    relation = session.shared.relations.find(name.namespace or "pg_catalog", name.name)
    if relation is not None:
        if action in ("flush", "compact"):
            raise errors.WrongObjectType(
                f'"{name.name}" is a system relation: there is nothing to {action}', position=name.position
            )
        raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
    if name.namespace is not None and session.catalog.namespace(name.namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{name.namespace}" does not exist', position=name.position)
    raise errors.UndefinedTable(f'relation "{name}" does not exist', position=name.position)


def creation_namespace(session: SessionState, name: QualifiedName) -> str:
    """Where a new table of that name goes. Raises `UndefinedNamespace` and `InsufficientPrivilege`."""
    catalog = session.catalog
    if name.namespace is None:
        namespace = next((found for found in session.search_path if catalog.namespace(found) is not None), None)
        if namespace is None:
            raise errors.UndefinedNamespace("no schema has been selected to create in", position=name.position)
    else:
        namespace = name.namespace
    if namespace in SYSTEM_NAMESPACES:
        raise errors.InsufficientPrivilege(f"permission denied for schema {namespace}")
    found = catalog.namespace(namespace)
    if found is None:
        raise errors.UndefinedNamespace(f'schema "{namespace}" does not exist', position=name.position)
    if not session.role.owns(found.owner):
        raise errors.InsufficientPrivilege(f"permission denied for schema {namespace}")
    return namespace
