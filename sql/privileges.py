"""Who may do what with a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import InsufficientPrivilege

if TYPE_CHECKING:
    from storage.catalog import Role, Table


def may_use(role: Role, table: Table) -> bool:
    """Whether a role may read and write a table: its owner and superusers may."""
    return role.superuser or table.owner == role.name


def require_use(role: Role, table: Table) -> None:
    """Raise `InsufficientPrivilege` unless the role may read and write the table."""
    if not may_use(role, table):
        raise InsufficientPrivilege(f"permission denied for table {table.name}")
