"""The limit of hot memory, as clients meet it: they wait for flushes, and are told when these cannot help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.server_process import ServerProcess
from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Connection = psycopg.Connection[tuple[Any, ...]]

ROWS_OF_1_MB = "SELECT g, repeat('x', 1000) FROM generate_series({0} * 1000 + 1, {0} * 1000 + 1000) g"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with little hot memory, whose statements wait for it as long as the tests do."""
    folder: Path = tmp_path_factory.mktemp("small")
    limits = {"SILTDB_HOT__MEMORY_LIMIT": "8MB", "SILTDB_HOT__BULK_LOAD_SIZE": "1GB"}
    server = ServerProcess(folder / "data", **limits, SILTDB_HOT__WAIT_TIMEOUT="1h").start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def client(small: ServerProcess) -> Iterator[Connection]:
    """A client, and a table that it has filled until no more goes in; nothing is flushed by itself."""
    with small.connect() as connection:
        connection.execute('ALTER SCHEDULE "hot-memory" PAUSE')
        connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, v text)")
        fill(small, connection, "t")
        yield connection
        connection.rollback()
        connection.execute("DROP TABLE t")
        connection.execute('ALTER SCHEDULE "hot-memory" RESUME')


def fill(server: ServerProcess, connection: Connection, table: str) -> None:
    """Insert a megabyte after the other until hot memory is full."""
    number = 0
    while held(server) < 8 << 20:
        connection.execute(f"INSERT INTO {table} VALUES ({-number}, repeat('x', 300000))")
        number += 1


def held(server: ServerProcess) -> int:
    """What is held of hot memory."""
    ((value,),) = server.execute("SELECT value FROM system.metrics WHERE name = 'hot.memory_held'")
    return int(value)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES (1, 'new')",
        "INSERT INTO t SELECT 1, 'new'",
        "INSERT INTO t VALUES (1, 'new') ON CONFLICT (id) DO NOTHING",
        "UPDATE t SET id = 1, v = 'new' WHERE id = 0",
        "UPDATE t SET id = 1, v = 'new' WHERE v < 'y' AND id > -1",
        "MERGE INTO t USING (SELECT 1 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (1, 'new')",
        "CREATE TABLE u AS SELECT 1 AS id, 'new' AS v",
    ],
)
def test_a_writer_waits_until_a_flush_has_made_room(small: ServerProcess, client: Connection, statement: str) -> None:
    """It says what it waits for, and goes on by itself; readers and deleting go on all the while."""
    with small.connect() as writer, small.connect() as observer:
        with waiting(small, writer, statement) as written:
            pid = writer.info.backend_pid
            find = f"SELECT wait_event_type, wait_event FROM pg_stat_activity WHERE pid = {pid}"
            while observer.execute(find).fetchone() != ("IPC", "HotMemory"):
                assert not written.is_over
            assert observer.execute("SELECT count(*), min(length(v)) FROM t").fetchone()[1] == 300000
            assert observer.execute("DELETE FROM t WHERE id = -1").rowcount == 1
            assert not written.is_over
            observer.execute("FLUSH TABLE t WITH (wait)")
        assert written.result().rowcount in (1, -1)
        assert observer.execute("SELECT count(*) FROM t WHERE id = -1").fetchone() == (0,)
        found = "u" if statement.startswith("CREATE") else "t"
        assert observer.execute(f"SELECT v FROM {found} WHERE id = 1").fetchall() == [("new",)]
        observer.execute("DROP TABLE IF EXISTS u")


def test_waiting_can_be_cancelled_and_timed_out(small: ServerProcess, client: Connection) -> None:
    """As any statement."""
    with small.connect() as writer:
        with waiting(small, writer, "INSERT INTO t VALUES (1, 'new')") as written:
            small.execute("SELECT pg_cancel_backend(%s)", writer.info.backend_pid)
        with pytest.raises(psycopg.errors.QueryCanceled):
            written.result()
        writer.execute("SET statement_timeout = 100")
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            writer.execute("INSERT INTO t VALUES (1, 'new')")
    assert small.execute("SELECT count(*) FROM t WHERE id = 1") == [(0,)]


def test_tables_are_flushed_by_themselves_before_it_is_full(small: ServerProcess) -> None:
    """Writers of several times what fits lose nothing; the jobs say who made them."""
    with small.connect() as connection:
        connection.execute("CREATE TABLE many (id bigint PRIMARY KEY, v text)")
        for number in range(24):
            connection.execute(f"INSERT INTO many {ROWS_OF_1_MB.format(number)}")
        assert connection.execute("SELECT count(*), sum(id) FROM many").fetchone() == (24_000, 288_012_000)
        flushes = "SELECT count(*) FROM system.jobs WHERE table_name = 'many' AND schedule_name = 'hot-memory'"
        assert connection.execute(flushes).fetchone()[0] >= 2
        shown = "SELECT source, cron, statement FROM system.schedules WHERE schedule_name = 'hot-memory'"
        assert connection.execute(shown).fetchone() == ("system", None, "FLUSH ALL TABLES")
        connection.execute("DROP TABLE many")
    assert held(small) == 0


def test_a_transaction_that_is_larger_than_hot_memory(small: ServerProcess) -> None:
    """It is told so at once, by few rows at a time or by many in one statement; the server goes on."""
    with small.connect(autocommit=False) as connection:
        connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, v text)")
        connection.commit()
        with pytest.raises(psycopg.errors.OutOfMemory) as caught:
            for number in range(40):
                connection.execute("INSERT INTO t VALUES (%s, repeat('x', 300000))", (number,))
        assert caught.value.diag.message_primary == (
            "the transaction's rows do not fit into hot memory (hot.memory_limit = 8.0 MB)"
        )
        assert "or raise hot.memory_limit" in caught.value.diag.message_hint
        connection.rollback()
        connection.execute(f"INSERT INTO t {ROWS_OF_1_MB.format(1)}")
        with pytest.raises(psycopg.errors.OutOfMemory):
            connection.execute("UPDATE t SET v = repeat('x', 10000)")
        connection.rollback()
        connection.execute("DROP TABLE t")
        connection.commit()
    assert held(small) == 0


def test_what_no_flush_can_free(server_factory: Any) -> None:
    """A stream: after the wait the error says what holds how much. A restart with it all changes nothing."""
    limits = {"SILTDB_HOT__MEMORY_LIMIT": "2MB", "SILTDB_HOT__WAIT_TIMEOUT": "200ms"}
    server = server_factory(**limits)
    with server.connect() as connection:
        connection.execute("CREATE TABLE s (id bigint, v text) WITH (type = 'stream', ttl = '1d')")
        with pytest.raises(psycopg.errors.OutOfMemory):
            for _ in range(40):
                connection.execute("INSERT INTO s SELECT g, repeat('x', 1000) FROM generate_series(1, 100) g")
        connection.execute("CREATE TABLE t (id bigint)")
        (count,) = connection.execute("SELECT count(*) FROM s").fetchone()
    server.kill()
    server.start()
    with server.connect() as connection:
        with pytest.raises(psycopg.errors.OutOfMemory) as caught:
            connection.execute("INSERT INTO t VALUES (1)")
        diag = caught.value.diag
        assert diag.message_primary == "hot memory is full: no room within 200 ms (hot.memory_limit = 2.0 MB)"
        assert 'held: stream "public.s" 2.' in diag.message_detail
        assert diag.message_hint.startswith("Flush tables with FLUSH TABLE")
        assert connection.execute("SELECT count(*) FROM s").fetchone() == (count,)
        connection.execute("TRUNCATE s")
        connection.execute("INSERT INTO t VALUES (1)")


def test_more_rows_are_hot_at_the_start_than_there_may_be(server_factory: Any) -> None:
    """They are flushed then."""
    server = server_factory()
    server.execute("CREATE TABLE t (id bigint PRIMARY KEY, v text)")
    server.execute(f"INSERT INTO t {ROWS_OF_1_MB.format(0)}")
    server.execute(f"INSERT INTO t {ROWS_OF_1_MB.format(1)}")
    server.kill()
    limited = server_factory(data_dir=server.data_dir, SILTDB_HOT__MEMORY_LIMIT="1MB")
    limited.execute("INSERT INTO t VALUES (0, 'new')")
    assert limited.execute("SELECT count(*), sum(id) FROM t") == [(2001, 2001000)]
    assert limited.execute("SELECT cold_rows >= 2000 FROM system.tables") == [(True,)]
