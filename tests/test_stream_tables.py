"""Stream tables in SQL: rows that are older than the ttl are gone at once, for every statement."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from tests.server_process import ServerProcess

    Connection = psycopg.Connection[Any]

PATIENCE_S = 60


@pytest.fixture
def ticks(server: ServerProcess) -> Iterator[Connection]:
    """A connection beside a stream table with one row, which lasts for an hour."""
    with server.connect() as connection:
        # Rows that are out of sight stay, so that a longer ttl would show them again.
        connection.execute('ALTER SCHEDULE "stream-eviction" PAUSE')
        connection.execute("CREATE TABLE tick (id int PRIMARY KEY, price int) WITH (type = 'stream', ttl = '1h')")
        connection.execute("INSERT INTO tick VALUES (1, 10)")
        yield connection
        connection.execute("DROP TABLE tick")
        connection.execute('ALTER SCHEDULE "stream-eviction" RESUME')


def expire(connection: Connection) -> None:
    """Have what is there be older than the ttl: it is made a millisecond."""
    connection.execute("ALTER TABLE tick SET (ttl = '1ms')")
    give_up_at = time.monotonic() + PATIENCE_S
    while connection.execute("SELECT 1 FROM tick").fetchone():
        assert time.monotonic() < give_up_at


@pytest.mark.parametrize(
    "query",
    [
        "SELECT price FROM tick WHERE id = 1",
        "SELECT price FROM tick WHERE price = 10",
        "UPDATE tick SET price = 11 WHERE id = 1 RETURNING price",
        "UPDATE tick SET price = 11 RETURNING price",
        "DELETE FROM tick WHERE id = 1 RETURNING price",
        "DELETE FROM tick RETURNING price",
    ],
)
def test_an_expired_row_is_gone_for_every_statement(ticks: Connection, query: str) -> None:
    """By key and by scan, for reads and for writes, and the same statement had it before."""
    ticks.execute("BEGIN")
    assert len(ticks.execute(query).fetchall()) == 1
    ticks.execute("ROLLBACK")
    expire(ticks)
    assert ticks.execute(query).fetchall() == []


def test_the_key_of_an_expired_row_is_free(ticks: Connection) -> None:
    """It can be inserted anew, and the old row does not come back beside it when the ttl becomes longer."""
    with pytest.raises(errors.UniqueViolation):
        ticks.execute("INSERT INTO tick VALUES (1, 12)")
    expire(ticks)
    ticks.execute("INSERT INTO tick VALUES (1, 12)")
    ticks.execute("ALTER TABLE tick SET (ttl = '1h')")
    assert ticks.execute("SELECT * FROM tick").fetchall() == [(1, 12)]
    assert ticks.execute("SELECT * FROM tick WHERE id = 1").fetchall() == [(1, 12)]


def test_counts_are_of_what_is_there(ticks: Connection) -> None:
    """system.tables and EXPLAIN say what a scan would find."""
    query = "SELECT table_type, hot_rows, cold_rows FROM system.tables WHERE table_name = 'tick'"
    assert ticks.execute(query).fetchall() == [("stream", 1, 0)]
    expire(ticks)
    assert ticks.execute(query).fetchall() == [("stream", 0, 0)]
    plan = "\n".join(row[0] for row in ticks.execute("EXPLAIN SELECT * FROM tick"))
    assert "hot rows: 0" in plan


def test_a_stream_is_its_owners(server: ServerProcess, ticks: Connection) -> None:
    """Unlike a user table it is shared: another role may neither read nor write it."""
    ticks.execute("CREATE USER other")
    with server.connect(user="other") as other:
        for statement in ("SELECT * FROM tick", "INSERT INTO tick VALUES (2, 2)", "DELETE FROM tick"):
            with pytest.raises(errors.InsufficientPrivilege):
                other.execute(statement)
    ticks.execute("DROP ROLE other")
