"""Loads that are larger than hot memory: they go into segments, all of their rows or none."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.checking import problems_of
from tests.measuring import assert_measured, measures
from tests.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Connection = psycopg.Connection[tuple[Any, ...]]

LIMITS = {"SILTDB_HOT__MEMORY_LIMIT": "32MB", "SILTDB_HOT__BULK_LOAD_SIZE": "2MB"}
TEXT = "x" * 980
TABLE = "CREATE TABLE t (id bigint PRIMARY KEY, v text NOT NULL, n int DEFAULT 7 CHECK (n > 0))"
ROWS = 12_000
"""Of a kilobyte each: three segments of 4 MB."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with little hot memory."""
    server = ServerProcess(tmp_path_factory.mktemp("small") / "data", **LIMITS).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def client(small: ServerProcess) -> Iterator[Connection]:
    """A client with an empty table, and nothing of it left behind."""
    with small.connect() as connection:
        connection.execute(TABLE)
        yield connection
    small.execute("DROP TABLE IF EXISTS t, u")


def copy(connection: Connection, ids: Iterable[int], table: str = "t (id, v)") -> int:
    """COPY rows; gives how many that were."""
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as data:
            for each in ids:
                data.write(f"{each},{TEXT}\n")
        return cursor.rowcount


def files_of(server: ServerProcess, table: str = "t") -> set[str]:
    """The files in the folder of a table, finished or not."""
    ((oid,),) = server.execute(f"SELECT '{table}'::regclass::oid")
    return {str(path.relative_to(server.data_dir)) for path in server.data_dir.glob(f"cold/public/{table}-{oid}/*")}


def assert_no_more_files(server: ServerProcess) -> None:
    """Those that nobody wants go, by a thread; what is left is what the manifest names."""
    named = {path for (path,) in server.execute("SELECT path FROM system.segments WHERE table_name = 't'")}
    while files_of(server) != named:
        pass


@measures
def test_a_copy_of_several_times_what_fits(server_factory: Callable[..., ServerProcess]) -> None:
    """Its rows are all there, and cold; the server does not grow with them; nothing is lost by a crash."""
    server = server_factory(**LIMITS)
    count = 100_000
    with server.connect() as client:
        client.execute(TABLE)
        before = resident_bytes(server.pid)
        assert copy(client, range(count)) == count
        grown = resident_bytes(server.pid) - before
        found = "SELECT count(*), sum(id), min(n), min(length(v)) FROM t"
        assert client.execute(found).fetchone() == (count, count * (count - 1) // 2, 7, 980)
        sizes = "SELECT hot_rows, cold_rows, segments > 10 FROM system.tables WHERE table_name = 't'"
        assert client.execute(sizes).fetchone() == (0, count, True)
        assert client.execute("SELECT v FROM t WHERE id = 77777").fetchone() == (TEXT,)
        with pytest.raises(psycopg.errors.UniqueViolation):
            client.execute("INSERT INTO t VALUES (77777, 'again')")
        client.execute("UPDATE t SET v = 'changed' WHERE id = 77777")
        server.kill()
    server.start()
    assert server.execute("SELECT count(*), sum(id) FROM t") == [(count, count * (count - 1) // 2)]
    assert server.execute("SELECT v FROM t WHERE id = 77777") == [("changed",)]
    server.stop()
    assert_measured(grown < 400 << 20, grown)


def resident_bytes(pid: int) -> int:
    """The most memory of a process that was resident."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) << 10


@pytest.mark.parametrize(
    ("prepare", "ids", "error", "message"),
    [
        ("INSERT INTO t VALUES (11000, 'hot')", range(ROWS), "23505", "Key (id)=(11000) already exists."),
        ("SELECT 1", [*range(ROWS), 3], "23505", "Key (id)=(3) already exists."),
        ("SELECT 1", [*range(ROWS), "x"], "22P02", None),
        ("ALTER TABLE t ADD CHECK (id < 11999)", range(ROWS), "23514", None),
    ],
)
def test_a_load_that_fails_leaves_nothing(
    small: ServerProcess, client: Connection, prepare: str, ids: Any, error: str, message: str | None
) -> None:
    """Neither rows nor files nor keys, whatever was wrong with it and however late that was seen."""
    client.execute(prepare)
    with pytest.raises(psycopg.Error) as caught:
        copy(client, ids)
    assert caught.value.sqlstate == error
    assert message is None or caught.value.diag.message_detail == message
    assert client.execute("SELECT count(*) FROM t WHERE v <> 'hot'").fetchone() == (0,)
    assert_no_more_files(small)
    client.execute("INSERT INTO t VALUES (500, 'free')")


def test_a_client_that_goes_away(small: ServerProcess, client: Connection) -> None:
    """In the middle of its data: nothing is left of it."""
    leaving = small.connect()
    copying = leaving.cursor().copy("COPY t (id, v) FROM STDIN (FORMAT csv)")
    data = copying.__enter__()
    data.write("".join(f"{each},{TEXT}\n" for each in range(ROWS)))
    while not files_of(small):
        pass
    leaving.pgconn.finish()
    assert_no_more_files(small)
    while client.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'").fetchone() != (
        1,
    ):
        pass
    assert client.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert copy(client, range(10)) == 10


def test_in_a_block(small: ServerProcess, client: Connection) -> None:
    """Later statements read what was loaded, a savepoint takes it back, others see it with the commit only."""
    with small.connect() as other:
        client.execute("BEGIN")
        client.execute("INSERT INTO t VALUES (-1, 'own')")
        copy(client, range(ROWS))
        client.execute("SAVEPOINT s")
        copy(client, range(ROWS, 2 * ROWS))
        assert client.execute("SELECT count(*), max(id) FROM t").fetchone() == (2 * ROWS + 1, 2 * ROWS - 1)
        assert client.execute("SELECT n FROM t WHERE id = 13000").fetchone() == (7,)
        client.execute("ROLLBACK TO s")
        assert client.execute("SELECT count(*), max(id) FROM t").fetchone() == (ROWS + 1, ROWS - 1)
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="bulk load"):
            client.execute("UPDATE t SET n = 8 WHERE id = 5")
        client.execute("ROLLBACK TO s")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="bulk load"):
            client.execute("DELETE FROM t WHERE n = 7")
        client.execute("ROLLBACK TO s")
        client.execute("UPDATE t SET v = 'own again' WHERE id = -1")
        client.execute("ALTER TABLE t ADD COLUMN extra int DEFAULT 3")
        client.execute("CREATE UNIQUE INDEX on_id ON t (id, extra)")
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
        client.execute("COMMIT")
        found = "SELECT count(*), sum(extra), max(v) FILTER (WHERE id < 0) FROM t"
        assert other.execute(found).fetchone() == (ROWS + 1, 3 * (ROWS + 1), "own again")
        with pytest.raises(psycopg.errors.UniqueViolation):
            other.execute("INSERT INTO t (id, v) VALUES (11999, 'twice')")
        assert other.execute("DELETE FROM t").rowcount == ROWS + 1
    assert_no_more_files(small)


def test_every_statement_that_inserts_what_a_query_gives(small: ServerProcess, client: Connection) -> None:
    """INSERT … SELECT and CREATE TABLE … AS load as COPY does, with defaults and sequences."""
    query = f"SELECT g AS id, repeat('y', 1000) AS v FROM generate_series(1, {ROWS}) g"
    assert client.execute(f"INSERT INTO t (id, v) {query}").rowcount == ROWS
    assert client.execute(f"CREATE TABLE u AS {query}").rowcount == ROWS
    client.execute("ALTER TABLE u ADD COLUMN number serial")
    assert client.execute("INSERT INTO u (id, v) SELECT id, v FROM t").rowcount == ROWS
    found = "SELECT count(*), sum(id), min(number), max(number), count(DISTINCT number) FROM u"
    assert client.execute(found).fetchone() == (2 * ROWS, ROWS * (ROWS + 1), 1, 2 * ROWS, 2 * ROWS)
    sizes = "SELECT cold_rows FROM system.tables WHERE table_name = 't'"
    assert client.execute(sizes).fetchone() == (ROWS,)


def test_rows_of_a_user_table_go_to_their_owner(small: ServerProcess, client: Connection) -> None:
    """Each file has the rows of one role."""
    client.execute("CREATE TABLE u (id bigint PRIMARY KEY, v text) WITH (type = 'user')")
    client.execute("CREATE USER eve")
    client.execute("GRANT ALL ON TABLE u TO eve")
    with small.connect(user="eve") as eve:
        copy(client, range(ROWS), "u")
        copy(eve, range(ROWS), "u")
        assert eve.execute("SELECT count(*) FROM u").fetchone() == (ROWS,)
    owners = "SELECT owner, sum(rows)::int FROM system.segments WHERE table_name = 'u' GROUP BY owner ORDER BY owner"
    assert client.execute(owners).fetchall() == [("admin", ROWS), ("eve", ROWS)]
    client.execute("DROP TABLE u")
    client.execute("DROP USER eve")


def test_rows_of_a_stream_stay_hot(small: ServerProcess, client: Connection) -> None:
    """However many they are."""
    client.execute("CREATE TABLE u (id bigint, v text) WITH (type = 'stream', ttl = '1d')")
    copy(client, range(ROWS), "u")
    found = "SELECT hot_rows, cold_rows, segments FROM system.tables WHERE table_name = 'u'"
    assert client.execute(found).fetchone() == (ROWS, 0, 0)


def test_others_go_on_while_a_load_is_under_way(small: ServerProcess, client: Connection) -> None:
    """Their rows, flushes and compactions do not meet those of the load; for its keys they wait."""
    with small.connect() as other:
        with client.cursor().copy("COPY t (id, v) FROM STDIN (FORMAT csv)") as data:
            for step in range(3):
                data.write("".join(f"{each},{TEXT}\n" for each in range(step * ROWS, (step + 1) * ROWS)))
                while len(files_of(small)) < (step + 1) * 2:
                    pass
                other.execute("INSERT INTO t (id, v) VALUES (%s, 'other')", (-1 - step,))
                other.execute("FLUSH TABLE t WITH (wait)")
            other.execute("COMPACT TABLE t WITH (wait)")
            other.execute("SET lock_timeout = 100")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("INSERT INTO t (id, v) VALUES (5, 'mine')")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("ALTER TABLE t DROP COLUMN n")
        assert other.execute("SELECT count(*), count(DISTINCT id) FROM t").fetchone() == (3 * ROWS + 3, 3 * ROWS + 3)
        other.execute("COMPACT TABLE t WITH (wait)")
        ranges = other.execute(
            "SELECT min_seq, max_seq FROM system.segments WHERE table_name = 't' ORDER BY 1"
        ).fetchall()
        assert all(last < first for (_, last), (first, _) in pairwise(ranges))
        assert other.execute("SELECT count(*), count(DISTINCT id) FROM t").fetchone() == (3 * ROWS + 3, 3 * ROWS + 3)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("bulk.after_temporary_file:2", marks=pytest.mark.long),
        "bulk.after_rename:3",
        pytest.param("load.after_markers", marks=pytest.mark.long),
        pytest.param("load.after_slice:5", marks=pytest.mark.long),
        "load.before_end",
    ],
)
def test_a_crash_before_the_commit_leaves_nothing(server_factory: Callable[..., ServerProcess], fault: str) -> None:
    """Whatever had been written: the next start removes it, and its keys are free."""
    doomed = server_factory(**LIMITS, SILTDB_FAULT=fault)
    with doomed.connect() as connection:
        connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, v text, UNIQUE (id))")
        connection.execute("INSERT INTO t VALUES (-1, 'hot')")
        with pytest.raises(psycopg.OperationalError):
            copy(connection, range(ROWS))
    assert doomed.died_within(30)
    assert problems_of(doomed.data_dir) == []
    server = server_factory(data_dir=doomed.data_dir, **LIMITS)
    with server.connect() as connection:
        assert connection.execute("SELECT id, v FROM t").fetchall() == [(-1, "hot")]
        assert files_of(server) == set()
        assert copy(connection, range(ROWS)) == ROWS
    server.kill()
    server.start()
    assert server.execute("SELECT count(*), sum(id) FROM t") == [(ROWS + 1, ROWS * (ROWS - 1) // 2 - 1)]
    server.stop()
    assert problems_of(doomed.data_dir) == []
