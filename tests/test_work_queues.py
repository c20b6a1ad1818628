"""A table as a queue of work: clients take rows with FOR UPDATE SKIP LOCKED in a subquery or in WITH.

However many take at the same time, each row is taken exactly once.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess

WORKERS = 8
ROWS = 240
TAKE_ONE = """
    UPDATE queue SET state = 'running', worker = $1
    WHERE id = (SELECT id FROM queue WHERE state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING id
"""
TAKE_SOME = """
    WITH picked AS (SELECT id FROM queue WHERE state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 7)
    UPDATE queue SET state = 'running', worker = $1 FROM picked WHERE queue.id = picked.id
    RETURNING queue.id
"""
MOVE_SOME = """
    WITH taken AS (
        DELETE FROM queue WHERE id IN (SELECT id FROM queue ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 5) RETURNING id
    )
    INSERT INTO done SELECT id, $1 FROM taken RETURNING id
"""


@pytest.fixture
def queue(server: ServerProcess) -> None:
    """Rows to take, half of them cold, and a table to move them to."""
    server.execute("DROP TABLE IF EXISTS queue, done")
    fill(server)


def fill(server: ServerProcess) -> None:
    """Make the tables and the rows."""
    server.execute("CREATE TABLE queue (id int PRIMARY KEY, state text, worker int)")
    server.execute("CREATE TABLE done (id int, worker int)")
    server.execute(f"INSERT INTO queue SELECT n, 'queued', NULL FROM generate_series(1, {ROWS // 2}) n")
    server.execute("FLUSH TABLE queue WITH (wait)")
    server.execute(f"INSERT INTO queue SELECT n, 'queued', NULL FROM generate_series({ROWS // 2 + 1}, {ROWS}) n")


async def connect_workers(server: ServerProcess) -> list[asyncpg.Connection]:
    """A connection for each of the workers."""
    return [
        await asyncpg.connect(host=server.host, port=server.port, user="admin", database="siltdb")
        for _ in range(WORKERS)
    ]


async def take_all(server: ServerProcess, statement: str) -> list[list[int]]:
    """What each of the workers has been given until nothing was left."""

    async def work(worker: int, connection: asyncpg.Connection) -> list[int]:
        taken: list[int] = []
        while found := await connection.fetch(statement, worker):
            taken += [row["id"] for row in found]
        return taken

    connections = await connect_workers(server)
    try:
        return await asyncio.gather(*(work(worker, connection) for worker, connection in enumerate(connections)))
    finally:
        for connection in connections:
            await connection.close()


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("statement", [TAKE_ONE, TAKE_SOME, MOVE_SOME], ids=["one", "some", "moved"])
def test_each_row_is_taken_once(server: ServerProcess, statement: str) -> None:
    """Eight workers get other rows each, all of them together, and the table says the same."""
    taken = asyncio.run(take_all(server, statement))
    assert sorted(row for each in taken for row in each) == list(range(1, ROWS + 1))
    assert sum(1 for each in taken if each) > 1
    table = "done" if statement == MOVE_SOME else "queue"
    told = sorted((row, worker) for worker, rows in enumerate(taken) for row in rows)
    assert server.execute(f"SELECT id, worker FROM {table} ORDER BY id") == told


@pytest.mark.parametrize("statement", [TAKE_SOME, MOVE_SOME], ids=["some", "moved"])
def test_what_was_taken_stays_so_through_a_crash(server_factory: Callable[..., ServerProcess], statement: str) -> None:
    """A row that a worker was given is its own after SIGKILL; every other row is there once, taken or not."""
    doomed = server_factory()
    fill(doomed)
    taken: list[tuple[int, int]] = []

    async def work(worker: int, connection: asyncpg.Connection) -> None:
        try:
            while len(taken) < ROWS // 2:
                taken.extend((row["id"], worker) for row in await connection.fetch(statement, worker))
            doomed.signal(signal.SIGKILL)
            await connection.fetch(statement, worker)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return

    async def work_all() -> None:
        # All are there before the first of them has what it needs and kills the server.
        connections = await connect_workers(doomed)
        await asyncio.gather(*(work(worker, connection) for worker, connection in enumerate(connections)))

    asyncio.run(work_all())
    doomed.wait()
    server = server_factory(data_dir=doomed.data_dir)
    now = dict(
        server.execute("SELECT id, worker FROM queue WHERE worker IS NOT NULL UNION ALL SELECT id, worker FROM done")
    )
    assert len(taken) >= ROWS // 2
    assert {row: now[row] for row, _ in taken} == dict(taken)
    everything = server.execute("SELECT id FROM queue UNION ALL SELECT id FROM done ORDER BY id")
    assert everything == [(row,) for row in range(1, ROWS + 1)]
    server.stop()


@pytest.mark.usefixtures("queue")
def test_a_statement_in_parts_that_has_waited_runs_all_of_them_again(server: ServerProcess) -> None:
    """What it had done before it met the lock is undone, and every part sees what is there then."""
    with server.connect() as one, server.connect() as other:
        one.execute("BEGIN")
        one.execute("UPDATE queue SET state = 'held' WHERE id = 2")
        moving = """
            WITH taken AS (DELETE FROM queue WHERE id = 1 AND state = 'queued' RETURNING id),
                 changed AS (UPDATE queue SET worker = 1 WHERE id <= 3 AND state = 'queued' RETURNING id)
            INSERT INTO done SELECT id, 1 FROM taken UNION ALL SELECT id, 2 FROM changed RETURNING id
        """
        with waiting(server, other, moving) as moved:
            one.execute("COMMIT")
        assert sorted(moved.result().fetchall()) == [(1,), (3,)]
    assert server.execute("SELECT id, state, worker FROM queue WHERE id <= 3 ORDER BY id") == [
        (2, "held", None),
        (3, "queued", 1),
    ]


@pytest.mark.usefixtures("queue")
def test_a_failure_in_a_later_part_undoes_the_earlier_ones(server: ServerProcess) -> None:
    """The statement is one: a duplicate key in its last part brings back what the first deleted."""
    with server.connect(autocommit=True) as connection:
        with pytest.raises(Exception, match="duplicate key"):
            connection.execute(
                "WITH gone AS (DELETE FROM queue WHERE id = 1 RETURNING id) "
                "INSERT INTO queue SELECT id + 1, 'x', 1 FROM gone"
            )
        assert connection.execute("SELECT count(*) FROM queue").fetchone() == (ROWS,)


@pytest.mark.usefixtures("queue")
def test_advisory_locks_choose_rows(server: ServerProcess) -> None:
    """Each worker gets rows whose lock it could take, and takes no lock for rows that it does not get."""
    query = "SELECT id FROM queue WHERE id <= 40 AND pg_try_advisory_lock(id) ORDER BY id LIMIT 5"

    async def lock_all() -> list[list[int]]:
        connections = await connect_workers(server)
        try:
            found = await asyncio.gather(*(connection.fetch(query) for connection in connections))
            held = "SELECT objid::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY 1"
            assert [[row[0] for row in await each.fetch(held)] for each in connections] == [
                [row["id"] for row in rows] for rows in found
            ]
            return [[row["id"] for row in rows] for rows in found]
        finally:
            for connection in connections:
                await connection.close()

    taken = asyncio.run(lock_all())
    assert sorted(row for rows in taken for row in rows) == list(range(1, 41))
    assert all(len(rows) == 5 for rows in taken)


@pytest.mark.usefixtures("queue")
def test_parts_read_what_is_theirs_in_a_user_table(server: ServerProcess) -> None:
    """Rows of other roles in a user table are neither deleted, moved nor locked."""
    server.execute("DROP TABLE IF EXISTS mine")
    server.execute("CREATE TABLE mine (id int PRIMARY KEY, v int) WITH (type = 'user')")
    server.execute("GRANT ALL ON mine TO PUBLIC")
    server.execute("CREATE ROLE taker LOGIN")
    server.execute("INSERT INTO mine VALUES (1, 1), (2, 2)")
    with server.connect(user="taker", autocommit=True) as taker:
        taker.execute("INSERT INTO mine VALUES (1, 10)")
        moved = taker.execute(
            "WITH gone AS (DELETE FROM mine WHERE id IN (SELECT id FROM mine FOR UPDATE) RETURNING *) "
            "INSERT INTO mine SELECT id + 5, v FROM gone RETURNING *"
        )
        assert moved.fetchall() == [(6, 10)]
        assert taker.execute("SELECT * FROM mine").fetchall() == [(6, 10)]
    assert server.execute("SELECT count(*) FROM mine") == [(3,)]
    server.execute("DROP TABLE mine")
    server.execute("DROP ROLE taker")


@pytest.mark.usefixtures("queue")
def test_parameters_get_their_types_from_any_part(server: ServerProcess) -> None:
    """A parameter that only a later part mentions is known as well as one of an earlier part; each has one type."""

    async def move() -> tuple[list[str], list[tuple[int, int]]]:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="admin", database="siltdb")
        try:
            statement = await connection.prepare(
                "WITH gone AS (DELETE FROM queue WHERE id = $2 AND state = $3 RETURNING id) "
                "INSERT INTO done SELECT id + $4, $1 FROM gone RETURNING *"
            )
            rows = await statement.fetch(7, 3, "queued", 1000)
            return [each.name for each in statement.get_parameters()], [tuple(row) for row in rows]
        finally:
            await connection.close()

    assert asyncio.run(move()) == (["int4", "int4", "text", "int4"], [(1003, 7)])
