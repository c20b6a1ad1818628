"""CREATE, ALTER and DROP of roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sql.statements import AlterRole, CreateRole, DropRole

if TYPE_CHECKING:
    from sql.statements import OwnStatement
    from sql.tokens import TokenReader

_WITHOUT_EFFECT: Final = (
    "inherit",
    "createdb",
    "createrole",
    "nocreatedb",
    "nocreaterole",
    "noreplication",
    "nobypassrls",
)


@dataclass(slots=True)
class _RoleOptions:
    login: bool | None = None
    superuser: bool | None = None
    password: str | None = None
    clear_password: bool = False


def read_role(reader: TokenReader) -> OwnStatement:
    """CREATE | ALTER | DROP ROLE | USER."""
    action = reader.accept_one_of("create", "alter", "drop")
    is_user = reader.accept_one_of("role", "user") == "user"
    if action == "drop":
        if_exists = reader.accept("if", "exists")
        return DropRole(reader.names(), if_exists)
    name = reader.name()
    if action == "alter" and reader.word() in ("rename", "set", "reset", "in"):
        reader.refuse(f"ALTER ROLE … {reader.word().upper()}")
    reader.accept("with")
    options = _options(reader)
    if action == "create":
        return CreateRole(name, options.login, options.superuser, options.password, is_user)
    return AlterRole(name, options.login, options.superuser, options.password, options.clear_password)


def _options(reader: TokenReader) -> _RoleOptions:
    options = _RoleOptions()
    while reader.token is not None:
        word = reader.word()
        if word in ("login", "nologin"):
            options.login = word == "login"
        elif word in ("superuser", "nosuperuser"):
            options.superuser = word == "superuser"
        elif word in ("password", "encrypted"):
            _password(reader, options)
            continue
        elif word not in _WITHOUT_EFFECT:
            reader.refuse(f"role option {word.upper()}")
        reader.index += 1
    return options


def _password(reader: TokenReader, options: _RoleOptions) -> None:
    reader.accept("encrypted")
    reader.expect("password")
    if reader.accept("null"):
        options.clear_password = True
    else:
        options.password = reader.string()
