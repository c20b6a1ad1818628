"""Definitions that others commit while a transaction is open: a statement is about those of when it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

    Connection = psycopg.Connection[tuple[object, ...]]

STATEMENTS: tuple[tuple[LiteralString, int], ...] = (
    ("INSERT INTO defined VALUES (%s, 'new')", 3),
    ("INSERT INTO defined SELECT g, 'new' FROM generate_series(%s, 3) g", 3),
    ("INSERT INTO defined VALUES (%s, 'new') ON CONFLICT (id) DO UPDATE SET v = 'again'", 3),
    ("UPDATE defined SET v = 'set' WHERE id = %s", 1),
    ("UPDATE defined SET v = 'set' WHERE id <= %s", 1),
    ("DELETE FROM defined WHERE id = %s", 1),
    ("SELECT * FROM defined WHERE id = %s", 1),
    ("SELECT count(*) FROM defined WHERE id = %s", 1),
)


@pytest.fixture
def defined(server: ServerProcess) -> Iterator[ServerProcess]:
    """A table that others change, and one that the transaction has written to before."""
    server.execute(
        "CREATE TABLE defined (id integer PRIMARY KEY, v text); INSERT INTO defined VALUES (1, 'a'), (2, 'b')"
    )
    server.execute("CREATE TABLE written (id integer PRIMARY KEY); CREATE ROLE teller LOGIN")
    server.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON defined, written TO teller")
    yield server
    server.execute("DROP TABLE defined, written; DROP ROLE teller")


@pytest.fixture(params=["prepared", "as a text"])
def block(defined: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A client in a transaction block that has written something."""
    with defined.connect(user="teller") as connection:
        if request.param == "prepared":
            connection.prepare_threshold = 0
        else:
            connection.cursor_factory = psycopg.ClientCursor
        for statement, key in STATEMENTS:
            for other in (10, 20):
                connection.execute(statement, (key + other,))
        defined.execute("DELETE FROM defined; INSERT INTO defined VALUES (1, 'a'), (2, 'b')")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO written VALUES (1)")
        yield connection
        connection.execute("ROLLBACK")


@pytest.mark.parametrize(("statement", "key"), STATEMENTS)
def test_a_column_that_came_meanwhile_is_there(
    defined: ServerProcess, block: Connection, statement: LiteralString, key: int
) -> None:
    """What a statement writes has it; a prepared one whose result would have it says so."""
    defined.execute("ALTER TABLE defined ADD COLUMN n integer NOT NULL DEFAULT 7")
    if statement.startswith("SELECT *") and block.cursor_factory is psycopg.Cursor:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan"):
            block.execute(statement, (key,))
        return
    cursor = block.execute(statement, (key,))
    if statement.startswith("SELECT *"):
        assert cursor.fetchall() == [(1, "a", 7)]
    rows = block.execute("SELECT * FROM defined ORDER BY id").fetchall()
    block.execute("COMMIT")
    assert {row[2] for row in rows} == {7}
    assert rows == defined.execute("SELECT * FROM defined ORDER BY id")


def test_a_check_that_came_meanwhile_holds(defined: ServerProcess, block: Connection) -> None:
    """A row that violates it is refused."""
    defined.execute("ALTER TABLE defined ADD CONSTRAINT short CHECK (length(v) < 3)")
    with pytest.raises(psycopg.errors.CheckViolation):
        block.execute("INSERT INTO defined VALUES (%s, 'new')", (3,))


@pytest.mark.parametrize(("statement", "key"), STATEMENTS)
def test_a_privilege_that_was_taken_away_is_gone(
    defined: ServerProcess, block: Connection, statement: LiteralString, key: int
) -> None:
    """The next statement is refused, though the transaction was begun before."""
    defined.execute("REVOKE ALL ON defined FROM teller")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        block.execute(statement, (key,))
    defined.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON defined TO teller")


def test_a_table_that_is_another_one_now_is_written_to(defined: ServerProcess, block: Connection) -> None:
    """Dropped and made anew it has the same name."""
    defined.execute("DROP TABLE defined; CREATE TABLE defined (id integer PRIMARY KEY, v text)")
    defined.execute("GRANT INSERT ON defined TO teller")
    block.execute("INSERT INTO defined VALUES (%s, 'new')", (3,))
    block.execute("COMMIT")
    assert defined.execute("SELECT * FROM defined") == [(3, "new")]
