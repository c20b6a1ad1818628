"""Binary COPY: the bytes that PostgreSQL writes and reads, and its errors."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import sqlstate_of
from sql.copy import BinaryCopyReader, BinaryCopyWriter
from sql.copy.binary import HEADER, SIGNATURE, TRAILER
from sql.errors import SqlError
from sql.result import ResultColumn
from sql.types import Codecs
from storage import types
from storage.rows import rows_from_table, stored_array
from tests.sql.types.strategies import STORED, arrow_array

if TYPE_CHECKING:
    from collections.abc import Iterator

CODECS = Codecs()
NAMES = tuple(sorted(set(STORED) - {"oidvector"}))
COLUMNS = (
    *(ResultColumn(f"c{number}", STORED[name][0]) for number, name in enumerate(NAMES)),
    *(
        ResultColumn(f"a{number}", types.array_of(STORED[name][0]))
        for number, name in enumerate(NAMES)
        if "[]" not in name
    ),
)
VALUES = (
    *(STORED[name][1] for name in NAMES),
    *(st.lists(st.none() | STORED[name][1], max_size=3) for name in NAMES if "[]" not in name),
)
ROWS = st.lists(st.tuples(*(st.none() | values for values in VALUES)), max_size=3)
TWO = (ResultColumn("n", types.INTEGER), ResultColumn("s", types.varchar(3)))


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[psycopg.Connection]:
    """A connection with a table `every` of every type and arrays of them, and `two` of an integer and a varchar(3)."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE TEMP TABLE every ({', '.join(f'{c.name} {c.type}' for c in COLUMNS)})")
        connection.execute("CREATE TEMP TABLE two (n integer, s varchar(3))")
        yield connection


def batch_of(rows: list[tuple[object, ...]], columns: tuple[ResultColumn, ...]) -> pa.RecordBatch:
    """The rows as a query gives them."""
    arrays = []
    for index, column in enumerate(columns):
        values = [row[index] for row in rows]
        is_array = types.element_of(column.type) is not None
        arrays.append(stored_array(values, column.type.arrow) if is_array else arrow_array(values, column.type))
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def written(batch: pa.RecordBatch, columns: tuple[ResultColumn, ...]) -> bytes:
    """What is sent of a batch."""
    writer = BinaryCopyWriter(columns, CODECS)
    return b"".join(chunk.data for chunk in (*writer.encode(batch), writer.finish()))


def of_postgres(connection: psycopg.Connection, table: str) -> bytes:
    """What PostgreSQL sends of a table."""
    with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        return b"".join(map(bytes, copy))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(ROWS, st.sampled_from([1, 30, 1 << 20]))
def test_postgres_reads_what_is_written_and_writes_the_same(
    oracle: psycopg.Connection, rows: list[tuple[object, ...]], block_bytes: int
) -> None:
    """Every type, arrays and NULL; and PostgreSQL's bytes read back as the same rows, in pieces of any size."""
    data = written(batch_of(rows, COLUMNS), COLUMNS)
    oracle.execute("TRUNCATE every")
    with oracle.cursor().copy("COPY every FROM STDIN (FORMAT binary)") as copy:
        copy.write(data)
    theirs = of_postgres(oracle, "every")
    assert theirs == data
    tables = read(theirs, COLUMNS, block_bytes)
    assert sum(table.num_rows for table in tables) == len(rows)
    if tables:
        whole = pa.concat_tables(tables).combine_chunks().to_batches()[0]
        assert written(whole, COLUMNS) == data


def read(data: bytes, columns: tuple[ResultColumn, ...], block_bytes: int = 1 << 20, piece: int = 7) -> list[pa.Table]:
    """The tables that a reader makes of data that comes in pieces."""
    reader = BinaryCopyReader(columns, CODECS, "two", block_bytes=block_bytes)
    step = max(piece, len(data) // 50)
    tables = [table for at in range(0, len(data), step) for table in reader.feed(data[at : at + step])]
    return [*tables, *reader.finish()]


def row(*values: bytes | None) -> bytes:
    """A row as it is sent."""
    fields = (b"\xff\xff\xff\xff" if value is None else struct.pack("!i", len(value)) + value for value in values)
    return struct.pack("!h", len(values)) + b"".join(fields)


GOOD = row(b"\0\0\0\1", b"a")
CASES = {
    "text": b"1\tabc\n2\tdef\n",
    "a torn signature": SIGNATURE[:5],
    "no flags": SIGNATURE + b"\0\0",
    "oids": SIGNATURE + b"\0\1\0\0" + bytes(4),
    "critical flags": SIGNATURE + b"\0\2\0\0" + bytes(4),
    "harmless flags": SIGNATURE + b"\0\0\0\7" + bytes(4) + GOOD + TRAILER,
    "no extension length": SIGNATURE + bytes(4) + b"\0",
    "an extension": SIGNATURE + bytes(4) + b"\0\0\0\3abc" + GOOD + TRAILER,
    "a torn extension": SIGNATURE + bytes(4) + b"\0\0\0\3ab",
    "a negative extension": SIGNATURE + bytes(4) + b"\xff\xff\xff\xff",
    "no rows": HEADER + TRAILER,
    "no trailer": HEADER + GOOD,
    "half a trailer": HEADER + GOOD + b"\xff",
    "more after the trailer": HEADER + GOOD + TRAILER + b"x",
    "a field too few": HEADER + GOOD + row(b"\0\0\0\1"),
    "a field too many": HEADER + row(b"\0\0\0\1", b"a", b"b"),
    "a negative count": HEADER + b"\xff\xfe",
    "a torn length": HEADER + GOOD + GOOD[:4],
    "a torn value": HEADER + GOOD + GOOD[:-1],
    "a negative length": HEADER + GOOD + struct.pack("!hi", 2, -2),
    "a short integer": HEADER + GOOD + row(b"\0\1", b"a"),
    "a long integer": HEADER + GOOD + row(b"\0\0\0\0\0\1", b"a"),
    "bad text": HEADER + row(b"\0\0\0\1", b"\xff\xfe"),
    "a NUL": HEADER + row(b"\0\0\0\1", b"a\0"),
    "too long a text": HEADER + GOOD + row(b"\0\0\0\2", b"abcd"),
    "spaces too long": HEADER + row(b"\0\0\0\2", b"abc  ") + row(None, None) + TRAILER,
}


@pytest.mark.parametrize("name", CASES)
def test_data_means_what_it_means_to_postgres(oracle: psycopg.Connection, name: str) -> None:
    """The same rows, or the same error with its code and context."""
    data = CASES[name]
    oracle.execute("TRUNCATE two")
    theirs: object
    try:
        with oracle.cursor().copy("COPY two FROM STDIN (FORMAT binary)") as copy:
            copy.write(data)
        theirs = oracle.execute("SELECT * FROM two").fetchall()
    except psycopg.Error as error:
        theirs = (error.sqlstate, error.diag.message_primary, error.diag.context)
    ours: object
    try:
        ours = [each for table in read(data, TWO) for each in rows_from_table(table)]
    except SqlError as error:
        ours = (sqlstate_of(error), error.message, error.context)
    assert ours == theirs
