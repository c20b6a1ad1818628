"""Locks of tables among clients: who waits, who is told, and what they see then."""

from __future__ import annotations

import re
import select
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.interleaving import Clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interleaving import Outcome
    from tests.server_process import ServerProcess

SCENARIOS: dict[str, list[str]] = {
    "a writer waits for LOCK TABLE": [
        "A:BEGIN", "A:LOCK TABLE locked IN SHARE MODE", "B:INSERT INTO locked VALUES (3)", "A:COMMIT", "B:",
        "B:SELECT count(*) FROM locked",
    ],
    "readers do not wait for writers": [
        "A:BEGIN", "A:UPDATE locked SET id = id + 10", "B:SELECT id FROM locked ORDER BY id", "A:COMMIT",
        "B:SELECT id FROM locked ORDER BY id",
    ],
    "NOWAIT": [
        "A:BEGIN", "A:INSERT INTO locked VALUES (3)", "B:BEGIN", "B:LOCK TABLE locked IN SHARE MODE NOWAIT",
        "B:ROLLBACK",
    ],
    "nobody overtakes": [
        "A:BEGIN", "A:INSERT INTO locked VALUES (3)", "B:BEGIN", "B:LOCK TABLE locked",
        "C:INSERT INTO locked VALUES (4)", "A:COMMIT", "B:", "B:SELECT count(*) FROM locked", "B:COMMIT", "C:",
        "C:SELECT count(*) FROM locked",
    ],
    "a deadlock of two tables": [
        "A:BEGIN", "B:BEGIN", "A:LOCK TABLE locked", "B:LOCK TABLE other", "A:LOCK TABLE other", "B:LOCK TABLE locked",
        "B:ROLLBACK", "A:", "A:COMMIT",
    ],
    "a deadlock of a row and a table": [
        "A:BEGIN", "B:BEGIN", "A:DELETE FROM other WHERE id = 1", "B:LOCK TABLE locked",
        "A:INSERT INTO locked VALUES (9)", "B:DELETE FROM other WHERE id = 1", "B:ROLLBACK", "A:", "A:COMMIT",
    ],
    "a writer waits for ALTER TABLE, and writes what is there then": [
        "A:BEGIN", "A:ALTER TABLE locked ADD COLUMN more int DEFAULT 7", "B:INSERT INTO locked VALUES (3)", "A:COMMIT",
        "B:", "B:SELECT * FROM locked ORDER BY id",
    ],
    "an update waits for ALTER TABLE": [
        "A:BEGIN", "A:ALTER TABLE locked ADD COLUMN more int DEFAULT 7", "B:UPDATE locked SET id = id + 10", "A:COMMIT",
        "B:", "B:SELECT * FROM locked ORDER BY id",
    ],
    "ALTER TABLE waits for a writer": [
        "A:BEGIN", "A:INSERT INTO locked VALUES (3)", "B:ALTER TABLE locked ADD COLUMN more int", "A:COMMIT", "B:",
        "B:SELECT * FROM locked ORDER BY id",
    ],
    "a writer waits for DROP TABLE": [
        "A:BEGIN", "A:DROP TABLE locked", "B:INSERT INTO locked VALUES (3)", "A:COMMIT", "B:",
    ],
    "a writer waits for DROP TABLE that is rolled back": [
        "A:BEGIN", "A:DROP TABLE locked", "B:INSERT INTO locked VALUES (3)", "A:ROLLBACK", "B:",
        "B:SELECT count(*) FROM locked",
    ],
    "DROP TABLE of two keeps the first while it waits for the second": [
        "B:BEGIN", "B:INSERT INTO other VALUES (3)", "A:DROP TABLE locked, other", "C:BEGIN",
        "C:LOCK TABLE locked", "B:COMMIT", "A:", "C:", "C:ROLLBACK",
    ],
    "two that drop the same tables": [
        "C:BEGIN", "C:INSERT INTO other VALUES (3)", "A:DROP TABLE locked, other", "B:DROP TABLE locked, other",
        "C:COMMIT", "A:", "B:",
    ],
    "a deadlock of two that drop the same tables in different orders": [
        "C:BEGIN", "C:INSERT INTO locked VALUES (3)", "B:DROP TABLE locked, other", "A:DROP TABLE other, locked",
        "C:COMMIT", "B:", "A:",
    ],
    "TRUNCATE of two keeps the first while it waits for the second": [
        "B:BEGIN", "B:INSERT INTO other VALUES (3)", "A:TRUNCATE locked, other", "C:BEGIN",
        "C:LOCK TABLE locked", "B:COMMIT", "A:", "C:", "C:SELECT count(*) FROM locked", "C:ROLLBACK",
    ],
    "a deadlock of two that drop": [
        "C:BEGIN", "D:BEGIN", "C:INSERT INTO locked VALUES (3)", "D:INSERT INTO other VALUES (3)",
        "A:DROP TABLE locked, other", "B:DROP TABLE other, locked", "C:COMMIT", "D:COMMIT", "B:", "A:",
    ],
    "advisory locks": [
        "A:SELECT pg_advisory_lock(1)", "B:SELECT pg_try_advisory_lock(1)", "B:SELECT pg_advisory_lock_shared(1)",
        "A:SELECT pg_advisory_unlock(1)", "B:", "A:SELECT pg_try_advisory_lock_shared(1)",
        "A:SELECT pg_try_advisory_lock(1)",
    ],
    "advisory locks of transactions": [
        "A:BEGIN", "A:SELECT pg_advisory_xact_lock(1, 2)", "B:SELECT pg_try_advisory_xact_lock(1, 2)",
        "B:SELECT pg_advisory_lock(1, 2)", "A:COMMIT", "B:", "A:SELECT pg_try_advisory_lock(1, 2)",
    ],
    "a deadlock of advisory locks": [
        "A:SELECT pg_advisory_lock(1)", "B:SELECT pg_advisory_lock(2)", "A:SELECT pg_advisory_lock(2)",
        "B:SELECT pg_advisory_lock(1)", "B:SELECT pg_advisory_unlock_all()", "A:",
    ],
}  # fmt: skip


def outcome(conninfo: str, steps: list[str]) -> list[tuple[str, Outcome]]:
    """What each step gives."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for name in ("locked", "other"):
            connection.execute(f"DROP TABLE IF EXISTS {name}".encode())
            connection.execute(f"CREATE TABLE {name} (id int PRIMARY KEY)".encode())
            connection.execute(f"INSERT INTO {name} VALUES (1), (2)".encode())
    with Clients(conninfo, "".join(sorted({step[0] for step in steps}))) as clients:
        return clients.run(steps)


@pytest.mark.parametrize("name", SCENARIOS)
def test_clients_wait_for_each_other_as_in_postgres(name: str, server: ServerProcess, postgres: str) -> None:
    """The same statements wait, fail and see the same, but that a deadlock is found by whoever closes the circle."""
    conninfo = psycopg.conninfo.make_conninfo(**server.conninfo())
    steps = SCENARIOS[name]
    here = outcome(conninfo, steps)
    if "deadlock" in name:
        failed = [step for step, given in here if given == "40P01"]
        assert len(failed) == 1
        assert dict(here)["A:"] not in ("40P01", "waits")
    else:
        assert here == outcome(postgres, steps)


@pytest.fixture
def two(server: ServerProcess) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two clients, the first one in a transaction that holds the table `held`."""
    server.execute("CREATE TABLE IF NOT EXISTS held (id int)")
    with server.connect(autocommit=False) as first, server.connect(autocommit=True) as second:
        first.execute("LOCK TABLE held")
        yield first, second


def test_a_deadlock_says_who_waits_for_whom(server: ServerProcess) -> None:
    """In PostgreSQL's words, from the one that is told of it: rows, tables and advisory locks."""
    server.execute("CREATE TABLE rows_of_two (id int PRIMARY KEY)")
    server.execute("INSERT INTO rows_of_two VALUES (1), (2)")
    ways = {
        "DELETE FROM rows_of_two WHERE id = {}": r"ShareLock on transaction \d+",
        "SELECT pg_advisory_xact_lock({})": r"ExclusiveLock on advisory lock \[\d+,0,[12],1\]",
        "SELECT pg_advisory_xact_lock(-1, {})": r"ExclusiveLock on advisory lock \[\d+,4294967295,[12],2\]",
    }
    for statement, what in ways.items():
        with server.connect(autocommit=False) as first, server.connect(autocommit=False) as second:
            for connection, number in ((first, 1), (second, 2)):
                connection.execute(statement.format(number).encode())
            pids = (first.info.backend_pid, second.info.backend_pid)
            first.pgconn.send_query(statement.format(2).encode())
            seen = "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s"
            while server.execute(seen, pids[0]) != [("Lock",)]:
                first.pgconn.consume_input()
            with pytest.raises(psycopg.errors.DeadlockDetected) as deadlock:
                second.execute(statement.format(1).encode())
            detail = deadlock.value.diag.message_detail or ""
            lines = (f"Process {a} waits for {what}; blocked by process {b}\\." for a, b in (pids[::-1], pids))
            assert re.fullmatch("\n".join(lines), detail), detail
            assert deadlock.value.diag.message_hint == "See server log for query details."
            second.rollback()
            while first.pgconn.get_result() is not None:
                pass


def test_lock_timeout_ends_the_waiting(two: tuple[psycopg.Connection, psycopg.Connection]) -> None:
    """Whoever has waited for so long is told 55P03, and stands in nobody's way any more."""
    _, second = two
    second.execute("SET lock_timeout = '20ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        second.execute("INSERT INTO held VALUES (1)")
    waiting = second.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    assert waiting == (0,)


def test_a_client_that_goes_leaves_no_lock(two: tuple[psycopg.Connection, psycopg.Connection]) -> None:
    """Table locks and advisory locks are free once the connection is gone."""
    first, second = two
    first.execute("SELECT pg_advisory_lock(77)")
    first.close()
    second.execute("SET lock_timeout = '60s'")
    second.execute("INSERT INTO held VALUES (1)")
    second.execute("SELECT pg_advisory_lock(77)")


def test_copy_waits_for_a_key_that_another_client_has_inserted(server: ServerProcess) -> None:
    """It is told of a lock_timeout; once the other client has rolled back it can have the key."""
    server.execute("CREATE TABLE copied (id int PRIMARY KEY)")
    with server.connect(autocommit=False) as first, server.connect(autocommit=True) as second:
        first.execute("INSERT INTO copied VALUES (2)")
        second.execute("SET lock_timeout = '20ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            copy_rows(second)
        first.rollback()
        copy_rows(second)
    assert server.execute("SELECT id FROM copied ORDER BY id") == [(1,), (2,), (3,)]


def copy_rows(connection: psycopg.Connection) -> None:
    """COPY three rows."""
    with connection.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
        copy.write("1\n2\n3\n")


def test_a_client_that_keeps_a_transaction_open_is_disconnected(server: ServerProcess) -> None:
    """idle_in_transaction_session_timeout: only in a block, and only while it is the client's turn."""
    with server.connect(autocommit=True) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = '100ms'")
        connection.execute("SELECT pg_sleep(0.2)")
        # In one message, as it would be the client's turn between two.
        connection.execute("BEGIN; SELECT pg_sleep(0.2)")
        assert select.select([connection.fileno()], [], [], 60)[0]
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            connection.execute("SELECT 1")
        assert connection.closed
