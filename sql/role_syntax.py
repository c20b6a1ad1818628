"""Statements about roles, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class RoleName(Struct, frozen=True):
    """A role by its name, or as CURRENT_USER or SESSION_USER, when `name` is that word."""

    name: str
    special: Literal["current", "session"] | None = None


class RoleOptions(Struct, frozen=True):
    """Options of CREATE ROLE and ALTER ROLE. `None`: not given."""

    login: bool | None = None
    superuser: bool | None = None
    create_role: bool | None = None
    password: str | None = None
    clear_password: bool = False
    """PASSWORD NULL."""
    without_effect: tuple[str, ...] = ()
    """Those that change nothing here, in capitals."""

    @property
    def is_password_alone(self) -> bool:
        """Whether nothing but the password is given: that much a role may change of itself."""
        return self.login is None and self.superuser is None and self.create_role is None


class CreateRole(Struct, frozen=True):
    """CREATE ROLE | USER name options [IN ROLE granted] [ROLE members]."""

    name: str
    options: RoleOptions
    is_user: bool
    """CREATE USER: it may log in unless told otherwise."""
    granted: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class AlterRole(Struct, frozen=True):
    """ALTER ROLE | USER name options."""

    role: RoleName
    options: RoleOptions


class DropRole(Struct, frozen=True):
    """DROP ROLE | USER [IF EXISTS] a, b."""

    names: tuple[str, ...]
    if_exists: bool = False


class GrantRole(Struct, frozen=True):
    """GRANT roles TO members."""

    roles: tuple[str, ...]
    members: tuple[RoleName, ...]


class RevokeRole(Struct, frozen=True):
    """REVOKE roles FROM members."""

    roles: tuple[str, ...]
    members: tuple[RoleName, ...]


RoleStatement = CreateRole | AlterRole | DropRole | GrantRole | RevokeRole
"""A statement that makes, changes or removes roles and memberships."""
