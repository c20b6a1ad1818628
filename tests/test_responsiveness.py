"""Nothing holds up the event loop: while a server does something large, others are answered.

The aim is 10 ms. The bounds here are what a busy test machine cannot fail by itself, and what each of these did fail
by far before it was mended.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, LiteralString

import psycopg
import pytest

from tests import timed_server
from tests.checking import assert_whole
from tests.loop_probe import LoopProbe
from tests.measuring import assert_measured, measures
from tests.server_process import ROOT, ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BOUND_S: Final = 0.4
TABLES: Final = 1_200
ROWS: Final = 100_000
HELD_MS_MAX: Final = 30
"""CPU time: that of a busy machine, whose caches are shared, is twice that of an idle one."""
UPSERT: Final = "ON CONFLICT (id) DO UPDATE SET n = excluded.n"
UPSERT_N: Final = "ON CONFLICT (id) DO UPDATE SET n = 0"


@pytest.fixture
def server(server_factory: Callable[..., ServerProcess]) -> Iterator[ServerProcess]:
    """A server for one test, and for each time that it measures; it must leave nothing wrong in its data folder."""
    made = server_factory()
    yield made
    made.stop()
    assert_whole(made.data_dir)


@measures
def test_many_tables_are_created_and_dropped_at_once(server: ServerProcess) -> None:
    """A change of the catalog costs what it changes: seconds, if each table had all others copied."""
    with server.connect() as connection, LoopProbe(server) as probe:
        connection.execute("CREATE SCHEMA many")
        with connection.transaction():
            for number in range(TABLES):
                connection.execute(f"CREATE TABLE many.t{number} (id int PRIMARY KEY)")
        connection.execute("DROP SCHEMA many CASCADE")
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'many'").fetchone() == (0,)
    assert_measured(probe.longest_s < BOUND_S, probe.longest_s)


@measures
def test_many_rows_are_updated_and_deleted_at_once(server: ServerProcess) -> None:
    """Hot ones and cold ones: one lock and a staged commit, where a step for each row took more than a second."""
    with server.connect() as connection, LoopProbe(server) as probe:
        connection.execute("CREATE TABLE wide (id bigint PRIMARY KEY, n int)")
        connection.execute(f"INSERT INTO wide SELECT i, i FROM generate_series(1, {ROWS}) AS g(i)")
        assert connection.execute("UPDATE wide SET n = n + 1").rowcount == ROWS
        connection.execute("FLUSH TABLE wide WITH (wait)")
        assert connection.execute("UPDATE wide SET n = n + 1").rowcount == ROWS
        assert len(connection.execute("DELETE FROM wide RETURNING *").fetchall()) == ROWS
        assert connection.execute("SELECT count(*) FROM wide").fetchone() == (0,)
    assert_measured(probe.longest_s < BOUND_S, probe.longest_s)


@measures
def test_rows_that_a_transaction_has_written_are_written_again(server: ServerProcess) -> None:
    """Its new rows have the keys of the ones that they replace: looking each of these up took five seconds."""
    with server.connect() as connection, LoopProbe(server) as probe:
        connection.execute("CREATE TABLE again (id bigint PRIMARY KEY, n int UNIQUE)")
        connection.execute(f"INSERT INTO again SELECT i, i FROM generate_series(1, {ROWS}) AS g(i)")
        with connection.transaction():
            for _ in range(3):
                assert connection.execute("UPDATE again SET n = n + 1").rowcount == ROWS
            connection.execute("DELETE FROM again WHERE id > 10")
            with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
                connection.execute(f"INSERT INTO again SELECT i, -i FROM generate_series(10, {ROWS}) AS g(i)")
            connection.execute(f"INSERT INTO again SELECT i, -i FROM generate_series(11, {ROWS}) AS g(i)")
        assert connection.execute("SELECT count(*), max(n) FROM again").fetchone() == (ROWS, 13)
    assert_measured(probe.longest_s < BOUND_S, probe.longest_s)


@measures
def test_many_jobs_are_started_and_shown_at_once(server: ServerProcess) -> None:
    """FLUSH ALL TABLES makes its jobs together, and a result of many wide rows leaves others their turn."""
    count = 300
    with server.connect() as connection, LoopProbe(server) as probe:
        with connection.transaction():
            for number in range(count):
                connection.execute(f"CREATE TABLE small{number} (id int)")
                connection.execute(f"INSERT INTO small{number} VALUES (1)")
        assert len(connection.execute("FLUSH ALL TABLES WITH (wait)").fetchall()) >= count
        assert len(connection.execute("WAIT JOBS WHERE job_type = 'flush'").fetchall()) >= count
    assert_measured(probe.longest_s < BOUND_S, probe.longest_s)


def test_cold_rows_are_found_by_their_keys_without_holding_the_loop(
    server_factory: Callable[..., ServerProcess],
) -> None:
    """Even if the cache has room for nothing, by simple and extended queries, in blocks, for changes, too."""
    server = server_factory(SILTDB_STORAGE__COLD_ROW_CACHE="1B")
    with server.connect() as connection:
        connection.execute("CREATE TABLE cold (id int PRIMARY KEY, a int, b text)")
        connection.execute("INSERT INTO cold SELECT i, i, 'b' || i FROM generate_series(1, 1000) AS g(i)")
        connection.execute("FLUSH TABLE cold WITH (wait)")
        for isolation in ("READ COMMITTED", "REPEATABLE READ"):
            with connection.transaction():
                connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
                assert connection.execute("SELECT b FROM cold WHERE id = 7").fetchone() == ("b7",)
                assert connection.execute("SELECT * FROM cold WHERE id = %s", (8,)).fetchone() == (8, 8, "b8")
        assert connection.execute("SELECT b, a FROM cold WHERE id = %s", (9,)).fetchone() == ("b9", 9)
        assert connection.execute("UPDATE cold SET a = a + 1 WHERE id = 10 RETURNING a").fetchone() == (11,)
        assert connection.execute("DELETE FROM cold WHERE id = %s", (11,)).rowcount == 1
        assert connection.execute("SELECT a FROM cold WHERE id = 11").fetchone() is None
        assert connection.execute("SELECT a FROM cold WHERE id = 5000").fetchone() is None
    server.stop()


@measures
def test_a_long_pipeline_leaves_others_their_turn(server: ServerProcess) -> None:
    """Thousands of statements that a client has sent at once are not run in one go: it held the loop for seconds."""
    count = 10_000
    with server.connect() as connection:
        connection.execute("CREATE TABLE piped (id int PRIMARY KEY, t text)")
        with connection.transaction(), connection.cursor() as cursor, LoopProbe(server) as probe:
            cursor.executemany(
                "INSERT INTO piped VALUES (%s, %s)", [(number, f"row {number}") for number in range(count)]
            )
        assert connection.execute("SELECT count(*) FROM piped").fetchone() == (count,)
    assert_measured(probe.longest_s < BOUND_S, probe.longest_s)


@measures
def test_statements_of_100_000_rows(server: ServerProcess) -> None:
    """VALUES in one text, thousands of parameters, upserts: a client's huge statement is its own affair."""
    count = 100_000
    rows = ", ".join(f"({number}, {number}.5, 'it''s {number}', NULL)" for number in range(count))
    given = [value for number in range(15_000) for value in (number, number / 4, f"given {number}", None)]
    with server.connect() as connection:
        connection.execute("CREATE TABLE huge (id int PRIMARY KEY, n numeric(10, 2), t text, d date)")
        texts = [f"INSERT INTO huge VALUES {rows} {behind}" for behind in ("", "ON CONFLICT (id) DO UPDATE SET n = 0")]
        with LoopProbe(server) as probe:
            for text in texts:
                assert connection.execute(text).rowcount == count
            upsert = f"INSERT INTO huge VALUES {', '.join(['(%s, %s, %s, %s)'] * 15_000)} ON CONFLICT DO NOTHING"
            assert connection.execute(upsert, given).rowcount == 0
            assert connection.execute("SELECT t FROM huge FOR UPDATE").rowcount == count
        found = connection.execute("SELECT count(*), sum(n), min(t), max(d) FROM huge").fetchone()
        assert found == (count, 0, "it's 0", None)
    assert_measured(probe.longest_s < 5 * BOUND_S, probe.longest_s)


class TimedServer:
    """A server that tells what has held up its loop (`tests.timed_server`), and a client of it."""

    def __init__(self, server: ServerProcess, holds_path: Path) -> None:
        self.connection = server.connect()
        self.held: dict[str, list[str]] = {}
        """By statement what took long, in milliseconds of CPU time."""
        self._holds_path = holds_path

    def run(self, name: str, statement: Callable[[], object] | LiteralString) -> None:
        """Run something, and note what held up the loop."""
        start = self._holds_path.stat().st_size
        if callable(statement):
            statement()
        else:
            self.connection.execute(statement)
        # What has answered has ended once something else is answered.
        self.connection.execute("SELECT 1")
        lines = self._holds_path.read_text(encoding="utf-8")[start:].splitlines()
        self.held[name] = sorted(lines, key=lambda line: -float(line.split()[0]))[:3]

    @property
    def too_long(self) -> dict[str, list[str]]:
        """Those that were held up for longer than may be."""
        return {name: lines for name, lines in self.held.items() if lines and float(lines[0].split()[0]) > HELD_MS_MAX}


def timed_process(server_processes: list[ServerProcess], tmp_path: Path, **settings: str) -> ServerProcess:
    """A timed server that writes down in `holds`, with settings by their environment variables."""
    holds_path = tmp_path / "holds"
    holds_path.touch()
    executable = (sys.executable, "-m", "tests.timed_server")
    settings |= {timed_server.HOLDS_PATH: str(holds_path), "PYTHONPATH": str(ROOT)}
    server = ServerProcess(tmp_path / "data", executable=executable, **settings)
    server_processes.append(server)
    return server


@pytest.fixture
def timed(server_processes: list[ServerProcess], tmp_path: Path) -> Iterator[TimedServer]:
    """A timed server whose functions have been read once: they are by the first statement that calls any."""
    server = timed_process(server_processes, tmp_path)
    timed = TimedServer(server.start(), tmp_path / "holds")
    timed.connection.execute("SELECT count(*), max(i) FROM generate_series(1, 10) AS g(i) WHERE i + 1 > 2")
    with timed.connection:
        yield timed
    server.stop()


@measures
def test_large_statements_hold_the_loop_for_milliseconds(timed: TimedServer) -> None:
    """Of 200,000 rows: what is done on the loop takes as long as for a few, or takes turns."""
    count = 200_000
    run = timed.run
    run("create", "CREATE TABLE big (id bigint PRIMARY KEY, n int, t text)")
    run("insert", f"INSERT INTO big SELECT i, i, 'text ' || i FROM generate_series(1, {count}) AS g(i)")
    run("update", "UPDATE big SET n = n + 1")
    source = f"(SELECT i FROM generate_series(1, {count}) AS g(i)) AS s"
    run("merge", f"MERGE INTO big USING {source} ON big.id = s.i WHEN MATCHED THEN UPDATE SET n = n + 1")
    run("index", "CREATE UNIQUE INDEX big_t ON big (t)")
    run("delete", lambda: timed.connection.execute("DELETE FROM big WHERE id <= 100000 RETURNING *").fetchall())
    run("select", lambda: timed.connection.execute("SELECT * FROM big").fetchall())
    run("upsert", f"INSERT INTO big SELECT i, i, 't' || i FROM generate_series(50001, 150000) AS g(i) {UPSERT}")
    run("truncate", "TRUNCATE big")
    text = "".join(f"{number}\t{number}\ttext {number}\n" for number in range(count))

    def copy() -> None:
        with timed.connection.cursor().copy("COPY big FROM STDIN") as data:
            data.write(text)

    run("copy", copy)
    assert_measured(not timed.too_long, timed.too_long)


@measures
def test_foreign_keys_hold_the_loop_for_milliseconds(timed: TimedServer) -> None:
    """Of 100,000 rows on both sides: what they refer to, what refers to them, and what becomes of those."""
    run = timed.run
    run("parent", "CREATE TABLE parent (id int PRIMARY KEY, n int)")
    run("child", "CREATE TABLE child (id int, parent int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE)")
    run("late", "CREATE TABLE late (parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    run("fill", f"INSERT INTO parent SELECT i, i FROM generate_series(1, {ROWS}) AS g(i)")
    run("refer", f"INSERT INTO child SELECT i, i FROM generate_series(1, {ROWS}) AS g(i)")
    run("some", "INSERT INTO child SELECT -i, i FROM generate_series(1, 1000) AS g(i)")
    run("other columns", "UPDATE parent SET n = n + 1")
    run("keys", "UPDATE parent SET id = -id")
    run("references", "UPDATE child SET parent = -1")
    run("BEGIN", "BEGIN")
    run("deferred", f"INSERT INTO late SELECT i FROM generate_series(1, {ROWS}) AS g(i)")
    run("keys again", "UPDATE parent SET id = -id")
    run("COMMIT", "COMMIT")
    run("none left", "DELETE FROM late")
    run("delete", "DELETE FROM parent")
    assert timed.connection.execute("SELECT count(*) FROM child").fetchone() == (0,)
    assert_measured(not timed.too_long, timed.too_long)


@measures
def test_long_texts_hold_the_loop_for_milliseconds(timed: TimedServer) -> None:
    """100,000 rows of VALUES in one text, and 60,000 parameters."""
    timed.connection.execute("CREATE TABLE huge (id int PRIMARY KEY, n numeric(10, 2), t text, d date)")
    rows = ", ".join(f"({number}, {number}.5, 'it''s {number}', NULL)" for number in range(100_000))
    for name, behind in (("insert", ""), ("upsert", UPSERT_N), ("returning", f"{UPSERT_N} RETURNING *")):
        timed.run(name, lambda behind=behind: timed.connection.execute(f"INSERT INTO huge VALUES {rows} {behind}"))
    given = [value for number in range(15_000) for value in (number, number / 4, f"given {number}", None)]
    text = f"INSERT INTO huge VALUES {', '.join(['(%s, %s, %s, %s)'] * 15_000)} ON CONFLICT DO NOTHING"
    timed.run("parameters", lambda: timed.connection.execute(text, given))
    assert_measured(not timed.too_long, timed.too_long)


@measures
def test_transactions_of_many_statements_hold_the_loop_for_milliseconds(timed: TimedServer) -> None:
    """Their commits and rollbacks: rows, locks and deaths one by one are written, and let go of, in turns."""
    count = 20_000
    connection = timed.connection
    connection.execute("CREATE TABLE single (id int PRIMARY KEY, t text)")
    connection.execute("INSERT INTO single SELECT -i, 'old' FROM generate_series(1, 100) AS g(i)")

    def begin(text: LiteralString, rows: list[tuple[object, ...]]) -> None:
        connection.execute("BEGIN")
        connection.cursor().executemany(text, rows)

    new = [(number, "new") for number in range(count)]
    for end in ("ROLLBACK", "COMMIT"):
        begin("INSERT INTO single VALUES (%s, %s)", new)
        timed.run(f"insert {end}", end)
    begin("UPDATE single SET t = %s WHERE id = %s", [("newer", number) for number in range(count)])
    timed.run("update COMMIT", "COMMIT")
    begin("DELETE FROM single WHERE id = %s", [(number,) for number in range(count)])
    timed.run("delete COMMIT", "COMMIT")
    assert connection.execute("SELECT count(*) FROM single").fetchone() == (100,)
    assert_measured(not timed.too_long, timed.too_long)


@measures
def test_long_statements_are_planned_elsewhere(timed: TimedServer) -> None:
    """Whatever kind of statement a long query stands in, and when it is planned again for another catalog."""
    execute = timed.connection.execute
    execute("CREATE TABLE among (id int PRIMARY KEY, n int)")
    execute("INSERT INTO among SELECT i, i FROM generate_series(1, 1000) AS g(i)")
    query = f"SELECT id, n FROM among WHERE id IN ({', '.join(map(str, range(10_000)))})"
    for name, text in {
        "explain": f"EXPLAIN {query}",
        "create": f"CREATE TABLE made AS {query}",
        "merge": f"MERGE INTO made USING ({query}) AS q ON made.id = q.id WHEN MATCHED THEN DELETE",
        "as user": f"EXECUTE AS USER 'admin' ({query})",
        "prepare": f"PREPARE prepared AS {query}",
        "another catalog": "CREATE TABLE another (id int)",
        "execute": "EXECUTE prepared",
    }.items():
        timed.run(name, lambda text=text: execute(text))
    assert_measured(not timed.too_long, timed.too_long)


@measures
def test_a_write_of_many_cold_rows_reads_none_of_them_on_the_loop(
    server_processes: list[ServerProcess], tmp_path: Path
) -> None:
    """It begins again for each of them, with those that were read before; the cache has room for nothing."""
    count = 60
    server = timed_process(server_processes, tmp_path, SILTDB_STORAGE__COLD_ROW_CACHE="1B")
    timed = TimedServer(server.start(), tmp_path / "holds")
    timed.connection.execute("CREATE TABLE cold (id int PRIMARY KEY, a int, b text)")
    for start in range(0, count * 100, 2_000):
        rows = f"SELECT i, i, repeat(md5(i::text), 40) FROM generate_series({start}, {start + 1_999}) AS g(i)"
        timed.connection.execute(f"INSERT INTO cold {rows}")
        timed.connection.execute("FLUSH TABLE cold WITH (wait)")
    rows = ", ".join(f"({number * 100}, 0, '')" for number in range(count))
    upsert = f"INSERT INTO cold VALUES {rows} ON CONFLICT (id) DO UPDATE SET a = cold.a + 1"
    with timed.connection:
        timed.run("warm", "INSERT INTO cold VALUES (0, 0, '') ON CONFLICT (id) DO UPDATE SET a = cold.a")
        timed.run("upsert", lambda: timed.connection.execute(upsert))
        changed = timed.connection.execute("SELECT count(*), sum(a - id) FROM cold WHERE a <> id").fetchone()
    server.stop()
    assert changed == (count, count)
    assert_measured(not timed.too_long, timed.too_long)


@measures
def test_wide_results_hold_the_loop_for_milliseconds(timed: TimedServer) -> None:
    """Batches of a million values are encoded elsewhere, and written piece by piece."""
    columns = ", ".join(f"i + {number} AS c{number}" for number in range(60))
    run = timed.run
    run("create", f"CREATE TABLE wide AS SELECT {columns} FROM generate_series(1, 16384) AS g(i)")
    run("select", lambda: timed.connection.pgconn.exec_(b"SELECT * FROM wide"))
    run("first times", lambda: timed.connection.pgconn.exec_(b"SELECT now() FROM generate_series(1, 100)"))
    run("names", lambda: timed.connection.pgconn.exec_(b"SELECT oid::regproc, oid::regproc FROM pg_proc"))
    run("bytes", lambda: timed.connection.pgconn.exec_(b"SELECT repeat('x', 10000000)::bytea FROM wide LIMIT 2"))
    assert_measured(not timed.too_long, timed.too_long)
