"""Oids of what has no record of its own in SiltDB's catalog.

User objects get oids from storage's one counter, from 16384. What belongs to a table or a column takes an oid that
follows from the table's, with the highest bit set: the counter does not come there, and the oid lasts as long as the
table.
"""

from __future__ import annotations

from typing import Final

FIRST_USER_OID: Final = 16384
"""PostgreSQL's FirstNormalObjectId."""

BOOTSTRAP_ROLE_OID: Final = 10
"""The superuser that the server was set up with, who owns what is built in."""
DATABASE_OID: Final = 5
DEFAULT_TABLESPACE_OID: Final = 1663

PG_CONSTRAINT_OID: Final = 2606
PG_CATALOG_OID: Final = 11
PUBLIC_OID: Final = 2200
INFORMATION_SCHEMA_OID: Final = 13207
SYSTEM_OID: Final = 16000
"""Namespace `system`; its relations follow."""
HELPERS_OID: Final = 16200
"""Namespace `pg_silt`; its relations follow."""

_DERIVED: Final = 1 << 31


def index_oid(table_oid: int) -> int:
    """The oid, in pg_class, of the index of a table's primary key."""
    return _DERIVED | table_oid << 1


def constraint_oid(table_oid: int) -> int:
    """The oid, in pg_constraint, of a table's primary key."""
    return index_oid(table_oid) | 1


def unique_constraint_oid(index_oid: int) -> int:
    """The oid, in pg_constraint, of the UNIQUE constraint that an index came with."""
    # No table has the oid of an index, so that this is no primary key's.
    return constraint_oid(index_oid)


def default_oid(table_oid: int, column_number: int) -> int:
    """The oid, in pg_attrdef, of a column's default."""
    return _DERIVED | (table_oid << 11 | column_number) & (_DERIVED - 1)
