"""Names of roles and namespaces to oids: the catalog has owners by name, PostgreSQL's catalogs by oid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.oids import HELPERS_OID, INFORMATION_SCHEMA_OID, PG_CATALOG_OID, SYSTEM_OID

if TYPE_CHECKING:
    from storage.catalog import Catalog

SYSTEM_NAMESPACE_OIDS: Final = {
    "pg_catalog": PG_CATALOG_OID,
    "information_schema": INFORMATION_SCHEMA_OID,
    "system": SYSTEM_OID,
}
"""The namespaces of the computed relations, which storage's catalog does not have."""

HELPERS: Final = "pg_silt"
"""The namespace of the relations that the macros read; no client is told of it."""


def role_oid(catalog: Catalog, name: str) -> int:
    """The oid of a role; 0 if it is gone."""
    role = catalog.role(name)
    return role.oid if role else 0


def namespace_oid(catalog: Catalog, name: str) -> int:
    """The oid of a namespace, of the server or of a user; 0 if it is gone."""
    if name in SYSTEM_NAMESPACE_OIDS:
        return SYSTEM_NAMESPACE_OIDS[name]
    if name == HELPERS:
        return HELPERS_OID
    namespace = catalog.namespace(name)
    return namespace.oid if namespace else 0


def role_name(catalog: Catalog, oid: int) -> str:
    """The name of a role, as pg_get_userbyid() gives it."""
    role = catalog.role_by_oid(oid)
    return role.name if role else f"unknown (OID={oid})"
