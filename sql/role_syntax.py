"""Statements about roles, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RoleName:
    """A role by its name, or as CURRENT_USER or SESSION_USER, when `name` is that word."""

    name: str
    special: Literal["current", "session"] | None = None


@dataclass(frozen=True, slots=True)
class RoleOptions:
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


@dataclass(frozen=True, slots=True)
class CreateRole:
    """CREATE ROLE | USER name options [IN ROLE granted] [ROLE members]."""

    name: str
    options: RoleOptions
    is_user: bool
    """CREATE USER: it may log in unless told otherwise."""
    granted: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlterRole:
    """ALTER ROLE | USER name options."""

    role: RoleName
    options: RoleOptions


@dataclass(frozen=True, slots=True)
class DropRole:
    """DROP ROLE | USER [IF EXISTS] a, b."""

    names: tuple[str, ...]
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class GrantRole:
    """GRANT roles TO members."""

    roles: tuple[str, ...]
    members: tuple[RoleName, ...]


@dataclass(frozen=True, slots=True)
class RevokeRole:
    """REVOKE roles FROM members."""

    roles: tuple[str, ...]
    members: tuple[RoleName, ...]


RoleStatement = CreateRole | AlterRole | DropRole | GrantRole | RevokeRole
"""A statement that makes, changes or removes roles and memberships."""
