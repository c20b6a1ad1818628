"""BACKUP DATABASE and RESTORE DATABASE, through a client, with a server that is killed at any step of them."""

from __future__ import annotations

import shutil
import signal
import stat
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.test_crash import assert_no_orphans

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server_process import ServerProcess

BACKUP_POINTS = ("backup.after_checkpoint", "backup.after_rename")
RESTORE_POINTS = ("restore.after_store", "restore.after_batch")
"""Before and after the step that counts; all other points are in the tests of storage and of the jobs."""

ACTIVE = "SELECT 1 FROM system.jobs WHERE job_type = %s AND status NOT IN ('completed', 'failed', 'cancelled')"

QUESTIONS = (
    "SELECT * FROM t ORDER BY id",
    "SELECT v FROM t WHERE id = 7",
    "SELECT v FROM t WHERE id = 1005",
    "SELECT count(*), min(id), max(v) FROM t",
    "SELECT * FROM sales.orders ORDER BY 1",
    "SELECT * FROM staff.notes ORDER BY 1, 2",
    "SELECT id, what FROM happenings ORDER BY id",
    "SELECT table_name, table_type, hot_rows, cold_rows, dead_rows, flush_policy FROM system.tables ORDER BY 1",
    "SELECT table_name, owner, rows, dead_rows, bytes, min_seq, max_seq FROM system.segments ORDER BY 1, 2, 6",
    "SELECT column_name, data_type, column_default, is_nullable FROM information_schema.columns ORDER BY 1, 2, 3, 4",
    "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'",
    "SELECT nspname FROM pg_namespace ORDER BY 1",
    "SELECT rolname, rolsuper, rolcanlogin, rolpassword FROM pg_authid ORDER BY 1",
    "SELECT schedule_name, cron, statement, source, paused FROM system.schedules ORDER BY 1",
)


def fill(server: ServerProcess) -> None:
    """Something of everything."""
    server.execute("CREATE ROLE amy LOGIN PASSWORD 'secret'")
    server.execute("CREATE ROLE bob LOGIN")
    server.execute("CREATE SCHEMA sales")
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'none', n numeric(10,2) NOT NULL DEFAULT 1.5)")
    server.execute("INSERT INTO t (id, v) SELECT g, 'v' || g FROM generate_series(1, 1000) g")
    server.execute("DELETE FROM t WHERE id BETWEEN 10 AND 20")
    server.execute("FLUSH TABLE t WITH (wait)")
    server.execute("INSERT INTO t (id) SELECT g FROM generate_series(1001, 1010) g")
    server.execute("UPDATE t SET v = 'updated' WHERE id IN (500, 1001)")
    server.execute("CREATE TABLE sales.orders (id int PRIMARY KEY, at timestamptz) WITH (flush_policy = 'rows:5000')")
    server.execute("INSERT INTO sales.orders VALUES (1, '2026-01-01'), (2, NULL)")
    server.execute("CREATE TABLE sales.lines (n int, t_id int REFERENCES t)")
    server.execute("INSERT INTO sales.lines VALUES (1, 7), (2, 1005)")
    server.execute("CREATE TABLE happenings (id int, what text) WITH (type = 'stream', ttl = '1d')")
    server.execute("INSERT INTO happenings VALUES (1, 'started'), (2, 'went on')")
    server.execute("CREATE ROLE staff LOGIN")
    server.execute("CREATE SCHEMA staff AUTHORIZATION staff")
    with server.connect(user="staff") as connection:
        connection.execute("CREATE TABLE staff.notes (id int PRIMARY KEY, note text) WITH (type = 'user')")
    server.execute("GRANT staff TO amy, bob")
    for user in ("amy", "bob"):
        with server.connect(user=user) as connection:
            connection.execute("INSERT INTO staff.notes VALUES (1, current_user), (2, 'cold')")
    server.execute("FLUSH TABLE staff.notes WITH (wait)")
    with server.connect(user="amy") as connection:
        connection.execute("INSERT INTO staff.notes VALUES (3, 'hot')")
    server.execute("CREATE SCHEDULE nightly CRON '0 2 * * *' AS FLUSH TABLE t")
    server.execute("ALTER SCHEDULE nightly PAUSE")


def answers(server: ServerProcess) -> list[list[tuple[Any, ...]]]:
    """What it answers."""
    found = [server.execute(question) for question in QUESTIONS]
    for user in ("amy", "bob"):
        with server.connect(user=user) as connection:
            found.append(connection.execute("SELECT * FROM staff.notes ORDER BY id").fetchall())
    return found


def spoil(server: ServerProcess) -> None:
    """Change what was backed up."""
    server.execute("DELETE FROM t WHERE id % 2 = 0")
    server.execute("INSERT INTO t VALUES (5000, 'new')")
    server.execute("FLUSH TABLE t WITH (wait)")
    server.execute("DROP TABLE sales.orders")
    server.execute("ALTER TABLE sales.lines DROP CONSTRAINT lines_t_id_fkey")
    server.execute("CREATE TABLE later (i int)")
    server.execute("DROP SCHEDULE nightly")
    server.execute("CREATE SCHEDULE hourly CRON '0 * * * *' AS FLUSH TABLE later")


def wait_for(server: ServerProcess, job_type: str) -> tuple[Any, ...]:
    """The status and message of the job of that type, once it has ended."""
    while server.execute(ACTIVE, job_type):
        pass
    (found,) = server.execute("SELECT status, message FROM system.jobs WHERE job_type = %s", job_type)
    return found


def test_a_restored_server_answers_as_the_one_that_was_backed_up(
    server_factory: Callable[..., ServerProcess],
) -> None:
    """Into the same server, and after a restart: rows, keys, catalog, roles, passwords, user tables, schedules."""
    server = server_factory()
    fill(server)
    before = answers(server)
    ((_, _, status, _, message),) = server.execute("BACKUP DATABASE TO 'monday' WITH (wait)")
    assert status == "completed", message
    spoil(server)
    ((_, _, status, _, message),) = server.execute("RESTORE DATABASE FROM 'monday' WITH (wait)")
    assert status == "completed", message
    assert answers(server) == before
    with pytest.raises(psycopg.errors.UniqueViolation):
        server.execute("INSERT INTO t VALUES (7, 'again')")
    server.execute("INSERT INTO t VALUES (15, 'again')")
    server.execute("DELETE FROM t WHERE id = 15")
    assert_references_hold(server)
    server.restart()
    assert server.execute(QUESTIONS[0]) == before[0]
    assert_references_hold(server)
    assert_no_orphans_but_dropped(server)
    server.stop()


def assert_references_hold(server: ServerProcess) -> None:
    """Neither side of a foreign key goes without the other."""
    for sql in ("INSERT INTO sales.lines VALUES (3, 15)", "DELETE FROM t WHERE id = 1005"):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            server.execute(sql)


def assert_no_orphans_but_dropped(server: ServerProcess) -> None:
    """Every file that the manifest names is there."""
    cold = server.data_dir
    assert all((cold / path).exists() for (path,) in server.execute("SELECT path FROM system.segments"))


def test_a_backup_goes_to_another_server(server_factory: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """An empty server restores the backup of another one from a folder that both know; nobody else can read it."""
    folder = tmp_path / "backups"
    one = server_factory(SILTDB_BACKUP__FOLDER=str(folder))
    fill(one)
    before = answers(one)
    one.execute("BACKUP DATABASE TO 'b' WITH (wait)")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    one.stop()
    shutil.rmtree(one.data_dir)
    other = server_factory(SILTDB_BACKUP__FOLDER=str(folder))
    other.execute("RESTORE DATABASE FROM 'b' WITH (wait)")
    assert answers(other) == before
    other.stop()


def test_only_superusers_make_and_restore_backups(server: ServerProcess) -> None:
    """A backup has the rows, and the verifiers of the passwords, of all."""
    server.execute("CREATE ROLE carl LOGIN")
    with server.connect(user="carl") as connection:
        for sql in ("BACKUP DATABASE TO 'b'", "RESTORE DATABASE FROM 'b'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql)


def test_what_cannot_be_is_told_at_once(server: ServerProcess) -> None:
    """Bad and taken names, backups that are not there, and transaction blocks."""
    server.execute("BACKUP DATABASE TO 'taken' WITH (wait)")
    for sql, error in (
        ("BACKUP DATABASE TO 'taken'", psycopg.errors.DuplicateObject),
        ("BACKUP DATABASE TO '../x'", psycopg.errors.InvalidName),
        ("RESTORE DATABASE FROM 'missing'", psycopg.errors.UndefinedObject),
    ):
        with pytest.raises(error):
            server.execute(sql)
    with server.connect(autocommit=False) as connection, pytest.raises(psycopg.errors.ActiveSqlTransaction):
        connection.execute("BACKUP DATABASE TO 'b'")


def test_a_damaged_backup_is_refused(server_factory: Callable[..., ServerProcess]) -> None:
    """The wait raises the error of the job, which names the file; the server answers as before."""
    server = server_factory()
    fill(server)
    server.execute("BACKUP DATABASE TO 'b' WITH (wait)")
    path = next((server.data_dir / "backups" / "b" / "cold").rglob("*.parquet"))
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:-1])
    before = answers(server)
    with pytest.raises(psycopg.errors.DataCorrupted, match=path.name):
        server.execute("RESTORE DATABASE FROM 'b' WITH (wait)")
    assert answers(server) == before


@pytest.mark.parametrize("fault", BACKUP_POINTS)
def test_a_crash_in_a_backup(server_factory: Callable[..., ServerProcess], fault: str) -> None:
    """After the restart the job runs again, and the backup is whole and the only one."""
    doomed = server_factory(SILTDB_FAULT=fault)
    doomed.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    doomed.execute("INSERT INTO t SELECT g, 'v' FROM generate_series(1, 1000) g")
    doomed.execute("FLUSH TABLE t WITH (wait)")
    with pytest.raises(psycopg.OperationalError):
        doomed.execute("BACKUP DATABASE TO 'b' WITH (wait)")
    assert doomed.wait() == -signal.SIGKILL
    server = server_factory(data_dir=doomed.data_dir)
    assert wait_for(server, "backup")[0] == "completed"
    assert [path.name for path in (server.data_dir / "backups").iterdir()] == ["b"]
    server.execute("DELETE FROM t")
    server.execute("RESTORE DATABASE FROM 'b' WITH (wait)")
    assert server.execute("SELECT count(*), sum(id) FROM t") == [(1000, 500500)]
    server.stop()


@pytest.mark.parametrize("fault", RESTORE_POINTS)
def test_a_crash_in_a_restore(server_factory: Callable[..., ServerProcess], fault: str) -> None:
    """After the restart the job runs again, and everything is as in the backup, with no file too many."""
    server = server_factory(SILTDB_STORAGE__DROP_RETENTION="0s")
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    server.execute("INSERT INTO t SELECT g, 'v' FROM generate_series(1, 1000) g")
    server.execute("FLUSH TABLE t WITH (wait)")
    server.execute("INSERT INTO t VALUES (1001, 'hot')")
    server.execute("BACKUP DATABASE TO 'b' WITH (wait)")
    server.execute("DELETE FROM t")
    server.stop()
    doomed = server_factory(data_dir=server.data_dir, SILTDB_STORAGE__DROP_RETENTION="0s", SILTDB_FAULT=fault)
    with pytest.raises(psycopg.OperationalError):
        doomed.execute("RESTORE DATABASE FROM 'b' WITH (wait)")
    assert doomed.wait() == -signal.SIGKILL
    server.start()
    assert wait_for(server, "restore")[0] == "completed"
    assert server.execute("SELECT count(*), sum(id) FROM t") == [(1001, 501501)]
    assert_no_orphans(server)
    server.stop()
