"""The catalog queries of drivers, through parser, binder and engine, compared with PostgreSQL's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asyncpg import introspection

from sql.errors import UndefinedTable

if TYPE_CHECKING:
    import psycopg

    from sql.relations import Relations
    from tests.sql.relations.catalog_server import CatalogServer

# A row of every kind: base types, arrays, vectors, reg-types and pseudo-types.
TYPE_OIDS = [16, 19, 20, 22, 23, 25, 30, 1007, 1009, 1231, 1700, 2205, 2249, 2950, 3807]

PSYCOPG_TYPE_INFO = """
    SELECT typname AS name, oid, typarray AS array_oid, oid::regtype::text AS regtype, typdelim AS delimiter
    FROM pg_type t WHERE t.oid = to_regtype($1) ORDER BY t.oid
"""


@pytest.mark.parametrize("text", [introspection.INTRO_LOOKUP_TYPES, introspection.INTRO_LOOKUP_TYPES_13])
def test_asyncpg_reads_the_tree_of_types(text: str, server: CatalogServer, oracle: psycopg.Connection) -> None:
    """The recursive query by which asyncpg learns of types gives what it gives on PostgreSQL."""
    theirs = oracle.execute(text.replace("$1", "%s").encode(), (TYPE_OIDS,)).fetchall()
    assert _sorted(server.run(text, [TYPE_OIDS])) == _sorted(theirs)


@pytest.mark.parametrize("name", ["int4", "text", "_int8", "numeric", "jsonb"])
def test_asyncpg_finds_types_by_name(name: str, server: CatalogServer, oracle: psycopg.Connection) -> None:
    """`Connection.set_type_codec` looks a type up so."""
    text = introspection.TYPE_BY_NAME.replace("$1", "%s").replace("$2", "%s").encode()
    theirs = oracle.execute(text, (name, "pg_catalog")).fetchall()
    assert server.run(introspection.TYPE_BY_NAME, [name, "pg_catalog"]) == theirs


@pytest.mark.parametrize("name", ["int4", "integer", "character varying", "uuid[]", "no_such_type"])
def test_psycopg_fetches_type_info(name: str, server: CatalogServer, oracle: psycopg.Connection) -> None:
    """`TypeInfo.fetch` finds a type in any spelling, and nothing for an unknown one."""
    theirs = oracle.execute(PSYCOPG_TYPE_INFO.replace("$1", "%s").encode(), (name,)).fetchall()
    assert server.run(PSYCOPG_TYPE_INFO, [name]) == theirs


def test_every_relation_can_be_read(server: CatalogServer, relations: Relations) -> None:
    """`SELECT *` from each gives its columns in storage's types, whatever they are."""
    for relation in relations.all():
        rows = server.run(f"SELECT * FROM {relation.namespace}.{relation.name}")
        assert all(len(row) == len(relation.columns) for row in rows), relation.name


def test_the_macros_relations_are_not_for_clients(server: CatalogServer) -> None:
    """No query can name them."""
    with pytest.raises(UndefinedTable):
        server.run("SELECT * FROM pg_silt.silt_names")


def _sorted(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(rows, key=repr)
