"""Statements about privileges, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.role_syntax import RoleName

GrantedKind = Literal["table", "sequence", "schema", "database"]
"""What stands behind ON. A view is a table here, and a sequence may be one."""


class Granted(Struct, frozen=True):
    """`privileges ON objects` of GRANT and REVOKE."""

    privileges: tuple[str, ...] | None
    """In lower case, as they were written; `None` for ALL."""
    kind: GrantedKind
    names: tuple[QualifiedName, ...]
    in_schemas: bool = False
    """ALL TABLES | SEQUENCES IN SCHEMA: the names are those of schemas."""


class Grant(Struct, frozen=True):
    """GRANT privileges ON objects TO roles [WITH GRANT OPTION]. PUBLIC is a role of that name."""

    granted: Granted
    grantees: tuple[RoleName, ...]
    with_option: bool = False


class Revoke(Struct, frozen=True):
    """REVOKE [GRANT OPTION FOR] privileges ON objects FROM roles [CASCADE | RESTRICT]."""

    granted: Granted
    grantees: tuple[RoleName, ...]
    option_only: bool = False
    cascade: bool = False


class DropOwned(Struct, frozen=True):
    """DROP OWNED BY roles [CASCADE | RESTRICT]."""

    roles: tuple[RoleName, ...]
    cascade: bool = False


class ReassignOwned(Struct, frozen=True):
    """REASSIGN OWNED BY roles TO role."""

    roles: tuple[RoleName, ...]
    to: RoleName


GrantStatement = Grant | Revoke | DropOwned | ReassignOwned
"""A statement about the privileges of roles, or about all that roles own."""
