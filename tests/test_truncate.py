"""TRUNCATE between clients, of every type of table, and over a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess


def test_it_waits_for_writers_and_writers_wait_for_it(server: ServerProcess) -> None:
    """A writer's transaction ends first; one that comes while it is open writes into the empty table."""
    server.execute("DROP TABLE IF EXISTS emptied")
    server.execute("CREATE TABLE emptied (id int PRIMARY KEY)")
    server.execute("INSERT INTO emptied VALUES (1)")
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute("INSERT INTO emptied VALUES (2)")
        with waiting(server, other, "TRUNCATE emptied") as truncating:
            one.execute("COMMIT")
        truncating.result()
        assert one.execute("SELECT count(*) FROM emptied").fetchone() == (0,)
        one.execute("BEGIN")
        one.execute("TRUNCATE emptied")
        with waiting(server, other, "INSERT INTO emptied VALUES (1)") as inserting:
            one.execute("COMMIT")
        inserting.result()
        assert one.execute("SELECT id FROM emptied").fetchall() == [(1,)]
        other.execute("SET lock_timeout = '30ms'")
        one.execute("BEGIN")
        one.execute("UPDATE emptied SET id = 5")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("TRUNCATE emptied")


def test_hot_and_cold_rows_stay_gone(server_factory: Callable[..., ServerProcess]) -> None:
    """After a restart the table is as empty as before it, and what was inserted since is there; rolled back, all is."""
    server = server_factory()
    server.execute("CREATE TABLE emptied (id int PRIMARY KEY)")
    server.execute("INSERT INTO emptied SELECT g FROM generate_series(1, 3000) g")
    server.execute("FLUSH TABLE emptied WITH (wait)")
    server.execute("INSERT INTO emptied VALUES (0)")
    with server.connect() as client:
        client.execute("BEGIN")
        client.execute("TRUNCATE emptied")
        client.execute("ROLLBACK")
        assert client.execute("SELECT count(*) FROM emptied").fetchone() == (3001,)
        client.execute("TRUNCATE emptied")
        client.execute("INSERT INTO emptied VALUES (7)")
    server.restart()
    assert server.execute("SELECT id FROM emptied") == [(7,)]


@pytest.mark.parametrize("options", ["type = 'user'", "type = 'stream', ttl = '1h'"])
def test_every_type_of_table(server: ServerProcess, options: str) -> None:
    """Of a user table the rows of all roles go; and rows can be inserted afterwards."""
    server.execute("DROP TABLE IF EXISTS emptied")
    server.execute(f"CREATE TABLE emptied (id int) WITH ({options})")
    server.execute("DROP ROLE IF EXISTS emptier")
    server.execute("CREATE ROLE emptier")
    server.execute("INSERT INTO emptied VALUES (1)")
    if "user" in options:
        server.execute("EXECUTE AS USER 'emptier' (INSERT INTO emptied VALUES (2))")
    server.execute("TRUNCATE emptied")
    assert server.execute("SELECT * FROM emptied") == []
    server.execute("INSERT INTO emptied VALUES (3)")
    assert server.execute("SELECT * FROM emptied") == [(3,)]
