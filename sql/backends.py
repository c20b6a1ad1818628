"""The sessions of a server as others may signal them: pg_cancel_backend() and pg_terminate_backend()."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import InsufficientPrivilege

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.acting_role import ActingRole
    from storage.advisory import LockParty
    from storage.catalog import Catalog
    from storage.catalog_entries import Role


class Backend:
    """One connected client. Its connection says what a signal does."""

    def __init__(self, login: Role, locks: LockParty) -> None:
        self._login = login
        self.locks = locks
        self.cancel: Callable[[], None] = _nothing
        """Interrupt the running statement, if there is one."""
        self.terminate: Callable[[], None] = _nothing
        """Disconnect the client."""

    def require_may_cancel(self, role: ActingRole, catalog: Catalog) -> None:
        """Raise `InsufficientPrivilege` unless a role may cancel what it runs."""
        if self._is_superuser(catalog) and not role.superuser:
            raise InsufficientPrivilege("must be a superuser to cancel superuser query")
        if not role.owns(self._login.name):
            raise InsufficientPrivilege("must be a member of the role whose query is being canceled")

    def require_may_terminate(self, role: ActingRole, catalog: Catalog) -> None:
        """Raise `InsufficientPrivilege` unless a role may disconnect it."""
        if self._is_superuser(catalog) and not role.superuser:
            raise InsufficientPrivilege("must be a superuser to terminate superuser process")
        if not role.owns(self._login.name):
            raise InsufficientPrivilege("must be a member of the role whose process is being terminated")

    def _is_superuser(self, catalog: Catalog) -> bool:
        role = catalog.role(self._login.name)
        return role is not None and role.superuser


def _nothing() -> None:
    return None
