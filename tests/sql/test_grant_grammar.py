"""GRANT and REVOKE of privileges, as they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sql.dialect import parse_script
from sql.errors import SqlSyntaxError
from sql.grant_syntax import DropOwned, Grant, Granted, ReassignOwned, Revoke
from sql.names import QualifiedName
from sql.role_syntax import RoleName

if TYPE_CHECKING:
    from sql.statements import OwnStatement


def read(text: str) -> OwnStatement:
    """The one statement of a text."""
    (parsed,) = parse_script(text)
    assert parsed.tree is not None
    return parsed.tree  # type: ignore[return-value]  # GRANT is none of sqlglot's


def granted(
    privileges: tuple[str, ...] | None, kind: str, *names: str, namespace: str | None = None, in_schemas: bool = False
) -> Granted:
    """What is granted, with positions that compare as any."""
    found = tuple(QualifiedName(namespace, name, 0) for name in names)
    return Granted(privileges, kind, found, in_schemas)  # type: ignore[arg-type]  # one of the four


def without_positions(statement: object) -> object:
    """The statement with all positions 0."""
    assert isinstance(statement, Grant | Revoke)
    names = tuple(QualifiedName(name.namespace, name.name, 0) for name in statement.granted.names)
    what = Granted(statement.granted.privileges, statement.granted.kind, names, statement.granted.in_schemas)
    if isinstance(statement, Grant):
        return Grant(what, statement.grantees, statement.with_option)
    return Revoke(what, statement.grantees, statement.option_only, statement.cascade)


ANN, PUBLIC = RoleName("ann"), RoleName("public")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grant select on t to ann", Grant(granted(("select",), "table", "t"), (ANN,))),
        (
            "GRANT SELECT, Insert ON TABLE t, u TO ann, PUBLIC WITH GRANT OPTION",
            Grant(granted(("select", "insert"), "table", "t", "u"), (ANN, PUBLIC), with_option=True),
        ),
        ("grant all on s.t to group ann", Grant(granted(None, "table", "t", namespace="s"), (ANN,))),
        ("grant all privileges on sequence q to ann", Grant(granted(None, "sequence", "q"), (ANN,))),
        ("grant usage, create on schema s to ann", Grant(granted(("usage", "create"), "schema", "s"), (ANN,))),
        ("grant usage on namespace s to ann", Grant(granted(("usage",), "schema", "s"), (ANN,))),
        ("grant connect on database d to ann", Grant(granted(("connect",), "database", "d"), (ANN,))),
        (
            "grant references, truncate, trigger on all tables in schema s, r to ann",
            Grant(granted(("references", "truncate", "trigger"), "table", "s", "r", in_schemas=True), (ANN,)),
        ),
        (
            "grant select on all sequences in namespace s to ann",
            Grant(granted(("select",), "sequence", "s", in_schemas=True), (ANN,)),
        ),
        ("grant select on schema to ann", Grant(granted(("select",), "table", "schema"), (ANN,))),
        (
            "revoke grant option for update, delete on t from ann cascade",
            Revoke(granted(("update", "delete"), "table", "t"), (ANN,), option_only=True, cascade=True),
        ),
        (
            "revoke all on t from current_user, public restrict",
            Revoke(granted(None, "table", "t"), (RoleName("current_user", "current"), PUBLIC)),
        ),
    ],
)
def test_privileges_are_read(text: str, expected: Grant | Revoke) -> None:
    """Every form of the two statements becomes a value that says all of it."""
    assert without_positions(read(text)) == expected


def test_owned_are_read() -> None:
    """DROP OWNED and REASSIGN OWNED name roles."""
    assert read("drop owned by ann, current_user cascade") == DropOwned(
        (ANN, RoleName("current_user", "current")), cascade=True
    )
    assert read("reassign owned by ann to bob") == ReassignOwned((ANN,), RoleName("bob"))


@pytest.mark.parametrize(
    "text",
    [
        "grant on t to ann",
        "grant select on to ann",
        "grant select on t",
        "grant select on t to",
        "grant select, on t to ann",
        "grant 'select' on t to ann",
        "grant select on t to ann with option",
        "revoke select on t to ann",
        "grant select on all tables to ann",
        "drop owned ann",
        "reassign owned by ann",
    ],
)
def test_what_is_no_grant_is_a_syntax_error(text: str) -> None:
    """A statement that lacks something, or has too much, is refused where it goes wrong."""
    with pytest.raises(SqlSyntaxError):
        read(text)
