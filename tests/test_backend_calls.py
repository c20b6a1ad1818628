"""Functions that act on sessions: sleeping, cancelling, terminating."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

LONG = "SELECT pg_sleep(60)"


def wait_until_it_sleeps(watcher: psycopg.Connection[Any], pid: int) -> None:
    """Return once the session with that pid runs its statement."""
    query = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query = %s"
    while watcher.execute(query, (pid, LONG)).fetchone() is None:
        continue


def test_sleeping_takes_as_long_as_it_says_and_holds_nobody_up(server: ServerProcess) -> None:
    """Many can sleep at the same time: no thread is taken for it."""
    with ThreadPoolExecutor(40) as pool:
        slept = [
            pool.submit(server.execute, "SELECT clock_timestamp(), pg_sleep(0.2) FROM generate_series(1, 2)")
            for _ in range(40)
        ]
        assert all(len(each.result(60)) == 2 for each in slept)
    with server.connect(autocommit=True) as connection:
        connection.execute("SET statement_timeout = '50ms'")
        with pytest.raises(errors.QueryCanceled):
            connection.execute(LONG)


@pytest.mark.parametrize(
    ("function", "error"), [("pg_cancel_backend", errors.QueryCanceled), ("pg_terminate_backend", errors.AdminShutdown)]
)
def test_another_session_is_signalled(function: str, error: type[psycopg.Error], server: ServerProcess) -> None:
    """Its statement fails; terminated, the connection is gone."""
    with server.connect(autocommit=True) as sleeper, server.connect(autocommit=True) as other:
        pid = sleeper.info.backend_pid
        with ThreadPoolExecutor(1) as pool:
            sleeping = pool.submit(sleeper.execute, LONG)
            wait_until_it_sleeps(other, pid)
            called = other.execute(f"SELECT {function}(pid) FROM pg_stat_activity WHERE pid = {pid}".encode())
            assert called.fetchall() == [(True,)]
            with pytest.raises(error):
                sleeping.result(60)
        assert sleeper.closed == (function == "pg_terminate_backend")


def test_who_may_signal_whom(server: ServerProcess) -> None:
    """Superusers everyone, others those of their own roles, as in PostgreSQL."""
    for name in ("ursula", "viktor"):
        server.execute(f"DROP ROLE IF EXISTS {name}")
        server.execute(f"CREATE ROLE {name} LOGIN")
    with (
        server.connect(autocommit=True) as admin,
        server.connect(user="ursula", autocommit=True) as ursula,
        server.connect(user="ursula", autocommit=True) as other,
        server.connect(user="viktor", autocommit=True) as viktor,
    ):
        query = "SELECT pg_cancel_backend(%s::int)"
        assert ursula.execute(query, (other.info.backend_pid,)).fetchone() == (True,)
        assert admin.execute(query, (viktor.info.backend_pid,)).fetchone() == (True,)
        with pytest.raises(errors.InsufficientPrivilege, match="must be a member of the role"):
            ursula.execute(query, (viktor.info.backend_pid,))
        with pytest.raises(errors.InsufficientPrivilege, match="must be a superuser"):
            ursula.execute("SELECT pg_terminate_backend(%s::int)", (admin.info.backend_pid,))


def test_arguments_may_be_parameters_and_columns(server: ServerProcess) -> None:
    """A call is made for each row of the query, with whatever that gives."""
    with server.connect(autocommit=True) as connection:
        taken = connection.execute(
            "SELECT g, pg_try_advisory_lock(g, %s::int) AS got FROM generate_series(1, 3) g", (5,)
        )
        assert taken.fetchall() == [(1, True), (2, True), (3, True)]
        held = "SELECT classid::int, objid::int FROM pg_locks WHERE locktype = 'advisory' ORDER BY 1"
        assert connection.execute(held).fetchall() == [(1, 5), (2, 5), (3, 5)]
        connection.execute("DISCARD ALL")
        assert connection.execute(held).fetchall() == []


@pytest.mark.parametrize(
    "query",
    ["SELECT 1 WHERE pg_try_advisory_lock(1) OR true", "SELECT DISTINCT pg_sleep(0)", "SELECT * FROM pg_sleep(0)"],
)
def test_calls_elsewhere_are_refused(query: str, server: ServerProcess) -> None:
    """Where it is not clear how often they would be made they are not made at all."""
    with pytest.raises(errors.FeatureNotSupported):
        server.execute(query)
