"""KILL JOB during a large flush: it really stops, it says so when it has, and no row is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg.errors import ObjectNotInPrerequisiteState

from tests.measuring import assert_measured, measures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

    from tests.server_process import ServerProcess

ROWS = 400_000
KILLED_WITHIN_S = 0.1
"""Of processor time: a third of what the whole flush takes."""


def cold_files(data_dir: Path) -> list[str]:
    """Every file below the cold folder."""
    return sorted(str(path.relative_to(data_dir)) for path in (data_dir / "cold").rglob("*") if path.is_file())


def named_files(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Those that the manifest names."""
    return sorted(str(path) for (path,) in connection.execute("SELECT path FROM system.segments"))


def load(server: ServerProcess, table: str, rows: int) -> None:
    """Copy rows in: numbers and texts that can be checked by their sums."""
    with server.connect() as connection:
        connection.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY, a int, b double precision, t text)")
        with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
            for start in range(0, rows, 100_000):
                lines = (f"{n},{n % 97},{n}.5,text number {n}\n" for n in range(start, start + 100_000))
                copy.write("".join(lines))


def totals(connection: psycopg.Connection[tuple[object, ...]], table: str) -> tuple[object, ...]:
    """What a reader sees of the table."""
    row = connection.execute(f"SELECT count(*), sum(id), sum(a), count(DISTINCT id) FROM {table}").fetchone()
    assert row is not None
    return row


class Killed(NamedTuple):
    """A job that was killed in the midst of its work."""

    job_id: str
    cpu_s: float
    """Processor time of the server from the request to the answer."""


def killed_midway(server: ServerProcess, connection: psycopg.Connection[tuple[object, ...]], table: str) -> Killed:
    """Flush a table, and kill that once some rows are written.

    A flush that is over by then, as this process was held up, does not count: its rows are made hot again.
    """
    writing = "SELECT 1 FROM system.jobs WHERE job_id = %s AND (units_done > 0 OR finished_at IS NOT NULL)"
    while True:
        started = connection.execute(f"FLUSH TABLE {table}").fetchone()
        assert started is not None
        job_id = str(started[0])
        while not connection.execute(writing, (job_id,)).fetchone():
            pass
        used_s = server.cpu_s
        try:
            killed = connection.execute(f"KILL JOB '{job_id}' REASON 'because'").fetchone()
        except ObjectNotInPrerequisiteState:
            killed = None
        used_s = server.cpu_s - used_s
        assert killed is None or killed[1] == "running"
        if killed is not None and killed[2] != "completed":
            assert killed[2] == "cancelled"
            return Killed(job_id, used_s)
        connection.execute(f"UPDATE {table} SET a = a")


@measures
def test_kill_job_stops_a_large_flush_and_loses_nothing(server_factory: Callable[..., ServerProcess]) -> None:
    """A flush of 400,000 rows killed midway is cancelled soon; all rows are there before, during and after."""
    server = server_factory()
    load(server, "big", ROWS)
    expected = (ROWS, ROWS * (ROWS - 1) // 2, sum(n % 97 for n in range(ROWS)), ROWS)
    used_s = []
    with server.connect() as connection, server.connect() as reader:
        assert totals(reader, "big") == expected
        for _ in range(3):
            job_id, cpu_s = killed_midway(server, connection, "big")
            used_s.append(cpu_s)
            assert totals(reader, "big") == expected
            assert cold_files(server.data_dir) == named_files(connection)
            record = connection.execute(
                "SELECT status, cancel_requested_by, cancel_reason, finished_at >= cancel_requested_at "
                "FROM system.jobs WHERE job_id = %s",
                (job_id,),
            ).fetchone()
            assert record == ("cancelled", "admin", "because", True)
        flushed = connection.execute("FLUSH TABLE big WITH (wait)").fetchone()
        assert flushed is not None
        assert flushed[2] == "completed", flushed
        assert totals(reader, "big") == expected
        counts = connection.execute("SELECT hot_rows, cold_rows FROM system.tables WHERE table_name = 'big'").fetchone()
        assert counts == (0, ROWS)
    server.stop()
    assert_measured(min(used_s) < KILLED_WITHIN_S, used_s)


def test_reads_go_on_while_a_flush_runs(server: ServerProcess) -> None:
    """Whoever reads during a flush sees each row exactly once, whether it is hot or cold by then."""
    load(server, "read_on", 100_000)
    with server.connect() as connection, server.connect() as reader:
        expected = totals(reader, "read_on")
        connection.execute("FLUSH TABLE read_on")
        seen = 0
        while connection.execute(
            "SELECT 1 FROM system.tables WHERE table_name = 'read_on' AND hot_rows > 0"
        ).fetchone():
            assert totals(reader, "read_on") == expected
            assert reader.execute("SELECT a FROM read_on WHERE id = 12345").fetchone() == (12345 % 97,)
            seen += 1
        assert totals(reader, "read_on") == expected
        assert reader.execute("SELECT a FROM read_on WHERE id = 12345").fetchone() == (12345 % 97,)


def test_a_killed_flush_keeps_no_file_of_a_dropped_table(server: ServerProcess) -> None:
    """What a killed flush has read is let go of with it: a table that is dropped then is gone from the disk."""
    load(server, "let_go", 100_000)
    with server.connect() as connection:
        connection.execute("FLUSH TABLE let_go WITH (wait)")
        with connection.cursor().copy("COPY let_go FROM STDIN (FORMAT csv)") as copy:
            copy.write("".join(f"{n},1,1,x\n" for n in range(1_000_000, 1_300_000)))
        killed_midway(server, connection, "let_go")
        assert [path for path in cold_files(server.data_dir) if "let_go" in path] != []
        connection.execute("DROP TABLE let_go")
        cleanup = "SELECT job_id FROM system.jobs WHERE job_type = 'cleanup' AND table_name = 'let_go' AND status = "
        waiting = connection.execute(cleanup + "'queued'").fetchone()
        assert waiting is not None
        # It need not wait until the table can no longer be brought back.
        connection.execute(f"RETRY JOB '{waiting[0]}'")
        connection.execute(f"WAIT JOB '{waiting[0]}'")
    assert [path for path in cold_files(server.data_dir) if "let_go" in path] == []
