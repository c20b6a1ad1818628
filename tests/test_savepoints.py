"""Savepoints as drivers use them, and what they undo of a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import psycopg
import pytest
from psycopg import errors

if TYPE_CHECKING:
    from tests.server_process import ServerProcess


@pytest.fixture
def table(server: ServerProcess) -> None:
    """An empty table `points`."""
    server.execute("DROP TABLE IF EXISTS points")
    server.execute("CREATE TABLE points (id int PRIMARY KEY)")


@pytest.mark.usefixtures("table")
def test_nested_transactions_of_psycopg(server: ServerProcess) -> None:
    """An inner block that fails is undone, by an error of its own or of the server; the outer ones go on."""
    with server.connect(autocommit=False) as connection, connection.transaction():
        connection.execute("INSERT INTO points VALUES (1)")
        with pytest.raises(errors.UniqueViolation), connection.transaction():
            connection.execute("INSERT INTO points VALUES (2)")
            connection.execute("INSERT INTO points VALUES (1)")
        with connection.transaction():
            connection.execute("INSERT INTO points VALUES (3)")
            with connection.transaction():
                connection.execute("INSERT INTO points VALUES (4)")
                raise psycopg.Rollback
    assert server.execute("SELECT id FROM points ORDER BY id") == [(1,), (3,)]


@pytest.mark.usefixtures("table")
def test_nested_transactions_of_asyncpg(server: ServerProcess) -> None:
    """The same through asyncpg, which names its savepoints itself."""

    async def run() -> None:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="admin", database="siltdb")
        async with connection.transaction():
            await connection.execute("INSERT INTO points VALUES (1)")
            with pytest.raises(asyncpg.UniqueViolationError):
                async with connection.transaction():
                    await connection.execute("INSERT INTO points VALUES ($1)", 2)
                    await connection.execute("INSERT INTO points VALUES ($1)", 1)
            async with connection.transaction():
                await connection.execute("INSERT INTO points VALUES ($1)", 3)
        await connection.close()

    asyncio.run(run())
    assert server.execute("SELECT id FROM points ORDER BY id") == [(1,), (3,)]


@pytest.mark.usefixtures("table")
def test_on_error_rollback_of_psql(server: ServerProcess) -> None:
    """psql sets a savepoint before each statement of a block, and goes on after an error."""
    statements = ("BEGIN", "INSERT INTO points VALUES (1)", "SELECT 1 / 0", "INSERT INTO points VALUES (2)")
    options = ("-v", "ON_ERROR_ROLLBACK=on", "-v", "ON_ERROR_STOP=0")
    server.psql("COMMIT", *options, *(part for each in statements for part in ("-c", each)))
    assert server.execute("SELECT id FROM points ORDER BY id") == [(1,), (2,)]


@pytest.mark.usefixtures("table")
def test_locks_taken_since_are_free(server: ServerProcess) -> None:
    """Another client that waits for a row locked since the savepoint goes on at ROLLBACK TO, not at the commit."""
    server.execute("INSERT INTO points VALUES (1), (2)")
    with server.connect(autocommit=False) as holder, server.connect(autocommit=True) as other:
        holder.execute("DELETE FROM points WHERE id = 1")
        holder.execute("SAVEPOINT a")
        holder.execute("DELETE FROM points WHERE id = 2")
        other.execute("SET lock_timeout = '20ms'")
        for key in (1, 2):
            with pytest.raises(errors.LockNotAvailable):
                other.execute("UPDATE points SET id = id + 10 WHERE id = %s", (key,))
        holder.execute("ROLLBACK TO a")
        other.execute("UPDATE points SET id = id + 10 WHERE id = 2")
        with pytest.raises(errors.LockNotAvailable):
            other.execute("UPDATE points SET id = id + 10 WHERE id = 1")
    assert server.execute("SELECT id FROM points") == [(12,)]


@pytest.mark.usefixtures("table")
def test_a_failed_statement_lets_go_of_what_it_locked(server: ServerProcess) -> None:
    """As in PostgreSQL the failure itself undoes everything since the savepoint, before anyone rolls back to it."""
    with server.connect(autocommit=False) as holder, server.connect(autocommit=True) as other:
        holder.execute("INSERT INTO points VALUES (1)")
        holder.execute("SAVEPOINT a")
        holder.execute("INSERT INTO points VALUES (2)")
        with pytest.raises(errors.DivisionByZero):
            holder.execute("SELECT 1 / 0")
        other.execute("SET lock_timeout = '20ms'")
        other.execute("INSERT INTO points VALUES (2)")
        with pytest.raises(errors.LockNotAvailable):
            other.execute("INSERT INTO points VALUES (1)")
        holder.execute("ROLLBACK TO a")
    assert server.execute("SELECT id FROM points ORDER BY id") == [(1,), (2,)]


def test_roles_and_notifications_since_are_undone(server: ServerProcess) -> None:
    """SET ROLE, LISTEN and NOTIFY since the savepoint never were; those before take effect."""
    server.execute("DROP ROLE IF EXISTS visitor")
    server.execute("CREATE ROLE visitor")
    with server.connect(autocommit=False) as connection:
        connection.execute("LISTEN kept")
        connection.execute("NOTIFY kept, 'before'")
        connection.execute("SAVEPOINT a")
        connection.execute("SET ROLE visitor")
        connection.execute("LISTEN lost")
        connection.execute("NOTIFY kept, 'since'")
        connection.execute("ROLLBACK TO a")
        assert connection.execute("SELECT current_user").fetchone() == ("admin",)
        connection.commit()
        heard = [(each.channel, each.payload) for each in connection.notifies(timeout=0, stop_after=10)]
        assert heard == [("kept", "before")]
        assert connection.execute("SELECT pg_listening_channels()").fetchall() == [("kept",)]
