"""Who may do what: owners, members of owners, and roles to whom privileges were granted.

A table, view, sequence or schema that nobody was granted anything on has the privileges of its kind: its owner has all
of them, and everyone may look into a schema, and use the rows of their own in a user table. With the first GRANT or
REVOKE these become entries like any other (`sql.access_lists`), as in PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from jobs.permissions import JOB_OPERATOR
from sql.acting_role import acting_role
from sql.errors import InsufficientPrivilege
from storage.catalog_entries import Namespace, SequenceGenerator, Table, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.acting_role import ActingRole
    from storage.catalog import Catalog
    from storage.catalog_entries import Relation

Privilege = Literal["INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "USAGE", "CREATE"]
Protected: TypeAlias = "Table | View | SequenceGenerator | Namespace"
"""What privileges are granted on."""

LETTERS: Final[dict[str, str]] = {
    "INSERT": "a",
    "SELECT": "r",
    "UPDATE": "w",
    "DELETE": "d",
    "TRUNCATE": "D",
    "REFERENCES": "x",
    "TRIGGER": "t",
    "USAGE": "U",
    "CREATE": "C",
}
"""The letters of PostgreSQL's aclitem, in the order in which it shows them."""

_ALL: Final = {Table: "arwdDxt", View: "arwdDxt", SequenceGenerator: "rwU", Namespace: "UC"}
_KINDS: Final = {Table: "table", View: "view", SequenceGenerator: "sequence", Namespace: "schema"}


def all_privileges(entry: Protected) -> str:
    """The letters of every privilege that there is on such an object: what its owner has."""
    return _ALL[type(entry)]


def privileges_of_everyone(entry: Protected) -> str:
    """The letters of what everyone may do with it, where nobody was granted anything on it."""
    if isinstance(entry, Namespace):
        return "U"
    return "arwd" if isinstance(entry, Table) and entry.type == "user" else ""


def kind_of(entry: Protected) -> str:
    """What messages call such an object."""
    return _KINDS[type(entry)]


def has_privilege(role: ActingRole, entry: Protected, privilege: Privilege) -> bool:
    """Whether a role, or one that it is in, or everyone, has a privilege."""
    if role.superuser:
        return True
    letter = LETTERS[privilege]
    if not entry.grants:
        return role.owns(entry.owner) or letter in privileges_of_everyone(entry)
    return any(letter in grant.privileges for grant in entry.grants if grant.grantee in role.with_public)


def has_any_privilege(role: ActingRole, entry: Protected) -> bool:
    """Whether a role may do anything with it."""
    if role.owns(entry.owner) or (not entry.grants and privileges_of_everyone(entry)):
        return True
    return any(grant.privileges for grant in entry.grants if grant.grantee in role.with_public)


def require_privilege(role: ActingRole, entry: Protected, *privileges: Privilege) -> None:
    """Raise `InsufficientPrivilege` unless the role has all of these privileges."""
    if not all(has_privilege(role, entry, privilege) for privilege in privileges):
        raise InsufficientPrivilege(f"permission denied for {kind_of(entry)} {entry.name}")


def reader(catalog: Catalog, role: ActingRole) -> Callable[[Relation], None]:
    """What raises `InsufficientPrivilege` for tables and views that the role may not read."""

    def may_read(relation: Relation) -> None:
        namespace = catalog.namespace(relation.namespace)
        if namespace is not None:
            require_privilege(role, namespace, "USAGE")
        require_privilege(role, relation, "SELECT")

    return may_read


def reader_named(catalog: Catalog, owner: str) -> Callable[[Relation], None]:
    """The same for the role of that name."""
    role = catalog.role(owner)
    assert role is not None, f"role {owner} owns a view, so that it cannot be dropped"
    return reader(catalog, acting_role(catalog, role))


def may_maintain(role: ActingRole, table: Table) -> bool:
    """Whether a role may flush and compact a table: its owner, superusers and members of `job_operator`."""
    return role.owns(table.owner) or JOB_OPERATOR in role.member_of


def require_maintain(role: ActingRole, table: Table) -> None:
    """Raise `InsufficientPrivilege` unless the role may flush and compact the table."""
    if not may_maintain(role, table):
        raise InsufficientPrivilege(f"permission denied for table {table.name}")


def require_superuser(role: ActingRole, what: str) -> None:
    """Raise `InsufficientPrivilege` unless the role is a superuser. `what` completes "permission denied to …"."""
    if not role.superuser:
        raise InsufficientPrivilege(
            f"permission denied to {what}", detail="Only roles with the SUPERUSER attribute may do that."
        )


def require_owner(role: ActingRole, entry: Protected) -> None:
    """Raise `InsufficientPrivilege` unless the role may change the definition of it."""
    if not role.owns(entry.owner):
        raise InsufficientPrivilege(f"must be owner of {kind_of(entry)} {entry.name}")
