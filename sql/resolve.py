"""Names to tables: the search path, system namespaces, and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors
from storage.catalog import SYSTEM_NAMESPACES

if TYPE_CHECKING:
    from sql.session import Session
    from sql.statements import QualifiedName
    from storage.catalog import Catalog, Table


def effective_search_path(setting: str, role_name: str, catalog: Catalog) -> tuple[str, ...]:
    """The namespaces of search_path that exist, `$user` replaced, without the implicit ones."""
    names = (part.strip().strip('"') for part in setting.split(","))
    resolved = (role_name if name == "$user" else name for name in names)
    return tuple(name for name in resolved if catalog.namespace(name) is not None or name in SYSTEM_NAMESPACES)


def find_table(session: Session, name: QualifiedName) -> Table | None:
    """The user table that a name means; `None` if there is none."""
    catalog = session.catalog
    namespaces = session.search_path if name.namespace is None else (name.namespace,)
    for namespace in namespaces:
        table = catalog.table(namespace, name.name)
        if table is not None:
            return table
    return None


def table_for(session: Session, name: QualifiedName, action: str) -> Table:
    """The user table that a statement changes, flushes or copies into, and that its role may so use.

    Raises `UndefinedTable`, `UndefinedNamespace` and `InsufficientPrivilege`; for a flush of a system relation
    `WrongObjectType`.
    """
    table = find_table(session, name)
    if table is not None:
        require_use(session, table)
        return table
    relation = session.database.relations.find(name.namespace or "pg_catalog", name.name)
    if relation is not None:
        if action == "flush":
            raise errors.WrongObjectType(f'"{name.name}" is a system relation: there is nothing to flush')
        raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
    if name.namespace is not None and session.catalog.namespace(name.namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{name.namespace}" does not exist', position=name.position)
    raise errors.UndefinedTable(f'relation "{name}" does not exist', position=name.position)


def may_use(session: Session, table: Table) -> bool:
    """Whether the session's role may read and write a table: its owner and superusers may."""
    return session.role.superuser or table.owner == session.role.name


def require_use(session: Session, table: Table) -> None:
    """Raise `InsufficientPrivilege` unless the session's role may read and write the table."""
    if not may_use(session, table):
        raise errors.InsufficientPrivilege(f"permission denied for table {table.name}")


def creation_namespace(session: Session, name: QualifiedName) -> str:
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
    if not session.role.superuser and found.owner != session.role.name:
        raise errors.InsufficientPrivilege(f"permission denied for schema {namespace}")
    return namespace
