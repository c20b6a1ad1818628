"""Looks at everything that a server has, when nobody writes: rows, keys, jobs, files, backups."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from storage.byte_progress import ByteProgress
from storage.keys import KeyKind, key
from storage.kv import KeyValueStore
from storage.segment import manifest_path
from storage.verify_backup import verify_backup
from tests.crash.definers import Definer, shape_found
from tests.crash.families import ORPHANS
from tests.crash.upserters import Upserter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.crash.history import State
    from tests.crash.writers import Writer
    from tests.server_process import ServerProcess

Connection = psycopg.Connection[tuple[Any, ...]]

SETTLING_S = 120
ENDED = "('completed', 'failed', 'cancelled', 'skipped')"
UNDER_WAY = f"""
SELECT job_id, job_type, status, message, next_run_at FROM system.jobs WHERE status NOT IN {ENDED}
AND NOT (status = 'queued' AND next_run_at IS NOT NULL AND next_run_at > now() + interval '10 seconds')
"""
"""Jobs that should end soon. A cleanup job may wait for an hour until its table cannot be brought back any more."""


def wait_until_settled(connection: Connection) -> None:
    """Wait until all jobs have ended that can. Raises `AssertionError` that tells of those that do not."""
    deadline = time.monotonic() + SETTLING_S
    while under_way := connection.execute(UNDER_WAY).fetchall():
        connection.execute("RESUME JOBS WHERE status = 'paused'")
        assert time.monotonic() < deadline, f"jobs that do not end: {under_way}"


def states_of(server: ServerProcess, writers: Iterable[Writer]) -> dict[int, State]:
    """What there is of each writer. A row that is there twice fails here."""
    writers = list(writers)
    rows: list[tuple[int, tuple[str, object], object]] = []
    with server.connect() as connection:
        for table in ("keyed", "plain", "events", "parents"):
            found = connection.execute(f"SELECT writer, id, v FROM {table}").fetchall()
            rows += [(writer, (table, row_id), v) for writer, row_id, v in found]
        accounts = "SELECT writer, id, code, v FROM accounts"
        rows += [(writer, ("accounts", row_id), (code, v)) for writer, row_id, code, v in connection.execute(accounts)]
        children = "SELECT writer, id, parent, friend FROM children"
        rows += [(writer, ("children", row_id), tuple(whom)) for writer, row_id, *whom in connection.execute(children)]
        definer = next(writer.number for writer in writers if isinstance(writer, Definer))
        rows += [(definer, row, value) for row, value in shape_found(connection).items()]
        loads = "SELECT writer, batch, count(*), sum(n), count(DISTINCT n) FROM loads GROUP BY writer, batch"
        for writer, batch, count, total, distinct in connection.execute(loads).fetchall():
            assert count == distinct, f"rows of batch {batch} are there twice"
            rows.append((writer, ("loads", batch), (count, total)))
        for table in ("lasting", "brief"):
            if connection.execute(f"SELECT to_regclass('{table}') IS NOT NULL").fetchall() == [(True,)]:
                doomed = f"SELECT min(writer), count(*), sum(n), count(DISTINCT n) FROM {table}"
                ((writer, count, total, distinct),) = connection.execute(doomed).fetchall()
                assert count == distinct
                rows.append((writer, (table, "all"), (count, total)))
    for user in sorted({writer.user for writer in writers} - {"admin"}):
        mine = {writer.number for writer in writers if writer.user == user}
        with server.connect(user=user) as connection:
            for table in ("mine", "notes"):
                found = connection.execute(f"SELECT writer, id, v FROM {table}").fetchall()
                assert {writer for writer, _, _ in found} <= mine, f"{user} sees rows of others in {table}"
                rows += [(writer, (table, row_id), v) for writer, row_id, v in found]
            wallets = connection.execute("SELECT writer, id, code, v FROM wallets").fetchall()
            assert {writer for writer, *_ in wallets} <= mine, f"{user} sees rows of others in wallets"
            rows += [(writer, ("wallets", row_id), (code, v)) for writer, row_id, code, v in wallets]
    twice = [row for row, count in Counter((writer, row) for writer, row, _ in rows).items() if count > 1]
    assert not twice, f"rows that are there more than once: {twice[:10]}"
    states: dict[int, State] = {writer.number: {} for writer in writers}
    for writer, row, value in rows:
        states[writer][row] = value
    return states


def count_of(connection: Connection) -> int:
    """What the counter that all share has come to."""
    ((count,),) = connection.execute("SELECT n FROM counters").fetchall()
    return int(count)


def check_keys(server: ServerProcess, writers: Iterable[Writer]) -> None:
    """What a scan finds is found by its key, too, by whoever may, and no second row can have the key."""
    for writer in writers:
        if isinstance(writer, Upserter):
            _check_codes(server, writer)
            continue
        table = "keyed" if writer.user == "admin" else "mine"
        row_id = next((row[1] for row in writer.history.state if row[0] == table), None)
        if row_id is None:
            continue
        with server.connect(user=writer.user) as connection:
            found = connection.execute(f"SELECT v FROM {table} WHERE id = %s", (row_id,)).fetchall()
            assert found == [(writer.history.state[table, row_id],)]
            try:
                connection.execute(f"INSERT INTO {table} VALUES (0, %s, 'again')", (row_id,))
            except psycopg.errors.UniqueViolation:
                continue
        raise AssertionError(f"{table} takes the key {row_id} again")


def _check_codes(server: ServerProcess, writer: Upserter) -> None:
    with server.connect(user=writer.user) as connection:
        for row, (code, v) in writer.history.state.items():  # type: ignore[misc]
            found = connection.execute(f"SELECT id, v FROM {writer.table} WHERE code = %s", (code,)).fetchall()
            assert found == [(row[1], v)]
        for (_, row_id), (code, _) in list(writer.history.state.items())[:1]:  # type: ignore[misc]
            for values in ((row_id, "another"), (-1, code)):
                with pytest.raises(psycopg.errors.UniqueViolation):
                    connection.execute(f"INSERT INTO {writer.table} VALUES (0, %s, %s, 'again')", values)


def check_references(connection: Connection) -> None:
    """No row refers to one that is not there, and the constraints are."""
    assert connection.execute(ORPHANS).fetchall() == []
    parent = "WITH p AS (INSERT INTO parents VALUES (0, -1, 'never'))"
    for statement in (
        "INSERT INTO children VALUES (0, -1, -1, NULL)",
        f"{parent} INSERT INTO children VALUES (0, -1, -1, -2)",
    ):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(statement)


def check_jobs(connection: Connection, completed_flushes: Iterable[str]) -> None:
    """The records agree with each other, and with what was told of them."""
    attempts = f"""
    SELECT job_id, attempt, a.outcome FROM system.job_attempts a JOIN system.jobs j USING (job_id)
    WHERE a.finished_at IS NULL AND (j.status IN {ENDED} OR j.status IN ('queued', 'paused', 'retrying'))
    """
    # Jobs run meanwhile, and one relation is read after the other: a record that is wrong stays so.
    assert not set(connection.execute(attempts)) & set(connection.execute(attempts))
    ends = f"SELECT job_id, status FROM system.jobs WHERE (status IN {ENDED}) <> (finished_at IS NOT NULL)"
    assert connection.execute(ends).fetchall() == []
    fractions = "SELECT job_id FROM system.jobs WHERE status = 'completed' AND fraction_completed <> 1"
    assert connection.execute(fractions).fetchall() == []
    active = f"SELECT idempotency_key FROM system.jobs WHERE status NOT IN {ENDED}"
    assert connection.execute(f"{active} GROUP BY 1 HAVING count(*) > 1").fetchall() == []
    fires = "SELECT idempotency_key FROM system.jobs WHERE idempotency_key LIKE 'schedule-%%'"
    assert connection.execute(f"{fires} GROUP BY 1 HAVING count(*) > 1", ()).fetchall() == []
    completed = list(completed_flushes)
    told = connection.execute("SELECT status FROM system.jobs WHERE job_id = ANY(%s)", (completed,)).fetchall()
    assert set(told) <= {("completed",)}
    assert len(told) == len(completed)


def check_flush(connection: Connection, table: str) -> None:
    """After a completed flush nothing is hot."""
    connection.execute(f"FLUSH TABLE {table} WITH (wait)")
    hot = connection.execute("SELECT hot_rows FROM system.tables WHERE table_name = %s", (table,)).fetchall()
    assert hot == [(0,)]


def check_files(data_dir: Path) -> None:
    """What is on disk is what the manifest names, of dropped tables that can come back, too. The server is not running.

    Of loads and restores that were never committed no mark is left, and the index leads to every live row, once.
    """
    cold = data_dir / "cold"
    kv = KeyValueStore(data_dir / "hot", 8 << 20, read_only=True)
    try:
        named = {manifest_path(value, cold) for _, value in kv.scan(KeyKind.MANIFEST.value)}
        marks = [*kv.scan(KeyKind.LOAD.value), *kv.scan(KeyKind.RESTORE.value)]
    finally:
        kv.close()
    found = {path for path in cold.rglob("*") if path.is_file()}
    assert found - named == set(), "orphans"
    assert named - found == set(), "missing"
    assert marks == []


def keyed_tables(connection: Connection) -> dict[int, tuple[int, int]]:
    """By the oids of tables: how many rows they have, and how many unique indexes beside the primary key."""
    found = {}
    for table, indexes in (("keyed", 0), ("loads", 0), ("accounts", 1)):
        ((oid, rows),) = connection.execute(f"SELECT '{table}'::regclass::oid::int, count(*) FROM {table}").fetchall()
        found[oid] = rows, indexes
    return found


def check_index_entries(data_dir: Path, tables: dict[int, tuple[int, int]]) -> None:
    """Each row has one entry in each index, and there are no others. The server is not running."""
    kv = KeyValueStore(data_dir / "hot", 8 << 20, read_only=True)
    try:
        for oid, (rows, indexes) in tables.items():
            assert sum(1 for _ in kv.scan(key(KeyKind.INDEX, oid))) == rows
            assert sum(1 for _ in kv.scan(key(KeyKind.UNIQUE, oid))) == rows * indexes
    finally:
        kv.close()


def check_backups(folder: Path, completed: Iterable[str]) -> None:
    """What has the name of a backup is whole, what is hidden is gone, and those that were completed are there."""
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    assert {name for name in names if name.startswith(".")} == set()
    assert set(completed) <= names
    for name in names:
        verify_backup(folder / name, ByteProgress(lambda done, total: None))
