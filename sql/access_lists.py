"""Access lists: what was granted on an object, to whom and by whom, as PostgreSQL's arrays of aclitem have it.

An object with no grants at all has the list of its kind. The first change makes that one explicit; a list of which
nothing is left has one entry without privileges, so that it is told from none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from sql.errors import DependentObjectsStillExist, InvalidGrantOperation
from sql.privileges import all_privileges, privileges_of_everyone
from storage.catalog_entries import Grant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sql.privileges import Protected
    from storage.catalog import Catalog
    from storage.catalog_entries import Namespace, SequenceGenerator, Table, View

AccessList = tuple[Grant, ...]
E = TypeVar("E", bound="Table | View | SequenceGenerator | Namespace")

PUBLIC: Final = 0
"""The grantee of what everyone may do."""

_ORDER: Final = "arwdDxtXUCTc"


def access_list(catalog: Catalog, entry: Protected) -> AccessList:
    """What is granted on an object, its owner's own privileges included."""
    if entry.grants:
        return tuple(grant for grant in entry.grants if grant.privileges)
    owner = owner_oid(catalog, entry)
    everyone = privileges_of_everyone(entry)
    own = Grant(owner, all_privileges(entry), owner)
    return (own, Grant(PUBLIC, everyone, owner)) if everyone else (own,)


def owner_oid(catalog: Catalog, entry: Protected) -> int:
    """The oid of the role that owns an object."""
    role = catalog.role(entry.owner)
    return 0 if role is None else role.oid


def stored(acl: AccessList, owner: int) -> AccessList:
    """A list as entries of the catalog keep it."""
    return acl or (Grant(owner, "", owner),)


def grantable(acl: AccessList, grantees: Iterable[int]) -> str:
    """The letters of what these roles may grant on."""
    wanted = frozenset(grantees)
    found = {
        letter
        for grant in acl
        if grant.grantee in wanted
        for letter, option in _read(grant.privileges).items()
        if option
    }
    return "".join(letter for letter in _ORDER if letter in found)


def granted(acl: AccessList, grantee: int, letters: str, grantor: int, *, option: bool) -> AccessList:
    """The list with more privileges for a role. Raises `InvalidGrantOperation`."""
    if option and grantee == PUBLIC:
        raise InvalidGrantOperation("grant options can only be granted to roles")
    if option and grantee == grantor:
        option = False  # An owner has all of them anyway.
    if option and _grants_lead(acl, grantee, grantor, letters):
        raise InvalidGrantOperation("grant options cannot be granted back to your own grantor")
    have = _held(acl, grantee, grantor)
    return _with(acl, grantee, grantor, have | {each: option or have.get(each, False) for each in letters})


def revoked(
    acl: AccessList, grantee: int, letters: str, grantor: int, *, option_only: bool, cascade: bool
) -> AccessList:
    """The list with less privileges for a role, and without those that it has granted on.

    Without `cascade` raises `DependentObjectsStillExist` where there are such.
    """
    have = _held(acl, grantee, grantor)
    if option_only:
        left = {letter: option and letter not in letters for letter, option in have.items()}
    else:
        left = {letter: option for letter, option in have.items() if letter not in letters}
    after = _with(acl, grantee, grantor, left)
    if grantee == grantor:
        return after  # Its options are the owner's, which stay.
    lost = [letter for letter in letters if have.get(letter) and letter not in grantable(after, (grantee,))]
    for grant in after:
        dependent = "".join(letter for letter in _read(grant.privileges) if letter in lost)
        if grant.grantor == grantee and dependent:
            if not cascade:
                raise DependentObjectsStillExist("dependent privileges exist", hint="Use CASCADE to revoke them too.")
            after = revoked(after, grant.grantee, dependent, grantee, option_only=False, cascade=True)
    return after


def without_role(acl: AccessList, role: int) -> AccessList:
    """The list without what a role was granted, or has granted."""
    return tuple(grant for grant in acl if role not in (grant.grantee, grant.grantor))


def of_new_owner(acl: AccessList, old: int, new: int) -> AccessList:
    """The list when the object gets another owner, who takes the place of the one before."""
    merged: AccessList = ()
    for grant in acl:
        grantee, grantor = (new if oid == old else oid for oid in (grant.grantee, grant.grantor))
        merged = _with(merged, grantee, grantor, _merged(_held(merged, grantee, grantor), _read(grant.privileges)))
    return merged


def change_owner(catalog: Catalog, entry: E, owner: str) -> E:
    """The object as another role's, who takes the place of the one before in what was granted."""
    role = catalog.role(owner)
    assert role is not None, owner
    grants = entry.grants and stored(of_new_owner(entry.grants, owner_oid(catalog, entry), role.oid), role.oid)
    return replace(entry, owner=owner, grants=grants)


def acl_text(catalog: Catalog, acl: AccessList) -> list[str]:
    """The entries as PostgreSQL's type aclitem writes them: `ann=arw*/admin`."""
    return [
        f"{_name(catalog, grant.grantee)}={grant.privileges}/{_name(catalog, grant.grantor)}"
        for grant in acl
        if grant.privileges
    ]


def _merged(one: Mapping[str, bool], other: Mapping[str, bool]) -> dict[str, bool]:
    return {letter: one.get(letter, False) or other.get(letter, False) for letter in (*one, *other)}


def _grants_lead(acl: AccessList, grantee: int, grantor: int, letters: str) -> bool:
    """Whether what a role may grant on comes, directly or not, from the one whom it would grant that to."""
    left, seen = [grantor], {grantor}
    while left:
        each = left.pop()
        for grant in acl:
            is_source = grant.grantee == each and any(_read(grant.privileges).get(letter) for letter in letters)
            if is_source and grant.grantor not in seen:
                if grant.grantor == grantee:
                    return True
                seen.add(grant.grantor)
                left.append(grant.grantor)
    return False


def _held(acl: AccessList, grantee: int, grantor: int) -> dict[str, bool]:
    found = next((each for each in acl if (each.grantee, each.grantor) == (grantee, grantor)), None)
    return {} if found is None else _read(found.privileges)


def _with(acl: AccessList, grantee: int, grantor: int, privileges: Mapping[str, bool]) -> AccessList:
    """The list with these as what one role has from another; none is no entry."""
    text = _write(privileges)
    place = next((i for i, each in enumerate(acl) if (each.grantee, each.grantor) == (grantee, grantor)), None)
    if place is None:
        return (*acl, Grant(grantee, text, grantor)) if text else acl
    changed = (replace(acl[place], privileges=text),) if text else ()
    return (*acl[:place], *changed, *acl[place + 1 :])


def _read(privileges: str) -> dict[str, bool]:
    """Each letter, with whether it may be granted on."""
    return {
        letter: privileges[index + 1 : index + 2] == "*" for index, letter in enumerate(privileges) if letter != "*"
    }


def _write(privileges: Mapping[str, bool]) -> str:
    return "".join(letter + "*" * privileges[letter] for letter in _ORDER if letter in privileges)


def _name(catalog: Catalog, oid: int) -> str:
    if oid == PUBLIC:
        return ""
    role = catalog.role_by_oid(oid)
    name = str(oid) if role is None else role.name
    return name if name.replace("_", "a").isalnum() else '"' + name.replace('"', '""') + '"'
