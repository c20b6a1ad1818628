"""Automatic flushing through a real server and a client: the scenarios as a user sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server_process import ServerProcess


def completed_flushes(server: ServerProcess, count: int) -> list[tuple[Any, ...]]:
    """Rows, trigger, schedule, and seconds from the making of the table, of the flushes, once so many have ended."""
    with server.connect() as connection:
        while connection.execute("select count(*) from system.jobs where finished_at is not null").fetchone() != (
            count,
        ):
            pass
        return connection.execute(
            "select cast(result ->> 'rows' as bigint), j.trigger, j.schedule_name, status,"
            " extract(epoch from j.created_at - t.created_at)"
            " from system.jobs j join system.tables t using (namespace, table_name) order by j.created_at"
        ).fetchall()


def hot_and_cold(server: ServerProcess) -> tuple[Any, ...]:
    """Rows of table t, hot and cold."""
    return server.execute("select hot_rows, cold_rows from system.tables where table_name = 't'")[0]


def test_automatic_flush_01_an_interval_through_a_server(server_factory: Callable[..., ServerProcess]) -> None:
    """Rows become cold by themselves when they are old enough, and not before."""
    server = server_factory()
    server.execute("create table t (id bigint primary key) with (flush_policy = 'interval:300ms')")
    server.execute("insert into t select * from generate_series(1, 10)")
    ((rows, trigger, schedule, status, age_s),) = completed_flushes(server, 1)
    assert (rows, trigger, schedule, status) == (10, "schedule", "flush-public-t", "completed")
    assert age_s >= 0.3
    assert hot_and_cold(server) == (0, 10)


def test_automatic_flush_02_a_row_threshold_through_a_server(server_factory: Callable[..., ServerProcess]) -> None:
    """The thousandth row makes the flush, without any timer; the rows before it do not."""
    server = server_factory()
    with server.connect() as connection:
        connection.execute("create table t (id bigint primary key) with (flush_policy = 'rows:1000,interval:1d')")
        connection.execute("insert into t select * from generate_series(1, 999)")
        assert connection.execute("select count(*) from system.jobs").fetchone() == (0,)
        assert hot_and_cold(server) == (999, 0)
        connection.execute("insert into t values (1000)")
    assert [flush[:4] for flush in completed_flushes(server, 1)] == [(1000, "schedule", "flush-public-t", "completed")]
    assert hot_and_cold(server) == (0, 1000)


def test_automatic_flush_10_a_pending_flush_fires_after_a_kill(server_factory: Callable[..., ServerProcess]) -> None:
    """Rows whose interval ran out while a killed server was down are flushed when it is back."""
    server = server_factory()
    server.execute("create table t (id bigint primary key) with (flush_policy = 'interval:1s')")
    server.execute("insert into t select * from generate_series(1, 10)")
    server.kill()
    server.restart()
    assert [flush[:4] for flush in completed_flushes(server, 1)] == [(10, "schedule", "flush-public-t", "completed")]
    assert hot_and_cold(server) == (0, 10)


def test_the_default_policy_of_the_server(server_factory: Callable[..., ServerProcess]) -> None:
    """A table that says nothing goes by `flush.default_policy`, one with `none` stays hot; system.schedules has all."""
    server = server_factory(SILTDB_FLUSH__DEFAULT_POLICY="rows:100")
    server.execute("create table t (id bigint)")
    server.execute("create table never (id bigint) with (flush_policy = 'none')")
    for table in ("never", "t"):
        server.execute(f"insert into {table} select * from generate_series(1, 100)")
    assert [flush[:4] for flush in completed_flushes(server, 1)] == [(100, "schedule", "flush-public-t", "completed")]
    assert server.execute("select hot_rows from system.tables where table_name = 'never'") == [(100,)]
    schedules = server.execute("select schedule_name, source from system.schedules order by 1")
    assert schedules == [
        ("compaction", "system"),
        ("deleted-row-retention", "system"),
        ("flush-public-t", "policy"),
        ("hot-memory", "system"),
        ("job-cleanup", "system"),
        ("stream-eviction", "system"),
        ("user-cleanup", "system"),
    ]
