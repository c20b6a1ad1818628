"""Columns change while others read, write and load the table; what was there before survives a kill."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess


def test_copy_waits_for_who_alters_the_table_and_reads_its_data_as_rows_of_then(server: ServerProcess) -> None:
    """COPY locks the table before it asks for data: rows of the definition of before are refused as PostgreSQL does."""
    server.execute("CREATE TABLE copied (a int, b text)")

    def copy() -> None:
        with server.connect() as client, client.cursor().copy("COPY copied FROM STDIN") as data:
            data.write(b"1\tx\n")

    with server.connect() as altering, ThreadPoolExecutor(1) as pool:
        altering.execute("BEGIN")
        altering.execute("ALTER TABLE copied ADD COLUMN c int DEFAULT 3")
        copying = pool.submit(copy)
        while not server.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation'"):
            assert not copying.done()
        altering.execute("COMMIT")
        with pytest.raises(psycopg.errors.BadCopyFileFormat, match='missing data for column "c"'):
            copying.result(timeout=60)
    assert server.execute("SELECT count(*) FROM copied") == [(0,)]


def test_rows_of_every_layout_survive_a_kill(server_factory: Callable[..., ServerProcess]) -> None:
    """Hot and cold, changed and read through an index: as they were before."""
    server = server_factory()
    server.execute("CREATE TABLE kept (a int PRIMARY KEY, b varchar(3))")
    server.execute("INSERT INTO kept VALUES (1, 'a')")
    server.execute("FLUSH TABLE kept WITH (wait)")
    server.execute("INSERT INTO kept VALUES (2, 'b')")
    server.execute("ALTER TABLE kept ADD COLUMN c date DEFAULT '2020-02-02', ALTER a TYPE bigint, DROP b")
    server.execute("ALTER TABLE kept RENAME c TO d")
    server.execute("INSERT INTO kept VALUES (5000000000, NULL)")
    server.execute("UPDATE kept SET d = d + 1 WHERE a = 1")
    before = server.execute("SELECT * FROM kept ORDER BY a")
    assert len(before) == 3
    server.kill()
    server.start()
    assert server.execute("SELECT * FROM kept ORDER BY a") == before
    assert server.execute("SELECT d FROM kept WHERE a = 2") == [before[1][1:]]
