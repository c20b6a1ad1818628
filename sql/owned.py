"""What roles own and were granted, as a whole: DROP OWNED, REASSIGN OWNED."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors
from sql.access_lists import access_list, change_owner, owner_oid, stored, without_role
from sql.dependencies import CASCADE_HINT, describe, plan_drop
from sql.drops import carry_out_drop
from sql.relations.identifiers import quote_identifier
from sql.result import Command
from sql.role_definition import resolved
from sql.role_dependencies import protected_entries
from storage.catalog import FIRST_OID, Catalog
from storage.catalog_entries import Namespace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.grant_syntax import DropOwned, ReassignOwned
    from sql.privileges import Protected
    from sql.role_syntax import RoleName
    from sql.session_state import SessionState
    from storage.catalog_entries import Relation, Role


def drop_owned(statement: DropOwned, session: SessionState) -> Command:
    """DROP OWNED: what the roles own goes, and what they were granted is revoked."""
    roles = _roles(statement.roles, session, "drop")
    names = {role.name for role in roles}
    catalog = session.catalog
    schemas = [each for each in catalog.namespaces.values() if each.owner in names]
    relations = [each for each in catalog.relations() if each.owner in names]
    inside = [
        (each, schema) for schema in schemas for each in catalog.relations_in(schema.name) if each.owner not in names
    ]
    if inside and not statement.cascade:
        raise errors.DependentObjectsStillExist(
            "cannot drop desired object(s) because other objects depend on them",
            detail="\n".join(
                f"{describe(each, session)} depends on schema {quote_identifier(schema.name)}"
                for each, schema in inside
            ),
            hint=CASCADE_HINT,
        )
    for each, _ in inside:
        session.notice(f"drop cascades to {describe(each, session)}")
    wanted: Sequence[Relation] = [*relations, *(each for each, _ in inside)]
    if wanted:
        carry_out_drop(plan_drop(session, wanted, cascade=statement.cascade), session, "DROP OWNED")
    change = session.block.for_writing("DROP OWNED").change_catalog
    for schema in schemas:
        change(partial(Catalog.without_namespace, name=schema.name))
    for role in roles:
        change(partial(_without_grants, role=role.oid))
    return Command("DROP OWNED")


def reassign_owned(statement: ReassignOwned, session: SessionState) -> Command:
    """REASSIGN OWNED: what the roles own becomes another one's."""
    roles = _roles(statement.roles, session, "reassign")
    (to,) = _roles((statement.to,), session, "reassign")
    change = session.block.for_writing("REASSIGN OWNED").change_catalog
    for role in roles:
        change(partial(_reassigned, before=role.name, after=to.name))
    return Command("REASSIGN OWNED")


def _roles(names: Sequence[RoleName], session: SessionState, verb: str) -> list[Role]:
    roles = [resolved(name, session) for name in names]
    for role in roles:
        if not session.role.owns(role.name):
            raise errors.InsufficientPrivilege(f"permission denied to {verb} objects")
        if role.oid < FIRST_OID and role is not roles[-1] and verb == "drop":
            raise errors.DependentObjectsStillExist(
                f"cannot drop objects owned by role {role.name} because they are required by the database system"
            )
    return roles


def _without_grants(catalog: Catalog, role: int) -> Catalog:
    for entry in list(protected_entries(catalog)):
        acl = access_list(catalog, entry)
        left = without_role(acl, role)
        if entry.grants and left != acl:
            catalog = _with(catalog, replace(entry, grants=stored(left, owner_oid(catalog, entry))))
    return catalog


def _reassigned(catalog: Catalog, before: str, after: str) -> Catalog:
    for entry in list(protected_entries(catalog)):
        if entry.owner == before:
            catalog = _with(catalog, change_owner(catalog, entry, after))
    return catalog


def _with(catalog: Catalog, entry: Protected) -> Catalog:
    return catalog.with_namespace(entry) if isinstance(entry, Namespace) else catalog.with_relation(entry)
