"""A damaged segment: statements and jobs that need it fail with XX001 and the file's name; all else goes on."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest

from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROWS = 1_000
CORRUPT = "XX001"


class Damaged(NamedTuple):
    """A server with a table `t` of three segments, of which the middle one cannot be read, and hot rows.

    Half of the rows in that segment have been deleted, so that it is worth compacting.
    """

    server: ServerProcess
    path: Path

    def fails(self, sql: str) -> None:
        """The statement fails, and names the file."""
        with self.server.connect() as connection, pytest.raises(psycopg.Error) as caught:
            if sql.startswith("COPY"):
                with connection.cursor().copy(sql) as copy:  # type: ignore[call-overload]  # a text that is made here
                    list(copy)
            else:
                connection.execute(sql)  # type: ignore[call-overload]  # so is this
        assert caught.value.sqlstate == CORRUPT, caught.value
        assert self.path.name in str(caught.value)

    def job_fails(self, sql: str, job_type: str) -> None:
        """The statement that starts a job and waits for it fails, and so says the job's record."""
        self.fails(sql)
        ((status, sqlstate, message),) = self.server.execute(
            "SELECT status, error_sqlstate, message FROM system.jobs WHERE job_type = %s", job_type
        )
        assert (status, sqlstate) == ("failed", CORRUPT), message
        assert self.path.name in str(message)


def remove(path: Path) -> None:
    """The file is gone."""
    path.unlink()


def truncate(path: Path) -> None:
    """Its end is gone."""
    os.truncate(path, path.stat().st_size // 2)


def behead(path: Path) -> None:
    """The header of the first page is gone, of which DuckDB tells without naming the file."""
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\0" * 60 + content[64:])


def overwrite(path: Path) -> None:
    """Nothing of it is as it was, but its size and its last bytes, which is all that a start looks at."""
    content = path.read_bytes()
    path.write_bytes(b"\0" * (len(content) - 4) + content[-4:])


def flip(path: Path, chance: random.Random) -> None:
    """One bit somewhere is another one."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The data folder of a server that was stopped, and the segment in it that is to be damaged."""
    server = ServerProcess(tmp_path_factory.mktemp("filled") / "data").start()
    path = fill(server)
    server.stop()
    return server.data_dir, path.relative_to(server.data_dir)


@pytest.fixture
def damaged(
    request: pytest.FixtureRequest,
    filled: tuple[Path, Path],
    server_factory: Callable[..., ServerProcess],
    tmp_path: Path,
) -> Iterator[Damaged]:
    """Damaged while no server was running."""
    data_dir = shutil.copytree(filled[0], tmp_path / "data")
    path = data_dir / filled[1]
    damage = getattr(request, "param", remove)
    damage(path)
    server = server_factory(data_dir=data_dir, SILTDB_JOBS__MAX_RETRIES="0")
    yield Damaged(server, path)
    server.stop()


def fill(server: ServerProcess) -> Path:
    """Make the tables. Returns the path of the middle segment of `t`."""
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v text, n int)")
    server.execute("CREATE TABLE healthy (id int PRIMARY KEY)")
    server.execute("INSERT INTO healthy SELECT * FROM generate_series(1, 10)")
    server.execute("FLUSH TABLE healthy WITH (wait)")
    for first in range(0, 3 * ROWS, ROWS):
        server.execute(f"INSERT INTO t SELECT i, 'v' || i, i FROM generate_series({first}, {first + ROWS - 1}) AS g(i)")
        server.execute("FLUSH TABLE t WITH (wait)")
    server.execute(f"DELETE FROM t WHERE id >= {3 * ROWS // 2} AND id < {2 * ROWS}")
    server.execute("INSERT INTO t VALUES (9000, 'hot', 9000)")
    paths = server.execute("SELECT path FROM system.segments WHERE table_name = 't' ORDER BY min_seq")
    return server.data_dir / str(paths[1][0])


@pytest.mark.parametrize("damaged", [remove, truncate, overwrite], indirect=True)
def test_statements_that_need_it_fail(damaged: Damaged) -> None:
    """Scans, look-ups, writes, new indexes, columns that are written anew."""
    for sql in (
        "SELECT * FROM t",
        "SELECT sum(n) FROM t",
        "SELECT * FROM t WHERE n = 1400",
        "SELECT * FROM t WHERE id = 1400",
        "SELECT v FROM t JOIN healthy ON n = healthy.id + 1400",
        "UPDATE t SET v = 'new' WHERE id = 1400",
        "UPDATE t SET v = 'new' WHERE n < 1001",
        "DELETE FROM t WHERE id = 1499",
        "SELECT * FROM t WHERE id = 1400 FOR UPDATE",
        "INSERT INTO t SELECT id + 10000, v, n FROM t",
        "INSERT INTO t VALUES (1400, 'x', 1) ON CONFLICT (id) DO UPDATE SET v = 'y'",
        "CREATE TABLE copy AS SELECT * FROM t",
        "CREATE UNIQUE INDEX t_n ON t (n)",
        "ALTER TABLE t ALTER COLUMN n TYPE text",
        "ALTER TABLE t ADD CHECK (n >= 0)",
        "ALTER TABLE t ALTER COLUMN n SET NOT NULL",
    ):
        damaged.fails(sql)


def test_jobs_that_need_it_fail(damaged: Damaged) -> None:
    """A backup, of which nothing is left; a compaction leaves the segment alone, and the table is as it was."""
    segments = "SELECT path FROM system.segments ORDER BY path"
    before = damaged.server.execute(segments)
    damaged.job_fails("BACKUP DATABASE TO 'b' WITH (wait)", "backup")
    # What was known to be damaged at the start is left alone, and its neighbours have nothing to merge with.
    ((_, _, status, *_),) = damaged.server.execute("COMPACT TABLE t WITH (wait)")
    assert status == "skipped"
    assert damaged.server.execute(segments) == before
    assert not (damaged.server.data_dir / "backups" / "b").exists()


def test_the_start_says_so(damaged: Damaged) -> None:
    """With the path of the file, before anybody has asked for it."""
    (line,) = (line for line in damaged.server.stderr.splitlines() if "a segment is damaged" in line)
    assert str(damaged.path) in line


def test_all_else_goes_on(damaged: Damaged) -> None:
    """Reads that the statistics keep away from it, look-ups elsewhere, writes, flushes, definitions, other tables."""
    server = damaged.server
    assert server.execute("SELECT count(*), sum(id) FROM healthy") == [(10, 55)]
    assert server.execute("SELECT v FROM t WHERE n = 500") == [("v500",)]
    assert server.execute("SELECT count(*) FROM t WHERE n >= 2000") == [(ROWS + 1,)]
    assert server.execute("SELECT v FROM t WHERE id = 2500") == [("v2500",)]
    server.execute("UPDATE t SET v = 'new' WHERE id = 10")
    server.execute("DELETE FROM t WHERE n = 20")
    server.execute("INSERT INTO t VALUES (9001, 'hot', 9001)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        server.execute("INSERT INTO t VALUES (9001, 'twice', 9001)")
    ((_, _, status, *_),) = server.execute("FLUSH TABLE t WITH (wait)")
    assert status == "completed"
    server.execute("ALTER TABLE t ADD COLUMN w int DEFAULT 7")
    assert server.execute("SELECT v, w FROM t WHERE id = 10") == [("new", 7)]
    assert server.execute("SELECT hot_rows + cold_rows FROM system.tables WHERE table_name = 't'") == [
        (5 * ROWS // 2 + 1,)
    ]
    server.kill()
    server.start()
    assert server.execute("SELECT v FROM t WHERE id = 9001") == [("hot",)]
    damaged.fails("SELECT * FROM t")
    server.execute("DROP TABLE t")
    assert server.execute("SELECT count(*) FROM healthy") == [(10,)]


@pytest.mark.parametrize("damage", [truncate, behead])
def test_damage_under_a_running_server(
    server_factory: Callable[..., ServerProcess], damage: Callable[[Path], None]
) -> None:
    """It is found by who reads the file next."""
    server = server_factory(SILTDB_JOBS__MAX_RETRIES="0")
    path = fill(server)
    damaged = Damaged(server, path)
    damage(path)
    # A look-up might still have what it needs in memory.
    for sql in ("SELECT * FROM t", "INSERT INTO t SELECT id + 10000, v, n FROM t"):
        damaged.fails(sql)
    damaged.job_fails("COMPACT TABLE t WITH (wait)", "compaction")
    damaged.job_fails("BACKUP DATABASE TO 'b' WITH (wait)", "backup")
    assert server.execute("SELECT count(*) FROM t WHERE n >= 2000") == [(ROWS + 1,)]
    server.stop()


FIRST_READERS = (
    "SELECT * FROM {}",
    "SELECT count(*), sum(n) FROM {}",
    "SELECT v FROM {} WHERE n BETWEEN 40 AND 50",
    "SELECT * FROM {} WHERE id = 77",
    "SELECT * FROM {} WHERE id = 77 FOR UPDATE",
    "UPDATE {} SET v = 'new' WHERE id = 77",
    "UPDATE {} SET v = 'new' WHERE n < 100",
    "DELETE FROM {} WHERE id = 77",
    "INSERT INTO {} VALUES (77, 'x', 1) ON CONFLICT (id) DO UPDATE SET n = 2",
    "CREATE TABLE copied AS SELECT * FROM {}",
    "COPY {} TO STDOUT",
    "CREATE UNIQUE INDEX ON {} (n)",
    "ALTER TABLE {} ALTER COLUMN n TYPE text",
    "DECLARE c CURSOR WITH HOLD FOR SELECT * FROM {}",
)
FLIPS = 3 * len(FIRST_READERS)


def test_no_flipped_bit_is_read_as_another_value(server_factory: Callable[..., ServerProcess]) -> None:
    """Wherever it is, in pages, their headers or the footer, and whatever reads the segment first since the start."""
    chance = random.Random(20240607)
    server = server_factory()
    with server.connect() as connection:
        for number in range(FLIPS):
            connection.execute(f"CREATE TABLE f{number} (id int PRIMARY KEY, v text, n int)")
            connection.execute(f"INSERT INTO f{number} SELECT i, 'v' || i, i FROM generate_series(1, 300) AS g(i)")
            connection.execute(f"FLUSH TABLE f{number} WITH (wait)")
        connection.execute("CREATE TABLE healthy AS SELECT * FROM f0")
        connection.execute("FLUSH TABLE healthy WITH (wait)")
        segments = connection.execute("SELECT table_name, path FROM system.segments").fetchall()
    paths = {name: server.data_dir / path for name, path in segments}
    server.stop()
    for number in range(FLIPS):
        flip(paths[f"f{number}"], chance)
    server.start()
    for number in range(FLIPS):
        table = f"f{number}"
        damaged = Damaged(server, paths[table])
        damaged.fails(FIRST_READERS[number % len(FIRST_READERS)].format(table))
        damaged.fails(f"SELECT n FROM {table}")
        damaged.fails(f"SELECT v FROM {table} WHERE id = {chance.randint(1, 300)}")
        # Each is told once, when it is found, or was seen by the start.
        assert server.stderr.count(str(paths[table])) <= 1
    told = sum(server.stderr.count(str(path)) for path in paths.values())
    assert told >= FLIPS - 2, "the last bytes of a file are looked at by the start"
    assert server.execute("SELECT count(*), sum(n) FROM healthy") == [(300, 45150)]
    server.stop()


def test_without_verification_a_flipped_bit_may_be_read(
    server_factory: Callable[..., ServerProcess], filled: tuple[Path, Path], tmp_path: Path
) -> None:
    """`storage.verify_segments = false` leaves it at what DuckDB looks at."""
    data_dir = shutil.copytree(filled[0], tmp_path / "data")
    path = data_dir / filled[1]
    content = path.read_bytes()
    # In the first bytes of the file nothing is looked at but by the checksum.
    path.write_bytes(b"QAR1" + content[4:])
    counted = "SELECT count(*) FROM t WHERE n BETWEEN 1100 AND 1200"
    server = server_factory(data_dir=data_dir, SILTDB_STORAGE__VERIFY_SEGMENTS="false")
    assert server.execute(counted) == [(101,)]
    server.stop()
    server = server_factory(data_dir=data_dir)
    Damaged(server, path).fails(counted)
    server.stop()
