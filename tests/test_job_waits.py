"""WAIT, and FLUSH … WITH (wait), through a real server: what wakes them, what ends them, and what they say."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import pytest
from psycopg import errors

from tests.delayed_jobs import delayed_job, delayed_jobs, status_of
from tests.measuring import assert_measured, measures
from tests.notices import notices_of
from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

ROWS = 200_000
"""A flush of so many rows takes long enough to be paused, unless this process is held up just then."""
WOKEN_WITHIN_S = 0.1
WOKEN_TIMES = 30
"""So often it is tried: the machine does not always have something else to do."""
LIMIT_S = 0.3
LATE = 40
"""So many jobs that a limit for each of them would be over much later than any machine is held up."""


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection."""
    with server.connect() as connection:
        yield connection


def paused_flush(connection: psycopg.Connection[Any], table: str) -> str:
    """The id of a flush of a new table that has begun and was paused."""
    connection.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY, v text)")
    connection.execute(f"INSERT INTO {table} SELECT n, 'row ' || n FROM generate_series(1, {ROWS}) AS g(n)")
    while True:
        started = connection.execute(f"FLUSH TABLE {table}").fetchone()
        assert started is not None
        with suppress(errors.ObjectNotInPrerequisiteState):
            paused = connection.execute(f"PAUSE JOB '{started[0]}'").fetchone()
            assert paused is not None
            if paused[2] == "paused":
                return str(started[0])
        # It was over already: once more, with rows that are hot again.
        connection.execute(f"UPDATE {table} SET v = v")


def test_wait_gives_the_jobs_row(admin: psycopg.Connection[Any]) -> None:
    """WAIT JOB answers with the job as SHOW JOB has it, and its columns; at once for one that has ended."""
    admin.execute("CREATE TABLE shown (id int PRIMARY KEY)")
    admin.execute("INSERT INTO shown VALUES (1), (2)")
    started = admin.execute("FLUSH TABLE shown").fetchone()
    assert started is not None
    waited = admin.execute(f"WAIT JOB '{started[0]}' TIMEOUT '60s'")
    assert waited.statusmessage == "WAIT JOB"
    shown = admin.execute(f"SHOW JOB '{started[0]}'")
    assert waited.description is not None
    assert shown.description is not None
    assert [(each.name, each.type_code) for each in waited.description] == [
        (each.name, each.type_code) for each in shown.description
    ]
    rows = shown.fetchall()
    assert waited.fetchall() == rows == admin.execute(f"WAIT JOB '{started[0]}'").fetchall()
    assert rows[0][2] == "completed"


def test_wait_is_woken_by_the_end_of_the_job(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """Who waits hears of the end when it comes, and not when it is next looked for."""
    delays: list[float] = []
    with server.connect() as waiter:
        while not delays or delays[-1] >= WOKEN_WITHIN_S:
            assert len(delays) < WOKEN_TIMES, delays
            job_id = delayed_job(admin, f"woken_{len(delays)}")
            with waiting(server, waiter, f"WAIT JOB '{job_id}'") as ended:
                admin.execute(f"KILL JOB '{job_id}' ASYNC REASON 'enough'")
            killed_s = time.monotonic()
            with pytest.raises(errors.QueryCanceled, match=f'job "{job_id}" was cancelled by admin: enough'):
                ended.result()
            delays.append(time.monotonic() - killed_s)


def test_a_time_limit_warns_and_the_job_goes_on(admin: psycopg.Connection[Any]) -> None:
    """After TIMEOUT a WARNING names the job and its state; the row is the job as it is."""
    job_id = delayed_job(admin, "too_late")
    warnings = notices_of(admin)
    rows = admin.execute(f"WAIT JOB '{job_id}' TIMEOUT '20ms'").fetchall()
    assert [row[:3] for row in rows] == [(job_id, "cleanup", "queued")]
    (warning,) = warnings
    assert (warning.severity, warning.sqlstate) == ("WARNING", "01000")
    assert warning.message == f'job "{job_id}" is still queued after 20 ms'
    assert warning.hint == f"It goes on: WAIT JOB '{job_id}' waits on, KILL JOB '{job_id}' ends it."
    assert status_of(admin, job_id) == "queued"


@measures
def test_a_time_limit_for_many_jobs(admin: psycopg.Connection[Any]) -> None:
    """One WARNING tells of all jobs that have not ended; one limit holds for all of them."""
    job_ids = delayed_jobs(admin, *(f"late_{number}" for number in range(LATE)))
    warnings = notices_of(admin)
    start_s = time.monotonic()
    rows = admin.execute(f"WAIT JOBS WHERE table_name LIKE 'late\\_%' TIMEOUT '{LIMIT_S}s'").fetchall()
    taken_s = time.monotonic() - start_s
    assert [row[0] for row in rows] == job_ids
    (warning,) = warnings
    assert warning.message == f"{LATE} jobs have not ended after 300 ms"
    assert warning.detail is not None
    assert warning.detail.splitlines()[0] == f"{job_ids[0]} is queued."
    assert warning.detail.splitlines()[-1] == f"{LATE - 10} more."
    admin.execute("KILL JOBS WHERE table_name LIKE 'late\\_%'")
    assert_measured(taken_s < (LATE - 1) * LIMIT_S, taken_s)


def test_waiting_for_many_raises_the_first_failure_at_the_end(
    server: ServerProcess, admin: psycopg.Connection[Any]
) -> None:
    """WAIT JOBS waits for all, whatever comes of some, and then tells of the one that came to grief first."""
    first, second, third = delayed_jobs(admin, "grief_1", "grief_2", "grief_3")
    with server.connect() as waiter:
        with waiting(server, waiter, "WAIT JOBS WHERE table_name LIKE 'grief\\_%'") as wait:
            admin.execute(f"KILL JOB '{second}'")
            admin.execute(f"KILL JOB '{first}'")
            assert not wait.is_over
            admin.execute(f"RETRY JOB '{third}'")
        with pytest.raises(errors.QueryCanceled, match=f'job "{second}" was cancelled by admin'):
            wait.result()
    assert status_of(admin, third) == "completed"


def test_a_cancelled_wait_leaves_the_job_alone(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """A cancel request (Ctrl-C) ends the waiting, and the error says that the job goes on and how to end it."""
    job_id = delayed_job(admin, "ctrl_c")
    with server.connect() as waiter:
        with waiting(server, waiter, f"WAIT JOB '{job_id}'") as wait:
            waiter.cancel()
        with pytest.raises(errors.QueryCanceled) as caught:
            wait.result()
        diagnostic = caught.value.diag
        assert diagnostic.message_primary == "canceling statement due to user request"
        assert diagnostic.message_detail == f'Only the waiting has ended: job "{job_id}" goes on.'
        assert diagnostic.message_hint == f"Use KILL JOB '{job_id}' to end it."
        with pytest.raises(errors.UndefinedColumn) as other:
            waiter.execute("SELECT nope")
        assert other.value.diag.message_detail is None
    assert status_of(admin, job_id) == "queued"


def test_statement_timeout_leaves_the_job_alone(admin: psycopg.Connection[Any]) -> None:
    """statement_timeout ends the waiting as a cancel request does, by either way of waiting."""
    job_id = paused_flush(admin, "timed_out")
    for statement in (f"WAIT JOB '{job_id}'", "WAIT JOBS WHERE status = 'paused'", "FLUSH TABLE timed_out WITH (wait)"):
        # On a busy machine a short time may be over before it waits: then it says nothing of the job.
        for timeout_ms in (50, 500, 5_000, 30_000):
            admin.execute(f"SET statement_timeout = {timeout_ms}")
            with pytest.raises(errors.QueryCanceled, match="statement timeout") as caught:
                admin.execute(statement)
            if caught.value.diag.message_detail is not None:
                break
        assert caught.value.diag.message_detail == f'Only the waiting has ended: job "{job_id}" goes on.'
    admin.execute("RESET statement_timeout")
    assert status_of(admin, job_id) == "paused"
    admin.execute(f"KILL JOB '{job_id}'")


def test_a_flush_joined_while_paused_says_so(admin: psycopg.Connection[Any]) -> None:
    """A flush that joins a paused one would wait for ever: a NOTICE tells how to let it go on."""
    job_id = paused_flush(admin, "joined")
    notices = notices_of(admin)
    row = admin.execute("FLUSH TABLE joined WITH (timeout = '20ms')").fetchone()
    assert row == (job_id, "public.joined", "paused", True, None)
    assert [notice.message for notice in notices] == [
        f'job "{job_id}" is paused',
        f'job "{job_id}" is still paused after 20 ms',
    ]
    assert notices[0].hint == f"RESUME JOB '{job_id}' lets it go on."
    explained = admin.execute("EXPLAIN FLUSH TABLE joined").fetchone()
    assert explained is not None
    assert explained[1] == ROWS
    assert explained[4] == job_id
    admin.execute(f"RESUME JOB '{job_id}'")
    assert admin.execute(f"WAIT JOB '{job_id}'").fetchall()[0][2] == "completed"
    assert admin.execute("EXPLAIN FLUSH TABLE joined").fetchall() == [("public.joined", 0, 0, 0, None)]


def test_a_table_dropped_under_a_waiting_flush(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """42P01 for the statement that waits; the job itself is skipped."""
    job_id = paused_flush(admin, "dropped")
    with server.connect() as waiter:
        with waiting(server, waiter, "FLUSH TABLE dropped WITH (wait)") as wait:
            admin.execute("DROP TABLE dropped")
            admin.execute(f"RESUME JOB '{job_id}'")
        with pytest.raises(errors.UndefinedTable, match='table "dropped" was dropped') as caught:
            wait.result()
        assert caught.value.diag.message_detail == f'Job "{job_id}" was skipped.'
    assert status_of(admin, job_id) == "skipped"


def test_a_failed_job_raises_its_own_error(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """WAIT raises the SQLSTATE of the failure, not one of its own."""
    admin.execute("CREATE SCHEMA broken")
    admin.execute("CREATE TABLE broken.unlucky (id int PRIMARY KEY)")
    admin.execute("INSERT INTO broken.unlucky VALUES (1)")
    folder = server.data_dir / "cold" / "broken"
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where a folder should be")
    started = admin.execute("FLUSH TABLE broken.unlucky").fetchone()
    assert started is not None
    with pytest.raises(psycopg.Error, match=f'job "{started[0]}" failed: ') as caught:
        admin.execute(f"WAIT JOB '{started[0]}'")
    row = admin.execute("SELECT status, error_sqlstate FROM system.jobs WHERE job_id = %s", (started[0],)).fetchone()
    assert row == ("failed", caught.value.sqlstate)
    folder.unlink()
    again = admin.execute(f"RETRY JOB '{started[0]}'").fetchone()
    assert again is not None
    assert admin.execute(f"WAIT JOB '{again[0]}'").fetchall()[0][2] == "completed"


def test_many_clients_wait_for_one_job(server: ServerProcess, admin: psycopg.Connection[Any]) -> None:
    """All that wait for a job hear of its end."""
    job_id = delayed_job(admin, "for_all")

    async def run() -> list[str]:
        parameters: dict[str, Any] = {"host": server.host, "port": server.port, "user": "admin", "database": "siltdb"}
        clients = [await asyncpg.connect(**parameters) for _ in range(8)]
        try:
            waits = [asyncio.create_task(client.fetchval(f"WAIT JOB '{job_id}'", column=2)) for client in clients[1:]]
            await clients[0].execute(f"RETRY JOB '{job_id}'")
            return [str(await wait) for wait in waits]
        finally:
            for client in clients:
                await client.close()

    assert asyncio.run(run()) == ["completed"] * 7
