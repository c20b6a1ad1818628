"""TPC-H at scale factor 0.1, half hot, half cold, with updates: the answers are DuckDB's on the raw files."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parent / "tpch"
TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
QUERIES = [
    text.partition("\n")[2].strip().rstrip(";") for text in FOLDER.joinpath("queries.sql").read_text().split("-- Q")[1:]
]
CHANGES = (
    "UPDATE lineitem SET l_quantity = l_quantity + 1, l_shipdate = l_shipdate + 1 WHERE l_orderkey % 97 = 3",
    "DELETE FROM lineitem WHERE l_orderkey % 101 = 5",
    "UPDATE orders SET o_orderpriority = '1-URGENT', o_totalprice = o_totalprice * 1.01 WHERE o_custkey % 89 = 7",
    "UPDATE customer SET c_acctbal = c_acctbal - 10 WHERE c_custkey % 50 = 1",
    "DELETE FROM partsupp WHERE ps_partkey % 103 = 9",
    "INSERT INTO partsupp SELECT p_partkey, 1, 7, 3.50, 'made here' FROM part WHERE p_partkey % 103 = 9",
    "UPDATE part SET p_size = 15 WHERE p_size = 14",
    "UPDATE supplier SET s_comment = 'Customer said: Complaints' WHERE s_suppkey % 40 = 2",
)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CSV file for each table."""
    folder = tmp_path_factory.mktemp("tpch")
    generator = Path(sys.executable).parent / "tpchgen-cli"
    subprocess.run([generator, "csv", "-s", "0.1", "--output-dir", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def answers(raw: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the raw files' rows and the same changes made to them."""
    with duckdb.connect() as connection:
        connection.execute(FOLDER.joinpath("schema.sql").read_text())
        for table in TABLES:
            connection.execute(f"COPY {table} FROM '{raw / table}.csv' (HEADER)")
        for change in CHANGES:
            connection.execute(change)
        yield connection


@pytest.fixture(scope="module")
def loaded(server: ServerProcess, raw: Path) -> Iterator[ServerProcess]:
    """The tables: of each the first half of the rows flushed, the second half hot, and changes in both."""
    with server.connect() as connection:
        connection.execute("CREATE SCHEMA tpch")
        connection.execute("SET search_path = tpch")
        for statement in FOLDER.joinpath("schema.sql").read_text().split(";")[:-1]:
            connection.execute(statement)
        for table in TABLES:
            header, *lines = (raw / f"{table}.csv").read_bytes().splitlines(keepends=True)
            middle = len(lines) // 2
            for part, flushes in ((lines[:middle], True), (lines[middle:], False)):
                with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy:
                    copy.write(header + b"".join(part))
                if flushes:
                    connection.execute(f"FLUSH TABLE {table} WITH (wait)")
        for change in CHANGES:
            connection.execute(change)
        yield server
        connection.execute("DROP SCHEMA tpch CASCADE")


def shown(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows to compare: numbers as floats of nine digits; texts without blanks at the end, as DuckDB pads no char(n)."""
    return [tuple(_shown(value) for value in row) for row in rows]


def _shown(value: object) -> object:
    match value:
        case bool() | None | date():
            return value
        case int() | float() | Decimal():
            return float(f"{float(value):.9g}")
        case _:
            return str(value).rstrip()


def test_the_tables_are_half_hot_and_half_cold(loaded: ServerProcess) -> None:
    """Each query below reads both kinds of rows, and rows that are dead."""
    found = loaded.execute(
        "SELECT table_name, hot_rows > 0, cold_rows > 0, dead_rows > 0 FROM system.tables WHERE namespace = 'tpch'"
    )
    changed = {"lineitem", "orders", "customer", "partsupp", "part", "supplier"}
    assert {(name, hot, cold) for name, hot, cold, _ in found} == {(name, True, True) for name in TABLES}
    assert {name for name, _, _, dead in found if dead} == changed


@pytest.mark.parametrize("number", range(1, 23))
def test_answers_are_those_of_duckdb_on_the_raw_files(
    loaded: ServerProcess, answers: duckdb.DuckDBPyConnection, number: int
) -> None:
    """The same rows in the same order."""
    query = QUERIES[number - 1]
    with loaded.connect() as connection:
        connection.execute("SET search_path = tpch")
        found = connection.execute(query).fetchall()
    expected = answers.execute(query).fetchall()
    assert shown(found) == shown(expected)
    assert expected
