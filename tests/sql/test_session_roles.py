"""Which role a session acts as: settings that are local, taken back, and looked at against the catalog."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sql.errors import InsufficientPrivilege, InvalidAuthorization, InvalidParameterValue
from sql.session_roles import SessionRoles
from sql.settings import SessionSettings
from storage.catalog import BUILT_IN_ROLES, Catalog
from storage.catalog_entries import Role

ADMIN = Role(10, "admin", superuser=True, login=True)
TEAM = Role(20_001, "team", member_of=(BUILT_IN_ROLES[0].oid,))
ANN = Role(20_002, "ann", login=True, member_of=(TEAM.oid,))
BOB = Role(20_003, "bob", login=True)
CATALOG = Catalog.of((ADMIN, TEAM, ANN, BOB, *BUILT_IN_ROLES))


def session(login: Role) -> tuple[SessionRoles, SessionSettings]:
    """The roles and settings of a client that has logged in."""
    settings = SessionSettings({"session_authorization": login.name})
    return SessionRoles(login, settings), settings


def current(roles: SessionRoles, catalog: Catalog = CATALOG) -> str:
    """Whom statements act as."""
    return roles.current(catalog).name


def test_a_session_acts_as_its_login_role() -> None:
    """With the memberships of that role, directly and through others."""
    roles, _ = session(ANN)
    acting = roles.current(CATALOG)
    assert (acting.oid, acting.name, acting.superuser) == (ANN.oid, "ann", False)
    assert acting.member_of == {"ann", "team", "job_operator"}
    assert acting.reads_rows_of_all
    assert acting.owns("team")
    assert not acting.owns("bob")


def test_only_members_and_superusers_may_set_a_role() -> None:
    """What counts is the session's role, not the current one."""
    roles, _ = session(ANN)
    roles.set_role(CATALOG, "team", local=False)
    assert current(roles) == "team"
    roles.set_role(CATALOG, "ann", local=False)
    assert current(roles) == "ann"
    with pytest.raises(InsufficientPrivilege):
        roles.set_role(CATALOG, "bob", local=False)
    with pytest.raises(InvalidParameterValue):
        roles.set_role(CATALOG, "nobody", local=False)
    assert current(roles) == "ann"
    roles, _ = session(ADMIN)
    roles.set_role(CATALOG, "bob", local=False)
    roles.set_role(CATALOG, "team", local=False)
    assert current(roles) == "team"


def test_a_transaction_takes_back_what_it_should() -> None:
    """SET LOCAL ends with it either way, SET with a rollback."""
    roles, settings = session(ADMIN)
    roles.set_role(CATALOG, "bob", local=True)
    assert current(roles) == "bob"
    settings.end(committed=True)
    assert current(roles) == "admin"
    roles.set_role(CATALOG, "bob", local=False)
    settings.end(committed=False)
    assert current(roles) == "admin"
    roles.set_role(CATALOG, "bob", local=False)
    settings.end(committed=True)
    settings.reset_all()
    assert current(roles) == "bob"


def test_the_session_role_resets_the_current_one() -> None:
    """Only who logged in as a superuser may change it; all may go back."""
    roles, settings = session(ADMIN)
    roles.set_role(CATALOG, "ann", local=False)
    roles.set_session(CATALOG, "bob", local=False)
    assert (current(roles), settings.get("role"), settings.get("is_superuser")) == ("bob", "none", "off")
    with pytest.raises(InsufficientPrivilege):
        roles.set_role(CATALOG, "ann", local=False)
    roles.set_session(CATALOG, None, local=False)
    assert (current(roles), settings.get("is_superuser")) == ("admin", "on")
    roles, _ = session(ANN)
    with pytest.raises(InsufficientPrivilege):
        roles.set_session(CATALOG, "team", local=False)


def test_acting_as_stands_above_and_ends() -> None:
    """Whatever happens inside, the role is the session's own afterwards; nesting goes back one by one."""
    roles, _ = session(ADMIN)
    with roles.acting_as(ANN):
        assert (current(roles), roles.current_oid) == ("ann", ANN.oid)
        with roles.acting_as(BOB):
            assert current(roles) == "bob"
        assert current(roles) == "ann"
    with pytest.raises(ZeroDivisionError), roles.acting_as(BOB):
        raise ZeroDivisionError
    assert current(roles) == "admin"


def test_a_dropped_role_is_refused() -> None:
    """Also when another one has its name by now."""
    roles, _ = session(BOB)
    assert current(roles) == "bob"
    without = CATALOG.without_role("bob")
    for catalog in (without, without.with_role(replace(BOB, oid=30_000))):
        with pytest.raises(InvalidAuthorization, match="was dropped"):
            roles.current(catalog)
    assert roles.current_oid == BOB.oid


def test_changes_of_a_role_hold_at_once() -> None:
    """The catalog of the statement says what the role may."""
    roles, _ = session(ANN)
    assert "team" in roles.current(CATALOG).member_of
    left = CATALOG.with_role(replace(ANN, member_of=(), superuser=True))
    assert roles.current(left).member_of == {"ann"}
    assert roles.current(left).superuser
