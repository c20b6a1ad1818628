"""INSERT … ON CONFLICT of thousands of rows, whose keys are locked and looked up together: PostgreSQL's results."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.server_process import ServerProcess

ROWS = 3000


def _both(server: ServerProcess, postgres: str, statements: Sequence[str]) -> None:
    """What each statement gives, or how it fails, and what is in the table behind it, is the same on both."""
    outcomes: list[list[Any]] = []
    for connection in (server.connect(), psycopg.connect(postgres, autocommit=True)):
        with connection as client:
            client.execute("DROP TABLE IF EXISTS met")
            client.execute("CREATE TABLE met (id int PRIMARY KEY, code text UNIQUE, n int CHECK (n < 100000), at date)")
            client.execute(f"INSERT INTO met SELECT i, 'c' || i, 0 FROM generate_series(2, {ROWS}, 2) AS g(i)")
            if connection.info.dbname != "postgres":
                client.execute("FLUSH TABLE met WITH (wait)")
            client.execute("INSERT INTO met SELECT i, NULL, 0 FROM generate_series(100001, 100100) AS g(i)")
            seen: list[Any] = []
            for statement in statements:
                try:
                    result = client.execute(statement)
                    seen.append((result.statusmessage, sorted(result.fetchall()) if result.description else None))
                except psycopg.Error as error:
                    seen.append((error.sqlstate, error.diag.message_primary, error.diag.message_detail))
                seen.append(client.execute("SELECT * FROM met ORDER BY id").fetchall())
            outcomes.append(seen)
    of_ours, of_postgres = outcomes
    assert of_ours == of_postgres


def _rows(condition: str = "true", code: str = "'c' || i") -> str:
    return f"INSERT INTO met SELECT i, {code}, i FROM generate_series(1, {ROWS}) AS g(i) WHERE {condition}"


def test_do_update(server: ServerProcess, postgres: str) -> None:
    """New rows and old ones, hot and cold, with WHERE, RETURNING, another key as the arbiter, twice in one block."""
    update = "ON CONFLICT (id) DO UPDATE SET n = met.n + excluded.n, at = '2024-02-29'"
    _both(
        server,
        postgres,
        [
            f"{_rows()} {update} RETURNING id, n, at",
            f"{_rows()} {update} WHERE met.id % 3 = 0 RETURNING id, n",
            "BEGIN",
            f"{_rows()} {update}",
            f"{_rows()} {update}",
            "COMMIT",
            f"{_rows(code='NULL')} ON CONFLICT (code) DO UPDATE SET n = 1",
            (
                f"INSERT INTO met SELECT i + 200000, 'c' || i, i FROM generate_series(1, {ROWS}) AS g(i) "
                "ON CONFLICT (code) DO UPDATE SET id = excluded.id"
            ),
            f"{_rows()} ON CONFLICT (id) DO UPDATE SET n = 1000000",
        ],
    )


def test_do_nothing(server: ServerProcess, postgres: str) -> None:
    """Rows that meet others, or an earlier one of the same statement, are left out."""
    _both(
        server,
        postgres,
        [
            f"{_rows()} ON CONFLICT DO NOTHING RETURNING id",
            (
                f"INSERT INTO met SELECT i / 2 + 300000, 'd' || i / 3, i FROM generate_series(0, {ROWS}) AS g(i) "
                "ON CONFLICT DO NOTHING RETURNING *"
            ),
            (
                f"INSERT INTO met SELECT i / 2 + 400000, NULL, i FROM generate_series(0, {ROWS}) AS g(i) "
                "ON CONFLICT (id) DO NOTHING"
            ),
            f"{_rows(code='0')} ON CONFLICT (id) DO NOTHING",
        ],
    )


def test_the_same_row_twice(server: ServerProcess, postgres: str) -> None:
    """DO UPDATE affects no row a second time: neither a new one, nor one that was there."""
    insert = (
        "INSERT INTO met SELECT i / 2, NULL, i FROM generate_series(%s) AS g(i) ON CONFLICT (id) DO UPDATE SET n = 1"
    )
    others = f"INSERT INTO met SELECT i, 'c2', i FROM generate_series(7001, {7001 + ROWS}) AS g(i)"
    statements = [
        insert % f"2, {ROWS}",
        insert % f"20001, {20001 + ROWS}",
        f"{others} ON CONFLICT (code) DO UPDATE SET n = 2",
    ]
    _both(server, postgres, statements)


def test_they_wait_for_whoever_has_a_key(server: ServerProcess) -> None:
    """A key that another transaction inserts, deletes or changes is waited for, and what became of it counts."""
    with server.connect() as client, server.connect() as other:
        client.execute("CREATE TABLE waited (id int PRIMARY KEY, n int)")
        client.execute("INSERT INTO waited VALUES (1, 0), (2, 0)")
        upsert = (
            f"INSERT INTO waited SELECT i, 0 FROM generate_series(1, {ROWS}) AS g(i) "
            "ON CONFLICT (id) DO UPDATE SET n = waited.n + 1"
        )
        other.execute("BEGIN")
        other.execute("INSERT INTO waited VALUES (3, 10)")
        other.execute("UPDATE waited SET n = 20 WHERE id = 1")
        other.execute("DELETE FROM waited WHERE id = 2")
        client.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            client.execute(upsert)
        client.execute("RESET lock_timeout")
        thread = threading.Thread(target=client.execute, args=(upsert,))
        thread.start()
        other.execute("COMMIT")
        thread.join()
        found = client.execute("SELECT * FROM waited WHERE id < 5 ORDER BY id").fetchall()
        assert found == [(1, 21), (2, 0), (3, 11), (4, 0)]
