"""The columns of PostgreSQL's system relations, compared with a PostgreSQL 15."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

    from sql.relations import Relations

COLUMNS = """
    SELECT n.nspname, c.relname, c.oid, c.relkind::text, array_agg(
        (a.attname, coalesce(bt.typname, t.typname), a.attnotnull)::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND
        a.attnum > 0
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type bt ON bt.oid = t.typbasetype
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')
    GROUP BY 1, 2, 3, 4
"""

# Another type stands for the row type of pg_statistic, which SiltDB does not have.
TYPE_INSTEAD = {"_pg_statistic": "_text"}


def test_columns_are_those_of_postgres(relations: Relations, oracle: psycopg.Connection) -> None:
    """Names, order, types and NOT NULL of every pg_catalog and information_schema relation are PostgreSQL's."""
    theirs = {(row[0], row[1]): row[2:] for row in oracle.execute(COLUMNS)}
    compared = 0
    for relation in relations.all():
        if relation.namespace == "system":
            continue
        oid, kind, columns = theirs[relation.namespace, relation.name]
        ours = [
            f"({column.name},{column.type.name.replace(chr(34), '')},{'t' if column.not_null else 'f'})"
            for column in relation.columns
        ]
        for name, instead in TYPE_INSTEAD.items():
            columns = [column.replace(f",{name},", f",{instead},") for column in columns]
        assert ours == columns, relation.name
        assert relation.kind == kind, relation.name
        assert relation.kind == "v" or relation.oid == oid, relation.name
        compared += 1
    assert compared > 190


def test_every_catalog_of_postgres_is_there(relations: Relations, oracle: psycopg.Connection) -> None:
    """A query over any catalog table or system view of PostgreSQL finds it, with rows or without."""
    names = oracle.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')"
    )
    ours = {relation.name for relation in relations.in_namespace("pg_catalog")}
    assert {name for (name,) in names} <= ours
