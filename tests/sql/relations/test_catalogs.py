"""Tables, keys and columns in the catalogs: the same queries on SiltDB and on a PostgreSQL with the same tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobs.record import JobRecord
from sql.errors import InsufficientPrivilege
from tests.sql.relations.runner import Runner
from tests.sql.relations.sample import ORDERS, sample_context, seen_by

if TYPE_CHECKING:
    import psycopg

    from sql.relations import RelationContext, Relations

USERS = "n.nspname IN ('public', 'app')"

QUERIES = {
    "pg_class": f"""
        SELECT n.nspname, c.relname, c.relkind, r.rolname, am.amname, c.relhasindex, c.relnatts,
            c.relpersistence, c.relchecks,
            c.relhasrules, c.relhastriggers, c.relhassubclass, c.relrowsecurity, c.relispopulated,
                c.relreplident, c.relispartition
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
        LEFT JOIN pg_am am ON am.oid = c.relam WHERE {USERS} ORDER BY 1, 2""",
    "pg_attribute": f"""
        SELECT c.relname, a.attname, a.attnum, t.typname, a.attlen, a.attndims, a.atttypmod, a.attbyval,
            a.attalign, a.attstorage,
            a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, a.attisdropped, a.attislocal,
                a.attcollation, a.attstattarget
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_type t ON t.oid = a.atttypid WHERE {USERS} AND a.attnum > 0 ORDER BY 1, 3""",
    "pg_index": """
        SELECT i.relname, t.relname, x.indnatts, x.indnkeyatts, x.indisunique, x.indisprimary,
            x.indisexclusion, x.indimmediate,
            x.indisclustered, x.indisvalid, x.indcheckxmin, x.indisready, x.indislive, x.indisreplident,
                x.indnullsnotdistinct
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname IN ('public', 'app') ORDER BY 1""",
    "pg_constraint": """
        SELECT k.conname, n.nspname, k.contype, t.relname, i.relname, k.conkey, k.condeferrable, k.condeferred,
            k.convalidated,
            k.confupdtype, k.confdeltype, k.confmatchtype, k.conislocal, k.coninhcount, k.connoinherit, r.relname,
            k.confkey, k.confdelsetcols, k.conbin
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace JOIN pg_class t ON t.oid = k.conrelid
        JOIN pg_class i ON i.oid = k.conindid LEFT JOIN pg_class r ON r.oid = k.confrelid
        WHERE n.nspname IN ('public', 'app') ORDER BY 1""",
    "pg_get_constraintdef": f"""
        SELECT k.conname, pg_get_constraintdef(k.oid), pg_get_constraintdef(k.oid, true),
            obj_description(k.oid, 'pg_constraint')
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE {USERS} ORDER BY 1""",
    "pg_depend": """
        SELECT k.conname, c.relname, d.objsubid, d.refobjsubid, d.deptype
        FROM pg_depend d JOIN pg_constraint k ON k.oid = d.objid JOIN pg_class c ON c.oid = d.refobjid
        WHERE k.contype = 'f' AND d.classid = 2606 AND d.refclassid = 1259 ORDER BY 1, 2, 3, 4""",
    "pg_attrdef": """
        SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        ORDER BY 1, 2""",
    "pg_namespace": """
        SELECT n.nspname FROM pg_namespace n WHERE n.nspname IN ('pg_catalog', 'information_schema', 'public', 'app')
        ORDER BY 1""",
    "pg_roles": """
        SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcanlogin, r.rolconnlimit, r.rolpassword,
            r.rolvaliduntil, r.rolconfig
        FROM pg_roles r WHERE r.rolname IN ('admin', 'bob') ORDER BY 1""",
    "pg_user": "SELECT u.usename, u.usesuper, u.passwd FROM pg_user u WHERE u.usename IN ('admin', 'bob') ORDER BY 1",
    "pg_database": """
        SELECT d.datname, d.encoding, d.datistemplate, d.datallowconn, d.datconnlimit, d.datlocprovider
        FROM pg_database d WHERE d.datname = 'siltdb'""",
    "pg_tables": """
        SELECT t.schemaname, t.tablename, t.tableowner, t.tablespace, t.hasindexes, t.hasrules, t.hastriggers,
            t.rowsecurity
        FROM pg_tables t WHERE t.schemaname IN ('public', 'app') ORDER BY 1, 2""",
    "pg_indexes": """
        SELECT x.schemaname, x.tablename, x.indexname, x.tablespace, x.indexdef
        FROM pg_indexes x WHERE x.schemaname IN ('public', 'app') ORDER BY 1, 2""",
    "tables": """
        SELECT t.table_catalog, t.table_schema, t.table_name, t.table_type, t.is_insertable_into, t.is_typed,
            t.commit_action
        FROM information_schema.tables t WHERE t.table_schema IN ('public', 'app') ORDER BY 2, 3""",
    "columns": """
        SELECT * FROM information_schema.columns t WHERE t.table_schema IN ('public', 'app')
        ORDER BY t.table_schema, t.table_name, t.ordinal_position""",
    "schemata": """
        SELECT s.catalog_name, s.schema_name FROM information_schema.schemata s
        WHERE s.schema_name IN ('pg_catalog', 'information_schema', 'public', 'app') ORDER BY 2""",
    "table_constraints": """
        SELECT t.constraint_catalog, t.constraint_schema, t.table_catalog, t.table_schema, t.table_name,
            t.constraint_type, CASE WHEN t.constraint_type <> 'CHECK' THEN t.constraint_name END,
            t.is_deferrable, t.initially_deferred, t.enforced, t.nulls_distinct
        FROM information_schema.table_constraints t WHERE t.table_schema IN ('public', 'app') ORDER BY 4, 5, 6, 7""",
    "referential_constraints": """
        SELECT * FROM information_schema.referential_constraints k WHERE k.constraint_schema IN ('public', 'app')
        ORDER BY k.constraint_name""",
    "key_column_usage": """
        SELECT * FROM information_schema.key_column_usage k WHERE k.table_schema IN ('public', 'app')
        ORDER BY k.constraint_name, k.ordinal_position""",
    "constraint_column_usage": """
        SELECT * FROM information_schema.constraint_column_usage k WHERE k.table_schema IN ('public', 'app')
        ORDER BY k.constraint_name, k.column_name""",
    "constraint_table_usage": """
        SELECT * FROM information_schema.constraint_table_usage k WHERE k.table_schema IN ('public', 'app')
        ORDER BY k.constraint_name, k.table_name""",
    "check_constraints": """
        SELECT k.check_clause FROM information_schema.check_constraints k
        WHERE k.constraint_schema IN ('public', 'app') ORDER BY 1""",
    "table_privileges": """
        SELECT * FROM information_schema.table_privileges p WHERE p.table_schema IN ('public', 'app')
        ORDER BY p.table_name, p.privilege_type""",
    "catalog_name": "SELECT c.catalog_name FROM information_schema.information_schema_catalog_name c",
}


@pytest.fixture(scope="module")
def runner(relations: Relations) -> Runner:
    """Runs a query over the relations."""
    return Runner(relations)


@pytest.mark.parametrize("name", QUERIES)
def test_answers_are_those_of_postgres(
    name: str, runner: Runner, context: RelationContext, oracle: psycopg.Connection
) -> None:
    """The same tables look the same in the catalogs, but for oids."""
    ours = runner.run(context, QUERIES[name])
    assert ours
    assert ours == oracle.execute(QUERIES[name]).fetchall()


def test_an_index_has_the_columns_of_its_key_in_order(runner: Runner, context: RelationContext) -> None:
    """pg_index.indkey and its sisters follow the key, not the table."""
    rows = runner.run(context, "SELECT x.indkey, x.indcollation, x.indclass FROM pg_index x WHERE x.indrelid = 16395")
    assert rows == [([2, 1], [100, 0], [3126, 1978])]


def test_options_of_a_table_are_its_reloptions(runner: Runner, context: RelationContext) -> None:
    """What CREATE TABLE … WITH said is in pg_class, in PostgreSQL's spelling."""
    catalog = context.catalog.with_table(replace(ORDERS, options={"type": "user", "ttl": "1h"}))
    rows = runner.run(replace(context, catalog=catalog), "SELECT c.reloptions FROM pg_class c WHERE c.oid = 16386")
    assert rows == [(["type=user", "ttl=1h"],)]


def test_tables_count_their_rows(runner: Runner, context: RelationContext) -> None:
    """What storage knows of a table's size is in pg_class and pg_stat_user_tables."""
    assert runner.run(context, "SELECT c.reltuples, c.relpages FROM pg_class c WHERE c.oid = 16386") == [(15.0, 3)]
    statistics = "SELECT s.n_live_tup, s.n_dead_tup FROM pg_stat_user_tables s WHERE s.relid = 16386"
    assert runner.run(context, statistics) == [(15, 1)]


def test_the_relations_are_in_their_own_catalogs(runner: Runner, context: RelationContext) -> None:
    """A client that lists namespace `system` finds its relations and their columns."""
    text = """
        SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'system' AND c.relname = 'jobs'"""
    assert runner.run(context, text) == [(len(JobRecord.__struct_fields__),)]
    views = "SELECT count(*) FROM information_schema.views v WHERE v.table_schema = 'system'"
    assert runner.run(context, views) == [(13,)]


def test_password_verifiers_are_for_superusers(runner: Runner, context: RelationContext) -> None:
    """An ordinary role is refused pg_authid and pg_shadow."""
    assert len(runner.run(context, "SELECT a.rolname FROM pg_authid a")) == len(context.catalog.roles)
    bob = seen_by(context, "bob")
    for text in ("SELECT a.rolname FROM pg_authid a", "SELECT s.usename FROM pg_shadow s"):
        with pytest.raises(InsufficientPrivilege):
            runner.run(bob, text)


def test_information_schema_shows_a_role_its_own_tables(runner: Runner, context: RelationContext) -> None:
    """What a role may not use, information_schema does not show it."""
    text = "SELECT t.table_name FROM information_schema.tables t WHERE t.table_schema IN ('public', 'app')"
    assert runner.run(seen_by(context, "bob"), text) == [("Kinds",)]


def test_activity_of_others_is_hidden(runner: Runner, context: RelationContext) -> None:
    """An ordinary role sees that others are connected, and not what they do."""
    text = "SELECT a.pid, a.usename, a.state, a.query, a.client_port FROM pg_stat_activity a ORDER BY 1"
    assert runner.run(context, text) == [(7, "admin", "active", "SELECT 1", -1), (8, "bob", "idle", "SELECT 2", 5)]
    assert runner.run(seen_by(context, "bob"), text) == [
        (7, "admin", None, "<insufficient privilege>", None),
        (8, "bob", "idle", "SELECT 2", 5),
    ]


def test_settings_show_where_they_come_from(runner: Runner) -> None:
    """pg_settings has each setting with its value, and says whether it was changed."""
    context = sample_context()
    text = "SELECT s.setting, s.source, s.context FROM pg_settings s WHERE s.name = '{}'"
    assert runner.run(context, text.format("TimeZone")) == [("UTC", "default", "user")]
    assert runner.run(context, text.format("server_version_num"))[0][2] == "internal"
