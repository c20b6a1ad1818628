"""Unique keys between connections: who comes second waits, and what the first one does decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess


@pytest.mark.parametrize("first_commits", [True, False])
def test_the_second_insert_of_a_key_waits_for_the_first(server: ServerProcess, first_commits: bool) -> None:
    """Then it fails with 23505, or succeeds if the first was rolled back."""
    name = f"u_{first_commits}".lower()
    with server.connect() as one, server.connect() as two:
        one.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, email text UNIQUE)")
        one.execute("BEGIN")
        one.execute(f"INSERT INTO {name} VALUES (1, 'a')")
        with waiting(server, two, f"INSERT INTO {name} VALUES (2, 'a')") as second:
            one.execute("COMMIT" if first_commits else "ROLLBACK")
        if not first_commits:
            assert second.result().rowcount == 1
            return
        with pytest.raises(psycopg.errors.UniqueViolation) as error:
            second.result()
        assert error.value.diag.constraint_name == f"{name}_email_key"
        assert error.value.diag.message_detail == "Key (email)=(a) already exists."


def test_an_index_waits_for_writers_and_writers_for_an_index(server: ServerProcess) -> None:
    """Rows of a transaction that was open before are in it, and who comes while it is open minds its keys."""
    with server.connect() as one, server.connect() as two:
        one.execute("CREATE TABLE w (id int PRIMARY KEY, email text)")
        one.execute("BEGIN")
        one.execute("INSERT INTO w VALUES (1, 'a')")
        with waiting(server, two, "CREATE UNIQUE INDEX w_email ON w (email)") as creating:
            one.execute("COMMIT")
        creating.result()
        with pytest.raises(psycopg.errors.UniqueViolation):
            one.execute("INSERT INTO w VALUES (2, 'a')")
        one.execute("BEGIN")
        one.execute("DROP INDEX w_email")
        with waiting(server, two, "INSERT INTO w VALUES (2, 'a')") as inserting:
            one.execute("ROLLBACK")
        with pytest.raises(psycopg.errors.UniqueViolation):
            inserting.result()


def test_large_statements_mind_unique_keys(server: ServerProcess) -> None:
    """100,000 rows with one key twice are refused as a whole; without it they are there, flushed or not."""
    with server.connect() as connection:
        connection.autocommit = True
        connection.execute("CREATE TABLE large (id int PRIMARY KEY, a int UNIQUE, b text)")
        insert = "INSERT INTO large SELECT n, CASE WHEN n = %s THEN 1 ELSE n END, 'b' FROM generate_series(1, 100000) n"
        with pytest.raises(psycopg.errors.UniqueViolation) as error:
            connection.execute(insert, (77_777,))
        assert error.value.diag.message_detail == "Key (a)=(1) already exists."
        connection.execute(insert, (0,))
        connection.execute("FLUSH TABLE large WITH (wait)")
        connection.execute("UPDATE large SET a = a + 100000")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO large VALUES (0, 150000, 'x')")
        connection.execute("INSERT INTO large VALUES (0, 50000, 'x')")
        assert connection.execute("SELECT id FROM large WHERE a = 150000").fetchone() == (50_000,)
        with pytest.raises(psycopg.errors.UniqueViolation) as duplicated:
            connection.execute("CREATE UNIQUE INDEX large_b ON large (b)")
        assert duplicated.value.diag.message_detail == "Key (b)=(b) is duplicated."


def test_a_crash_while_an_index_is_built_leaves_nothing(server_factory: Callable[..., ServerProcess]) -> None:
    """The next start has neither index nor entries, and the keys are free."""
    doomed = server_factory(SILTDB_FAULT="index.after_slice")
    with doomed.connect() as connection:
        connection.autocommit = True
        connection.execute("CREATE TABLE c (id int PRIMARY KEY, a int)")
        connection.execute("INSERT INTO c SELECT n, n FROM generate_series(1, 5000) n")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("CREATE UNIQUE INDEX c_a ON c (a)")
    doomed.wait()
    server = server_factory(data_dir=doomed.data_dir)
    with server.connect() as connection:
        connection.autocommit = True
        connection.execute("INSERT INTO c VALUES (0, 7)")
        connection.execute("DELETE FROM c WHERE id = 0")
        connection.execute("CREATE UNIQUE INDEX c_a ON c (a)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO c VALUES (0, 7)")
