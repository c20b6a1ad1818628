"""No space left on a real device: jobs fail with 53100 after their retries, no row is lost, and all goes on later."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from storage.byte_progress import ByteProgress
from storage.verify_backup import verify_backup
from tests.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.server_process import ServerProcess
    from tests.small_disk import SmallDisk

ROWS = 20_000
QUICK_RETRIES = {"SILTDB_JOBS__RETRY_BACKOFF_MS": "10"}
RETRIES = 3
"""jobs.max_retries."""

SUMMARY = "SELECT count(*), count(DISTINCT id), sum(id), min(v), max(v) FROM t"


@pytest.fixture
def cold(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk for the segments of the server of `data`."""
    with small_disk(tmp_path / "data" / "cold", 4 << 20) as disk:
        yield disk


def filled(server: ServerProcess) -> list[tuple[Any, ...]]:
    """Make a table `t` of rows that cannot be compressed much. Returns their summary."""
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    server.execute(f"INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1, {ROWS}) g")
    return server.execute(SUMMARY)


def fails_for_want_of_space(server: ServerProcess, statement: str, job_type: str) -> str:
    """Run it; it must fail with 53100 after all retries, each an attempt. Returns the job's id."""
    with pytest.raises(psycopg.errors.DiskFull):
        server.execute(f"{statement} WITH (wait)")
    newest = "SELECT job_id, status, error_sqlstate, retry_count, message FROM system.jobs WHERE job_type = %s"
    job_id, *rest = server.execute(f"{newest} ORDER BY created_at DESC LIMIT 1", job_type)[0]
    assert rest[:3] == ["failed", "53100", RETRIES], rest
    assert "No space left on device" in rest[3]
    attempts = "SELECT outcome, error_sqlstate FROM system.job_attempts WHERE job_id = %s"
    assert server.execute(attempts, job_id) == [("failed", "53100")] * (RETRIES + 1)
    return str(job_id)


def completes(server: ServerProcess, statement: str) -> None:
    """Run it; it must succeed."""
    ((_, _, status, _, message),) = server.execute(f"{statement} WITH (wait)")
    assert status == "completed", message


def test_a_flush(server_factory: Callable[..., ServerProcess], tmp_path: Path, cold: SmallDisk) -> None:
    """It leaves all rows hot and no file; with space a new one, and RETRY JOB of the old one, succeed."""
    server = server_factory(data_dir=tmp_path / "data", **QUICK_RETRIES)
    before = filled(server)
    cold.fill(but=64 << 10)
    fails_for_want_of_space(server, "FLUSH TABLE t", "flush")
    assert server.execute(SUMMARY) == before
    assert cold.files() == set()
    server.execute("INSERT INTO t VALUES (0, 'more')")
    server.execute("DELETE FROM t WHERE id = 0")
    cold.free()
    completes(server, "FLUSH TABLE t")
    assert server.execute(SUMMARY) == before
    assert server.execute("SELECT hot_rows, cold_rows FROM system.tables WHERE table_name = 't'") == [(0, ROWS)]
    server.kill()
    server.start()
    assert server.execute(SUMMARY) == before


def test_a_flush_that_waits_for_its_retry_finds_the_space_that_has_come_back(
    server_factory: Callable[..., ServerProcess], tmp_path: Path, cold: SmallDisk
) -> None:
    """It is `retrying` meanwhile, and RETRY JOB spares it the wait."""
    server = server_factory(data_dir=tmp_path / "data", SILTDB_JOBS__RETRY_BACKOFF_MS="60000")
    before = filled(server)
    cold.fill(but=64 << 10)
    ((job_id, *_),) = server.execute("FLUSH TABLE t")
    while server.execute("SELECT status FROM system.jobs WHERE job_id = %s", job_id) != [("retrying",)]:
        pass
    cold.free()
    server.execute(f"RETRY JOB '{job_id}'")
    assert server.execute(f"WAIT JOB '{job_id}'")[0][2] == "completed"
    assert server.execute(SUMMARY) == before


def test_a_compaction(server_factory: Callable[..., ServerProcess], tmp_path: Path, cold: SmallDisk) -> None:
    """The segments that it was to merge stay as they were."""
    server = server_factory(data_dir=tmp_path / "data", **QUICK_RETRIES)
    filled(server)
    server.execute("FLUSH TABLE t WITH (wait)")
    server.execute("DELETE FROM t WHERE id % 3 = 0")
    before, files = server.execute(SUMMARY), cold.files()
    cold.fill(but=64 << 10)
    fails_for_want_of_space(server, "COMPACT TABLE t", "compaction")
    assert (server.execute(SUMMARY), cold.files()) == (before, files)
    cold.free()
    completes(server, "COMPACT TABLE t")
    assert server.execute(SUMMARY) == before
    # They go with the last one who reads them.
    while not cold.files().isdisjoint(files):
        pass


def test_a_backup(server_factory: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """Nothing of it is left, so that its name is free; with space it is made and whole."""
    with small_disk(tmp_path / "backups", 4 << 20) as disk:
        server = server_factory(
            data_dir=tmp_path / "data", SILTDB_BACKUP__FOLDER=str(tmp_path / "backups"), **QUICK_RETRIES
        )
        filled(server)
        server.execute("FLUSH TABLE t WITH (wait)")
        disk.fill(but=64 << 10)
        fails_for_want_of_space(server, "BACKUP DATABASE TO 'b'", "backup")
        assert disk.files() == set()
        disk.free()
        completes(server, "BACKUP DATABASE TO 'b'")
        verify_backup(tmp_path / "backups" / "b", ByteProgress(lambda done, total: None))
        server.stop()


def test_a_restore(server_factory: Callable[..., ServerProcess], tmp_path: Path, cold: SmallDisk) -> None:
    """What was there stays; with space it is restored."""
    server = server_factory(data_dir=tmp_path / "data", **QUICK_RETRIES)
    before = filled(server)
    server.execute("FLUSH TABLE t WITH (wait)")
    completes(server, "BACKUP DATABASE TO 'b'")
    server.execute("DELETE FROM t WHERE id % 2 = 0")
    changed, files = server.execute(SUMMARY), cold.files()
    cold.fill(but=64 << 10)
    fails_for_want_of_space(server, "RESTORE DATABASE FROM 'b'", "restore")
    assert (server.execute(SUMMARY), cold.files()) == (changed, files)
    cold.free()
    completes(server, "RESTORE DATABASE FROM 'b'")
    assert server.execute(SUMMARY) == before


def test_the_disk_of_the_hot_rows(server_factory: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """What cannot be made durable fails with 53100; the server reads on, and after a restart with space has it all.

    So it is for the records of jobs: a cleanup of them cannot be asked for then.
    """
    with small_disk(tmp_path / "data" / "hot", 100 << 20) as disk:
        server = server_factory(data_dir=tmp_path / "data", SILTDB_STORAGE__DISK_RESERVE="0B")
        before = filled(server)
        disk.fill()
        with server.connect() as connection:
            acknowledged = 0
            with pytest.raises(psycopg.errors.DiskFull):
                while True:
                    connection.execute("INSERT INTO t VALUES (%s, %s)", (-1 - acknowledged, "m" * 1000))
                    acknowledged += 1
            assert connection.execute(f"{SUMMARY} WHERE id > 0").fetchall() == before
            with pytest.raises(psycopg.Error) as refused:
                connection.execute('RUN SCHEDULE "job-cleanup"')
            assert refused.value.sqlstate == "53100"
        server.kill()
        disk.free()
        server.start()
        assert server.execute(f"{SUMMARY} WHERE id > 0") == before
        ((found,),) = server.execute("SELECT count(*) FROM t WHERE id < 0")
        # The last one was refused because nobody knows of it: it may be there.
        assert found in (acknowledged, acknowledged + 1)
        completes(server, "FLUSH TABLE t")
        server.stop()


def test_rows_are_refused_before_the_disk_of_the_hot_rows_is_full(
    server_factory: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """With 53100, while everything else goes on; as soon as there is room again rows are taken, without a restart."""
    with small_disk(tmp_path / "data" / "hot", 100 << 20) as disk:
        server = server_factory(data_dir=tmp_path / "data", SILTDB_STORAGE__DISK_RESERVE="32MB")
        before = filled(server)
        disk.fill(but=16 << 20)
        writes = (
            "INSERT INTO t VALUES (0, 'one')",
            "INSERT INTO t SELECT -g, 'many' FROM generate_series(1, 10000) g",
            "UPDATE t SET v = 'other' WHERE id = 1",
        )
        with server.connect() as connection:
            for write in writes:
                with pytest.raises(psycopg.errors.DiskFull, match="no room for more rows") as refused:
                    connection.execute(write)
                assert refused.value.diag.message_hint is not None
            with pytest.raises(psycopg.errors.DiskFull), connection.cursor().copy("COPY t FROM STDIN") as copy:
                copy.write_row((0, "copied"))
            assert connection.execute(SUMMARY).fetchall() == before
            connection.execute("DELETE FROM t WHERE id = 20000")
            connection.execute("CREATE TABLE other (id int)")
            connection.execute("DROP TABLE other")
            assert connection.execute("FLUSH TABLE t WITH (wait)").fetchall()[0][2] == "completed"
            disk.free()
            for write in writes:
                connection.execute(write)
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (ROWS + 10_000,)
        server.kill()
        server.start()
        assert server.execute("SELECT count(*), min(id) FROM t") == [(ROWS + 10_000, -10_000)]
        server.stop()


def test_a_bulk_load(server_factory: Callable[..., ServerProcess], tmp_path: Path, cold: SmallDisk) -> None:
    """It fails as a whole, and leaves no file; with space it succeeds."""
    server = server_factory(data_dir=tmp_path / "data", SILTDB_HOT__BULK_LOAD_SIZE="1MB")
    before = filled(server)
    load = "INSERT INTO t SELECT g, md5(g::text) FROM generate_series(100001, 180000) g"
    cold.fill(but=64 << 10)
    with pytest.raises(psycopg.errors.DiskFull):
        server.execute(load)
    assert server.execute(SUMMARY) == before
    while cold.files():
        pass
    cold.free()
    server.execute(load)
    assert server.execute("SELECT count(*), max(id) FROM t") == [(ROWS + 80_000, 180_000)]
    assert server.execute("SELECT hot_rows, cold_rows FROM system.tables WHERE table_name = 't'") == [(ROWS, 80_000)]


def test_a_load_that_is_larger_than_hot_memory(
    server_factory: Callable[..., ServerProcess], tmp_path: Path, cold: SmallDisk
) -> None:
    """COPY of it fails with 53100 and leaves nothing; with space it succeeds."""
    server = server_factory(
        data_dir=tmp_path / "data", SILTDB_HOT__MEMORY_LIMIT="32MB", SILTDB_HOT__BULK_LOAD_SIZE="2MB"
    )
    before = filled(server)
    rows = "".join(f"{-n}\t{random.Random(n).randbytes(300).hex()}\n" for n in range(1, 12_000))
    cold.fill(but=64 << 10)
    with server.connect() as connection:
        with pytest.raises(psycopg.errors.DiskFull), connection.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(rows)
        assert connection.execute(SUMMARY).fetchall() == before
        while cold.files():
            pass
        connection.execute("INSERT INTO t VALUES (-1, 'the key is free')")
        connection.execute("DELETE FROM t WHERE id = -1")
        cold.free()
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(rows)
        assert connection.execute("SELECT count(*) FROM t WHERE id < 0").fetchone() == (11_999,)
    server.stop()
