"""The role that statements act as, with what it may do by itself and through the roles that it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.permissions import JOB_OPERATOR, Actor

if TYPE_CHECKING:
    from storage.catalog import Catalog
    from storage.catalog_entries import Role


class ActingRole(Actor, frozen=True, kw_only=True):
    """A role as its statements see it: to the job manager, to owners of tables and schemas, and to user tables."""

    oid: int
    create_role: bool = False
    with_public: frozenset[int] = frozenset((0,))
    """Whose grants are its own: the oids of the roles of `member_of`, and 0 for those to everyone."""

    def owns(self, owner: str) -> bool:
        """Whether what `owner` owns is its to change: it is that role, a member of it, or a superuser."""
        return self.superuser or owner in self.member_of

    @property
    def reads_rows_of_all(self) -> bool:
        """Whether it sees the rows of every role in user tables."""
        return self.superuser or JOB_OPERATOR in self.member_of

    @property
    def creates_roles(self) -> bool:
        """Whether it may make, change, drop and grant roles."""
        return self.superuser or self.create_role


def acting_role(catalog: Catalog, role: Role) -> ActingRole:
    """A role of a catalog with its memberships there."""
    names = catalog.memberships(role)
    oids = frozenset((0, *(catalog.roles[name].oid for name in names)))
    return ActingRole(
        role.name,
        role.superuser,
        names,
        role.created_at,
        oid=role.oid,
        create_role=role.create_role,
        with_public=oids,
    )
