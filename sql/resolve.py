"""Names to tables, by the search path and the system namespaces, and what a role needs to use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sql import errors
from sql.privileges import require_maintain, require_privilege
from storage.catalog import SYSTEM_NAMESPACES
from storage.catalog_entries import Table, View

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.privileges import Privilege
    from sql.session_state import SessionState
    from storage.catalog_entries import Relation

Action = Literal["insert", "update", "delete", "truncate", "copy", "flush", "compact"]
"""What a statement does with the table that it names."""

_PRIVILEGES: Final[dict[Action, Privilege]] = {
    "insert": "INSERT",
    "copy": "INSERT",
    "update": "UPDATE",
    "delete": "DELETE",
    "truncate": "TRUNCATE",
}
_PHRASES: Final = {
    "insert": ("insert into", "inserting into"),
    "update": ("update", "updating"),
    "delete": ("delete from", "deleting from"),
}


def find_relation(session: SessionState, name: QualifiedName) -> Relation | None:
    """The table, view or sequence of users that a name means; `None` if there is none."""
    namespaces = session.search_path if name.namespace is None else (name.namespace,)
    found = (session.catalog.relation(namespace, name.name) for namespace in namespaces)
    return next((relation for relation in found if relation is not None), None)


def find_table(session: SessionState, name: QualifiedName) -> Table | None:
    """The user table that a name means; `None` if there is none, or if it is something else."""
    found = find_relation(session, name)
    return found if isinstance(found, Table) else None


def is_system_relation(session: SessionState, name: QualifiedName) -> bool:
    """Whether a name that is none of a user's means a system relation."""
    return session.shared.relations.find(name.namespace or "pg_catalog", name.name) is not None


def table_for(session: SessionState, name: QualifiedName, action: Action) -> Table:
    """The user table that a statement writes, flushes or compacts, and that its role may so use.

    Raises `UndefinedTable`, `UndefinedNamespace` and `InsufficientPrivilege`; for a view what PostgreSQL raises; for a
    flush or compaction of a system relation `WrongObjectType`.
    """
    relation = find_relation(session, name)
    if isinstance(relation, Table):
        if action in ("flush", "compact"):
            require_maintain(session.role, relation)
        else:
            require_usage(session, relation.namespace)
            require_privilege(session.role, relation, _PRIVILEGES[action])
        return relation
    if relation is not None:
        raise _not_a_table(relation, action, name.position)
    if is_system_relation(session, name):
        if action in ("flush", "compact"):
            raise errors.WrongObjectType(
                f'"{name.name}" is a system relation: there is nothing to {action}', position=name.position
            )
        raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
    if name.namespace is not None and session.catalog.namespace(name.namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{name.namespace}" does not exist', position=name.position)
    raise errors.UndefinedTable(f'relation "{name}" does not exist', position=name.position)


def _not_a_table(relation: Relation, action: Action, position: int) -> errors.SqlError:
    kind = "view" if isinstance(relation, View) else "sequence"
    if action in ("flush", "compact"):
        message = f'"{relation.name}" is a {kind}: there is nothing to {action}'
        return errors.WrongObjectType(message, position=position)
    if action == "truncate":
        return errors.WrongObjectType(f'"{relation.name}" is not a table')
    if action == "copy":
        return errors.WrongObjectType(f'cannot copy to {kind} "{relation.name}"')
    phrase, doing = _PHRASES[action]
    if kind == "sequence":
        return errors.WrongObjectType(f'cannot change sequence "{relation.name}"')
    return errors.WrongState(
        f'cannot {phrase} view "{relation.name}"',
        detail="Views are not updatable.",
        hint=f"Instead of {doing} the view, write to the tables that it reads.",
    )


def require_usage(session: SessionState, namespace: str) -> None:
    """Raise `InsufficientPrivilege` unless the role may use what is in a schema."""
    found = session.catalog.namespace(namespace)
    if found is not None:
        require_privilege(session.role, found, "USAGE")


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
    require_privilege(session.role, found, "CREATE")
    return namespace
