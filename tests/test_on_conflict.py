"""INSERT … ON CONFLICT between clients: who waits for whom, and what comes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

UPSERT = "INSERT INTO upserts VALUES (1, 10) ON CONFLICT (id) DO UPDATE SET n = upserts.n + excluded.n"
UPSERT_BY_QUERY = "INSERT INTO upserts SELECT 1, 10 ON CONFLICT (id) DO UPDATE SET n = upserts.n + abs(excluded.n)"
NOTHING = "INSERT INTO upserts VALUES (1, 10) ON CONFLICT DO NOTHING"
NOTHING_BY_QUERY = "INSERT INTO upserts SELECT 1, 10 ON CONFLICT DO NOTHING"


@pytest.fixture(autouse=True)
def table(server: ServerProcess) -> None:
    """An empty table."""
    server.execute("DROP TABLE IF EXISTS upserts")
    server.execute("CREATE TABLE upserts (id int PRIMARY KEY, n int NOT NULL)")


@pytest.mark.parametrize("upsert", [UPSERT, UPSERT_BY_QUERY])
@pytest.mark.parametrize(("end", "expected"), [("COMMIT", 11), ("ROLLBACK", 10)])
def test_it_waits_for_an_insert_of_the_key(server: ServerProcess, upsert: str, end: str, expected: int) -> None:
    """Committed, the row that the statement's snapshot does not have is updated; rolled back, one is inserted."""
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute("INSERT INTO upserts VALUES (1, 1)")
        with waiting(server, other, upsert) as upserting:
            one.execute(end)
        assert upserting.result().statusmessage == "INSERT 0 1"
    assert server.execute("SELECT n FROM upserts") == [(expected,)]


@pytest.mark.parametrize("upsert", [UPSERT, UPSERT_BY_QUERY])
@pytest.mark.parametrize(("change", "expected"), [("UPDATE upserts SET n = 5", 15), ("DELETE FROM upserts", 10)])
def test_it_waits_for_a_change_of_the_row(server: ServerProcess, upsert: str, change: str, expected: int) -> None:
    """What is updated is the newest version; a row that is gone is inserted."""
    server.execute("INSERT INTO upserts VALUES (1, 1)")
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute(change)
        with waiting(server, other, upsert) as upserting:
            one.execute("COMMIT")
        assert upserting.result().statusmessage == "INSERT 0 1"
    assert server.execute("SELECT n FROM upserts") == [(expected,)]


@pytest.mark.parametrize("statement", [NOTHING, NOTHING_BY_QUERY])
@pytest.mark.parametrize(("end", "expected", "tag"), [("COMMIT", 1, "INSERT 0 0"), ("ROLLBACK", 10, "INSERT 0 1")])
def test_do_nothing_waits_for_an_insert_of_the_key(
    server: ServerProcess, statement: str, end: str, expected: int, tag: str
) -> None:
    """Whether there is something to do is known when the other one has ended."""
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute("INSERT INTO upserts VALUES (1, 1)")
        with waiting(server, other, statement) as inserting:
            one.execute(end)
        assert inserting.result().statusmessage == tag
    assert server.execute("SELECT n FROM upserts") == [(expected,)]


@pytest.mark.parametrize("statement", [UPSERT, UPSERT_BY_QUERY, NOTHING, NOTHING_BY_QUERY])
def test_in_repeatable_read_an_unseen_row_is_an_error(server: ServerProcess, statement: str) -> None:
    """40001, as PostgreSQL: it can neither update nor pass over a row that it does not see."""
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        one.execute("SELECT * FROM upserts")
        other.execute("INSERT INTO upserts VALUES (1, 1)")
        with pytest.raises(psycopg.errors.SerializationFailure):
            one.execute(statement)


@pytest.mark.parametrize("statement", [UPSERT, UPSERT_BY_QUERY, NOTHING])
def test_waiting_ends_with_lock_timeout(server: ServerProcess, statement: str) -> None:
    """55P03, and the other one goes on."""
    with server.connect() as one, server.connect(options="-c lock_timeout=30ms") as other:
        one.execute("BEGIN")
        one.execute("INSERT INTO upserts VALUES (1, 1)")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(statement)
        one.execute("COMMIT")
    assert server.execute("SELECT n FROM upserts") == [(1,)]


def test_two_that_wait_for_each_other_are_a_deadlock(server: ServerProcess) -> None:
    """One of them gets 40P01, and the other one goes on."""
    by_key = "INSERT INTO upserts VALUES (%s, 1) ON CONFLICT (id) DO UPDATE SET n = upserts.n + 1"
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        other.execute("BEGIN")
        one.execute(by_key, (1,))
        other.execute(by_key, (2,))
        with waiting(server, other, by_key, (1,)) as upserting:
            with pytest.raises(psycopg.errors.DeadlockDetected):
                one.execute(by_key, (2,))
            one.execute("ROLLBACK")
        upserting.result()
        other.execute("COMMIT")
    assert server.execute("SELECT id, n FROM upserts ORDER BY id") == [(1, 1), (2, 1)]


def test_every_increment_counts(server: ServerProcess) -> None:
    """Clients that upsert the same key at once, by a point plan and by a query, lose none."""

    def increment(client: int) -> None:
        sql = UPSERT if client % 2 else UPSERT_BY_QUERY
        with server.connect(options="-c lock_timeout=60s") as connection:
            for _ in range(20):
                connection.execute(sql)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(increment, range(6)))
    assert server.execute("SELECT n FROM upserts") == [(6 * 20 * 10,)]


def test_cold_rows_are_found_and_replaced(server: ServerProcess) -> None:
    """Rows in segments conflict as hot ones do, for point plans and queries."""
    server.execute("INSERT INTO upserts SELECT g, g FROM generate_series(1, 3000) g")
    server.execute("FLUSH TABLE upserts WITH (wait)")
    server.execute(UPSERT)
    upsert_all = "INSERT INTO upserts SELECT g, 1 FROM generate_series(1, 4000) g ON CONFLICT (id) DO UPDATE SET n = 0"
    with server.connect() as client:
        assert client.execute(upsert_all).statusmessage == "INSERT 0 4000"
        assert client.execute("SELECT count(*), sum(n) FROM upserts").fetchall() == [(4000, 1000)]
        assert client.execute(NOTHING).statusmessage == "INSERT 0 0"


def test_parameters_and_returning(server: ServerProcess) -> None:
    """The form that applications send, whose types are found out, gives the row as it is afterwards."""
    upsert = "INSERT INTO upserts (id, n) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET n = upserts.n + %s RETURNING n"
    with server.connect() as client:
        assert client.execute(upsert, (1, 5, 7)).fetchall() == [(5,)]
        assert client.execute(upsert, (1, 5, 7)).fetchall() == [(12,)]
        client.cursor().executemany(upsert, [(key % 3, 1, 1) for key in range(30)])
        assert client.execute("SELECT id, n FROM upserts ORDER BY id").fetchall() == [(0, 10), (1, 22), (2, 10)]


def test_in_a_user_table_keys_are_of_one_role(server: ServerProcess) -> None:
    """A row of another role with the same key is no conflict."""
    server.execute("DROP TABLE IF EXISTS own_upserts")
    server.execute("CREATE TABLE own_upserts (id int PRIMARY KEY, n int) WITH (type = 'user')")
    upsert = "INSERT INTO own_upserts VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = own_upserts.n + 1"
    server.execute("DROP ROLE IF EXISTS upserter")
    server.execute("CREATE ROLE upserter")
    for _ in range(2):
        server.execute(f"EXECUTE AS USER 'upserter' ({upsert})")
    server.execute(upsert)
    assert server.execute("SELECT n FROM own_upserts ORDER BY n") == [(1,), (2,)]
