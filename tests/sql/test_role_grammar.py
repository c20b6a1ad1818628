"""Statements about roles become values."""

from __future__ import annotations

import pytest

from sql import role_syntax as r
from sql import statements as s
from sql.dialect import parse_script
from sql.errors import FeatureNotSupported, SqlSyntaxError

CURRENT = r.RoleName("current_user", "current")


def _one(text: str) -> object:
    (statement,) = parse_script(text)
    return statement.tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("create user u with password 'x'", r.CreateRole("u", r.RoleOptions(password="x"), True)),
        ("create role u nosuperuser login", r.CreateRole("u", r.RoleOptions(login=True, superuser=False), False)),
        ("create role u createrole", r.CreateRole("u", r.RoleOptions(create_role=True), False)),
        ("create role u in role a, b role c", r.CreateRole("u", r.RoleOptions(), False, ("a", "b"), ("c",))),
        ("create user u in group a user c", r.CreateRole("u", r.RoleOptions(), True, ("a",), ("c",))),
        ("alter user u password null", r.AlterRole(r.RoleName("u"), r.RoleOptions(clear_password=True))),
        ("alter role current_user password 'x'", r.AlterRole(CURRENT, r.RoleOptions(password="x"))),
        ("drop role if exists a, b", r.DropRole(("a", "b"), True)),
        ("grant a, b to c, current_user", r.GrantRole(("a", "b"), (r.RoleName("c"), CURRENT))),
        ('grant "On" to c', r.GrantRole(("On",), (r.RoleName("c"),))),
        ("revoke a from session_user cascade", r.RevokeRole(("a",), (r.RoleName("session_user", "session"),))),
        ("create schema authorization u", s.CreateNamespace(None, owner=r.RoleName("u"))),
        ("create schema n authorization u", s.CreateNamespace("n", owner=r.RoleName("u"))),
        ("set role u", s.SetParameter("role", ("u",))),
        ("set local role none", s.SetParameter("role", ("none",), True)),
        ("set session role 'u'", s.SetParameter("role", ("u",))),
        ("set session authorization u", s.SetParameter("session_authorization", ("u",))),
        ("set local session authorization default", s.SetParameter("session_authorization", None, True)),
        ("set session session authorization 'u'", s.SetParameter("session_authorization", ("u",))),
        ("reset role", s.ResetParameter("role")),
        ("reset session authorization", s.ResetParameter("session_authorization")),
        ('execute "as"', s.Execute("as", ())),
    ],
)
def test_a_statement_about_roles_becomes_a_value(text: str, expected: object) -> None:
    """Each form is read into its frozen dataclass."""
    assert _one(text) == expected


def test_execute_as_user_holds_a_statement() -> None:
    """The user may be a string or a name; the statement keeps its place in the script."""
    for user in ("'bob'", "bob"):
        text = f"execute as user {user} (flush table t)"
        tree = _one(text)
        assert isinstance(tree, s.ExecuteAsUser)
        assert (tree.user, tree.statement.text) == ("bob", "flush table t")
        assert text[tree.statement.offset :].startswith("flush")


@pytest.mark.parametrize(
    "text",
    [
        "grant select (a) on t to bob",
        "grant execute on function f to bob",
        "grant usage on type t to bob",
        "revoke insert (a) on t from bob",
        "grant select on t to bob granted by c",
        "grant a to b with admin option",
        "revoke admin option for a from b",
        "grant a to b granted by c",
        "create role a admin b",
        "alter role a set work_mem = 1",
    ],
)
def test_what_is_not_there_is_refused(text: str) -> None:
    """Privileges on columns and functions, and the admin option: 0A000, and never ignored."""
    with pytest.raises(FeatureNotSupported):
        _one(text)


@pytest.mark.parametrize(
    "text",
    ["grant a", "grant to b", "revoke a to b", "set role", "set authorization a", "execute as user 'a'", "execute as"],
)
def test_what_is_no_statement_is_a_syntax_error(text: str) -> None:
    """Half a statement names where it breaks off."""
    with pytest.raises(SqlSyntaxError):
        _one(text)
