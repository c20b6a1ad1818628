"""LISTEN and NOTIFY as drivers see them, and job_events as a client of jobs does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

WAIT_S = 60


@pytest.fixture
def listener(server: ServerProcess) -> Iterator[psycopg.Connection[Any]]:
    """A client that can be told something."""
    with server.connect(autocommit=True) as connection:
        yield connection


@pytest.fixture
def bob(server: ServerProcess) -> Iterator[str]:
    """An ordinary user."""
    server.execute("CREATE ROLE bob LOGIN")
    server.execute("CREATE SCHEMA AUTHORIZATION bob")
    yield "bob"
    server.execute("DROP SCHEMA bob")
    server.execute("DROP ROLE bob")


def heard(connection: psycopg.Connection[Any], count: int) -> list[tuple[str, str]]:
    """The next notifications."""
    found = connection.notifies(timeout=WAIT_S, stop_after=count)
    return [(each.channel, each.payload) for each in found]


def test_an_idle_client_is_told_at_once(server: ServerProcess, listener: psycopg.Connection[Any]) -> None:
    """It does not have to ask, and it learns who notified."""
    listener.execute("LISTEN news")
    with server.connect(autocommit=True) as other:
        other.execute("NOTIFY news, 'one'")
        other.execute("SELECT pg_notify('news', %s)", ("two",))
        (one, two) = listener.notifies(timeout=WAIT_S, stop_after=2)
        assert [(each.channel, each.payload) for each in (one, two)] == [("news", "one"), ("news", "two")]
        assert one.pid == two.pid == other.info.backend_pid


def test_a_client_in_a_transaction_is_told_after_it(server: ServerProcess, listener: psycopg.Connection[Any]) -> None:
    """As in PostgreSQL; nothing is lost meanwhile."""
    listener.execute("LISTEN news")
    listener.execute("BEGIN")
    server.execute("NOTIFY news, 'meanwhile'")
    assert listener.execute("SELECT 1").fetchall() == [(1,)]
    assert list(listener.notifies(timeout=0)) == []
    listener.execute("COMMIT")
    assert heard(listener, 1) == [("news", "meanwhile")]


def test_what_is_rolled_back_is_not_told(server: ServerProcess, listener: psycopg.Connection[Any]) -> None:
    """Neither after ROLLBACK nor after an error; what is committed comes with the commit, not before."""
    listener.execute("LISTEN news")
    with server.connect(autocommit=False) as other:
        other.execute("NOTIFY news, 'rolled back'")
        other.rollback()
        other.execute("NOTIFY news, 'failed'")
        with pytest.raises(psycopg.errors.DivisionByZero):
            other.execute("SELECT 1/0")
        other.rollback()
        other.execute("NOTIFY news, 'kept'")
        assert list(listener.notifies(timeout=0)) == []
        other.commit()
    assert heard(listener, 1) == [("news", "kept")]


def test_asyncpg_calls_its_listeners(server: ServerProcess) -> None:
    """add_listener and remove_listener."""

    async def main() -> list[tuple[str, str]]:
        address: dict[str, Any] = {"host": server.host, "port": server.port, "user": "admin", "database": "siltdb"}
        one, other = await asyncpg.connect(**address), await asyncpg.connect(**address)
        told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

        def listen(_connection: Any, _pid: int, channel: str, payload: Any) -> None:
            told.put_nowait((channel, payload))

        await one.add_listener("Quoted Name", listen)
        await other.execute("NOTIFY \"Quoted Name\", 'x'")
        await other.execute("SELECT pg_notify($1, $2)", "Quoted Name", "y")
        found = [await asyncio.wait_for(told.get(), WAIT_S) for _ in range(2)]
        await one.remove_listener("Quoted Name", listen)
        assert await one.fetch("SELECT pg_listening_channels()") == []
        await one.close()
        await other.close()
        return found

    assert asyncio.run(main()) == [("Quoted Name", "x"), ("Quoted Name", "y")]


def test_job_events_tell_of_each_status(server: ServerProcess, listener: psycopg.Connection[Any]) -> None:
    """From new to completed, each after it is durable: whoever hears of it finds it in system.jobs."""
    listener.execute("LISTEN job_events")
    server.execute("CREATE TABLE told (id int)")
    server.execute("INSERT INTO told VALUES (1)")
    ((job_id, *_),) = server.execute("FLUSH TABLE told")
    events = []
    for notification in listener.notifies(timeout=WAIT_S):
        event = json.loads(notification.payload)
        if event["job_id"] == job_id:
            events.append(event)
            if event["status"] == "completed":
                break
    assert [(each["previous_status"], each["status"]) for each in events] == [
        (None, "new"),
        ("new", "queued"),
        ("queued", "running"),
        ("running", "completed"),
    ]
    assert {(each["job_type"], each["namespace"], each["table_name"], each["owner"]) for each in events} == {
        ("flush", "public", "told", "admin")
    }
    ((status, message),) = server.execute("SELECT status, message FROM system.jobs WHERE job_id = %s", job_id)
    assert (status, message) == ("completed", events[-1]["message"])
    server.execute("DROP TABLE told")


def test_job_events_of_others_are_not_heard(server: ServerProcess, listener: psycopg.Connection[Any], bob: str) -> None:
    """An ordinary user hears of its own jobs only; a superuser of all."""
    listener.execute("LISTEN job_events")
    with server.connect(user=bob, autocommit=True) as ordinary:
        ordinary.execute("LISTEN job_events")
        server.execute("CREATE TABLE secret (id int)")
        server.execute("INSERT INTO secret VALUES (1)")
        server.execute("FLUSH TABLE secret WITH (wait)")
        ordinary.execute("CREATE TABLE bob.bobs (id int)")
        ordinary.execute("INSERT INTO bob.bobs VALUES (1)")
        ordinary.execute("FLUSH TABLE bob.bobs WITH (wait)")
        own = [json.loads(payload) for _, payload in heard(ordinary, 4)]
        assert {each["table_name"] for each in own} == {"bobs"}
        assert {json.loads(payload)["table_name"] for _, payload in heard(listener, 8)} == {"secret", "bobs"}
        ordinary.execute("DROP TABLE bob.bobs")
        ordinary.execute("KILL JOBS WHERE job_type = 'cleanup'")
    server.execute("DROP TABLE secret")


def test_users_do_not_speak_of_jobs(listener: psycopg.Connection[Any]) -> None:
    """The channel is the server's."""
    for statement in ("NOTIFY job_events, '{}'", "SELECT pg_notify('job_events', '{}')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="reserved"):
            listener.execute(statement)
