"""Clients that change or lock the same row wait for each other, and none for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

CLIENTS = 8
INCREMENTS = 100


def test_every_increment_of_a_shared_counter_counts(server: ServerProcess) -> None:
    """By itself, and in a transaction with another write: no waiting client is forgotten."""
    server.execute("CREATE TABLE counters (id int PRIMARY KEY, n int)")
    server.execute("CREATE TABLE done (client int, number int)")
    server.execute("INSERT INTO counters VALUES (1, 0)")

    def increment(client: int) -> None:
        with server.connect(options="-c lock_timeout=60s") as connection:
            for number in range(INCREMENTS):
                if number % 2:
                    connection.execute("UPDATE counters SET n = n + 1 WHERE id = %s", (1,))
                else:
                    with connection.transaction():
                        connection.execute("INSERT INTO done VALUES (%s, %s)", (client, number))
                        connection.execute("UPDATE counters SET n = n + 1 WHERE id = %s", (1,))

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(increment, range(CLIENTS)))
    assert server.execute("SELECT n FROM counters") == [(CLIENTS * INCREMENTS,)]
    assert server.execute("SELECT count(*) FROM done") == [(CLIENTS * INCREMENTS // 2,)]


@pytest.fixture
def accounts(server: ServerProcess) -> None:
    """Three rows."""
    server.execute("DROP TABLE IF EXISTS accounts")
    server.execute("CREATE TABLE accounts (id int PRIMARY KEY, n int)")
    server.execute("INSERT INTO accounts VALUES (1, 1), (2, 2), (3, 3)")


@pytest.mark.usefixtures("accounts")
def test_a_locked_row_keeps_others_waiting(server: ServerProcess) -> None:
    """Whoever updates, deletes or locks it waits for the end of the transaction; readers do not."""
    for statement in (
        "UPDATE accounts SET n = n WHERE id = 1",
        "DELETE FROM accounts WHERE id = 1 AND n < 0",
        "SELECT n FROM accounts WHERE id = 1 FOR UPDATE",
        "UPDATE accounts SET n = n + 0 WHERE n = 1",
    ):
        with server.connect() as one, server.connect() as other:
            one.execute("BEGIN")
            one.execute("SELECT * FROM accounts WHERE id = 1 FOR UPDATE")
            assert other.execute("SELECT n FROM accounts WHERE id = 1").fetchall() == [(1,)]
            if "n < 0" in statement:
                other.execute(statement)
                continue
            with waiting(server, other, statement) as held_up:
                one.execute("ROLLBACK")
            held_up.result()


@pytest.mark.usefixtures("accounts")
def test_a_lock_that_was_waited_for_is_of_the_newest_row(server: ServerProcess) -> None:
    """READ COMMITTED: WHERE is asked again, of the row as it is then."""
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute("UPDATE accounts SET n = 20 WHERE id = 2")
        with waiting(server, other, "SELECT id, n FROM accounts WHERE n > 1 ORDER BY id FOR UPDATE") as locking:
            one.execute("COMMIT")
        assert locking.result().fetchall() == [(2, 20), (3, 3)]
        one.execute("BEGIN")
        one.execute("UPDATE accounts SET n = 0 WHERE id = 2")
        with waiting(server, other, "SELECT id, n FROM accounts WHERE n = 20 FOR UPDATE") as locking:
            one.execute("COMMIT")
        assert locking.result().fetchall() == []


@pytest.mark.usefixtures("accounts")
def test_nowait_skip_locked_and_repeatable_read(server: ServerProcess) -> None:
    """NOWAIT is 55P03 at once, SKIP LOCKED leaves out, and a snapshot that is behind is 40001."""
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute("UPDATE accounts SET n = 20 WHERE id = 2")
        with pytest.raises(
            psycopg.errors.LockNotAvailable, match='could not obtain lock on row in relation "accounts"'
        ):
            other.execute("SELECT * FROM accounts WHERE id = 2 FOR UPDATE NOWAIT")
        skipping = "SELECT id FROM accounts ORDER BY id FOR UPDATE SKIP LOCKED"
        assert other.execute(skipping).fetchall() == [(1,), (3,)]
        assert other.execute(f"{skipping} LIMIT 1 OFFSET 1").fetchall() == [(3,)]
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT * FROM accounts")
        one.execute("COMMIT")
        with pytest.raises(psycopg.errors.SerializationFailure):
            other.execute("SELECT * FROM accounts WHERE id = 2 FOR UPDATE")


@pytest.mark.usefixtures("accounts")
def test_waiting_for_a_lock_can_end_otherwise(server: ServerProcess) -> None:
    """By lock_timeout (55P03), statement_timeout and a cancel request (57014), and as a deadlock (40P01)."""
    lock = "SELECT * FROM accounts WHERE id = %s FOR UPDATE"
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute(lock, (1,))
        other.execute("SET lock_timeout = '30ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(lock, (1,))
        other.execute("SET lock_timeout = 0")
        other.execute("SET statement_timeout = '30ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            other.execute(lock, (1,))
        other.execute("SET statement_timeout = 0")
        with waiting(server, other, lock, (1,)) as locking:
            other.cancel()
        with pytest.raises(psycopg.errors.QueryCanceled):
            locking.result()
        other.execute("BEGIN")
        other.execute(lock, (2,))
        with waiting(server, other, lock, (1,)) as locking:
            with pytest.raises(psycopg.errors.DeadlockDetected):
                one.execute(lock, (2,))
            one.execute("ROLLBACK")
        assert locking.result().fetchall() == [(1, 1)]


def test_no_job_of_a_queue_is_taken_twice(server: ServerProcess) -> None:
    """Workers that take the first job that nobody has locked get all of them, each once."""
    server.execute("DROP TABLE IF EXISTS queue")
    server.execute("CREATE TABLE queue (id int PRIMARY KEY, done bool NOT NULL DEFAULT false)")
    server.execute("INSERT INTO queue SELECT g FROM generate_series(1, 60) g")

    def work(_worker: int) -> list[int]:
        taken: list[int] = []
        with server.connect() as connection:
            while True:
                with connection.transaction():
                    found = connection.execute(
                        "SELECT id FROM queue WHERE NOT done ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
                    ).fetchone()
                    if found is None:
                        return taken
                    connection.execute("UPDATE queue SET done = true WHERE id = %s", found)
                    taken.append(found[0])

    with ThreadPoolExecutor(4) as pool:
        taken = [job for jobs in pool.map(work, range(4)) for job in jobs]
    assert sorted(taken) == list(range(1, 61))


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM accounts a WHERE EXISTS (SELECT 1 FROM accounts b WHERE b.id = a.id FOR UPDATE)",
        "CREATE TABLE copied AS SELECT * FROM accounts FOR UPDATE",
        "SELECT * FROM (SELECT * FROM accounts) AS inner_query FOR UPDATE",
    ],
)
def test_locks_that_are_not_taken_are_refused(server: ServerProcess, statement: str) -> None:
    """0A000: nothing is locked less than was asked for."""
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="FOR UPDATE"):
        server.execute(statement)


def test_many_rows_are_one_lock(server: ServerProcess) -> None:
    """Thousands of rows, some the transaction's own, keep others out until it ends, or as far as it is taken back."""
    with server.connect() as client, server.connect() as other:
        client.execute("CREATE TABLE locked_many (id int PRIMARY KEY, n int)")
        client.execute("INSERT INTO locked_many SELECT i, 0 FROM generate_series(1, 3000) AS g(i)")
        other.execute("SET lock_timeout = '50ms'")
        client.execute("BEGIN")
        client.execute("INSERT INTO locked_many VALUES (3001, 0)")
        client.execute("SAVEPOINT s")
        locking = "SELECT a.id FROM locked_many a LEFT JOIN locked_many b ON b.id = a.id + 1 FOR UPDATE OF a"
        assert client.execute(locking).rowcount == 3001
        for statement in (
            "UPDATE locked_many SET n = 1 WHERE id = 7",
            "DELETE FROM locked_many",
            "SELECT * FROM locked_many FOR UPDATE",
            "SELECT * FROM locked_many WHERE id = 3000 FOR UPDATE NOWAIT",
            "SELECT * FROM locked_many FOR UPDATE NOWAIT",
        ):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(statement)
        assert other.execute("SELECT * FROM locked_many FOR UPDATE SKIP LOCKED").fetchall() == []
        assert client.execute("UPDATE locked_many SET n = n + 1").rowcount == 3001
        client.execute("ROLLBACK TO s")
        assert other.execute("UPDATE locked_many SET n = 5 WHERE id = 7").rowcount == 1
        assert client.execute("SELECT n FROM locked_many FOR UPDATE").rowcount == 3001
        client.execute("COMMIT")
        assert other.execute("UPDATE locked_many SET n = n + 1").rowcount == 3001


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("leaves", ["is cancelled", "is disconnected", "stays"])
def test_a_row_is_given_from_one_to_the_next(server: ServerProcess, leaves: str) -> None:
    """To all who wait for it in the order in which they came, also when one of them leaves."""
    write = "UPDATE accounts SET n = n * 10 + %s WHERE id = 1"
    with ExitStack() as stack:
        holder, first, second, third = (stack.enter_context(server.connect()) for _ in range(4))
        holder.execute("BEGIN")
        holder.execute(write, (2,))
        with (
            waiting(server, first, write, (3,)) as one,
            waiting(server, second, write, (4,)) as two,
            waiting(server, third, write, (5,)) as three,
        ):
            if leaves == "is cancelled":
                second.cancel()
            elif leaves == "is disconnected":
                holder.execute("SELECT pg_terminate_backend(%s)", (second.info.backend_pid,))
            if leaves != "stays":
                with pytest.raises(psycopg.OperationalError):
                    two.result()
            holder.execute("COMMIT")
        for written in (one, three, *((two,) if leaves == "stays" else ())):
            written.result()
    assert server.execute("SELECT n FROM accounts WHERE id = 1") == [(12345 if leaves == "stays" else 1235,)]
