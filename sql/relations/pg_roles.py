"""Roles and the database.

pg_authid, pg_auth_members, pg_roles, pg_user, pg_shadow, pg_group, pg_database, pg_namespace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import InsufficientPrivilege
from sql.relations.acl_entries import aclitems
from sql.relations.context import DATABASE
from sql.relations.oids import BOOTSTRAP_ROLE_OID, DATABASE_OID, DEFAULT_TABLESPACE_OID
from sql.relations.owners import SYSTEM_NAMESPACE_OIDS, role_oid
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from sql.relations.context import RelationContext

MASKED: Final = "********"
"""What PostgreSQL shows for a password in the views that everyone may read."""
UTF8: Final = 6
"""PostgreSQL's number of the encoding."""


def _superuser(context: RelationContext, what: str) -> None:
    if not context.role.superuser:
        raise InsufficientPrivilege(f"permission denied for {what}")


def pg_authid(context: RelationContext) -> Content:
    """The rows of pg_authid. Raises `InsufficientPrivilege` for who is not a superuser."""
    _superuser(context, "table pg_authid")
    return _roles(context, {role.oid: role.verifier for role in context.catalog.roles.values()})


def pg_roles(context: RelationContext) -> Content:
    """The rows of pg_roles."""
    return _roles(context, dict.fromkeys((role.oid for role in context.catalog.roles.values()), MASKED))


def _roles(context: RelationContext, passwords: dict[int, str | None]) -> Content:
    rows = (
        (
            role.oid,
            role.name,
            role.superuser,
            role.superuser or role.create_role,
            role.superuser,
            role.login,
            role.superuser,
            role.superuser,
            role.connection_limit,
            passwords[role.oid],
        )
        for role in context.catalog.roles.values()
    )
    names = (
        "oid rolname rolsuper rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls rolconnlimit "
        "rolpassword"
    )
    return content_of(names, rows, rolinherit=True)


def pg_auth_members(context: RelationContext) -> Content:
    """The rows of pg_auth_members: who is directly in which role. Who granted it is not kept."""
    rows = ((granted, role.oid) for role in context.catalog.roles.values() for granted in role.member_of)
    return content_of("roleid member", rows, grantor=BOOTSTRAP_ROLE_OID)


def pg_user(context: RelationContext) -> Content:
    """The rows of pg_user: the roles that can log in."""
    return _users(context, passwd=MASKED)


def pg_shadow(context: RelationContext) -> Content:
    """The rows of pg_shadow. Raises `InsufficientPrivilege` for who is not a superuser."""
    _superuser(context, "view pg_shadow")
    return _users(context)


def _users(context: RelationContext, **same: object) -> Content:
    rows = (
        (role.name, role.oid, role.superuser, role.superuser, role.superuser, role.superuser)
        for role in context.catalog.roles.values()
        if role.login
    )
    return content_of("usename usesysid usecreatedb usesuper userepl usebypassrls", rows, **same)


def pg_group(context: RelationContext) -> Content:
    """The rows of pg_group: the roles that cannot log in."""
    roles = context.catalog.roles.values()
    rows: list[tuple[object, ...]] = [
        (group.name, group.oid, [role.oid for role in roles if group.oid in role.member_of])
        for group in roles
        if not group.login
    ]
    return content_of("groname grosysid grolist", rows)


def pg_database(_context: RelationContext) -> Content:
    """The one row of pg_database."""
    return content_of(
        "oid datname datdba encoding datlocprovider datallowconn datconnlimit dattablespace datcollate datctype",
        [(DATABASE_OID, DATABASE, BOOTSTRAP_ROLE_OID, UTF8, "c", True, -1, DEFAULT_TABLESPACE_OID, "C", "C")],
    )


def pg_namespace(context: RelationContext) -> Content:
    """The rows of pg_namespace: the server's own namespaces and users'."""
    catalog = context.catalog
    system = ((oid, name, BOOTSTRAP_ROLE_OID, None) for name, oid in SYSTEM_NAMESPACE_OIDS.items())
    users = (
        (each.oid, each.name, role_oid(catalog, each.owner), aclitems(catalog, each))
        for each in catalog.namespaces.values()
    )
    return content_of("oid nspname nspowner nspacl", [*system, *users])
