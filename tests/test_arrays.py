"""Arrays of every type: lists of psycopg both ways, hot and cold, and after SIGKILL."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from pathlib import Path

ROWS: dict[str, list[object]] = {
    "boolean": [True, None, False],
    "smallint": [1, -32768],
    "integer": [1, None, 2147483647],
    "bigint": [9223372036854775807],
    "real": [1.5, float("inf")],
    "double precision": [0.1, 1e300],
    "numeric(10,2)": [Decimal("1.50"), None],
    "text": ["a", "", None, 'b"c\\', "NULL"],
    "varchar(3)": ["abc"],
    "char(3)": ["a  "],
    "bytea": [b"\0\xff", b""],
    "date": [date(2020, 1, 31), None],
    "time": [time(10, 11, 12, 500000)],
    "timestamp": [datetime(2020, 1, 31, 10)],
    "timestamptz": [datetime(2020, 1, 31, 10, tzinfo=UTC), None],
    "interval": [timedelta(days=2, hours=3), None],
    "uuid": [UUID(int=5), None],
    "oid": [1, 4294967295],
}


def test_lists_come_back_as_they_were(tmp_path: Path) -> None:
    """As parameters in text and binary, hot, after SIGKILL, cold, looked up by key and scanned."""
    server = ServerProcess(tmp_path / "data").start()
    row = tuple(ROWS.values())
    columns = ", ".join(f"c{number} {name}[]" for number, name in enumerate(ROWS))
    try:
        with _connected(server) as connection:
            connection.execute(f"CREATE TABLE t (id integer PRIMARY KEY, {columns})")
            for key, place in ((1, "%t"), (2, "%b")):
                places = ", ".join([place] * len(row))
                connection.execute(f"INSERT INTO t VALUES ({key}, {places})", row)
            connection.execute("INSERT INTO t (id) VALUES (3)")
            _expect(connection, row)
        server.kill()
        server.start()
        with _connected(server) as connection:
            _expect(connection, row)
            connection.execute("FLUSH TABLE t WITH (wait)")
            _expect(connection, row)
        server.kill()
        server.start()
        with _connected(server) as connection:
            _expect(connection, row)
    finally:
        server.kill()


def _connected(server: ServerProcess) -> psycopg.Connection:
    return psycopg.connect(f"host={server.host} port={server.port} user=admin dbname=siltdb", autocommit=True)


def _expect(connection: psycopg.Connection, row: tuple[object, ...]) -> None:
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        rows = cursor.execute("SELECT * FROM t ORDER BY id").fetchall()
        assert rows == [(1, *row), (2, *row), (3, *[None] * len(row))]
        assert cursor.execute("SELECT * FROM t WHERE id = %s", (2,)).fetchone() == (2, *row)
