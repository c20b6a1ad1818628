"""The main job: flushing, beside DuckDB writing the same rows to Parquet, and killing a flush."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.case import Case
from benchmarks.cases.data import COLUMNS, KEYED_COLUMNS, csv_file, load, settle
from benchmarks.servers import seconds_of

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from benchmarks.case import Bench


class FlushLoaded(Case):
    """Flush 5 M rows that COPY loaded; DuckDB writes them from a table of its own."""

    unit = "s"
    baseline = "duckdb"
    rounds = 3
    tables = ("flushed",)

    def __init__(self) -> None:
        super().__init__("flush, 5 M rows from COPY", "1.5 × its time")

    def prepare(self, bench: Bench, contestant: str) -> None:
        csv_file(bench, bench.rows(5_000_000))

    def measure(self, bench: Bench, contestant: str) -> float:
        rows = bench.rows(5_000_000)
        if contestant == "siltdb":
            load(bench, contestant, "flushed", rows)
            return seconds_of(lambda: settle(bench, contestant, "flushed"))
        with duckdb.connect() as connection:
            columns = COLUMNS.strip("()").replace("double precision", "double")
            connection.execute(f"CREATE TABLE flushed ({columns})")
            connection.execute(f"COPY flushed FROM '{csv_file(bench, rows)}' (HEADER false)")
            target = bench.folder / "flushed.parquet"
            write = f"COPY flushed TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
            seconds = seconds_of(lambda: connection.execute(write))
            target.unlink()
            return seconds


class FlushInserted(Case):
    """Flush rows that came one by one, each in its own transaction."""

    unit = "rows/s"
    higher_is_better = True
    baseline = None
    rounds = 2
    tables = ("inserted",)

    def __init__(self) -> None:
        super().__init__("flush, 1 M rows inserted singly", "500,000 rows/s")

    def prepare(self, bench: Bench, contestant: str) -> None:
        bench.addresses[contestant].execute("DROP TABLE IF EXISTS inserted")

    def measure(self, bench: Bench, contestant: str) -> float:
        address = bench.addresses[contestant]
        rows = bench.rows(1_000_000)
        address.execute("DROP TABLE IF EXISTS inserted", f"CREATE TABLE inserted {KEYED_COLUMNS}")
        insert = "INSERT INTO inserted VALUES (%s, %s, %s, %s, '2024-01-01 00:00:00')"
        with address.connect() as connection, connection.cursor() as cursor:
            # A Sync after each row makes each a transaction of its own. Only the flush is measured, so they need not
            # wait for the disk.
            cursor.execute("SET synchronous_commit = off")
            for start in range(0, rows, 10_000):
                values = [(i, i % 1000, i / 7, f"note {i}") for i in range(start, min(rows, start + 10_000))]
                with connection.pipeline() as pipeline:
                    for row in values:
                        cursor.execute(insert, row, prepare=True)
                        pipeline.sync()
        return rows / seconds_of(lambda: settle(bench, contestant, "inserted"))


class KillFlush(Case):
    """From KILL JOB to its answer that the flush of 2 M rows is cancelled."""

    unit = "ms"
    baseline = None
    rounds = 40
    tables = ("killed",)

    def __init__(self) -> None:
        super().__init__("KILL JOB of a running flush, 2 M rows", "p99 50 ms")

    def prepare(self, bench: Bench, contestant: str) -> None:
        load(bench, contestant, "killed", bench.rows(2_000_000))

    def measure(self, bench: Bench, contestant: str) -> float:
        with bench.addresses[contestant].connect() as connection:
            row = connection.execute("FLUSH TABLE killed").fetchone()
            assert row is not None
            job_id = row[0]
            _wait_until_running(connection, job_id)
            killed: list[Any] = []
            seconds = seconds_of(lambda: killed.extend(connection.execute(f"KILL JOB '{job_id}'").fetchall()))
        if killed[0][2] != "cancelled":
            raise RuntimeError(f"KILL JOB came to {killed[0]}: load more rows (--scale) for it to meet a running flush")
        return 1000 * seconds


def _wait_until_running(connection: psycopg.Connection[Any], job_id: str) -> None:
    query = "SELECT status FROM system.jobs WHERE job_id = %s"
    while True:
        row = connection.execute(query, (job_id,), prepare=True).fetchone()
        assert row is not None
        if row[0] not in ("new", "queued"):
            return
