"""SIGKILL at the worst moments: after a restart every acknowledged row is there exactly once, and no file too many."""

from __future__ import annotations

import random
import signal
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.checking import assert_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server_process import ServerProcess

WRITERS = 4
PATIENCE_S = 60
FLUSH_POINTS = (
    "flush.before_write",
    "flush.after_temporary_file",
    "flush.after_rename",
    "flush.after_batch",
    "flush.before_cleanup",
)
"""The steps of a flush, in their order (see `storage.faults`)."""


def assert_no_orphans(server: ServerProcess) -> None:
    """The files in the cold folder are those that the manifest names, and no others, once resumed jobs have ended."""
    active = "SELECT 1 FROM system.jobs WHERE status NOT IN ('completed', 'skipped', 'failed', 'cancelled')"
    while server.execute(active):
        pass
    named = {row[0] for row in server.execute("SELECT path FROM system.segments")}
    give_up_at = time.monotonic() + PATIENCE_S
    # Files go with the last one who reads them, which may be a moment after the job has ended.
    while (found := cold_files(server)) != named:
        assert found > named
        assert time.monotonic() < give_up_at, found - named


def cold_files(server: ServerProcess) -> set[str]:
    """The files in the cold folder."""
    paths = (server.data_dir / "cold").rglob("*")
    return {str(path.relative_to(server.data_dir)) for path in paths if path.is_file()}


@pytest.mark.parametrize("fault", FLUSH_POINTS)
def test_a_crash_at_any_step_of_a_flush_loses_and_doubles_nothing(
    server_factory: Callable[..., ServerProcess], fault: str
) -> None:
    """A server that dies at that step of a flush has every row exactly once after its restart, and flushes again."""
    doomed = server_factory(SILTDB_FAULT=fault)
    with doomed.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(n, f"v{n}") for n in range(1000)])
        connection.execute("UPDATE t SET v = 'updated' WHERE id < 100")
        connection.execute("DELETE FROM t WHERE id >= 900")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("FLUSH TABLE t WITH (wait)")
    assert doomed.wait() == -signal.SIGKILL
    assert_whole(doomed.data_dir)
    server = server_factory(data_dir=doomed.data_dir)
    expected = sorted((n, "updated" if n < 100 else f"v{n}") for n in range(900))
    assert server.execute("SELECT * FROM t ORDER BY id") == expected
    assert_no_orphans(server)
    with server.connect() as connection:
        connection.execute("FLUSH TABLE t WITH (wait)")
        connection.execute("INSERT INTO t VALUES (5000, 'after')")
        assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == [*expected, (5000, "after")]
        assert connection.execute("SELECT v FROM t WHERE id = 7").fetchone() == ("updated",)
        states = connection.execute("SELECT DISTINCT status FROM system.jobs WHERE job_type = 'flush'").fetchall()
    assert set(states) <= {("completed",), ("skipped",)}
    assert_no_orphans(server)
    server.stop()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM t WHERE id < 5000", "load.after_markers"),
        pytest.param("DELETE FROM t WHERE id < 5000", "delete.after_slice:3", marks=pytest.mark.long),
        pytest.param("DELETE FROM t WHERE id < 5000", "load.before_end", marks=pytest.mark.long),
        pytest.param("UPDATE t SET v = 'new' WHERE id < 5000", "delete.after_slice:3", marks=pytest.mark.long),
        ("UPDATE t SET v = 'new' WHERE id < 5000", "load.after_slice:2"),
        ("UPDATE t SET v = 'new' WHERE id < 5000", "load.before_end"),
    ],
)
def test_a_crash_in_a_large_delete_or_update_undoes_it(
    server_factory: Callable[..., ServerProcess], statement: str, fault: str
) -> None:
    """What was written ahead of it is taken back: rows, keys and counts are as before, and it can be done again."""
    doomed = server_factory(SILTDB_FAULT=fault)
    with doomed.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        # In statements of so few that nothing but the one to be killed is written ahead.
        for start in range(0, 6000, 1500):
            connection.execute(f"INSERT INTO t SELECT i, 'old' FROM generate_series({start}, {start + 1499}) AS g(i)")
            if start == 1500:
                connection.execute("FLUSH TABLE t WITH (wait)")
        with pytest.raises(psycopg.OperationalError):
            connection.execute(statement)
    assert doomed.wait() == -signal.SIGKILL
    assert_whole(doomed.data_dir)
    server = server_factory(data_dir=doomed.data_dir)
    with server.connect() as connection:
        values = "SELECT v, count(*) FROM t GROUP BY v ORDER BY v"
        assert connection.execute(values).fetchall() == [("old", 6000)]
        for number in (0, 1499, 4999, 5000):
            assert connection.execute(f"SELECT v FROM t WHERE id = {number}").fetchall() == [("old",)]
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute(f"INSERT INTO t VALUES ({number}, 'twice')")
        assert connection.execute(statement).rowcount == 5000
        expected = [("old", 1000)] if statement.startswith("DELETE") else [("new", 5000), ("old", 1000)]
        assert connection.execute(values).fetchall() == expected
    server.kill()
    server.start()
    assert server.execute(values) == expected
    server.stop()
    assert_whole(server.data_dir)


class Writer(threading.Thread):
    """Inserts, updates and deletes its own rows until the server is gone, and remembers what was acknowledged."""

    def __init__(self, server: ServerProcess, number: int, seed: int, ready: threading.Barrier) -> None:
        super().__init__()
        self.acknowledged: dict[int, str] = {}
        self.in_doubt: tuple[int, str | None] | None = None
        """What was sent and not answered: it may or may not have happened."""
        self._server = server
        self._number = number
        self._random = random.Random(seed)
        self._ready = ready

    def run(self) -> None:
        """Write until the connection breaks."""
        key = self._number * 1_000_000
        try:
            with self._server.connect() as connection:
                self._ready.wait()
                while True:
                    key += 1
                    self._write(connection, key, f"v{key}", "INSERT INTO t VALUES (%(id)s, %(v)s)")
                    old = self._random.choice(list(self.acknowledged))
                    if self._random.random() < 0.3:
                        self._write(connection, old, f"u{key}", "UPDATE t SET v = %(v)s WHERE id = %(id)s")
                    elif self._random.random() < 0.2:
                        self._write(connection, old, None, "DELETE FROM t WHERE id = %(id)s")
        except psycopg.OperationalError:
            return

    def _write(self, connection: psycopg.Connection[tuple[object, ...]], key: int, value: str | None, sql: str) -> None:
        self.in_doubt = (key, value)
        connection.execute(sql, {"id": key, "v": value})
        self.in_doubt = None
        if value is None:
            del self.acknowledged[key]
        else:
            self.acknowledged[key] = value


def check_survivors(server: ServerProcess, writers: list[Writer]) -> None:
    """The table has what was acknowledged, and of what was in doubt either all or nothing."""
    found = dict(server.execute("SELECT id, v FROM t"))
    assert len(found) == server.execute("SELECT count(*) FROM t")[0][0]
    for writer in writers:
        expected = dict(writer.acknowledged)
        if writer.in_doubt is not None:
            key, value = writer.in_doubt
            now = found.get(key)
            assert now in (expected.get(key), value)
            expected.pop(key, None)
            if now is not None:
                expected[key] = now
        mine = {key: value for key, value in found.items() if key // 1_000_000 == writer._number}
        assert mine == expected


def crash_rounds(server: ServerProcess, rounds: int, seed: int, tmp_path: Path) -> None:
    """Kill the server at a random moment under writes and flushes, again and again."""
    chance = random.Random(seed)
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    for number in range(rounds):
        ready = threading.Barrier(WRITERS + 1)
        writers = [Writer(server, number * WRITERS + w + 1, chance.random().__hash__(), ready) for w in range(WRITERS)]
        for writer in writers:
            writer.start()
        ready.wait()
        with server.connect() as connection:
            for _ in range(chance.randrange(1, 6)):
                connection.execute("FLUSH TABLE t WITH (wait)")
            connection.execute("FLUSH TABLE t")
        server.kill()
        for writer in writers:
            writer.join()
        assert_whole(server.data_dir)
        server.start()
        check_survivors(server, writers)
        assert_no_orphans(server)


def test_sigkill_under_writes_and_flushes_loses_nothing_acknowledged(
    server_factory: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """Killed at random moments under concurrent writes and flushes, five times over."""
    crash_rounds(server_factory(), 5, 20261121, tmp_path)


@pytest.mark.long
def test_sigkill_a_hundred_times_loses_nothing_acknowledged(
    server_factory: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """The same, a hundred times over on one data folder."""
    crash_rounds(server_factory(), 100, 7, tmp_path)


def test_values_of_every_type_survive_a_crash(server_factory: Callable[..., ServerProcess]) -> None:
    """Hot rows of every type that a column may have, NULLs included, are the same after SIGKILL and a restart."""
    server = server_factory()
    server.execute(
        "CREATE TABLE every (id int PRIMARY KEY, b boolean, s smallint, l bigint, f real, g double precision, "
        "n numeric(10,2), m numeric, t text, v varchar(9), c char(5), y bytea, d date, w time, p timestamp, "
        "z timestamptz, i interval, u uuid, j json, k jsonb, o oid, r regclass, a name)"
    )
    server.execute(
        "INSERT INTO every VALUES (1, true, -1, 9000000000, 1.5, 'NaN', 12.25, 1.000000001, 'naïve', 'v', 'c', "
        "'\\x00ff', '2024-02-29', '23:59:59.5', '2024-02-29 12:00:00.000001', '2024-02-29 12:00:00+01', "
        "'1 mon 2 days 03:04:05.5', "
        "'c8ebb2f3-4d1c-4d0e-9d5a-9a0d6a0d6a0d', '{\"a\": 1}', '[1, null]', 26, 1259, 'n')"
    )
    server.execute("INSERT INTO every (id) VALUES (2)")
    everything = "SELECT * FROM every ORDER BY id"
    before = server.psql(everything)
    server.kill()
    server.start()
    assert server.psql(everything) == before
    assert before.count("\n") == 2
    server.stop()
