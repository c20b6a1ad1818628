"""Catalogs whose rows never change: what PostgreSQL 15 has and SiltDB has too, under the same oids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.oids import BOOTSTRAP_ROLE_OID, DEFAULT_TABLESPACE_OID, PG_CATALOG_OID
from sql.relations.operator_classes import BTREE, pg_opclass
from sql.relations.pg_procs import pg_proc
from sql.relations.pg_types import pg_type
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _pg_am() -> Content:
    return content_of("oid amname amhandler amtype", [(2, "heap", 3, "t"), (BTREE, "btree", 330, "i")])


def _pg_collation() -> Content:
    return content_of(
        "oid collname collprovider collcollate collctype",
        [(100, "default", "d", None, None), (950, "C", "c", "C", "C"), (951, "POSIX", "c", "POSIX", "POSIX")],
        collnamespace=PG_CATALOG_OID,
        collowner=BOOTSTRAP_ROLE_OID,
        collisdeterministic=True,
        collencoding=-1,
    )


def _pg_language() -> Content:
    return content_of(
        "oid lanname lanpltrusted", [(12, "internal", False), (14, "sql", True)], lanowner=BOOTSTRAP_ROLE_OID
    )


def _pg_tablespace() -> Content:
    return content_of(
        "oid spcname", [(DEFAULT_TABLESPACE_OID, "pg_default"), (1664, "pg_global")], spcowner=BOOTSTRAP_ROLE_OID
    )


FIXED: Final[Mapping[str, Callable[[], Content]]] = {
    "pg_am": _pg_am,
    "pg_collation": _pg_collation,
    "pg_language": _pg_language,
    "pg_opclass": pg_opclass,
    "pg_proc": pg_proc,
    "pg_tablespace": _pg_tablespace,
    "pg_type": pg_type,
}
"""By name in pg_catalog."""
