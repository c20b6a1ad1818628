"""Foreign keys between clients, over many rows, hot and cold: no row refers to what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.server_process import ServerProcess
from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    Connection = psycopg.Connection[tuple[Any, ...]]

ForeignKeyViolation = psycopg.errors.ForeignKeyViolation
MANY = 20_000
INSERTS = ("INSERT INTO child VALUES (10, 1)", "INSERT INTO child SELECT 10, 1")
"""A point statement, and one whose rows a query gives."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose larger loads go into segments."""
    server = ServerProcess(tmp_path_factory.mktemp("small") / "data", SILTDB_HOT__BULK_LOAD_SIZE="64kB").start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def one(server: ServerProcess) -> Iterator[Connection]:
    """A client, with a table of three rows and one that refers to it."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE parent (id int PRIMARY KEY, n int)")
        connection.execute("CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent)")
        connection.execute("INSERT INTO parent SELECT i, i FROM generate_series(1, 3) AS g(i)")
        yield connection
    server.execute("DROP TABLE child, parent")


@pytest.fixture
def other(server: ServerProcess) -> Iterator[Connection]:
    """Another client."""
    with server.connect() as connection:
        yield connection


def orphans(connection: Connection) -> int:
    """How many rows refer to what is not there."""
    query = "SELECT count(*) FROM child WHERE parent IS NOT NULL AND parent NOT IN (SELECT id FROM parent)"
    ((count,),) = connection.execute(query).fetchall()
    assert isinstance(count, int)
    return count


@pytest.mark.parametrize("insert", INSERTS)
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_who_refers_waits_for_who_deletes(
    server: ServerProcess, one: Connection, other: Connection, insert: str, end: str
) -> None:
    """The row is gone then, or it is not."""
    one.execute("BEGIN")
    one.execute("DELETE FROM parent WHERE id = 1")
    with waiting(server, other, insert) as inserting:
        one.execute(end)
        if end == "ROLLBACK":
            assert inserting.result().rowcount == 1
        else:
            with pytest.raises(ForeignKeyViolation, match="insert or update on table"):
                inserting.result()
    assert orphans(one) == 0


@pytest.mark.parametrize("insert", INSERTS)
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_who_deletes_waits_for_who_refers(
    server: ServerProcess, one: Connection, other: Connection, insert: str, end: str
) -> None:
    """There is a row that refers to the one that is deleted, or there is none."""
    one.execute("BEGIN")
    one.execute(insert)
    with waiting(server, other, "DELETE FROM parent WHERE id = 1") as deleting:
        one.execute(end)
        if end == "ROLLBACK":
            assert deleting.result().rowcount == 1
        else:
            with pytest.raises(ForeignKeyViolation, match="is still referenced from table"):
                deleting.result()
    assert orphans(one) == 0


def test_who_deletes_waits_for_who_stops_referring(server: ServerProcess, one: Connection, other: Connection) -> None:
    """As in PostgreSQL: the row that refers to it may be gone in a moment."""
    one.execute("INSERT INTO child VALUES (1, 1)")
    one.execute("BEGIN")
    one.execute("DELETE FROM child WHERE id = 1")
    with waiting(server, other, "DELETE FROM parent WHERE id = 1") as deleting:
        one.execute("COMMIT")
        assert deleting.result().rowcount == 1


def test_a_cascade_waits_and_deletes_what_was_just_inserted(
    server: ServerProcess, one: Connection, other: Connection
) -> None:
    """What the waiting statement has written itself stays, and its own rows are what it counts."""
    one.execute("ALTER TABLE child DROP CONSTRAINT child_parent_fkey")
    one.execute("ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE")
    one.execute("INSERT INTO child VALUES (1, 1)")
    one.execute("BEGIN")
    one.execute("INSERT INTO child VALUES (2, 1)")
    with waiting(server, other, "DELETE FROM parent WHERE id = 1 RETURNING n") as deleting:
        one.execute("COMMIT")
        cursor = deleting.result()
    assert cursor.fetchall() == [(1,)]
    assert one.execute("SELECT * FROM child").fetchall() == []


def test_who_does_not_touch_the_key_waits_for_nobody(one: Connection, other: Connection) -> None:
    """Two refer to one row, and a third changes its other columns: PostgreSQL's FOR KEY SHARE."""
    for connection in (one, other):
        connection.execute("BEGIN")
        connection.execute("SET LOCAL lock_timeout = '1ms'")
    one.execute("INSERT INTO child VALUES (1, 1)")
    other.execute("INSERT INTO child VALUES (2, 1)")
    other.execute("UPDATE parent SET n = n + 1 WHERE id = 1")
    other.execute("UPDATE parent SET n = n + 1 WHERE id > 0")
    one.execute("UPDATE child SET id = 3 WHERE id = 1")
    for connection in (one, other):
        connection.execute("COMMIT")
    assert one.execute("SELECT id, parent FROM child ORDER BY id").fetchall() == [(2, 1), (3, 1)]


def test_who_locks_in_a_circle_is_told(server: ServerProcess, one: Connection, other: Connection) -> None:
    """One of both goes on."""
    for connection, key in ((one, 1), (other, 2)):
        connection.execute("BEGIN")
        connection.execute("INSERT INTO child VALUES (%s, %s)", (key, key))
    with waiting(server, other, "DELETE FROM parent WHERE id = 1") as deleting:
        with pytest.raises(psycopg.errors.DeadlockDetected):
            one.execute("DELETE FROM parent WHERE id = 2")
        one.execute("ROLLBACK")
        assert deleting.result().rowcount == 1
    other.execute("COMMIT")
    assert orphans(one) == 0


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "NO ACTION"])
def test_a_snapshot_does_not_hide_what_refers(one: Connection, other: Connection, action: str) -> None:
    """In REPEATABLE READ rows that it does not see are looked at; what it cannot change is 40001."""
    one.execute("ALTER TABLE child DROP CONSTRAINT child_parent_fkey")
    one.execute(f"ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent ON DELETE {action}".encode())
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    other.execute("SELECT count(*) FROM child")
    one.execute("INSERT INTO child VALUES (1, 1)")
    error = ForeignKeyViolation if action == "NO ACTION" else psycopg.errors.SerializationFailure
    with pytest.raises(error):
        other.execute("DELETE FROM parent WHERE id = 1")
    other.execute("ROLLBACK")
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    other.execute("SELECT count(*) FROM child")
    one.execute("INSERT INTO parent VALUES (4, 4)")
    one.execute("DELETE FROM parent WHERE id = 3")
    for insert in ("INSERT INTO child VALUES (4, 4)", "INSERT INTO child SELECT 5, 4"):
        other.execute(insert)
    with pytest.raises(psycopg.errors.SerializationFailure):
        other.execute("INSERT INTO child VALUES (3, 3)")
    other.execute("ROLLBACK")
    assert orphans(one) == 0


@pytest.mark.parametrize("is_bulk", [False, True])
def test_many_rows_on_both_sides(server: ServerProcess, small: ServerProcess, is_bulk: bool) -> None:
    """COPY, INSERT … SELECT, UPDATE and DELETE of thousands of rows, in memory or in segments, then all are cold."""
    used = small if is_bulk else server
    with used.connect() as connection:
        execute = connection.execute
        execute("CREATE TABLE parent (id int PRIMARY KEY)")
        execute("CREATE TABLE child (id int, parent int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE)")
        execute(f"INSERT INTO parent SELECT i FROM generate_series(1, {MANY}) AS g(i)")
        assert copied(connection, MANY) == MANY
        with pytest.raises(ForeignKeyViolation, match=rf"Key \(parent\)=\({MANY + 1}\) is not present"):
            copied(connection, MANY + 1)
        with pytest.raises(ForeignKeyViolation, match=rf"Key \(parent\)=\({MANY + 1}\) is not present"):
            execute("INSERT INTO child SELECT id, id + 1 FROM parent")
        for flush in (False, True):
            if flush:
                execute("FLUSH TABLE parent WITH (wait)")
                execute("FLUSH TABLE child WITH (wait)")
            assert execute("UPDATE parent SET id = -id").rowcount == MANY
            query = "SELECT count(*), count(*) FILTER (WHERE abs(parent) = id) FROM child"
            assert execute(query).fetchone() == (MANY, MANY)
            assert orphans(connection) == 0
        assert execute("DELETE FROM parent WHERE abs(id) > 5").rowcount == MANY - 5
        assert execute("SELECT count(*), max(id) FROM child").fetchone() == (5, 5)
        execute("DROP TABLE child, parent")


def copied(connection: Connection, last: int) -> int:
    """COPY rows that refer to the keys up to a last one; gives how many that were."""
    with connection.cursor() as cursor:
        with cursor.copy("COPY child FROM STDIN") as data:
            data.write("".join(f"{number}\t{number}\n" for number in range(1, last + 1)))
        return cursor.rowcount


def test_a_load_and_who_deletes_wait_for_each_other(server: ServerProcess, one: Connection, other: Connection) -> None:
    """Many references are one lock, which is met by whoever takes away one key."""
    one.execute("INSERT INTO parent SELECT i, i FROM generate_series(4, 5000) AS g(i)")
    one.execute("BEGIN")
    one.execute("INSERT INTO child SELECT i, i FROM generate_series(1, 4000) AS g(i)")
    with waiting(server, other, "DELETE FROM parent WHERE id = 4000") as deleting:
        one.execute("COMMIT")
        with pytest.raises(ForeignKeyViolation):
            deleting.result()
    one.execute("BEGIN")
    one.execute("DELETE FROM parent WHERE id = 5000")
    with waiting(server, other, "INSERT INTO child SELECT -i, i FROM generate_series(3000, 5000) AS g(i)") as loading:
        one.execute("COMMIT")
        with pytest.raises(ForeignKeyViolation, match=r"Key \(parent\)=\(5000\)"):
            loading.result()
    assert orphans(one) == 0


def test_a_chain_of_thousands_goes_at_once(server: ServerProcess) -> None:
    """A tree of 5,000 levels, in two kinds: of one table, and of two that refer to each other."""
    with server.connect() as connection:
        execute = connection.execute
        execute("CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree ON DELETE CASCADE)")
        execute("INSERT INTO tree SELECT i, nullif(i - 1, 0) FROM generate_series(1, 5000) AS g(i)")
        assert execute("DELETE FROM tree WHERE id = 2").rowcount == 1
        assert execute("SELECT * FROM tree").fetchall() == [(1, None)]
        execute("CREATE TABLE even (id int PRIMARY KEY, up int)")
        execute("CREATE TABLE odd (id int PRIMARY KEY, up int REFERENCES even ON DELETE CASCADE)")
        execute("INSERT INTO even SELECT i, i - 1 FROM generate_series(2, 60, 2) AS g(i)")
        execute("INSERT INTO odd SELECT i, nullif(i - 1, 0) FROM generate_series(1, 60, 2) AS g(i)")
        execute("ALTER TABLE even ADD FOREIGN KEY (up) REFERENCES odd ON DELETE CASCADE")
        assert execute("DELETE FROM odd WHERE id = 1").rowcount == 1
        assert execute("SELECT (SELECT count(*) FROM odd), (SELECT count(*) FROM even)").fetchone() == (0, 0)
        execute("DROP TABLE even, odd, tree CASCADE")


def test_deferred_circles(server: ServerProcess) -> None:
    """Each of two rows needs the other one: COMMIT looks, also that of a pipeline, and of statements in one message."""
    with server.connect() as connection:
        execute = connection.execute
        execute("CREATE TABLE hen (id int PRIMARY KEY, egg int)")
        execute("CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen DEFERRABLE INITIALLY DEFERRED)")
        execute("ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED")
        with connection.transaction():
            execute("INSERT INTO hen VALUES (1, 1)")
            execute("INSERT INTO egg VALUES (1, 1)")
        with connection.pipeline():
            execute("INSERT INTO hen VALUES (2, 2)")
            execute("INSERT INTO egg VALUES (2, 2)")
        with connection.transaction():
            for number in range(3, 30):
                execute("INSERT INTO hen VALUES (%s, %s)", (number, number), prepare=True)
            execute("INSERT INTO egg SELECT i, i FROM generate_series(3, 29) AS g(i)")
        execute("INSERT INTO hen VALUES (30, 30); INSERT INTO egg VALUES (30, 30)")
        for statements in (
            "INSERT INTO hen VALUES (31, 31)",
            "BEGIN; INSERT INTO hen VALUES (31, 31); COMMIT",
            "INSERT INTO hen VALUES (31, 31); INSERT INTO egg VALUES (32, 31)",
            "DELETE FROM hen WHERE id = 30",
        ):
            with pytest.raises(ForeignKeyViolation) as failed:
                execute(statements.encode())
            assert failed.value.diag.constraint_name in ("hen_egg_fkey", "egg_hen_fkey")
            assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with pytest.raises(ForeignKeyViolation), connection.transaction():
            execute("INSERT INTO hen VALUES (31, 31)", prepare=True)
        assert execute("SELECT (SELECT count(*) FROM hen), (SELECT count(*) FROM egg)").fetchone() == (30, 30)
        with connection.transaction():
            execute("DELETE FROM hen")
            execute("DELETE FROM egg")
        execute("DROP TABLE hen, egg CASCADE")


def test_upserts_and_merge(one: Connection) -> None:
    """What they insert and update is looked at, whichever way they are planned, and the keys that they change."""
    upsert = "ON CONFLICT (id) DO UPDATE SET parent = excluded.parent"
    one.execute("INSERT INTO child VALUES (1, 1), (2, NULL)")
    one.execute(f"INSERT INTO child VALUES (1, 2), (3, 3) {upsert}".encode())
    for values in ("VALUES (1, 9)", "VALUES (9, 9)", "SELECT 1, 9", "SELECT 9, 9"):
        with pytest.raises(ForeignKeyViolation, match=r"Key \(parent\)=\(9\)"):
            one.execute(f"INSERT INTO child {values} {upsert}".encode())
    with pytest.raises(ForeignKeyViolation, match=r"Key \(id\)=\(2\) is still referenced"):
        one.execute("INSERT INTO parent VALUES (2, 2) ON CONFLICT (id) DO UPDATE SET id = 20")
    one.execute("INSERT INTO parent VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET id = 10")
    merge = "MERGE INTO parent USING (VALUES (10, true), (2, false)) AS s(id, gone) ON parent.id = s.id"
    with pytest.raises(ForeignKeyViolation, match=r"Key \(id\)=\(2\) is still referenced"):
        one.execute(f"{merge} WHEN MATCHED AND gone THEN DELETE WHEN MATCHED THEN UPDATE SET id = 20".encode())
    one.execute("ALTER TABLE child DROP CONSTRAINT child_parent_fkey")
    one.execute("ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent ON UPDATE CASCADE ON DELETE SET NULL")
    one.execute(f"{merge} WHEN MATCHED AND gone THEN DELETE WHEN MATCHED THEN UPDATE SET id = 20".encode())
    assert one.execute("SELECT * FROM child ORDER BY id").fetchall() == [(1, 20), (2, None), (3, 3)]


def test_prepared_statements_know_of_new_foreign_keys(one: Connection) -> None:
    """Plans of before are none of now, in a block either."""
    one.execute("ALTER TABLE child DROP CONSTRAINT child_parent_fkey")
    insert = "INSERT INTO child VALUES (%s, %s)"
    for number in range(1, 4):
        one.execute(insert, (number, number), prepare=True)
    one.execute("ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent")
    with pytest.raises(ForeignKeyViolation):
        one.execute(insert, (4, 4), prepare=True)
    with one.transaction():
        one.execute(insert, (5, 3), prepare=True)
        with pytest.raises(ForeignKeyViolation), one.transaction():
            one.execute(insert, (4, 4), prepare=True)
    delete = "DELETE FROM parent WHERE id = %s"
    with pytest.raises(ForeignKeyViolation):
        one.execute(delete, (3,), prepare=True)
    assert orphans(one) == 0


def test_who_does_not_wait_for_commits_refers_to_its_own_rows(one: Connection) -> None:
    """With synchronous_commit = off a client is answered before its rows are there for anybody, itself included."""
    one.execute("SET synchronous_commit = off")
    for number in range(10, 60):
        one.execute("INSERT INTO parent VALUES (%s, 0)", (number,), prepare=True)
        one.execute("INSERT INTO child VALUES (%s, %s)", (number, number), prepare=True)
        one.execute("DELETE FROM child WHERE id = %s", (number,), prepare=True)
        one.execute("DELETE FROM parent WHERE id = %s", (number,), prepare=True)
    assert one.execute("SELECT count(*) FROM parent").fetchone() == (3,)


def test_a_wait_is_ended_by_a_timeout(one: Connection, other: Connection) -> None:
    """A statement that waits for references can be stopped, and what it did is undone."""
    one.execute("BEGIN")
    one.execute("INSERT INTO child VALUES (1, 1)")
    other.execute("SET statement_timeout = '50ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        other.execute("DELETE FROM parent WHERE id = 1")
    one.execute("COMMIT")
    assert one.execute("SELECT count(*) FROM parent").fetchone() == (3,)
