"""Who one client is: the role that it logged in as, and the roles that it acts as.

PostgreSQL's three: the login role never changes; the session's role is that one, or what SET SESSION AUTHORIZATION
said; statements act as the current role, which is the session's or what SET ROLE said. The last two are settings, so
that they are local, taken back and told to the client as settings are. EXECUTE AS USER stands above them all.
"""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Final

from sql.acting_role import acting_role
from sql.errors import InsufficientPrivilege, InvalidAuthorization, InvalidParameterValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.acting_role import ActingRole
    from sql.settings import SessionSettings, Values
    from storage.catalog import Catalog
    from storage.catalog_entries import Role

NO_ROLE: Final = "none"
"""The value of setting `role` while statements act as the session's role."""
ROLE_SETTINGS: Final = frozenset(("role", "session_authorization"))


class SessionRoles:
    """The roles of one client. A role that was dropped, or dropped and made anew, is refused when it is next needed."""

    def __init__(self, login: Role, settings: SessionSettings) -> None:
        self.login = login
        self._settings = settings
        self._oids = {login.name: login.oid}
        """Which role each name meant when it was set."""
        self.as_user: Role | None = None
        """The role of the EXECUTE AS USER that runs."""
        self._known: tuple[Catalog, Values, Role | None, ActingRole] | None = None

    def under(self, settings: SessionSettings) -> SessionRoles:
        """The same roles, by a copy of the settings that say which of them is which."""
        other = copy(self)
        other._settings, other._oids = settings, dict(self._oids)
        return other

    @property
    def current_oid(self) -> int:
        """The oid of the role that statements act as, whether or not it is still there."""
        return self._oids[self._current_name] if self.as_user is None else self.as_user.oid

    def current(self, catalog: Catalog) -> ActingRole:
        """The role that statements act as. Raises `InvalidAuthorization` once it has been dropped."""
        known, values, as_user = self._known, self._settings.values, self.as_user
        if known is not None and known[0] is catalog and known[1] is values and known[2] is as_user:
            return known[3]
        current = acting_role(catalog, as_user or self._existing(catalog, self._current_name))
        self._known = (catalog, values, as_user, current)
        return current

    def require_may_become(self, catalog: Catalog, role: Role) -> None:
        """Raise `InsufficientPrivilege` unless the session may act as a role: as a member of it or a superuser."""
        session = self._existing(catalog, self._settings.get("session_authorization"))
        if not session.superuser and role.name not in catalog.memberships(session):
            raise InsufficientPrivilege(f'permission denied to set role "{role.name}"')

    def set_role(self, catalog: Catalog, name: str | None, *, local: bool) -> None:
        """SET [LOCAL] ROLE; `None` for RESET. Raises `InsufficientPrivilege`, `InvalidParameterValue`."""
        if name in (None, NO_ROLE):
            name = self._settings.get("session_authorization")
            role = catalog.role(name)
            self._change(local, role=NO_ROLE, is_superuser=_is_superuser(role))
            return
        assert name is not None
        role = _named(catalog, name)
        self.require_may_become(catalog, role)
        self._oids[name] = role.oid
        self._change(local, role=name, is_superuser=_is_superuser(role))

    def set_session(self, catalog: Catalog, name: str | None, *, local: bool) -> None:
        """SET [LOCAL] SESSION AUTHORIZATION; `None` for DEFAULT. Statements act as that role from now on.

        Raises `InsufficientPrivilege` unless the client logged in as a superuser or as that role.
        """
        if name is None or name == self.login.name:
            name, role = self.login.name, catalog.role(self.login.name)
            self._oids[name] = self.login.oid
        else:
            role = _named(catalog, name)
            if not self._existing(catalog, self.login.name).superuser:
                raise InsufficientPrivilege("permission denied to set session authorization")
            self._oids[name] = role.oid
        self._change(local, session_authorization=name, role=NO_ROLE, is_superuser=_is_superuser(role))

    @contextmanager
    def acting_as(self, role: Role) -> Iterator[None]:
        """Have statements act as a role meanwhile, whatever the settings say."""
        before, self.as_user = self.as_user, role
        try:
            yield
        finally:
            self.as_user = before

    @property
    def _current_name(self) -> str:
        name = self._settings.get("role")
        return self._settings.get("session_authorization") if name == NO_ROLE else name

    def _existing(self, catalog: Catalog, name: str) -> Role:
        role = catalog.role(name)
        if role is not None and role.oid == self._oids[name]:
            return role
        hint = "Connect as another role." if name == self.login.name else "RESET ROLE, or SET ROLE to another one."
        raise InvalidAuthorization(f'role "{name}", which this session acts as, was dropped', hint=hint)

    def _change(self, local: bool, **values: str) -> None:
        self._settings.assign(values, local=local)


def _named(catalog: Catalog, name: str) -> Role:
    role = catalog.role(name)
    if role is None:
        raise InvalidParameterValue(f'role "{name}" does not exist')
    return role


def _is_superuser(role: Role | None) -> str:
    return "on" if role is not None and role.superuser else "off"
