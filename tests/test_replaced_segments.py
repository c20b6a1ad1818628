"""Files of segments that a compaction has replaced: they die, but not before whoever reads them is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server_process import ServerProcess

ROWS = 300_000


def files(server: ServerProcess) -> set[Path]:
    """Those in the cold folder."""
    return {path for path in (server.data_dir / "cold").rglob("*") if path.is_file()}


def named(server: ServerProcess) -> set[Path]:
    """Those that the manifest names."""
    return {server.data_dir / path for (path,) in server.execute("SELECT path FROM system.segments")}


def test_a_cursor_reads_on_what_was_replaced(server: ServerProcess) -> None:
    """It sees the rows of its snapshot to the last, through updates, flushes, compactions and TRUNCATE of others."""
    server.execute("CREATE TABLE t (id int PRIMARY KEY, v int)")
    server.execute(f"INSERT INTO t SELECT g, 0 FROM generate_series(1, {ROWS}) g")
    server.execute("FLUSH TABLE t WITH (wait)")
    server.execute("DELETE FROM t WHERE id % 3 = 0")
    first = files(server)
    with server.connect(autocommit=False) as reader:
        reader.execute("DECLARE c CURSOR FOR SELECT id, v FROM t")
        found = reader.execute("FETCH 10 FROM c").fetchall()
        server.execute("UPDATE t SET v = 1 WHERE id % 3 = 1")
        server.execute("FLUSH TABLE t WITH (wait)")
        server.execute("COMPACT TABLE t WITH (wait)")
        assert first.isdisjoint(named(server))
        assert first <= files(server)
        server.execute("TRUNCATE t")
        found += reader.execute("FETCH ALL FROM c").fetchall()
        assert sorted(found) == [(n, 0) for n in range(1, ROWS + 1) if n % 3]
    while first & files(server):
        server.execute("SELECT 1")


def test_the_policy_bounds_segments_and_dead_rows(server: ServerProcess) -> None:
    """Sixteen rounds of updates and flushes, with the server's own schedule firing now and then."""
    server.execute("CREATE TABLE busy (id int PRIMARY KEY, v int)")
    server.execute("INSERT INTO busy SELECT g, 0 FROM generate_series(1, 2000) g")
    counts = "SELECT segments, cold_rows, dead_rows FROM system.tables WHERE table_name = 'busy'"
    with server.connect() as connection:
        for turn in range(16):
            connection.execute(f"UPDATE busy SET v = {turn} WHERE id % 16 = {turn}")
            connection.execute("FLUSH TABLE busy WITH (wait)")
            if turn % 4 == 3:
                connection.execute('RUN SCHEDULE "compaction"')
                connection.execute("WAIT JOBS WHERE job_type = 'compaction'")
                ((segments, rows, dead),) = connection.execute(counts).fetchall()
                assert segments <= 12
                assert rows == 2000
                assert dead <= 0.2 * (rows + dead)
        assert connection.execute("SELECT count(*), count(DISTINCT v) FROM busy").fetchone() == (2000, 16)
    # Those of the table that the test before this one has emptied stay for a while.
    while {path for path in files(server) if path.parent.name.startswith("busy-")} != named(server):
        pass
