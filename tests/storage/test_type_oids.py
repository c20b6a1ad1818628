"""Oids of types are PostgreSQL's."""

from __future__ import annotations

import psycopg
from psycopg.postgres import types as registry

from storage.type_oids import TYPES_BY_NAME, TYPES_BY_OID


def test_types_are_those_that_clients_know() -> None:
    """Each type that psycopg knows is there, with its array, and no other."""
    assert {(known.name, known.oid, known.array_oid) for known in TYPES_BY_NAME.values()} == {
        (known.name, known.oid, known.array_oid) for known in registry
    }
    for known in TYPES_BY_NAME.values():
        assert TYPES_BY_OID[known.oid] is TYPES_BY_OID[known.array_oid] is known


def test_types_are_those_of_the_catalog(postgres: str) -> None:
    """Names and oids are those of pg_type."""
    with psycopg.connect(postgres) as connection:
        query = "SELECT typname, oid::bigint, typarray::bigint FROM pg_type WHERE typarray <> 0"
        rows = connection.execute(query).fetchall()
    there = {(name.strip('"'), oid, array_oid) for name, oid, array_oid in rows}
    assert {(known.name.strip('"'), known.oid, known.array_oid) for known in TYPES_BY_NAME.values()} <= there
