"""ALTER TABLE over rows that are hot and cold, beside other clients, jobs and schedules, and over restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from psycopg import errors

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server_process import ServerProcess

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[Connection]:
    """A superuser, in a schema of the test's own."""
    with server.connect(autocommit=True) as connection:
        connection.execute("CREATE SCHEMA alters")
        connection.execute("SET search_path = alters")
        yield connection
        connection.execute("ROLLBACK")
        connection.execute("DROP SCHEMA alters CASCADE")


def other(server: ServerProcess) -> Connection:
    """Another client in the same schema."""
    connection = server.connect(autocommit=True)
    connection.execute("SET search_path = alters")
    connection.execute("SET lock_timeout = '60s'")
    return connection


def rows(connection: Connection, query: LiteralString) -> list[tuple[Any, ...]]:
    """The result of a query."""
    return connection.execute(query).fetchall()


def flush(connection: Connection, table: str) -> None:
    """Settle the table's rows, and see that there were any."""
    row = connection.execute(f"FLUSH TABLE {table} WITH (wait)").fetchone()
    assert row is not None
    assert row[2] == "completed"


def test_columns_come_and_go_over_hot_and_cold_rows(admin: Connection) -> None:
    """Rows of each layout are read as ones of now, before and after each of them settles, and no file is rewritten."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
    admin.execute("INSERT INTO t VALUES (1, 'cold')")
    flush(admin, "t")
    paths = rows(admin, "SELECT path FROM system.segments WHERE namespace = 'alters'")
    admin.execute("INSERT INTO t VALUES (2, 'hot')")
    admin.execute("ALTER TABLE t ADD COLUMN b int DEFAULT 7, ADD COLUMN c timestamptz DEFAULT now()")
    admin.execute("INSERT INTO t VALUES (3, 'new', 8)")
    assert rows(admin, "SELECT id, a, b, c IS NULL FROM t ORDER BY id") == [
        (1, "cold", 7, False),
        (2, "hot", 7, False),
        (3, "new", 8, False),
    ]
    assert rows(admin, "SELECT count(DISTINCT c) FROM t WHERE id < 3") == [(1,)]
    admin.execute("ALTER TABLE t DROP COLUMN a")
    admin.execute("ALTER TABLE t ADD COLUMN a text")
    assert rows(admin, "SELECT a FROM t WHERE id = 1") == [(None,)]
    assert rows(admin, "SELECT a, b FROM t ORDER BY id") == [(None, 7), (None, 7), (None, 8)]
    admin.execute("ALTER TABLE t RENAME b TO n")
    admin.execute("ALTER TABLE t ALTER n TYPE bigint")
    admin.execute("UPDATE t SET n = n + 5000000000 WHERE id = 1")
    assert rows(admin, "SELECT n FROM t WHERE id = 2") == [(7,)]
    assert set(paths) <= set(rows(admin, "SELECT path FROM system.segments WHERE namespace = 'alters'"))
    flush(admin, "t")
    assert rows(admin, "SELECT id, n FROM t WHERE n > 7 ORDER BY id") == [(1, 5000000007), (3, 8)]
    admin.execute("COMPACT TABLE t WITH (wait)")
    assert rows(admin, "SELECT id, n, a FROM t ORDER BY id") == [(1, 5000000007, None), (2, 7, None), (3, 8, None)]


def test_a_rewrite_takes_hot_and_cold_rows(admin: Connection) -> None:
    """Another type, and a default that is another one for each row, are for every row; keys find them as before."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
    admin.execute("INSERT INTO t SELECT i, i::text FROM generate_series(1, 5000) AS g(i)")
    flush(admin, "t")
    admin.execute("INSERT INTO t VALUES (5001, '5001')")
    admin.execute("DELETE FROM t WHERE id = 17")
    admin.execute("ALTER TABLE t ALTER a TYPE int USING a::int * 2, ADD COLUMN u uuid DEFAULT gen_random_uuid()")
    assert rows(admin, "SELECT count(*), sum(a), count(DISTINCT u) FROM t") == [(5000, 5001 * 5002 - 34, 5000)]
    assert rows(admin, "SELECT a FROM t WHERE id = 5001") == [(10002,)]
    with pytest.raises(errors.UniqueViolation):
        admin.execute("INSERT INTO t (id) VALUES (5000)")
    flush(admin, "t")
    assert rows(admin, "SELECT a FROM t WHERE id = 40") == [(80,)]
    with pytest.raises(errors.InvalidTextRepresentation):
        admin.execute("ALTER TABLE t ALTER a TYPE boolean USING (a::text || 'x')::boolean")
    assert rows(admin, "SELECT count(*), sum(a) FROM t") == [(5000, 5001 * 5002 - 34)]


def test_what_rows_must_be_is_looked_for_in_cold_ones(admin: Connection) -> None:
    """NOT NULL and a check are refused for what a segment has, and hold for rows to come."""
    admin.execute("CREATE TABLE t (id int, a int)")
    admin.execute("INSERT INTO t VALUES (1, NULL), (2, 5)")
    flush(admin, "t")
    with pytest.raises(errors.NotNullViolation, match='column "a" of relation "t" contains null values'):
        admin.execute("ALTER TABLE t ALTER a SET NOT NULL")
    with pytest.raises(errors.CheckViolation, match="is violated by some row"):
        admin.execute("ALTER TABLE t ADD CHECK (a > 5)")
    admin.execute("DELETE FROM t WHERE id = 1")
    admin.execute("ALTER TABLE t ALTER a SET NOT NULL, ADD CHECK (a > 4)")
    with pytest.raises(errors.NotNullViolation):
        admin.execute("INSERT INTO t VALUES (3, NULL)")


def test_all_is_undone_with_the_transaction(admin: Connection) -> None:
    """A rollback brings back columns, rows and names, also of rows that the transaction itself has written."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
    admin.execute("INSERT INTO t VALUES (1, 'x')")
    flush(admin, "t")
    admin.execute("BEGIN")
    admin.execute("INSERT INTO t VALUES (2, 'y')")
    admin.execute("ALTER TABLE t ADD COLUMN b int DEFAULT 3")
    admin.execute("INSERT INTO t VALUES (3, 'z', 4)")
    admin.execute("ALTER TABLE t ALTER a TYPE int USING length(a), DROP COLUMN b")
    admin.execute("ALTER TABLE t RENAME TO renamed")
    assert rows(admin, "SELECT * FROM renamed ORDER BY id") == [(1, 1), (2, 1), (3, 1)]
    admin.execute("ROLLBACK")
    assert rows(admin, "SELECT * FROM t") == [(1, "x")]


def test_roles_keep_their_rows_of_a_user_table(server: ServerProcess, admin: Connection) -> None:
    """A rewrite by the owner is for the rows of every role, each of which keeps its own."""
    admin.execute("CREATE ROLE altering LOGIN")
    try:
        admin.execute("GRANT USAGE ON SCHEMA alters TO altering")
        admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text) WITH (type = 'user')")
        admin.execute("INSERT INTO t VALUES (1, 'admins')")
        with server.connect(user="altering", autocommit=True) as theirs:
            theirs.execute("INSERT INTO alters.t VALUES (1, 'theirs')")
            admin.execute("ALTER TABLE t ALTER a TYPE int USING length(a)")
            assert rows(theirs, "SELECT id, a FROM alters.t") == [(1, 6)]
            with pytest.raises(errors.InsufficientPrivilege, match="must be owner of table t"):
                theirs.execute("ALTER TABLE alters.t ADD COLUMN b int")
        assert rows(admin, "SELECT a FROM t ORDER BY a") == [(6,), (6,)]
    finally:
        admin.execute("DROP TABLE t")
        admin.execute("REVOKE USAGE ON SCHEMA alters FROM altering")
        admin.execute("DROP ROLE altering")


@pytest.mark.parametrize(
    ("change", "statement", "outcome"),
    [
        ("ADD COLUMN b int DEFAULT 5", "UPDATE t SET a = a + 1", [(1, 11, 5)]),
        ("ADD COLUMN b int DEFAULT 5", "INSERT INTO t VALUES (2, 20)", [(1, 10, 5), (2, 20, 5)]),
        ("ALTER a TYPE text USING a || '!'", "UPDATE t SET a = '7' WHERE id = 1", [(1, "7")]),
        ("DROP COLUMN a", "DELETE FROM t WHERE id = 1", []),
        ("DROP COLUMN a", "UPDATE t SET a = 5", errors.UndefinedColumn),
        ("RENAME a TO c", "UPDATE t SET a = 5", errors.UndefinedColumn),
        ("RENAME TO t9", "UPDATE t SET a = 5", errors.UndefinedTable),
    ],
)
def test_a_statement_that_waited_means_the_table_as_it_has_become(
    server: ServerProcess, admin: Connection, change: str, statement: LiteralString, outcome: Any
) -> None:
    """A write behind an open ALTER TABLE is planned again once that is committed."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
    admin.execute("INSERT INTO t VALUES (1, 10)")
    with other(server) as writer:
        admin.execute("BEGIN")
        admin.execute(f"ALTER TABLE t {change}")
        with waiting(server, writer, statement) as writing:
            admin.execute("COMMIT")
        if isinstance(outcome, list):
            writing.result()
            assert rows(admin, "SELECT * FROM t ORDER BY id") == outcome
        else:
            with pytest.raises(outcome):
                writing.result()


def test_alter_table_waits_for_writers(server: ServerProcess, admin: Connection) -> None:
    """Rows of a transaction that was open are changed with the others; readers are not kept waiting."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
    with other(server) as writer, other(server) as watcher:
        writer.execute("BEGIN")
        writer.execute("INSERT INTO t VALUES (1, 10)")
        with waiting(server, admin, "ALTER TABLE t ALTER a TYPE text USING 'a' || a") as altering:
            assert rows(watcher, "SELECT * FROM t") == []
            writer.execute("COMMIT")
        altering.result()
        assert rows(watcher, "SELECT * FROM t") == [(1, "a10")]


def test_prepared_statements_follow_the_table(admin: Connection) -> None:
    """What was prepared goes on with the new definition; not where its result would be another one."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
    admin.execute("PREPARE one AS INSERT INTO t (id, a) VALUES ($1, $2)")
    admin.execute("PREPARE two AS SELECT a FROM t WHERE id = $1")
    admin.execute("PREPARE three AS SELECT * FROM t")
    admin.execute("EXECUTE one(1, 10)")
    admin.execute("ALTER TABLE t ADD COLUMN b int DEFAULT 6")
    admin.execute("EXECUTE one(2, 20)")
    assert rows(admin, "EXECUTE two(2)") == [(20,)]
    with pytest.raises(errors.FeatureNotSupported, match="cached plan must not change result type"):
        admin.execute("EXECUTE three")
    admin.execute("ALTER TABLE t ALTER a TYPE text")
    with pytest.raises(errors.FeatureNotSupported, match="cached plan must not change result type"):
        admin.execute("EXECUTE two(2)")
    assert rows(admin, "SELECT * FROM t ORDER BY id") == [(1, "10", 6), (2, "20", 6)]


def test_a_renamed_table_keeps_its_jobs_and_schedules(admin: Connection) -> None:
    """Flushes, compactions and schedules go on; records of before keep the name of then."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY) WITH (flush_policy = 'rows:1000000')")
    admin.execute("CREATE SCHEDULE of_t CRON '0 0 1 1 *' AS FLUSH TABLE t")
    admin.execute("INSERT INTO t VALUES (1)")
    flush(admin, "t")
    admin.execute("INSERT INTO t VALUES (2)")
    admin.execute("ALTER TABLE t RENAME TO u")
    schedules = "SELECT schedule_name, statement FROM system.schedules WHERE statement LIKE '%%alters%%' ORDER BY 1"
    assert rows(admin, schedules) == [
        ("flush-alters-u", "FLUSH TABLE alters.u"),
        ("of_t", "FLUSH TABLE alters.u"),
    ]
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute("INSERT INTO t VALUES (3)")
    ran = admin.execute("RUN SCHEDULE of_t WITH (wait)").fetchall()
    assert [row[1:3] for row in ran] == [("alters.u", "completed")]
    flush(admin, "t")
    jobs = "SELECT table_name FROM system.jobs WHERE namespace = 'alters' AND job_type = 'flush' ORDER BY created_at"
    assert rows(admin, jobs)[-3:] == [("t",), ("u",), ("t",)]
    assert rows(admin, "SELECT * FROM u ORDER BY id") == [(1,), (2,)]
    admin.execute("ALTER SCHEMA alters RENAME TO alters2")
    admin.execute("ALTER SCHEMA alters2 RENAME TO alters")
    assert rows(admin, "SELECT statement FROM system.schedules WHERE schedule_name = 'of_t'") == [
        ("FLUSH TABLE alters.u",)
    ]
    admin.execute("DROP SCHEDULE of_t")


def test_a_renamed_schema_keeps_its_schedules(admin: Connection) -> None:
    """`FLUSH ALL TABLES IN NAMESPACE` is of the schema that it was made for, or that was made anew with its name."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute("INSERT INTO t VALUES (1)")
    admin.execute("CREATE SCHEDULE of_all CRON '0 0 1 1 *' AS FLUSH ALL TABLES IN NAMESPACE alters")
    admin.execute('ALTER SCHEMA alters RENAME TO "Alters"')
    statement = "SELECT statement FROM system.schedules WHERE schedule_name = 'of_all'"
    assert rows(admin, statement) == [('FLUSH ALL TABLES IN NAMESPACE "Alters"',)]
    ran = admin.execute("RUN SCHEDULE of_all WITH (wait)").fetchall()
    assert [row[1:3] for row in ran] == [("Alters.t", "completed")]
    admin.execute('DROP SCHEMA "Alters" CASCADE')
    admin.execute('CREATE SCHEMA "Alters"')
    admin.execute('ALTER SCHEMA "Alters" RENAME TO alters')
    assert rows(admin, statement) == [("FLUSH ALL TABLES IN NAMESPACE alters",)]
    admin.execute("DROP SCHEDULE of_all")


def test_a_renamed_table_can_be_dropped_and_brought_back(admin: Connection) -> None:
    """It comes back under the name that it had last, or under another one where that is taken."""
    admin.execute("CREATE TABLE named (id int PRIMARY KEY, a text)")
    admin.execute("INSERT INTO named VALUES (1, 'x')")
    flush(admin, "named")
    admin.execute("ALTER TABLE named RENAME TO u")
    admin.execute("ALTER TABLE u ADD COLUMN b int DEFAULT 4")
    admin.execute("DROP TABLE u")
    with pytest.raises(errors.UndefinedTable):
        admin.execute("UNDROP TABLE named")
    admin.execute("UNDROP TABLE u")
    assert rows(admin, "SELECT * FROM u WHERE id = 1") == [(1, "x", 4)]
    admin.execute("DROP TABLE u")
    admin.execute("CREATE TABLE u (id int)")
    with pytest.raises(errors.DuplicateTable):
        admin.execute("UNDROP TABLE u")
    admin.execute("UNDROP TABLE u RENAME TO v")
    assert rows(admin, "SELECT * FROM v") == [(1, "x", 4)]
    assert rows(admin, "SELECT * FROM u") == []


def test_a_restart_finds_it_all(server_factory: Callable[..., ServerProcess]) -> None:
    """Layouts, rewritten rows, names and schedules are there after a crash."""
    server = server_factory()
    for statement in (
        "CREATE TABLE t (id int PRIMARY KEY, a text)",
        "CREATE SCHEDULE of_t CRON '0 0 1 1 *' AS COMPACT TABLE t",
        "INSERT INTO t VALUES (1, 'cold')",
        "FLUSH TABLE t WITH (wait)",
        "INSERT INTO t VALUES (2, 'hot')",
        "ALTER TABLE t ADD COLUMN b int DEFAULT 7",
        "INSERT INTO t VALUES (3, 'new', 8)",
        "ALTER TABLE t RENAME a TO c",
        "ALTER TABLE t RENAME TO u",
        "CREATE VIEW v AS SELECT c FROM u",
        "ALTER TABLE u RENAME c TO d",
    ):
        server.execute(statement)
    server.kill()
    server.restart()
    assert server.execute("SELECT * FROM u ORDER BY id") == [(1, "cold", 7), (2, "hot", 7), (3, "new", 8)]
    assert server.execute("SELECT c FROM v ORDER BY c") == [("cold",), ("hot",), ("new",)]
    assert server.execute("SELECT statement FROM system.schedules WHERE schedule_name = 'of_t'") == [
        ("COMPACT TABLE public.u",)
    ]
    server.execute("ALTER TABLE u ALTER b TYPE text USING 'b' || b")
    server.kill()
    server.restart()
    assert server.execute("SELECT id, b FROM u ORDER BY id") == [(1, "b7"), (2, "b7"), (3, "b8")]
    assert server.execute("SELECT d FROM u WHERE id = 1") == [("cold",)]


def test_one_snapshot_does_not_mix_definitions(server: ServerProcess, admin: Connection) -> None:
    """REPEATABLE READ sees a table that was rewritten since neither as it was nor as it is; nor does it rewrite one
    whose rows it does not all see."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
    admin.execute("INSERT INTO t VALUES (1, '10')")
    with other(server) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert rows(reader, "SELECT * FROM t") == [(1, "10")]
        admin.execute("ALTER TABLE t ADD COLUMN b int DEFAULT 3")
        assert rows(reader, "SELECT a FROM t") == [("10",)]
        admin.execute("ALTER TABLE t ALTER a TYPE int USING a::int")
        for query in ("SELECT a FROM t", "SELECT a FROM t WHERE id = 1"):
            with pytest.raises(errors.SerializationFailure):
                reader.execute(query)
            reader.execute("ROLLBACK")
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            reader.execute("SELECT 1")
            admin.execute("ALTER TABLE t ALTER a TYPE text")
            admin.execute("ALTER TABLE t ALTER a TYPE int USING a::int")
        reader.execute("ROLLBACK")
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert rows(reader, "SELECT a FROM t") == [(10,)]
        admin.execute("INSERT INTO t VALUES (2, 20)")
        with pytest.raises(errors.SerializationFailure):
            reader.execute("ALTER TABLE t ALTER a TYPE text")
        reader.execute("ROLLBACK")
    assert rows(admin, "SELECT id, a FROM t ORDER BY id") == [(1, 10), (2, 20)]
