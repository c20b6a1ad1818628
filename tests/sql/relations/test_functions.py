"""The catalog functions, compared with a PostgreSQL that has the same tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from sql.relations.functions import CATALOG_FUNCTIONS, REG_TYPES
from tests.sql.relations.runner import Runner
from tests.sql.relations.sample import seen_by

if TYPE_CHECKING:
    import psycopg

    from sql.relations import RelationContext, Relations

SAME = """
    format_type(1043, 24)
    format_type(1043, -1)
    format_type(1043, NULL)
    format_type(1042, -1)
    format_type(1042, NULL)
    format_type(1042, 9)
    format_type(1700, 655366)
    format_type(1015, 24)
    format_type(1231, 655366)
    format_type(1184, 3)
    format_type(1083, 0)
    format_type(18, -1)
    format_type(2276, NULL)
    format_type(0, -1)
    format_type(999999, -1)
    format_type(NULL, -1)
    pg_table_is_visible(1259)
    pg_table_is_visible(999999)
    pg_type_is_visible(23)
    pg_function_is_visible(1299)
    pg_get_userbyid(999999)
    pg_get_viewdef(999999)
    pg_get_function_arguments(1299)
    pg_get_function_result(1299)
    pg_get_function_arguments(750)
    pg_describe_object(1259, 999999, 0)
    obj_description(23, 'pg_nothing')
    col_description(999999, 1)
    shobj_description(999999, 'pg_database')
    pg_encoding_to_char(6)
    pg_encoding_to_char(99)
    pg_char_to_encoding('utf-8')
    pg_char_to_encoding('nonsense')
    getdatabaseencoding()
    pg_is_in_recovery()
    pg_is_other_temp_schema(2200)
    pg_tablespace_location(1663)
    current_schemas(true)
    current_schemas(false)
    current_database()
    current_setting('standard_conforming_strings')
    current_setting('no_such_setting', true)
    pg_size_pretty(0::bigint)
    pg_size_pretty(10239::bigint)
    pg_size_pretty(10240::bigint)
    pg_size_pretty(-10240::bigint)
    pg_size_pretty(1234567::bigint)
    pg_size_pretty(20969471::bigint)
    pg_size_pretty(123456789012::bigint)
    pg_size_pretty(-1234567890123456::bigint)
    pg_size_pretty(9223372036854775807::bigint)
    to_regclass('nothing')
    to_regtype('nothing')
    has_table_privilege('orders', 'SELECT')
    has_table_privilege('bob', 'orders', 'SELECT')
    has_table_privilege('bob', '"Kinds"', 'INSERT')
    has_table_privilege('bob', 'pg_class', 'SELECT')
    has_table_privilege('bob', 'pg_class', 'INSERT')
    has_table_privilege(999999::oid, 'SELECT')
    has_any_column_privilege('bob', 'orders', 'SELECT')
    has_column_privilege('orders', 'id', 'SELECT')
    has_column_privilege('bob', 'orders', 'id', 'SELECT')
    has_schema_privilege('app', 'CREATE')
    has_schema_privilege('bob', 'app', 'CREATE')
    has_schema_privilege('bob', 'public', 'USAGE')
    has_database_privilege('siltdb', 'CREATE')
    has_database_privilege('bob', 'siltdb', 'CONNECT')
    has_database_privilege('bob', 'siltdb', 'CREATE')
    pg_has_role('bob', 'MEMBER')
    pg_has_role('bob', 'admin', 'MEMBER')
    pg_has_role('bob', 'bob', 'USAGE')
"""
"""Calls that give the same on both."""

REG = {
    "regclass": [
        "pg_class",
        "pg_catalog.pg_class",
        "PG_CLASS",
        '"pg_class"',
        "information_schema.tables",
        "orders",
        '"Kinds"',
        "public.orders",
        "app.events",
        '"app"."events Key"',
        "-",
        "1259",
    ],
    "regtype": [
        "int4",
        "integer",
        "INT",
        "char",
        '"char"',
        "varchar(10)",
        "character varying",
        "timestamp with time zone",
        "time",
        "decimal(5, 2)",
        "double  precision",
        "text[]",
        "_text",
        "int[]",
        "pg_catalog.bool",
        "name",
        "-",
        "25",
    ],
    "regproc": ["array_in", "now", "pg_catalog.now", "-", "1299"],
    "regnamespace": ["pg_catalog", "public", "app", "-"],
    "regrole": ["admin", "bob", "-"],
}
"""Spellings of names."""

UNKNOWN = {
    "regclass": ('relation "app.Nope" does not exist', "42P01", 'APP."Nope"'),
    "regtype": ('type "nope" does not exist', "42704", "nope"),
    "regproc": ('function "nope" does not exist', "42883", "nope"),
    "regnamespace": ('schema "nope" does not exist', "3F000", "nope"),
    "regrole": ('role "nope" does not exist', "42704", "nope"),
}


@pytest.fixture(scope="module")
def runner(relations: Relations) -> Runner:
    """Runs a query over the relations."""
    return Runner(relations)


@pytest.mark.parametrize("call", [line.strip() for line in SAME.strip().splitlines()])
def test_a_call_gives_what_it_gives_in_postgres(
    call: str, runner: Runner, context: RelationContext, oracle: psycopg.Connection
) -> None:
    """Values and NULLs are PostgreSQL's."""
    ours = runner.run(context, f"SELECT {call.replace('::oid', '')}")
    assert ours == oracle.execute(f"SELECT {call}").fetchall()


@pytest.mark.parametrize(("reg", "spelling"), [(reg, spelling) for reg, known in REG.items() for spelling in known])
def test_names_go_in_and_come_out_as_in_postgres(
    reg: str, spelling: str, runner: Runner, context: RelationContext, oracle: psycopg.Connection
) -> None:
    """A name in any spelling becomes an oid, and the oid the name in PostgreSQL's spelling."""
    ours = runner.run(context, f"SELECT silt_{reg}_out(silt_{reg}_in($${spelling}$$))")
    assert ours == oracle.execute(f"SELECT ($${spelling}$$::{reg})::text").fetchall()


@pytest.mark.parametrize("reg", UNKNOWN)
def test_an_unknown_name_is_an_error_or_null(reg: str, runner: Runner, context: RelationContext) -> None:
    """The cast raises with PostgreSQL's SQLSTATE and words; to_reg…() gives NULL."""
    message, sqlstate, spelling = UNKNOWN[reg]
    with pytest.raises(duckdb.Error, match=f"SQLSTATE {sqlstate}: {message}"):
        runner.run(context, f"SELECT silt_{reg}_in('{spelling}')")
    assert runner.run(context, f"SELECT to_{reg}('{spelling}')") == [(None,)]


@pytest.mark.parametrize("reg", UNKNOWN)
def test_an_oid_without_an_object_comes_out_as_a_number(reg: str, runner: Runner, context: RelationContext) -> None:
    """As in PostgreSQL, which keeps dangling oids readable."""
    assert runner.run(context, f"SELECT silt_{reg}_out(4000000000), silt_{reg}_out(NULL)") == [("4000000000", None)]


def test_definitions_of_keys(runner: Runner, context: RelationContext, oracle: psycopg.Connection) -> None:
    """pg_get_indexdef and pg_get_constraintdef spell keys as PostgreSQL does, quotes included."""
    text = """
        SELECT pg_get_indexdef(x.indexrelid, 0, true), pg_get_indexdef(x.indexrelid),
            pg_get_indexdef(x.indexrelid, 2, true),
            pg_get_constraintdef(k.oid), pg_get_constraintdef(k.oid, true)
        FROM pg_index x JOIN pg_constraint k ON k.conindid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
        WHERE c.relname IN ('events', 'orders') ORDER BY c.relname, k.contype DESC, k.conname"""
    ours = runner.run(context, text)
    assert ours[0][0] == 'CREATE UNIQUE INDEX "events Key" ON app.events USING btree (b, a)'
    # A column that the key does not have is an empty text in PostgreSQL and NULL here.
    assert ours == [tuple(value or None for value in row) for row in oracle.execute(text)]


def test_sizes(runner: Runner, context: RelationContext) -> None:
    """A table's size is its bytes hot and cold; one that is not there has none."""
    text = """
        SELECT pg_relation_size(silt_regclass_in('orders')), pg_table_size(16386),
            pg_total_relation_size(silt_regclass_in('public.orders'), 'main'),
            pg_relation_size(silt_regclass_in('app.events')), pg_relation_size(999999),
            pg_indexes_size(silt_regclass_in('orders')), pg_database_size('siltdb')"""
    assert runner.run(context, text) == [(20_100, 20_100, 20_100, 0, None, 0, 20_100)]


def test_types_are_described(runner: Runner, context: RelationContext) -> None:
    """In PostgreSQL's words, as psql's \\dT shows them."""
    text = "SELECT obj_description(2950, 'pg_type'), obj_description(2950, 'pg_class')"
    assert runner.run(context, text)[0][0] == "UUID datatype"


def test_visibility_follows_the_search_path(runner: Runner, context: RelationContext) -> None:
    """A table in a namespace that is not searched is not visible, and has a qualified name."""
    text = (
        "SELECT c.relname, pg_table_is_visible(c.oid), silt_regclass_out(c.oid) FROM pg_class c WHERE c.relkind = 'r' "
    )
    assert runner.run(context, text + "AND c.oid >= 16384 ORDER BY 1") == [
        ("Kinds", True, '"Kinds"'),
        ("events", False, "app.events"),
        ("lines", False, "app.lines"),
        ("orders", True, "orders"),
    ]


def test_privileges_are_those_of_the_acting_role(runner: Runner, context: RelationContext) -> None:
    """Without a role's name the current one is meant."""
    text = "SELECT has_table_privilege('orders', 'SELECT'), has_table_privilege('\"Kinds\"', 'SELECT')"
    assert runner.run(seen_by(context, "bob"), text) == [(False, True)]


def test_functions_stand_wherever_an_expression_may(runner: Runner, context: RelationContext) -> None:
    """In join conditions, subqueries, aggregates, GROUP BY and ORDER BY: psql and ORMs put them everywhere."""
    text = """
        SELECT silt_regclass_out(c.oid), count(*), max(format_type(a.atttypid, a.atttypmod)),
            (SELECT silt_regclass_out(b.oid) FROM pg_class b WHERE b.oid = c.oid AND pg_table_is_visible(b.oid))
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND pg_table_is_visible(a.attrelid)
        WHERE c.oid >= 16384 AND c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid)
        GROUP BY c.oid,
            silt_regclass_out(c.oid) HAVING pg_get_userbyid(10) = 'admin' ORDER BY silt_regclass_out(c.oid) DESC"""
    assert runner.run(context, text) == [
        ("orders", 5, "timestamp with time zone", "orders"),
        ("app.lines", 1, None, None),
        ("app.events", 1, None, None),
    ]


def test_every_function_says_which_relations_it_reads(runner: Runner, context: RelationContext) -> None:
    """With the declared relations alone, each macro can be bound and run."""
    for function in CATALOG_FUNCTIONS.values():
        if function.session_value is not None:
            continue
        for count in range(5):
            arguments = ", ".join(["NULL"] * count)
            try:
                runner.run(context, f"SELECT {function.name}({arguments})")
            except duckdb.BinderException as error:
                if "does not support the supplied arguments" not in str(error):
                    raise
            else:
                break
        else:
            pytest.fail(f"{function.name} takes no number of arguments")


def test_reg_types_have_both_directions() -> None:
    """The binder finds the functions of every reg type by name."""
    for name in REG_TYPES.values():
        assert CATALOG_FUNCTIONS[f"silt_{name}_in"].relations == CATALOG_FUNCTIONS[f"silt_{name}_out"].relations


def test_types_of_a_vector_are_named(runner: Runner, context: RelationContext, oracle: psycopg.Connection) -> None:
    """oidvectortypes() lists the arguments of a function, and nothing where there are none."""
    text = "SELECT oidvectortypes(p.proargtypes) FROM pg_proc p WHERE p.oid IN (750, 1299, 384) ORDER BY p.oid"
    assert runner.run(context, text) == oracle.execute(text).fetchall()
