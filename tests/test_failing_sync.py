"""A disk that fails to make things durable: nothing is acknowledged that might be lost, and the server reads on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server_process import ServerProcess

WRITES = (
    "INSERT INTO t VALUES (100, 'later')",
    "INSERT INTO t SELECT g, 'many' FROM generate_series(1000, 9000) g",
    "UPDATE t SET v = 'later' WHERE id = 1",
    "DELETE FROM t WHERE id = 1",
    "TRUNCATE t",
    "CREATE TABLE other (id int)",
    "ALTER TABLE t ADD COLUMN w int",
    "CREATE ROLE somebody",
    "SELECT nextval('numbers')",
    "FLUSH TABLE t",
    "COMPACT TABLE t",
    "BACKUP DATABASE TO 'b'",
    "CREATE SCHEDULE s CRON '* * * * *' AS FLUSH TABLE t",
)


def test_of_the_log_nothing_more_is_acknowledged(server_factory: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """The commit fails with 58030, as does every later write, though syncs would succeed again; reads go on.

    After a restart all that was acknowledged is there, and of the commit that failed all or nothing.
    """
    switch = tmp_path / "broken"
    server = server_factory(SILTDB_FAULT="log.sync=EIO", SILTDB_FAULT_SWITCH=str(switch))
    with server.connect() as connection, server.connect() as other:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        connection.execute("CREATE SEQUENCE numbers")
        connection.execute("INSERT INTO t SELECT g, 'cold' FROM generate_series(1, 50) g")
        connection.execute("FLUSH TABLE t WITH (wait)")
        connection.execute("INSERT INTO t VALUES (51, 'hot')")
        other.execute("BEGIN")
        other.execute("UPDATE t SET v = 'open' WHERE id = 2")
        switch.touch()
        with pytest.raises(psycopg.errors.IoError, match=r"cannot sync: .*Input/output error") as failed:
            connection.execute("INSERT INTO t VALUES (52, 'in doubt'), (53, 'in doubt')")
        assert failed.value.diag.message_hint is not None
        assert "restart the server" in failed.value.diag.message_hint
        switch.unlink()
        with pytest.raises(psycopg.errors.IoError):
            other.execute("COMMIT")
        for statement in WRITES:
            with pytest.raises(psycopg.errors.IoError) as refused:
                connection.execute(statement)
            assert "refuses writes and reads on" in str(refused.value), statement
            assert refused.value.diag.message_hint == failed.value.diag.message_hint
        expected = [(n, "cold") for n in range(1, 51)] + [(51, "hot")]
        assert connection.execute("SELECT id, v FROM t ORDER BY id").fetchall() == expected
        assert connection.execute("SELECT v FROM t WHERE id IN (51, 52)").fetchall() == [("hot",)]
        assert connection.execute("SELECT count(*) FROM system.jobs WHERE status = 'completed'").fetchone() == (1,)
    assert "the server refuses writes from now on" in server.stderr
    server.kill()
    server.start()
    found = server.execute("SELECT id, v FROM t ORDER BY id")
    assert found in (expected, [*expected, (52, "in doubt"), (53, "in doubt")])
    server.execute("INSERT INTO t VALUES (100, 'later')")
    server.stop()


def test_of_the_log_in_a_flush_leaves_the_job_to_the_next_start(
    server_factory: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """Whoever waits for it is told; no job says that it has succeeded, and after a restart it does."""
    switch = tmp_path / "broken"
    server = server_factory(SILTDB_FAULT="log.sync=EIO", SILTDB_FAULT_SWITCH=str(switch))
    with server.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        connection.execute("INSERT INTO t SELECT g, 'row' FROM generate_series(1, 50) g")
        switch.touch()
        with pytest.raises(psycopg.errors.IoError):
            connection.execute("FLUSH TABLE t WITH (wait)")
        assert connection.execute("SELECT 1 FROM system.jobs WHERE status = 'completed'").fetchall() == []
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (50,)
    switch.unlink()
    server.stop()
    server.start()
    server.execute("FLUSH TABLE t WITH (wait)")
    assert server.execute("SELECT hot_rows, cold_rows FROM system.tables WHERE table_name = 't'") == [(0, 50)]
    assert server.execute("SELECT count(*), sum(id) FROM t") == [(50, 1275)]
    server.stop()


@pytest.mark.parametrize("place", ["file", "folder"])
@pytest.mark.parametrize("task", ["flush", "compact"])
def test_of_a_segment_fails_the_job_only(
    server_factory: Callable[..., ServerProcess], tmp_path: Path, task: str, place: str
) -> None:
    """The rows stay where they were and no file is left; everything else goes on, and so does the job later."""
    switch = tmp_path / "broken"
    server = server_factory(
        SILTDB_FAULT=f"{task}.sync_{place}=EIO", SILTDB_FAULT_SWITCH=str(switch), SILTDB_JOBS__RETRY_BACKOFF_MS="10"
    )
    statement = "FLUSH TABLE t" if task == "flush" else "COMPACT TABLE t"
    with server.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        connection.execute("INSERT INTO t SELECT g, 'row' FROM generate_series(1, 50) g")
        if task == "compact":
            connection.execute("FLUSH TABLE t WITH (wait)")
            connection.execute("DELETE FROM t WHERE id > 40")
        before = set((server.data_dir / "cold").rglob("*.parquet*"))
        rows = connection.execute("SELECT * FROM t ORDER BY id").fetchall()
        switch.touch()
        with pytest.raises(psycopg.errors.IoError, match="Input/output error"):
            connection.execute(f"{statement} WITH (wait)")
        newest = "SELECT status, error_sqlstate FROM system.jobs ORDER BY created_at DESC LIMIT 1"
        assert connection.execute(newest).fetchone() == ("failed", "58030")
        assert set((server.data_dir / "cold").rglob("*.parquet*")) == before
        connection.execute("INSERT INTO t VALUES (100, 'more')")
        assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == [*rows, (100, "more")]
        switch.unlink()
        connection.execute(f"{statement} WITH (wait)")
        assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == [*rows, (100, "more")]
    server.stop()
