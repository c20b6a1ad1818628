"""A column of each type: every way in leads to the same rows, hot and cold, after SIGKILL, compaction and a backup."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import duckdb
import psycopg
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.server_process import ServerProcess
from tests.typed_values.asking import Ask, answers
from tests.typed_values.wide import FORMATS, WAYS, copied_out, create, rows_of, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = Path(__file__).parent / "typed_values" / "recorded"
FIRST = "wide_text_parameters"

WIDER = (
    "k_smallint TYPE integer",
    "k_integer TYPE bigint",
    "k_real TYPE double precision",
    "k_numeric TYPE numeric(14,4)",
    "k_numeric_0 TYPE numeric(7)",
    "k_varchar TYPE varchar(5)",
    "k_name TYPE text",
    "k_timestamp_0 TYPE timestamp",
    "k_smallints TYPE bigint[]",
)
"""Changes of types that keep the values; segments of before are read as the new types."""

_INTERVAL = pa.struct([("months", pa.int32()), ("days", pa.int32()), ("micros", pa.int64())])
IN_FILES = {
    "k_boolean": (pa.bool_(), True),
    "k_smallint": (pa.int16(), 0),
    "k_integer": (pa.int32(), 0),
    "k_bigint": (pa.int64(), 0),
    "k_real": (pa.float32(), 0.0),
    "k_double": (pa.float64(), 0.0),
    "k_numeric": (pa.decimal128(10, 2), Decimal("0.00")),
    "k_numeric_38": (pa.decimal128(38, 10), Decimal(0)),
    "k_text": (pa.string(), ""),
    "k_char": (pa.string(), "   "),
    "k_bytea": (pa.binary(), b""),
    "k_date": (pa.date32(), date(1999, 1, 8)),
    "k_time": (pa.time64("us"), time(4, 5, 6, 789000)),
    "k_timestamp": (pa.timestamp("us"), datetime(2020, 1, 31, 10, 11, 12)),
    "k_timestamptz": (pa.timestamp("us", "UTC"), datetime(2020, 1, 31, 10, 11, 12, tzinfo=UTC)),
    "k_interval": (_INTERVAL, {"months": 14, "days": 3, "micros": 14_706_700_000}),
    "k_uuid": (pa.uuid(), UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
    "k_json": (pa.string(), "{}"),
    "k_jsonb": (pa.string(), "{}"),
    "k_oid": (pa.uint32(), 0),
    "k_booleans": (pa.list_(pa.bool_()), [True, False, None]),
    "k_numerics": (pa.list_(pa.decimal128(10, 2)), [Decimal("1.50"), None, Decimal("-0.01")]),
    "k_uuids": (pa.list_(pa.uuid()), [UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), None]),
    "k_intervals": (
        pa.list_(_INTERVAL),
        [{"months": 1, "days": -1, "micros": 7_384_500_000}, None, {"months": 0, "days": 0, "micros": 0}],
    ),
}
"""What an analyst finds in a segment's file: the logical type of a column, and its value in the first row."""


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[psycopg.Connection]:
    """PostgreSQL, with the rows in a table."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA wide_table")
        connection.execute("SET search_path TO wide_table")
        create(connection.pgconn, FIRST)
        WAYS["binary_parameters"](connection.pgconn, FIRST, rows_of(RECORDED))
        yield connection
        connection.execute("DROP SCHEMA wide_table CASCADE")


def test_all_ways_lead_to_the_same_rows(oracle: psycopg.Connection, tmp_path: Path) -> None:
    """The bytes are PostgreSQL's, of results and of COPY; and stay so wherever the rows go."""
    expected = seen(oracle.pgconn, FIRST)
    server = ServerProcess(tmp_path / "data").start()
    try:
        with server.connect() as connection:
            for way, fill in WAYS.items():
                create(connection.pgconn, f"wide_{way}")
                fill(connection.pgconn, f"wide_{way}", rows_of(RECORDED))
                _expect(connection, f"wide_{way}", expected)
            _expect_copies(connection, oracle)
        server.kill()
        server.start()
        with server.connect() as connection:
            _expect(connection, FIRST, expected)
            connection.execute(f"FLUSH TABLE {FIRST} WITH (wait)")
            _expect(connection, FIRST, expected)
            _expect_copies(connection, oracle)
            _expect_files(connection, server.data_dir)
            for row in answers(connection.pgconn, [Ask(f"UPDATE {FIRST} SET id = id WHERE id % 2 = 0")]):
                assert not row.startswith("!"), row
            _expect(connection, FIRST, expected)
            connection.execute(f"FLUSH TABLE {FIRST} WITH (wait)")
            connection.execute(f"COMPACT TABLE {FIRST} WITH (wait)")
            _expect(connection, FIRST, expected)
        server.kill()
        server.start()
        with server.connect() as connection:
            _expect(connection, FIRST, expected)
            for session in (oracle, connection):
                for change in WIDER:
                    session.execute(f"ALTER TABLE {FIRST} ALTER {change}")
            _expect(connection, FIRST, seen(oracle.pgconn, FIRST))
    finally:
        server.kill()


def _expect(connection: psycopg.Connection, table: str, expected: list[str]) -> None:
    for ours, theirs in zip(seen(connection.pgconn, table), expected, strict=True):
        wrong = [
            f"{table}: PostgreSQL {one} | SiltDB {other}"
            for row, other_row in zip(theirs.split(" ; "), ours.split(" ; "), strict=True)
            for one, other in zip(row.split(" | "), other_row.split(" | "), strict=True)
            if one != other
        ]
        assert wrong == []


def _expect_files(connection: psycopg.Connection, data_dir: Path) -> None:
    """Arrow and DuckDB, which know nothing of SiltDB, read the file as what it holds."""
    ((path,),) = connection.execute(f"SELECT path FROM system.segments WHERE table_name = '{FIRST}'").fetchall()
    file = data_dir / str(path)
    table = parquet.read_table(file)
    for name, (arrow, value) in IN_FILES.items():
        assert table.schema.field(name).type == arrow, name
        assert table.column(name)[0].as_py() == value, name
    described = duckdb.sql(f"SELECT k_timestamptz, k_uuid, k_numeric, k_uuids FROM read_parquet('{file}')")
    kinds = ["TIMESTAMP WITH TIME ZONE", "UUID", "DECIMAL(10,2)", "UUID[]"]
    assert [str(kind) for kind in described.types] == kinds


def _expect_copies(connection: psycopg.Connection, oracle: psycopg.Connection) -> None:
    for options in FORMATS:
        assert copied_out(connection.pgconn, FIRST, options) == copied_out(oracle.pgconn, FIRST, options)
