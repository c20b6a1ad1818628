"""Cursors as drivers use them, and what they cost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from psycopg import errors

from tests.measuring import assert_measured, measures

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess

MANY = 2_000_000


def test_named_cursors_of_psycopg(server: ServerProcess) -> None:
    """With parameters, read in parts, scrolled, and closed."""
    with server.connect(autocommit=False) as connection:
        with connection.cursor("plain") as cursor:
            cursor.execute("SELECT g, g::text FROM generate_series(1, %s::int) g", (250,))
            assert cursor.fetchone() == (1, "1")
            assert len(cursor.fetchmany(10)) == 10
            assert sum(row[0] for row in cursor) == sum(range(12, 251))
        with connection.cursor("scrolled", scrollable=True) as cursor:
            cursor.execute("SELECT g FROM generate_series(1, 10) g")
            assert cursor.fetchall()[-1] == (10,)
            cursor.scroll(2, mode="absolute")
            assert cursor.fetchone() == (3,)
            cursor.scroll(-2)
            assert cursor.fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM pg_cursors").fetchone() == (0,)


def test_a_cursor_of_psycopg_outlives_its_transaction(server: ServerProcess) -> None:
    """`withhold`, in a block and outside of one, where each statement commits by itself."""
    for autocommit in (False, True):
        with server.connect(autocommit=autocommit) as connection:
            with connection.cursor("held", withhold=True) as cursor:
                cursor.execute("SELECT g FROM generate_series(1, 5) g")
                assert autocommit or cursor.fetchone() == (1,)
                if not autocommit:
                    connection.commit()
                assert cursor.fetchall()[-1] == (5,)
            assert connection.execute("SELECT count(*) FROM pg_cursors").fetchone() == (0,)


def test_cursors_of_asyncpg(server: ServerProcess) -> None:
    """They are portals, which are read in parts as well."""

    async def run() -> list[int]:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="admin", database="siltdb")
        async with connection.transaction():
            query = "SELECT g FROM generate_series(1, $1::int) g"
            found = [record[0] async for record in connection.cursor(query, 120, prefetch=7)]
        await connection.close()
        return found

    assert asyncio.run(run()) == list(range(1, 121))


def test_values_of_a_binary_cursor(server: ServerProcess) -> None:
    """FETCH gives them in binary format even in a simple query."""
    with server.connect(autocommit=False) as connection:
        connection.execute("DECLARE b BINARY CURSOR FOR SELECT 258")
        result = connection.pgconn.exec_(b"FETCH b")
        assert (result.fformat(0), result.get_value(0, 0)) == (1, b"\x00\x00\x01\x02")


@measures
def test_going_forward_takes_no_memory(server_factory: Callable[..., ServerProcess]) -> None:
    """Rows that were passed over or read are not kept: the server's resident memory stays where it was."""
    server = server_factory()
    with server.connect(autocommit=False) as connection:
        connection.execute(f"DECLARE c CURSOR FOR SELECT g, repeat('x', 200) FROM generate_series(1, {MANY}) g")
        connection.execute("MOVE 10000 FROM c")
        before = resident_bytes(server.pid)
        assert connection.execute(f"MOVE {MANY - 20_000} FROM c").statusmessage == f"MOVE {MANY - 20_000}"
        grown = resident_bytes(server.pid) - before
        assert len(connection.execute("FETCH ALL FROM c").fetchall()) == 10_000
    server.stop()
    assert_measured(grown < 150 << 20, grown)


def test_what_a_scrolled_cursor_keeps_has_a_limit(server: ServerProcess) -> None:
    """It fails with 53200 and says what to do, and the transaction goes on from its savepoint."""
    with server.connect(autocommit=False) as connection:
        connection.execute(f"DECLARE c SCROLL CURSOR FOR SELECT repeat('x', 500) FROM generate_series(1, {MANY}) g")
        connection.execute("SAVEPOINT a")
        with pytest.raises(errors.OutOfMemory, match="cannot keep more than 256 MB"):
            connection.execute("MOVE ALL FROM c")
        connection.execute("ROLLBACK TO a")
        with pytest.raises(errors.ObjectNotInPrerequisiteState, match='portal "c" cannot be run'):
            connection.execute("FETCH c")


def resident_bytes(pid: int) -> int:
    """The memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096


def test_cursors_that_lock_or_change_rows_are_refused(server: ServerProcess) -> None:
    """In words about cursors, at their place in the text."""
    with server.connect() as connection:
        connection.execute("CREATE TABLE located (id int, n int)")
        for statement, said, place in (
            ("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM located FOR UPDATE", "a cursor that locks the rows", 32),
            ("UPDATE located SET n = 1 WHERE CURRENT OF c", "WHERE CURRENT OF is not supported", 26),
            ("DELETE FROM located WHERE CURRENT OF c RETURNING id", "WHERE CURRENT OF is not supported", 21),
        ):
            with pytest.raises(errors.FeatureNotSupported, match=said) as raised:
                connection.execute(statement)
            assert raised.value.diag.statement_position == str(place), statement
