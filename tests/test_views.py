"""Views through a real server: what is SiltDB's own. The rest is in `scripts/views.sql`, beside PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess

QUERIES = (
    "SELECT * FROM t",
    "SELECT *, a + 1 AS more FROM t AS x",
    "SELECT t.*, u.w FROM t LEFT JOIN u ON u.a = t.a",
    "SELECT * FROM t JOIN u USING (a)",
    "SELECT DISTINCT ON (a) a, w FROM u ORDER BY a, w DESC",
    "SELECT a, count(*), max(w) FROM u GROUP BY a HAVING count(*) > 0",
    "WITH x AS (SELECT a AS q FROM u), y AS (SELECT * FROM x) SELECT *, (SELECT max(w) FROM u WHERE a = q) FROM y",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n, n * 2 FROM r",
    "VALUES (1, 'x'), (2, 'y')",
    "(SELECT a FROM t) UNION SELECT a FROM u ORDER BY 1",
    "SELECT a, sum(w) OVER (PARTITION BY a ORDER BY w) FROM u",
    "SELECT * FROM generate_series(1, 3) AS g(x) CROSS JOIN (SELECT max(a) AS m FROM t) AS z",
    "SELECT q.a, r.w FROM (SELECT a FROM t) q, LATERAL (SELECT w FROM u WHERE u.a = q.a) r",
    "SELECT 'it''s' /* -- */ AS s, E'a\\nb' AS e, $$dollar$$ AS d, U&'d\\0061t' AS u",
    "SELECT a FROM t WHERE at > '2024-01-01 12:00' AND EXISTS (SELECT * FROM u WHERE a = t.a)",
    "SELECT extract(year FROM at), at AT TIME ZONE 'UTC', CAST(a AS text) AS c, a::numeric(6,2) FROM t",
    'SELECT a AS "Odd ""Name", b AS "select" FROM t',
)


@pytest.fixture(scope="module")
def made(server: ServerProcess) -> ServerProcess:
    """A server with two tables, half of whose rows are cold."""
    with server.connect() as admin:
        for statement in (
            "CREATE ROLE ann LOGIN",
            "CREATE TABLE t (a int PRIMARY KEY, b text, at timestamptz)",
            "CREATE TABLE u (a int, w int)",
            "CREATE TABLE notes (id int PRIMARY KEY, v text) WITH (type = 'user')",
            "INSERT INTO t VALUES (1, 'one', '2024-01-01 10:00+00'), (2, 'two', '2024-06-01 00:00+00')",
            "INSERT INTO u VALUES (1, 10), (1, 11)",
            "FLUSH ALL TABLES WITH (wait)",
            "INSERT INTO t VALUES (3, NULL, NULL)",
            "INSERT INTO u VALUES (2, 20), (4, 40)",
        ):
            admin.execute(statement)
    return server


@pytest.mark.parametrize("query", QUERIES)
def test_a_definition_makes_the_same_view_anew(query: str, made: ServerProcess) -> None:
    """What pg_get_viewdef() gives is a query with the same columns and rows, whatever the search path."""
    with made.connect() as connection:
        before = connection.execute(query)
        assert before.description is not None
        names, rows = [column.name for column in before.description], sorted(map(repr, before.fetchall()))
        connection.execute(f"CREATE VIEW v AS {query}")
        try:
            ((text,),) = connection.execute("SELECT pg_get_viewdef('v'::regclass)").fetchall()
            connection.execute("SET search_path = pg_catalog")
            connection.execute(f"CREATE VIEW public.again AS {text}")
            for name in ("public.v", "public.again"):
                after = connection.execute(f"SELECT * FROM {name}")
                assert after.description is not None
                assert [column.name for column in after.description] == names
                assert sorted(map(repr, after.fetchall())) == rows
            ((again,),) = connection.execute("SELECT pg_get_viewdef('public.again'::regclass)").fetchall()
            assert again == text
        finally:
            connection.execute("RESET search_path")
            connection.execute("DROP VIEW IF EXISTS again, v")


def test_moments_in_a_view_are_those_of_its_maker(made: ServerProcess) -> None:
    """A constant of type timestamptz is read under the time zone in which the view was made."""
    with made.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute("CREATE VIEW moments AS SELECT a FROM t WHERE at < '2024-01-01 12:00'")
        connection.execute("SET TimeZone = 'UTC'")
        assert connection.execute("SELECT * FROM moments").fetchall() == []
        connection.execute("DROP VIEW moments")
        connection.execute("CREATE VIEW moments AS SELECT a FROM t WHERE at < '2024-01-01 12:00'")
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        assert connection.execute("SELECT * FROM moments").fetchall() == [(1,)]
        connection.execute("DROP VIEW moments")


@pytest.mark.parametrize(
    ("statement", "verb"),
    [
        ("INSERT INTO seen VALUES (1)", "insert into"),
        ("UPDATE seen SET a = 1", "update"),
        ("DELETE FROM seen WHERE a = 1", "delete from"),
    ],
)
def test_a_view_is_not_written_to(statement: str, verb: str, made: ServerProcess) -> None:
    """INSERT, UPDATE and DELETE raise 55000, and say what can be done."""
    with made.connect() as connection:
        connection.execute("CREATE OR REPLACE VIEW seen AS SELECT a FROM t")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=f'cannot {verb} view "seen"') as caught:
            connection.execute(statement)
        assert caught.value.diag.message_hint is not None


@pytest.mark.parametrize("statement", ["FLUSH TABLE seen", "COMPACT TABLE seen", "EXPLAIN FLUSH TABLE seen"])
def test_a_view_is_not_flushed(statement: str, made: ServerProcess) -> None:
    """It has no rows of its own: 42809."""
    with made.connect() as connection:
        connection.execute("CREATE OR REPLACE VIEW seen AS SELECT a FROM t")
        with pytest.raises(psycopg.errors.WrongObjectType, match='"seen" is a view'):
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TEMP VIEW x AS SELECT 1 AS a",
        "CREATE OR REPLACE TEMPORARY VIEW x AS SELECT 1 AS a",
        "CREATE MATERIALIZED VIEW x AS SELECT 1 AS a",
        "CREATE RECURSIVE VIEW x (n) AS SELECT 1",
        "CREATE VIEW x AS SELECT a FROM t WITH CHECK OPTION",
        "CREATE VIEW x AS SELECT a FROM t WITH LOCAL CHECK OPTION",
        "CREATE VIEW x WITH (check_option = local) AS SELECT a FROM t",
        "CREATE VIEW x AS SELECT * FROM t NATURAL JOIN u",
        "CREATE VIEW x AS SELECT a INTO y FROM t",
        "DROP MATERIALIZED VIEW x",
    ],
)
def test_other_kinds_of_views_are_refused(statement: str, made: ServerProcess) -> None:
    """What a view cannot be here is 0A000, and makes none."""
    with made.connect() as connection:
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute(statement)
        assert connection.execute("SELECT to_regclass('x')").fetchall() == [(None,)]


def test_views_stand_in_each_other_but_not_in_themselves(made: ServerProcess) -> None:
    """A view that would read itself is refused (42P17); so are more than 32 in each other (54001)."""
    with made.connect() as connection:
        connection.execute("CREATE VIEW d0 AS SELECT a FROM t")
        for depth in range(1, 32):
            connection.execute(f"CREATE VIEW d{depth} AS SELECT a FROM d{depth - 1}")
        assert connection.execute("SELECT count(*) FROM d31").fetchall() == [(3,)]
        with pytest.raises(psycopg.errors.InvalidObjectDefinition, match=r'infinite recursion .* "d0"'):
            connection.execute("CREATE OR REPLACE VIEW d0 AS SELECT a FROM d31")
        with pytest.raises(psycopg.errors.ProgramLimitExceeded):
            connection.execute(
                "CREATE VIEW d32 AS SELECT a FROM d31 UNION SELECT x.a FROM d31 AS x WHERE 1 = 2 LIMIT 1"
            )
            connection.execute("CREATE VIEW d33 AS SELECT a FROM d32")
            connection.execute("SELECT * FROM d33")
        connection.execute("DROP VIEW d0 CASCADE")


def test_a_user_table_in_a_view_gives_the_rows_of_its_reader(made: ServerProcess) -> None:
    """Whoever owns the view: rights are the owner's, rows the reader's; `current_user` is the reader, too."""
    with made.connect() as admin, made.connect(user="ann") as ann:
        admin.execute("CREATE OR REPLACE VIEW own AS SELECT id, v, current_user AS me FROM notes")
        admin.execute("GRANT SELECT ON own TO ann")
        admin.execute("INSERT INTO notes VALUES (1, 'of admin')")
        ann.execute("INSERT INTO notes VALUES (1, 'of ann')")
        assert ann.execute("SELECT * FROM own").fetchall() == [(1, "of ann", "ann")]
        admin.execute("FLUSH TABLE notes WITH (wait)")
        assert ann.execute("SELECT v FROM own WHERE id = 1").fetchall() == [("of ann",)]


def test_a_barrier_keeps_conditions_out(made: ServerProcess) -> None:
    """With security_barrier no error of a reader's condition tells of a row that the view leaves out."""
    with made.connect() as connection:
        connection.execute("CREATE VIEW barred WITH (security_barrier) AS SELECT a FROM t WHERE a > 1")
        assert connection.execute("SELECT a FROM barred WHERE 1 / (a - 1) > 0 ORDER BY 1").fetchall() == [(2,)]
        connection.execute("DROP VIEW barred")


def test_a_prepared_statement_follows_its_view(made: ServerProcess) -> None:
    """It is planned anew when the view has another query; with other columns it is refused as in PostgreSQL."""
    with made.connect() as connection:
        connection.execute("CREATE VIEW moving AS SELECT a FROM t WHERE a = 1")
        connection.execute("PREPARE p AS SELECT * FROM moving")
        assert connection.execute("EXECUTE p").fetchall() == [(1,)]
        connection.execute("CREATE OR REPLACE VIEW moving AS SELECT a FROM t WHERE a = 2")
        assert connection.execute("EXECUTE p").fetchall() == [(2,)]
        connection.execute("CREATE OR REPLACE VIEW moving AS SELECT a, b FROM t")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan must not change result type"):
            connection.execute("EXECUTE p")
        connection.execute("DROP VIEW moving")


def test_a_table_is_not_dropped_while_a_view_of_it_is_made(made: ServerProcess) -> None:
    """DROP waits for the transaction with the CREATE VIEW, and is then refused."""
    with made.connect(autocommit=False) as maker, made.connect() as dropper:
        dropper.execute("CREATE TABLE base (a int)")
        maker.execute("CREATE VIEW on_base AS SELECT a FROM base")
        dropper.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            dropper.execute("DROP TABLE base")
        maker.commit()
        with pytest.raises(psycopg.errors.DependentObjectsStillExist, match="cannot drop table base"):
            dropper.execute("DROP TABLE base")
        dropper.execute("DROP TABLE base CASCADE")


def test_columns_of_a_view_are_renamed(made: ServerProcess) -> None:
    """ALTER VIEW RENAME COLUMN changes what the view shows, its definition, and nothing of the table."""
    with made.connect() as connection:
        connection.execute("CREATE VIEW named AS SELECT a, count(*) FROM u GROUP BY a")
        connection.execute("ALTER VIEW named RENAME COLUMN count TO how_many")
        connection.execute("ALTER VIEW named RENAME TO renamed")
        assert connection.execute("SELECT how_many FROM renamed ORDER BY a").fetchall() == [(2,), (1,), (1,)]
        ((text,),) = connection.execute("SELECT pg_get_viewdef('renamed'::regclass)").fetchall()
        (first, _) = connection.execute(f"SELECT * FROM ({text.rstrip(';')}) AS q").description or ()
        assert first.name == "a"
        assert "how_many" in text
        connection.execute("DROP VIEW renamed")


def test_tables_of_a_view_are_renamed(made: ServerProcess) -> None:
    """A view goes on reading a table, and the columns of it, that have got another name or schema."""
    with made.connect() as connection:
        connection.execute("CREATE TABLE before (a int, b int)")
        connection.execute("INSERT INTO before VALUES (1, 2)")
        connection.execute("CREATE VIEW follows AS SELECT a, b + 1 AS c FROM before WHERE b > 0")
        connection.execute("ALTER TABLE before RENAME TO after")
        connection.execute("ALTER TABLE after RENAME COLUMN b TO beta")
        connection.execute("CREATE SCHEMA elsewhere")
        connection.execute("ALTER TABLE after SET SCHEMA elsewhere")
        connection.execute("ALTER SCHEMA elsewhere RENAME TO there")
        assert connection.execute("SELECT * FROM follows").fetchall() == [(1, 3)]
        connection.execute("DROP SCHEMA there CASCADE")


def test_views_and_their_owners_survive_a_restart(server_factory: Callable[..., ServerProcess]) -> None:
    """A view, its options, its grants and what it keeps from being dropped are durable."""
    server = server_factory()
    with server.connect() as admin:
        for statement in (
            "CREATE ROLE ann LOGIN",
            "CREATE TABLE t (a int)",
            "INSERT INTO t VALUES (1)",
            "CREATE VIEW v (x) WITH (security_barrier) AS SELECT a FROM t",
            "GRANT SELECT ON v TO ann",
        ):
            admin.execute(statement)
    server.kill()
    server.start()
    with server.connect(user="ann") as ann:
        assert ann.execute("SELECT x FROM v").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ann.execute("SELECT a FROM t")
    with server.connect() as admin:
        assert admin.execute("SELECT reloptions FROM pg_class WHERE relname = 'v'").fetchall() == [
            (["security_barrier=true"],)
        ]
        with pytest.raises(psycopg.errors.DependentObjectsStillExist):
            admin.execute("DROP TABLE t")
