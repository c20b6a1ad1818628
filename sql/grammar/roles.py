"""CREATE, ALTER and DROP of roles, GRANT and REVOKE of memberships, EXECUTE AS USER."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from sql.role_syntax import AlterRole, CreateRole, DropRole, GrantRole, RevokeRole, RoleName, RoleOptions
from sql.statements import ExecuteAsUser

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from sqlglot.tokenizer_core import Token

    from sql.role_syntax import RoleStatement
    from sql.statements import ParsedStatement
    from sql.tokens import TokenReader

_DEFAULTS: Final = ("inherit", "nocreatedb", "noreplication", "nobypassrls")
"""Options that say how every role is."""
_SPECIAL: Final[dict[str, Literal["current", "session"]]] = {
    "current_user": "current",
    "current_role": "current",
    "session_user": "session",
}


class _Options(Struct):
    login: bool | None = None
    superuser: bool | None = None
    create_role: bool | None = None
    password: str | None = None
    clear_password: bool = False
    without_effect: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)

    def settled(self) -> RoleOptions:
        return RoleOptions(
            self.login,
            self.superuser,
            self.create_role,
            self.password,
            self.clear_password,
            tuple(self.without_effect),
        )


def read_role(reader: TokenReader) -> RoleStatement:
    """CREATE | ALTER | DROP ROLE | USER."""
    action = reader.accept_one_of("create", "alter", "drop")
    is_user = reader.accept_one_of("role", "user") == "user"
    if action == "drop":
        if_exists = reader.accept("if", "exists")
        return DropRole(reader.names(), if_exists)
    if action == "create":
        name = reader.name()
        options = _options(reader, of_new_role=True)
        return CreateRole(name, options.settled(), is_user, tuple(options.granted), tuple(options.members))
    role = read_role_name(reader)
    if reader.word() in ("rename", "set", "reset", "in"):
        reader.refuse(f"ALTER ROLE … {reader.word().upper()}")
    return AlterRole(role, _options(reader, of_new_role=False).settled())


def _options(reader: TokenReader, *, of_new_role: bool) -> _Options:
    reader.accept("with")
    options = _Options()
    while reader.token is not None:
        word = reader.word()
        if word in ("password", "encrypted"):
            _password(reader, options)
        elif of_new_role and word in ("in", "role", "user", "admin"):
            _memberships(reader, options)
        else:
            _option(reader, word, options)
            reader.index += 1
    return options


def _option(reader: TokenReader, word: str, options: _Options) -> None:
    match word:
        case "login" | "nologin":
            options.login = word == "login"
        case "superuser" | "nosuperuser":
            options.superuser = word == "superuser"
        case "createrole" | "nocreaterole":
            options.create_role = word == "createrole"
        case "createdb":
            options.without_effect.append("CREATEDB")
        case _ if word not in _DEFAULTS:
            reader.refuse(f"role option {word.upper()}")


def _password(reader: TokenReader, options: _Options) -> None:
    reader.accept("encrypted")
    reader.expect("password")
    if reader.accept("null"):
        options.clear_password = True
    else:
        options.password = reader.string()


def _memberships(reader: TokenReader, options: _Options) -> None:
    """IN ROLE | GROUP a, b; ROLE | USER a, b."""
    if reader.word() == "admin":
        reader.refuse("ADMIN of a role")
    names = options.granted if reader.accept("in") else options.members
    if reader.accept_one_of("role", "group", "user") is None:
        reader.fail()
    names.extend(reader.names())


def read_grant_role(reader: TokenReader) -> RoleStatement:
    """GRANT roles TO members."""
    reader.expect("grant")
    roles = reader.names()
    reader.expect("to")
    members = _role_names(reader)
    if reader.word() == "with":
        reader.refuse("WITH ADMIN OPTION")
    _granted_by(reader)
    return GrantRole(roles, members)


def read_revoke_role(reader: TokenReader) -> RoleStatement:
    """REVOKE roles FROM members [CASCADE | RESTRICT]."""
    reader.expect("revoke")
    if reader.word() == "admin" and reader.word(1) == "option":
        reader.refuse("REVOKE ADMIN OPTION")
    roles = reader.names()
    reader.expect("from")
    members = _role_names(reader)
    _granted_by(reader)
    reader.accept_one_of("cascade", "restrict")
    return RevokeRole(roles, members)


def _granted_by(reader: TokenReader) -> None:
    if reader.word() == "granted":
        reader.refuse("GRANTED BY")


def _role_names(reader: TokenReader) -> tuple[RoleName, ...]:
    names = [read_role_name(reader)]
    while reader.accept(","):
        names.append(read_role_name(reader))
    return tuple(names)


def read_role_name(reader: TokenReader) -> RoleName:
    """A role's name, CURRENT_USER, CURRENT_ROLE or SESSION_USER."""
    word = reader.word()
    if word in _SPECIAL:
        reader.index += 1
        return RoleName(word, _SPECIAL[word])
    return RoleName(reader.name())


def read_execute_as(reader: TokenReader, read: Callable[[Sequence[Token]], ParsedStatement]) -> ExecuteAsUser:
    """EXECUTE AS USER 'u' (statement)."""
    reader.expect("execute", "as", "user")
    position = reader.position
    user = reader.accept_string()
    return ExecuteAsUser(reader.name() if user is None else user, read(reader.parenthesis()), position)
