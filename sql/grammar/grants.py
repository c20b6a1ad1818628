"""GRANT and REVOKE, of privileges and of roles; DROP OWNED and REASSIGN OWNED."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import FeatureNotSupported
from sql.grammar.definition import read_cascade
from sql.grammar.roles import read_grant_role, read_revoke_role, read_role_name
from sql.grant_syntax import DropOwned, Grant, Granted, ReassignOwned, Revoke
from sql.names import QualifiedName

if TYPE_CHECKING:
    from sql.grant_syntax import GrantedKind
    from sql.role_syntax import RoleName, RoleStatement
    from sql.tokens import TokenReader

_KINDS: Final[dict[str, GrantedKind]] = {
    "table": "table",
    "sequence": "sequence",
    "schema": "schema",
    "namespace": "schema",
    "database": "database",
}
_OTHER_KINDS: Final = (
    "function",
    "procedure",
    "routine",
    "language",
    "type",
    "domain",
    "foreign",
    "large",
    "tablespace",
    "parameter",
)


def read_grant(reader: TokenReader) -> Grant | RoleStatement:
    """GRANT privileges ON objects TO roles, or GRANT roles TO roles."""
    if not _names_objects(reader, "to"):
        return read_grant_role(reader)
    reader.expect("grant")
    granted = _granted(reader)
    reader.expect("to")
    grantees = _grantees(reader)
    with_option = reader.accept("with", "grant", "option")
    _granted_by(reader)
    return Grant(granted, grantees, with_option)


def read_revoke(reader: TokenReader) -> Revoke | RoleStatement:
    """REVOKE [GRANT OPTION FOR] privileges ON objects FROM roles, or REVOKE roles FROM roles."""
    if not _names_objects(reader, "from"):
        return read_revoke_role(reader)
    reader.expect("revoke")
    option_only = reader.accept("grant", "option", "for")
    granted = _granted(reader)
    reader.expect("from")
    grantees = _grantees(reader)
    _granted_by(reader)
    return Revoke(granted, grantees, option_only, read_cascade(reader))


def read_owned(reader: TokenReader) -> DropOwned | ReassignOwned:
    """DROP OWNED BY roles, REASSIGN OWNED BY roles TO role."""
    verb = reader.accept_one_of("drop", "reassign")
    reader.expect("owned", "by")
    roles = _role_names(reader)
    if verb == "drop":
        return DropOwned(roles, read_cascade(reader))
    reader.expect("to")
    return ReassignOwned(roles, read_role_name(reader))


def _names_objects(reader: TokenReader, until: str) -> bool:
    ahead = 0
    while reader.index + ahead < len(reader.tokens) and (word := reader.word(ahead)) != until:
        if word == "on":
            return True
        ahead += 1
    return False


def _granted(reader: TokenReader) -> Granted:
    privileges = _privileges(reader)
    reader.expect("on")
    if reader.accept("all"):
        return _all_in_schemas(reader, privileges)
    kind = _KINDS.get(reader.word())
    if reader.word() in _OTHER_KINDS and reader.word(1) not in ("to", "from", ",", "."):
        reader.refuse(f"GRANT and REVOKE ON {reader.word().upper()}")
    # A table may be called `table` only in quotes, but `schema` and the others are names as well.
    if kind is not None and reader.word(1) not in ("to", "from", ",", "."):
        reader.index += 1
    else:
        kind = "table"
    if kind in ("table", "sequence"):
        return Granted(privileges, kind, reader.qualified_names())
    return Granted(privileges, kind, _plain_names(reader))


def _privileges(reader: TokenReader) -> tuple[str, ...] | None:
    if reader.accept("all"):
        reader.accept("privileges")
        _refuse_columns(reader)
        return None
    if reader.accept("all privileges"):
        _refuse_columns(reader)
        return None
    listed = []
    while True:
        word = reader.word()
        if not word.isidentifier():
            reader.fail()
        listed.append(word)
        reader.index += 1
        _refuse_columns(reader)
        if not reader.accept(","):
            return tuple(listed)


def _refuse_columns(reader: TokenReader) -> None:
    if reader.word() == "(":
        raise FeatureNotSupported(
            "privileges on columns are not supported",
            hint="A view of these columns can be granted.",
            position=reader.position,
        )


def _all_in_schemas(reader: TokenReader, privileges: tuple[str, ...] | None) -> Granted:
    what = reader.accept_one_of("tables", "sequences")
    if what is None:
        reader.refuse(f"GRANT and REVOKE ON ALL {reader.word().upper()}")
    reader.expect("in")
    if reader.accept_one_of("schema", "namespace") is None:
        reader.fail()
    return Granted(privileges, "table" if what == "tables" else "sequence", _plain_names(reader), in_schemas=True)


def _plain_names(reader: TokenReader) -> tuple[QualifiedName, ...]:
    names = []
    while True:
        position = reader.position
        names.append(QualifiedName(None, reader.name(), position))
        if not reader.accept(","):
            return tuple(names)


def _grantees(reader: TokenReader) -> tuple[RoleName, ...]:
    grantees = []
    while True:
        reader.accept("group")
        grantees.append(read_role_name(reader))
        if not reader.accept(","):
            return tuple(grantees)


def _role_names(reader: TokenReader) -> tuple[RoleName, ...]:
    names = [read_role_name(reader)]
    while reader.accept(","):
        names.append(read_role_name(reader))
    return tuple(names)


def _granted_by(reader: TokenReader) -> None:
    if reader.word() == "granted":
        reader.refuse("GRANTED BY")
