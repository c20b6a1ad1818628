"""What the tour shows, a chapter a function, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

from benchmarks.demo.flights import TABLES
from benchmarks.demo.tour import TourError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.demo.tour import Tour

COPIES: Final = 7
"""How many times the flights are loaded for a flush that is long enough to be killed: 2.36 M rows."""

DELAYS: Final = """
SELECT a.name, count(*) AS flights, sum(f.distance) AS miles, max(f.arr_delay) AS worst
FROM flights AS f JOIN airlines AS a ON a.carrier = f.carrier
GROUP BY a.name ORDER BY flights DESC LIMIT 5"""

MONTHS: Final = """
SELECT month, count(*) AS flights, count(*) - count(dep_time) AS cancelled, sum(dep_delay) AS minutes_late
FROM flights GROUP BY month ORDER BY month"""

FLIGHT: Final = """
SELECT origin, dest, dep_delay, arr_delay, tailnum FROM flights
WHERE time_hour = '2013-01-01 10:00:00+00' AND carrier = 'UA' AND flight = 1545"""


def load(tour: Tour, files: dict[str, Path]) -> None:
    """Tables and rows."""
    tour.chapter("Load", "Five tables, filled from csv files. Each row is durable once COPY says so.")
    for table, columns in TABLES.items():
        tour.run(f"CREATE TABLE {table} ({columns})", tag="CREATE TABLE")
    for table, path in files.items():
        tour.copy(table, path, tour.rows_in(table))


def look(tour: Tour) -> None:
    """Queries on hot rows."""
    tour.chapter("Query the hot rows", "Nothing has been flushed: the rows are in memory and in RocksDB.")
    _questions(tour)
    tour.show("SELECT table_name, hot_rows, cold_rows, segments FROM system.tables ORDER BY table_name")
    _tiers(tour, cold=False)


def flush(tour: Tour) -> None:
    """Settle everything into Parquet, and look at the jobs."""
    tour.chapter("Flush", "FLUSH ALL TABLES makes a job for each table. WITH (wait) returns when all have ended.")
    rows = tour.show("FLUSH ALL TABLES WITH (wait)")
    tour.equal(
        sorted((row[1].split(".")[-1], row[2]) for row in rows), [(t, "completed") for t in sorted(TABLES)], "FLUSH"
    )
    jobs = tour.show("SELECT job_id, job_type, status, table_name, message FROM system.jobs ORDER BY table_name")
    tour.equal(
        [(row[0][:3], row[2], row[3]) for row in jobs], [("FL-", "completed", t) for t in sorted(TABLES)], "jobs"
    )
    tour.show("SELECT table_name, hot_rows, cold_rows, segments FROM system.tables ORDER BY table_name")
    _tiers(tour, cold=True)


def files_from_outside(tour: Tour, data_dir: Path) -> None:
    """The Parquet files, read by DuckDB without the server."""
    tour.chapter(
        "The files", "Cold rows are plain Parquet: here DuckDB reads them by itself, beside the running server."
    )
    print(f"\n{'file':<58} {'bytes':>12} {'rows':>10}")
    for table in sorted(TABLES):
        found = 0
        for path in segments(data_dir, table):
            row = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()
            assert row is not None
            found += row[0]
            print(f"{path.relative_to(data_dir)!s:<58} {path.stat().st_size:>12,} {row[0]:>10,}")
        tour.equal(found, tour.rows_in(table), f"rows in the files of {table}")


def change(tour: Tour) -> None:
    """The same questions on cold rows, then updates and deletes of them."""
    tour.chapter("Query and change cold rows", "The same questions give the same answers from Parquet.")
    _questions(tour)
    tour.chapter("Update and delete", "Flushed rows change like any others; the next query sees it.")
    tour.change("UPDATE flights SET dep_delay = dep_delay - 10 WHERE carrier = 'UA' AND month = 1 AND dep_delay > 60")
    tour.change("UPDATE planes SET seats = seats + 1 WHERE tailnum = 'N10156'")
    tour.change("DELETE FROM flights WHERE dep_time IS NULL")
    _questions(tour)
    tour.query("SELECT tailnum, seats FROM planes WHERE tailnum = 'N10156'")
    tour.query("SELECT count(*) FROM flights WHERE dep_time IS NULL")


def kill(tour: Tour, files: dict[str, Path], data_dir: Path) -> None:
    """Kill the flush of a large table; nothing is lost."""
    tour.chapter("Kill", f"A table with the flights {COPIES} times over. Its flush is killed while it runs.")
    columns = TABLES["flights"].replace(", PRIMARY KEY (time_hour, carrier, flight)", "")
    tour.run(f"CREATE TABLE flights_copy ({columns})", tag="CREATE TABLE")
    rows = sum(1 for _ in files["flights"].open()) - 1
    for _ in range(COPIES):
        tour.copy("flights_copy", files["flights"], rows)
    total = str(rows * COPIES)
    tour.equal(tour.show("SELECT count(*) FROM flights_copy"), [[total]], "rows before")

    job_id = _kill_a_running_flush(tour)
    columns_shown = "status, fraction_completed, cancel_requested_by, cancel_reason, message"
    row = tour.show(f"SELECT {columns_shown} FROM system.jobs WHERE job_id = '{job_id}'")[0]
    tour.equal((row[0], row[2], row[3]), ("cancelled", "admin", "to show it"), "the killed job")
    tour.equal(tour.show("SELECT count(*) FROM flights_copy"), [[total]], "rows after")
    tour.equal(segments(data_dir, "flights_copy"), [], "files after")

    print("\nNo row is lost and no file is left behind. A new flush completes:")
    tour.equal(tour.show("FLUSH TABLE flights_copy WITH (wait)")[0][2], "completed", "the next flush")
    tour.equal(tour.show("SELECT count(*) FROM flights_copy"), [[total]], "rows flushed")


def drop(tour: Tour, data_dir: Path) -> None:
    """Drop the large table; a job reclaims its files."""
    tour.chapter("Drop", "DROP TABLE takes effect at once. A cleanup job removes the files.")
    printed = tour.run("DROP TABLE flights_copy", tag="DROP TABLE")
    if "NOTICE" not in printed:
        raise TourError(f"DROP TABLE must name its cleanup job in a NOTICE; it printed {printed}")
    cleanup = "SELECT status FROM system.jobs WHERE job_id LIKE 'CL-%' AND table_name = 'flights_copy'"
    tour.wait_until(cleanup, ["completed"])
    tour.show("SELECT job_id, job_type, status, table_name, message FROM system.jobs WHERE job_id LIKE 'CL-%'")
    tour.equal(segments(data_dir, "flights_copy"), [], "files of the dropped table")
    tour.equal(
        tour.show("SELECT count(*) FROM system.tables WHERE table_name = 'flights_copy'"), [["0"]], "dropped table"
    )
    _questions(tour)


def segments(data_dir: Path, table: str) -> list[Path]:
    """The Parquet files of a table, finished or not."""
    return sorted(path for path in data_dir.glob(f"cold/*/{table}-*/**/*") if path.is_file())


def _questions(tour: Tour) -> None:
    for question in (DELAYS, MONTHS, FLIGHT):
        tour.query(question)


def _tiers(tour: Tour, *, cold: bool) -> None:
    for table in TABLES:
        rows = str(tour.rows_in(table))
        found = tour.ask(f"SELECT hot_rows, cold_rows FROM system.tables WHERE table_name = '{table}'")
        tour.equal(found, [["0", rows] if cold else [rows, "0"]], f"system.tables of {table}")


def _kill_a_running_flush(tour: Tour) -> str:
    job_id = tour.show("FLUSH TABLE flights_copy")[0][0]
    running = f"SELECT job_id, status, phase, fraction_completed FROM system.jobs WHERE job_id = '{job_id}'"
    status = f"SELECT status FROM system.jobs WHERE job_id = '{job_id}'"
    if tour.wait_until(status, ["running", "completed", "failed"]) != "running":
        raise TourError("the flush ended before it could be killed: this machine needs more COPIES")
    tour.show(running)
    killed = tour.show(f"KILL JOB '{job_id}' REASON 'to show it'")[0]
    tour.equal((killed[0], killed[2]), (job_id, "cancelled"), "KILL JOB")
    return job_id
