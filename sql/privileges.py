"""Who may do what with a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.permissions import JOB_OPERATOR
from sql.errors import InsufficientPrivilege

if TYPE_CHECKING:
    from sql.acting_role import ActingRole
    from storage.catalog_entries import Table


def may_use(role: ActingRole, table: Table) -> bool:
    """Whether a role may read and write a table: its owner and superusers; a user table's own rows everyone."""
    return role.owns(table.owner) or table.type == "user"


def may_maintain(role: ActingRole, table: Table) -> bool:
    """Whether a role may flush and compact a table: its owner, superusers and members of `job_operator`."""
    return role.owns(table.owner) or JOB_OPERATOR in role.member_of


def require_use(role: ActingRole, table: Table) -> None:
    """Raise `InsufficientPrivilege` unless the role may read and write the table."""
    if not may_use(role, table):
        raise InsufficientPrivilege(f"permission denied for table {table.name}")


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


def require_owner(role: ActingRole, table: Table) -> None:
    """Raise `InsufficientPrivilege` unless the role may change the table's definition."""
    if not role.owns(table.owner):
        raise InsufficientPrivilege(f"must be owner of table {table.name}")
