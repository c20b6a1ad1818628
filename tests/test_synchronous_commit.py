"""synchronous_commit = off: nobody waits for the disk, and a client sees what it has done all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

    Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(params=["texts", "prepared"])
def hasty(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A client that waits for no disk, and a table."""
    server.execute("CREATE TABLE hasty (id integer PRIMARY KEY, n integer)")
    with server.connect() as connection:
        if request.param == "texts":
            connection.cursor_factory = psycopg.ClientCursor
        else:
            connection.prepare_threshold = 0
        connection.execute("SET synchronous_commit = off")
        yield connection
    server.execute("DROP TABLE hasty")


def test_own_rows_are_found_by_key_and_by_query(hasty: Connection) -> None:
    """Whatever reads next sees them: a look-up, a count, an update, a delete."""
    for number in range(20):
        hasty.execute("INSERT INTO hasty VALUES (%s, 0)", (number,))
        assert hasty.execute("SELECT n FROM hasty WHERE id = %s", (number,)).fetchall() == [(0,)]
        assert hasty.execute("UPDATE hasty SET n = n + 1 WHERE id = %s", (number,)).rowcount == 1
        assert hasty.execute("UPDATE hasty SET n = n + 1 WHERE id = %s", (number,)).rowcount == 1
        assert hasty.execute("SELECT sum(n) FROM hasty").fetchone() == (2,)
        assert hasty.execute("DELETE FROM hasty WHERE id = %s", (number,)).rowcount == 1
        assert hasty.execute("SELECT count(*) FROM hasty").fetchone() == (0,)


def test_inserts_follow_each_other(hasty: Connection) -> None:
    """They read nothing, but a key that is there is refused."""
    for number in range(20):
        hasty.execute("INSERT INTO hasty VALUES (%s, 0)", (number,))
        with pytest.raises(psycopg.errors.UniqueViolation):
            hasty.execute("INSERT INTO hasty VALUES (%s, 0)", (number,))
    assert hasty.execute("SELECT count(*) FROM hasty").fetchone() == (20,)


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
def test_one_block_sees_what_the_block_before_has_done(hasty: Connection, level: str) -> None:
    """Its snapshot is not taken before that is visible, whatever its first statement is."""
    for number in range(20):
        hasty.execute("BEGIN")
        hasty.execute("INSERT INTO hasty VALUES (%s, 0)", (2 * number,))
        hasty.execute("COMMIT")
        hasty.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
        hasty.execute("INSERT INTO hasty VALUES (%s, 0)", (2 * number + 1,))
        assert hasty.execute("SELECT count(*) FROM hasty").fetchone() == (2 * number + 2,)
        hasty.execute("COMMIT")


def test_own_definitions_are_known_at_once(hasty: Connection) -> None:
    """A table that was made is there for the next statement."""
    for number in range(10):
        hasty.execute(f"CREATE TABLE made{number} (id integer PRIMARY KEY)".encode())
        hasty.execute(f"INSERT INTO made{number} VALUES (1)".encode())
        hasty.execute(f"DROP TABLE made{number}".encode())
