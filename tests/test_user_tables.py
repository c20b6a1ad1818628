"""User tables through drivers: whatever a role tries, it sees, changes and is told of its own rows only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

    Connection = psycopg.Connection[Any]

SECRET = "the secret of ann"
"""In each row of ann; nothing that bob is sent may have it."""
ROWS_OF_ANN = 40
"""Half of them cold, some of those dead or changed."""


@pytest.fixture(scope="module", autouse=True)
def tables(server: ServerProcess) -> None:
    """A user table, hot and cold, with rows of ann, two of bob's that have keys of hers, and none of admin's."""
    with server.connect() as admin:
        for statement in (
            "CREATE USER ann",
            "CREATE USER bob",
            "CREATE USER ops IN ROLE job_operator",
            "CREATE TABLE diary (id int PRIMARY KEY, body text NOT NULL, at int) WITH (type = 'user')",
        ):
            admin.execute(statement)
        with server.connect(user="ann") as ann, server.connect(user="bob") as bob:
            half = ROWS_OF_ANN // 2
            ann.execute(
                "INSERT INTO diary SELECT n, %s || n, n FROM generate_series(1, %s) AS g(n)", (SECRET, half + 1)
            )
            bob.execute("INSERT INTO diary VALUES (1, 'one of bob', 1)")
            assert admin.execute("FLUSH TABLE diary WITH (wait)").fetchone()
            ann.execute(
                "INSERT INTO diary SELECT n, %s || n, n FROM generate_series(%s, %s) AS g(n)",
                (SECRET, half + 2, ROWS_OF_ANN + 1),
            )
            ann.execute("DELETE FROM diary WHERE id = 5")
            ann.execute("UPDATE diary SET at = -at WHERE id = 6")
            bob.execute("INSERT INTO diary VALUES (2, 'two of bob', 2)")


@pytest.fixture
def ann(server: ServerProcess) -> Iterator[Connection]:
    """Whose rows they are."""
    with server.connect(user="ann") as connection:
        yield connection


@pytest.fixture
def bob(server: ServerProcess) -> Iterator[Connection]:
    """Who should not see them."""
    with server.connect(user="bob") as connection:
        yield connection


def count(connection: Connection, query: str = "SELECT count(*) FROM diary") -> int:
    """The one number of a query."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM diary",
        "SELECT body FROM diary WHERE id = 7",
        "SELECT body FROM diary WHERE at = 30",
        "SELECT max(body), min(body), string_agg(body, ',') FROM diary",
        "SELECT (SELECT body FROM diary WHERE id = 7) AS x",
        "SELECT d.* FROM diary d JOIN diary e ON d.id <> e.id",
        "SELECT x.body FROM (VALUES (7), (8)) v(id) JOIN LATERAL (SELECT * FROM diary d WHERE d.id = v.id) x ON true",
        "WITH RECURSIVE r AS (SELECT * FROM diary UNION SELECT d.* FROM diary d, r) SELECT * FROM r",
        "SELECT body FROM diary UNION ALL SELECT body FROM diary WHERE id = 7",
        "SELECT EXISTS (SELECT 1 FROM diary WHERE body LIKE 'the secret%') OR count(*) > 2 FROM diary",
        "INSERT INTO diary SELECT id + 1000, body, at FROM diary RETURNING *",
        "UPDATE diary SET at = 0 RETURNING *",
        "UPDATE diary SET at = 0 WHERE id = 7 RETURNING *",
        "UPDATE diary d SET body = e.body FROM diary e WHERE d.id <> e.id RETURNING d.*",
        "DELETE FROM diary RETURNING *",
        "DELETE FROM diary WHERE id = 7 RETURNING body",
        "DELETE FROM diary d USING diary e WHERE d.id = e.id RETURNING d.body",
        "EXPLAIN ANALYZE SELECT * FROM diary WHERE body LIKE 'the secret%'",
        "EXPLAIN ANALYZE SELECT * FROM diary WHERE at > 0",
        "EXPLAIN SELECT * FROM diary",
        "SELECT * FROM system.segments",
        "SELECT hot_rows, cold_rows, dead_rows FROM system.tables WHERE table_name = 'diary'",
        "SELECT reltuples FROM pg_class WHERE relname = 'diary'",
        "SELECT n_live_tup, n_dead_tup FROM pg_stat_user_tables WHERE relname = 'diary'",
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint",
        "SELECT query FROM pg_stat_activity",
        "SELECT user_name, query FROM system.sessions",
        "SELECT message, parameters FROM system.jobs",
        "SELECT message FROM system.job_events",
        "SELECT * FROM system.schedules",
    ],
)
def test_no_statement_shows_rows_of_another_role(ann: Connection, bob: Connection, query: str) -> None:
    """Neither their values nor how many they are, in results, plans and statistics; nor does anything change them."""
    before = ann.execute("SELECT * FROM diary ORDER BY id").fetchall()
    assert len(before) == ROWS_OF_ANN
    try:
        with bob.transaction(force_rollback=True):
            rows = bob.execute(query).fetchall()
    except errors.InsufficientPrivilege:
        rows = []
    shown = str(rows)
    assert SECRET not in shown
    assert not {ROWS_OF_ANN, ROWS_OF_ANN + 2, ROWS_OF_ANN // 2} & {
        int(number) for row in rows for number in row if isinstance(number, int | float)
    }
    assert f"rows: {ROWS_OF_ANN}" not in shown.lower()
    assert "user=ann" not in shown
    assert ann.execute("SELECT * FROM diary ORDER BY id").fetchall() == before


@pytest.mark.parametrize(
    "statement",
    [
        "FLUSH TABLE diary WITH (wait)",
        "EXPLAIN FLUSH TABLE diary",
        "COMPACT TABLE diary",
        "VACUUM diary",
        "DROP TABLE diary",
        "ALTER TABLE diary SET (flush_policy = 'rows:1')",
        "CREATE SCHEDULE s CRON '0 0 * * *' AS FLUSH TABLE diary",
    ],
)
def test_the_table_itself_is_its_owners(bob: Connection, statement: str) -> None:
    """What says or changes something of the rows of all is for the owner and operators."""
    with pytest.raises(errors.InsufficientPrivilege):
        bob.execute(statement)
    assert bob.execute("FLUSH ALL TABLES WITH (wait)").fetchall() == []


def test_copy_shows_and_takes_own_rows_only(ann: Connection, bob: Connection) -> None:
    """COPY TO of the table and of a query, and COPY FROM with keys that another role has."""
    for source in ("diary", "(SELECT id, body, at FROM diary)"):
        with bob.cursor().copy(f"COPY {source} TO STDOUT") as copy:
            data = b"".join(copy)
        assert SECRET.encode() not in data
        assert data.count(b"\n") == 2
    with bob.transaction(force_rollback=True):
        with bob.cursor().copy("COPY diary FROM STDIN") as copy:
            copy.write("7\tseven of bob\t7\n8\teight of bob\t8\n")
        assert count(bob) == 4
    assert count(ann) == ROWS_OF_ANN


def test_keys_of_others_are_neither_told_of_nor_waited_for(server: ServerProcess, ann: Connection) -> None:
    """The same key in an open transaction of another role blocks nobody, and is no duplicate."""
    with server.connect(user="bob", options="-c lock_timeout=1s") as bob, ann.transaction(force_rollback=True):
        ann.execute("INSERT INTO diary VALUES (77, 'hers', 0)")
        ann.execute("UPDATE diary SET at = 3 WHERE id = 2")
        with bob.transaction(force_rollback=True):
            bob.execute("INSERT INTO diary VALUES (77, 'his', 0), (30, 'his', 0)")
            bob.execute("UPDATE diary SET at = 3 WHERE id = 2")
        with pytest.raises(errors.UniqueViolation) as duplicate:
            bob.execute("INSERT INTO diary VALUES (1, 'again', 0)")
    assert duplicate.value.diag.message_detail == "Key (id)=(1) already exists."


def test_prepared_statements_follow_the_role(server: ServerProcess) -> None:
    """The same statement object gives each role its own rows, by key and by scan."""
    point, scan = "SELECT body FROM diary WHERE id = %s", "SELECT count(*) FROM diary WHERE id >= %s"
    with server.connect() as admin:
        admin.prepare_threshold = 0
        for _ in range(2):
            for role, body, rows in (("bob", "one of bob", 2), ("ann", f"{SECRET}1", ROWS_OF_ANN)):
                admin.execute(f"SET ROLE {role}")
                assert admin.execute(point, (1,)).fetchall() == [(body,)]
                assert admin.execute(scan, (0,)).fetchall() == [(rows,)]
            admin.execute("RESET ROLE")
            assert len(admin.execute(point, (1,)).fetchall()) == 2
            assert admin.execute(scan, (0,)).fetchall() == [(ROWS_OF_ANN + 2,)]


def test_a_new_row_of_a_new_role_is_found_by_a_plan_made_before(server: ServerProcess) -> None:
    """A role has no rows at first: plans that it made then see what it writes later, outside blocks and in one."""
    with server.connect() as admin:
        admin.execute("CREATE USER newcomer")
    with server.connect(user="newcomer") as newcomer:
        newcomer.prepare_threshold = 0
        point = "SELECT body FROM diary WHERE id = %s"
        for _ in range(2):
            assert newcomer.execute(point, (1,)).fetchall() == []
            assert newcomer.execute("UPDATE diary SET at = 1 WHERE id = %s", (1,)).rowcount == 0
            assert newcomer.execute("DELETE FROM diary WHERE at = %s", (1,)).rowcount == 0
        with newcomer.transaction(force_rollback=True):
            newcomer.execute("INSERT INTO diary VALUES (%s, 'first', 1)", (1,))
            assert newcomer.execute(point, (1,)).fetchall() == [("first",)]
        assert newcomer.execute(point, (1,)).fetchall() == []
        newcomer.execute("INSERT INTO diary VALUES (%s, 'second', 1)", (1,))
        assert newcomer.execute(point, (1,)).fetchall() == [("second",)]
        assert newcomer.execute("UPDATE diary SET at = 2 WHERE id = %s", (1,)).rowcount == 1
        assert newcomer.execute("DELETE FROM diary WHERE at = %s", (2,)).rowcount == 1


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
def test_one_snapshot_of_own_rows(ann: Connection, bob: Connection, isolation: str) -> None:
    """Under one snapshot the role's later rows are not there, and those of others conflict with nothing."""
    bob.execute(f"BEGIN ISOLATION LEVEL {isolation}")
    assert count(bob) == 2
    ann.execute("UPDATE diary SET at = at + 1")
    bob.execute("UPDATE diary SET at = at + 1")
    assert count(bob) == 2
    bob.execute("COMMIT")
    assert count(ann) == ROWS_OF_ANN


def test_a_table_and_rows_of_one_transaction(server: ServerProcess) -> None:
    """A user table that a transaction creates takes rows of several roles before it commits, and keeps them apart."""
    with server.connect() as admin:
        with admin.transaction():
            admin.execute("CREATE TABLE fresh (id int PRIMARY KEY) WITH (type = 'user')")
            admin.execute("INSERT INTO fresh VALUES (1)")
            admin.execute("EXECUTE AS USER 'ann' (INSERT INTO fresh VALUES (1), (2))")
            assert count(admin, "SELECT count(*) FROM fresh") == 3
            assert count(admin, "EXECUTE AS USER 'ann' (SELECT count(*) FROM fresh)") == 2
        assert count(admin, "SELECT count(*) FROM fresh") == 3
        server_rows = server.restart().execute("SELECT count(*), count(DISTINCT id) FROM fresh")
        assert server_rows == [(3, 2)]


@pytest.mark.parametrize("user", ["admin", "ops"])
def test_who_reads_all_rows_changes_own_ones(server: ServerProcess, ann: Connection, user: str) -> None:
    """Superusers and operators read the rows of all; what they write is theirs, and a notice says how else."""
    told: list[str] = []
    with server.connect(user=user) as reader:
        reader.add_notice_handler(lambda notice: told.append(f"{notice.message_primary} {notice.message_hint}"))
        assert count(reader) >= ROWS_OF_ANN + 2
        assert {row[0] for row in reader.execute("SELECT owner FROM system.segments WHERE table_name = 'diary'")} >= {
            "ann",
            "bob",
        }
        reader.execute("INSERT INTO diary VALUES (7, 'own', 0)")
        assert len(reader.execute("SELECT body FROM diary WHERE id = 7").fetchall()) == 2
        assert reader.execute("UPDATE diary SET at = 1 WHERE id = 7 RETURNING body").fetchall() == [("own",)]
        assert reader.execute("UPDATE diary SET at = (SELECT count(*) FROM diary)").rowcount == 1
        assert reader.execute("SELECT at > %s FROM diary WHERE body = 'own'", (ROWS_OF_ANN,)).fetchall() == [(True,)]
        assert reader.execute("DELETE FROM diary").rowcount == 1
        assert len(told) == 3
        assert all("EXECUTE AS USER" in text for text in told)
        if user == "admin":
            before = len(ann.execute("SELECT 1 FROM diary").fetchall())
            assert reader.execute("EXECUTE AS USER 'ann' (DELETE FROM diary WHERE id = 10)").rowcount == 1
            assert len(ann.execute("SELECT 1 FROM diary").fetchall()) == before - 1
            reader.execute("EXECUTE AS USER 'ann' (INSERT INTO diary VALUES (10, 'again', 0))")
        else:
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute("EXECUTE AS USER 'ann' (SELECT 1)")
            assert reader.execute("FLUSH TABLE diary WITH (wait)").fetchone()


def test_grouping_by_the_key_of_all_roles(server: ServerProcess, bob: Connection) -> None:
    """A key is one row's for its role: columns beside it need no aggregate then, and do where keys are of all."""
    query = "SELECT id, body FROM diary GROUP BY id ORDER BY id"
    assert bob.execute(query).fetchall() == [(1, "one of bob"), (2, "two of bob")]
    with server.connect() as admin, pytest.raises(errors.GroupingError):
        admin.execute(query)


def test_a_role_and_its_rows_go_apart(server: ServerProcess) -> None:
    """A dropped role leaves its rows behind; one made anew with its name does not get them."""
    with server.connect() as admin:
        admin.execute("CREATE USER leaver")
        admin.execute("EXECUTE AS USER 'leaver' (INSERT INTO diary VALUES (1, 'left behind', 0))")
        admin.execute("DROP ROLE leaver")
        assert count(admin, "SELECT count(*) FROM diary WHERE body = 'left behind'") == 1
        admin.execute("CREATE USER leaver")
        assert count(admin, "EXECUTE AS USER 'leaver' (SELECT count(*) FROM diary)") == 0
        admin.execute("EXECUTE AS USER 'leaver' (INSERT INTO diary VALUES (1, 'new', 0))")
        assert count(admin, "SELECT count(*) FROM diary WHERE id = 1 AND body IN ('new', 'left behind')") == 2
