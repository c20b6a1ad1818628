"""INSERT … VALUES of thousands of rows, whose values a worker reads: they come out as those of a few rows do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

ROWS = 1500


def test_values_defaults_and_expressions(server: ServerProcess) -> None:
    """Constants, DEFAULT, columns that are left out, numbers of sequences, and an expression that takes a query."""
    server.execute("DROP TABLE IF EXISTS many")
    server.execute("CREATE TABLE many (id serial PRIMARY KEY, n numeric(8,2), t text DEFAULT 'none', at date)")
    rows = [f"({number}, 'it''s {number}')" if number % 3 else f"({number} + 0, DEFAULT)" for number in range(ROWS)]
    rows[10] = "(10, upper('ten'))"
    with server.connect() as client:
        inserting = client.execute(f"INSERT INTO many (n, t) VALUES {', '.join(rows)} RETURNING id")
        assert inserting.statusmessage == f"INSERT 0 {ROWS}"
        assert [row[0] for row in inserting.fetchall()] == list(range(1, ROWS + 1))
        found = client.execute("SELECT n::int, t, at FROM many ORDER BY id").fetchall()
    expected = [(number, f"it's {number}" if number % 3 else "none", None) for number in range(ROWS)]
    expected[10] = (10, "TEN", None)
    assert found == expected


def test_errors_and_conflicts(server: ServerProcess) -> None:
    """A bad constant among many has its error and position, and nothing is inserted; ON CONFLICT takes many, too."""
    server.execute("DROP TABLE IF EXISTS many_keys")
    server.execute("CREATE TABLE many_keys (id int PRIMARY KEY, n int NOT NULL)")
    bad = "('x', 1)"
    good = [f"({number}, 1)" for number in range(ROWS)]
    with server.connect() as client:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation) as caught:
            client.execute(f"INSERT INTO many_keys VALUES {', '.join([*good, bad])}")
        assert caught.value.diag.statement_position is not None
        with pytest.raises(psycopg.errors.SyntaxError, match="VALUES lists must all be the same length"):
            client.execute(f"INSERT INTO many_keys VALUES {', '.join([*good, '(7777)'])}")
        with pytest.raises(psycopg.errors.NotNullViolation):
            client.execute(f"INSERT INTO many_keys VALUES {', '.join([*good, '(7777, NULL)'])}")
        with pytest.raises(psycopg.errors.UniqueViolation):
            client.execute(f"INSERT INTO many_keys VALUES {', '.join([*good, '(7, 1)'])}")
        assert client.execute("SELECT count(*) FROM many_keys").fetchone() == (0,)
        upsert = f"INSERT INTO many_keys VALUES {', '.join(good)} ON CONFLICT (id) DO UPDATE SET n = many_keys.n + 1"
        assert client.execute(upsert).statusmessage == f"INSERT 0 {ROWS}"
        assert client.execute(upsert).statusmessage == f"INSERT 0 {ROWS}"
        assert client.execute("SELECT count(*), sum(n) FROM many_keys").fetchone() == (ROWS, 2 * ROWS)
