"""Somebody sets the machine's clock while a server runs: nothing waits for ever, and nothing is due at once.

How schedules, retries and records fare is tested with a clock that is moved by hand: `tests/jobs/test_clock_jumps.py`,
`tests/jobs/schedules/test_firing.py`, `tests/storage/test_steady_clock.py`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.server_process import ROOT, ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR_S = 3600
YEAR_S = 365 * 24 * HOUR_S


class SettableClock:
    """The clock of the server."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set_off(0)

    def set_off(self, seconds: int) -> None:
        """Let it be off by so much."""
        new = self.file.with_suffix(".new")
        new.write_text(str(seconds), encoding="ascii")
        new.replace(self.file)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> SettableClock:
    """The clock of `moved`."""
    return SettableClock(tmp_path_factory.mktemp("clock") / "offset")


@pytest.fixture(scope="module")
def moved(
    clock: SettableClock, tmp_path_factory: pytest.TempPathFactory, server_processes: list[ServerProcess]
) -> Iterator[ServerProcess]:
    """A server with that clock."""
    executable = (sys.executable, str(ROOT / "tests" / "moved_clock.py"), str(clock.file))
    server = ServerProcess(
        tmp_path_factory.mktemp("moved") / "data", executable=executable, SILTDB_STREAM__EVICTION_INTERVAL="1s"
    )
    server_processes.append(server)
    server.start()
    yield server
    clock.set_off(0)
    server.stop()


@pytest.mark.parametrize("jump_s", [-YEAR_S, -HOUR_S, HOUR_S, YEAR_S])
def test_timeouts_and_jobs_do_not_mind(moved: ServerProcess, clock: SettableClock, jump_s: int) -> None:
    """Timeouts end what they are to end, in their time; statements, commits, flushes and waits go on."""
    clock.set_off(0)
    with moved.connect() as holder, moved.connect() as other:
        holder.execute("CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY, at timestamptz DEFAULT now())")
        holder.execute("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING")
        holder.execute("BEGIN")
        holder.execute("UPDATE t SET at = now() WHERE id = 1")
        began = holder.execute("SELECT now()").fetchone()
        clock.set_off(jump_s)
        assert holder.execute("SELECT now()").fetchone() == began, "now() is that of the transaction's begin"
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("UPDATE t SET at = now() WHERE id = 1")
        other.execute("RESET lock_timeout")
        other.execute("SET statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            other.execute("UPDATE t SET at = now() WHERE id = 1")
        with pytest.raises(psycopg.errors.QueryCanceled):
            other.execute("SELECT pg_sleep(60)")
        other.execute("RESET statement_timeout")
        holder.execute("COMMIT")
        other.execute("SELECT pg_sleep(0.1)")
        ((off_s,),) = other.execute("SELECT extract(epoch FROM now())::bigint").fetchall()
        ((start_s,),) = holder.execute("SELECT extract(epoch FROM %s::timestamptz)::bigint", began).fetchall()
        assert abs(off_s - start_s - jump_s) < HOUR_S / 2
        other.execute("INSERT INTO t SELECT g FROM generate_series(2, 100) g ON CONFLICT DO NOTHING")
        other.execute("UPDATE t SET at = now()")
        assert other.execute("FLUSH TABLE t WITH (wait, timeout = '60s')").fetchall()[0][2] == "completed"
        wrong = "SELECT job_id FROM system.jobs WHERE NOT (created_at <= started_at AND started_at <= finished_at)"
        assert other.execute(wrong).fetchall() == []
        assert other.execute("SELECT count(*) FROM t").fetchone() == (100,)


def test_stream_rows_go_on_getting_old(moved: ServerProcess, clock: SettableClock) -> None:
    """Rows that come after the clock was set back disappear after their ttl, not an hour later."""
    clock.set_off(0)
    with moved.connect() as connection:
        connection.execute("CREATE TABLE s (id int) WITH (type = 'stream', ttl = '1s')")
        connection.execute("INSERT INTO s VALUES (1)")
        clock.set_off(-HOUR_S)
        connection.execute("INSERT INTO s VALUES (2)")
        while connection.execute("SELECT count(*) FROM s").fetchone() != (0,):
            pass


def test_the_servers_own_schedules_go_on(moved: ServerProcess, clock: SettableClock) -> None:
    """After an hour back the server still evicts expired rows by itself."""
    clock.set_off(0)
    with moved.connect() as connection:
        connection.execute("CREATE TABLE again (id int) WITH (type = 'stream', ttl = '1s')")
        jobs = "SELECT count(*) FROM system.jobs WHERE job_type = 'stream_eviction' AND status = 'completed'"
        connection.execute("INSERT INTO again VALUES (1)")
        while connection.execute(jobs).fetchone() == (0,):
            pass
        (before,) = connection.execute(jobs).fetchone() or (0,)
        clock.set_off(-HOUR_S)
        connection.execute("INSERT INTO again VALUES (2)")
        while connection.execute(jobs).fetchone() == (before,):
            pass


def test_a_start_in_an_earlier_time(moved: ServerProcess, clock: SettableClock) -> None:
    """All that was acknowledged is there, and everything works."""
    clock.set_off(YEAR_S)
    moved.execute("CREATE TABLE later (id int PRIMARY KEY)")
    moved.execute("INSERT INTO later SELECT g FROM generate_series(1, 100) g")
    moved.execute("DELETE FROM later WHERE id > 90")
    moved.execute("FLUSH TABLE later")
    moved.kill()
    clock.set_off(0)
    moved.start()
    assert moved.execute("SELECT count(*) FROM later") == [(90,)]
    moved.execute("INSERT INTO later VALUES (91)")
    moved.execute("FLUSH TABLE later WITH (wait)")
    moved.execute("COMPACT TABLE later WITH (wait)")
    assert moved.execute("SELECT hot_rows, cold_rows FROM system.tables WHERE table_name = 'later'") == [(0, 91)]
    moved.execute("DROP TABLE later")
