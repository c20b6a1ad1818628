"""Privileges as the macros of has_table_privilege() and its like read them, and as aclitem in the catalogs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sql.access_lists import access_list, acl_text, owner_oid
from sql.privileges import LETTERS
from sql.relations.oids import BOOTSTRAP_ROLE_OID
from sql.relations.owners import SYSTEM_NAMESPACE_OIDS, role_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.privileges import Protected
    from sql.relations.relation import Relation
    from storage.catalog import Catalog

_EVERYTHING: Final = f"{BOOTSTRAP_ROLE_OID}=a*r*w*d*D*x*t*"
_HIDDEN: Final = ("pg_authid", "pg_shadow")
"""System relations that only superusers read."""


def aclitems(catalog: Catalog, entry: Protected) -> list[str] | None:
    """The value of relacl or nspacl: NULL where nothing was granted or revoked yet."""
    return acl_text(catalog, access_list(catalog, entry)) if entry.grants else None


def relation_acls(catalog: Catalog, relations: Sequence[Relation]) -> dict[int, list[str]]:
    """By oid of relation, who may do what: `grantee=letters`, grantee 0 for everyone, `*` behind what may be granted.

    An owner may grant all that it has. Everyone reads the system relations.
    """
    known = {each.oid: [_EVERYTHING, *(() if each.name in _HIDDEN else ("0=r",))] for each in relations}
    return known | {each.oid: _entries(catalog, each) for each in catalog.relations()}


def namespace_acls(catalog: Catalog) -> dict[int, list[str]]:
    """The same of schemas."""
    system = {oid: [f"{BOOTSTRAP_ROLE_OID}=U*C*", "0=U"] for oid in SYSTEM_NAMESPACE_OIDS.values()}
    return system | {each.oid: _entries(catalog, each) for each in catalog.namespaces.values()}


def _entries(catalog: Catalog, entry: Protected) -> list[str]:
    owner = owner_oid(catalog, entry)
    return [
        f"{grant.grantee}={_all_grantable(grant.privileges) if grant.grantee == owner else grant.privileges}"
        for grant in access_list(catalog, entry)
    ]


def _all_grantable(privileges: str) -> str:
    return "".join(f"{letter}*" for letter in privileges.replace("*", ""))


class GrantedPrivilege(NamedTuple):
    """One privilege of one role on an object, in the standard's words."""

    grantor: str
    grantee: str | None
    """`None` for everyone."""
    privilege: str
    grantable: bool


def privileges_on(catalog: Catalog, entry: Protected) -> Iterator[GrantedPrivilege]:
    """Every privilege that was granted on an object, those of its owner included."""
    owner = owner_oid(catalog, entry)
    for grant in access_list(catalog, entry):
        grantee = catalog.role_by_oid(grant.grantee)
        for privilege, letter in LETTERS.items():
            if letter in grant.privileges:
                option = grant.grantee == owner or f"{letter}*" in grant.privileges
                name = None if grantee is None else grantee.name
                yield GrantedPrivilege(role_name(catalog, grant.grantor), name, privilege, option)
