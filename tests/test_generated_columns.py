"""Generated columns, whichever way the rows come in: one by one, in bulk, hot or cold, before and after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess

WRONG = "SELECT count(*) FROM g WHERE twice IS DISTINCT FROM 2 * n OR word IS DISTINCT FROM 'w' || n"


@pytest.fixture
def table(server: ServerProcess) -> None:
    """A table with two generated columns, one of them unique, between ordinary ones."""
    server.execute("DROP TABLE IF EXISTS g")
    server.execute(
        "CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (n * 2) STORED, n int,"
        " word text GENERATED ALWAYS AS ('w' || n) STORED UNIQUE)"
    )


@pytest.mark.usefixtures("table")
def test_every_way_in_computes_them(server: ServerProcess) -> None:
    """VALUES by the thousand, INSERT … SELECT, COPY, and statements with parameters, over hot and cold rows."""
    values = ", ".join(f"({n}, {n})" for n in range(1, 2001))
    server.execute(f"INSERT INTO g (id, n) VALUES {values}")
    server.execute("INSERT INTO g (id, n) SELECT n, n FROM generate_series(2001, 6000) n")
    with server.connect() as connection:
        with connection.cursor().copy("COPY g FROM STDIN") as copy:
            for n in range(6001, 9001):
                copy.write_row((n, n))
        connection.execute("FLUSH TABLE g WITH (wait)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO g (id, n) VALUES (%s, %s)", [(n, n) for n in range(9001, 9101)])
            cursor.executemany("UPDATE g SET n = %s WHERE id = %s", [(-n, n) for n in range(1, 200)])
        connection.execute("UPDATE g SET n = n + 100000 WHERE id > 500")
    assert server.execute("SELECT count(*) FROM g") == [(9100,)]
    assert server.execute(WRONG) == [(0,)]
    assert server.execute("SELECT id FROM g WHERE word = 'w-7'") == [(7,)]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO g (id, n, twice) VALUES "
        + ", ".join(f"({n}, {n}, DEFAULT)" for n in range(1500))
        + ", (-1, 1, 1)",
        "INSERT INTO g VALUES (%s, %s)",
        "UPDATE g SET twice = %s WHERE id = %s",
    ],
)
def test_none_can_be_written(server: ServerProcess, statement: str) -> None:
    """428C9, also in the last of many rows and for parameters."""
    with pytest.raises(psycopg.errors.GeneratedAlways), server.connect() as connection:
        connection.execute(statement.encode(), (1, 2) if "%s" in statement else None)


def test_they_are_there_after_a_crash(server_factory: Callable[..., ServerProcess]) -> None:
    """The definition outlives the server, and so do values of a column that was added to rows that were there."""
    doomed = server_factory()
    doomed.execute("CREATE TABLE g (id int PRIMARY KEY, n int)")
    doomed.execute("INSERT INTO g SELECT n, n FROM generate_series(1, 100) n")
    doomed.execute("FLUSH TABLE g WITH (wait)")
    doomed.execute("INSERT INTO g SELECT n, n FROM generate_series(101, 200) n")
    doomed.execute("ALTER TABLE g ADD COLUMN twice int GENERATED ALWAYS AS (n * 2) STORED")
    doomed.execute("ALTER TABLE g ADD COLUMN word text GENERATED ALWAYS AS ('w' || n) STORED")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        doomed.execute("ALTER TABLE g DROP COLUMN n")
    doomed.kill()
    server = server_factory(data_dir=doomed.data_dir)
    server.execute("UPDATE g SET n = n + 1 WHERE id % 2 = 0")
    server.execute("INSERT INTO g (id, n) VALUES (201, 7)")
    assert server.execute(WRONG) == [(0,)]
    assert server.execute("SELECT twice FROM g WHERE id IN (1, 2, 201) ORDER BY id") == [(2,), (6,), (14,)]
    server.stop()
