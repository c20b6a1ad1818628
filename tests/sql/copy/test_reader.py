"""COPY FROM: rows and errors as PostgreSQL's, whatever the pieces that the data comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import sqlstate_of
from sql.copy import CopyOptions, CopyReader
from sql.errors import SqlError
from sql.result import ResultColumn
from sql.types import Codecs
from storage import types
from storage.rows import rows_from_table
from tests.sql.copy.statements import statement_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.copy.options import OptionValue

ZONE = "Europe/Paris"
CODECS = Codecs(time_zone=ZONE)
COLUMNS = (
    ResultColumn("a", types.INTEGER),
    ResultColumn("b", types.TEXT),
    ResultColumn("c", types.numeric(5, 2)),
    ResultColumn("d", types.TIMESTAMP),
    ResultColumn("e", types.DOUBLE),
    ResultColumn("f", types.BOOLEAN),
)
Outcome = list[tuple[str | None, ...]] | tuple[str | None, str, str | None]
"""Rows as text, or SQLSTATE, message and context."""

Options = dict[str, "OptionValue"]
TEXT: Options = {"format": "text"}
CSV: Options = {"format": "csv"}


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[psycopg.Connection]:
    """A connection with tables `t` of `COLUMNS`, `one` and `two` of text columns, and `wide` of every other type."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"SET timezone = '{ZONE}'")
        connection.execute("CREATE TEMP TABLE t (a int, b text, c numeric(5,2), d timestamp, e float8, f bool)")
        connection.execute("CREATE TEMP TABLE one (a text)")
        connection.execute("CREATE TEMP TABLE two (a text, b text)")
        columns = ", ".join(f"{column.name} {column.type}" for column in WIDE)
        connection.execute(f"CREATE TEMP TABLE wide ({columns})")
        yield connection


def _of_postgres(connection: psycopg.Connection, table: str, data: bytes, options: Options) -> Outcome:
    connection.execute(f"TRUNCATE {table}")
    statement = statement_of(table, options, to_client=False)
    try:
        with connection.cursor().copy(statement) as copy:
            copy.write(data)
    except psycopg.Error as error:
        # What may stand before it tells where in a JSON value.
        place = (error.diag.context or "").partition("COPY ")
        return error.sqlstate, error.diag.message_primary or "", place[1] + place[2]
    # In the simple protocol every value comes as its output function writes it.
    result = connection.pgconn.exec_(f"SELECT * FROM {table}".encode())
    cells = [[result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples)]
    return [tuple(None if cell is None else cell.decode() for cell in row) for row in cells]


def _of_reader(
    columns: tuple[ResultColumn, ...], table: str, data: bytes, options: Options, *, piece: int, block: int
) -> Outcome:
    reader = CopyReader(columns, CopyOptions.of(options, to_client=False), CODECS, table, block_bytes=block)
    tables = []
    try:
        for start in range(0, len(data), piece):
            tables += reader.feed(data[start : start + piece])
        tables += reader.finish()
    except SqlError as error:
        return sqlstate_of(error), error.message, error.context
    codecs = [CODECS.of(column.type) for column in columns]
    return [
        tuple(None if value is None else codec.format(value).decode() for codec, value in zip(codecs, row, strict=True))
        for given_rows in tables
        for row in rows_from_table(given_rows)
    ]


def _check(
    oracle: psycopg.Connection, columns: tuple[ResultColumn, ...], table: str, data: bytes, options: Options
) -> None:
    expected = _of_postgres(oracle, table, data, options)
    # In one go, and in small pieces so that records are cut everywhere.
    for piece, block in ((1 << 20, 1 << 22), (7, 20)):
        assert _of_reader(columns, table, data, options, piece=piece, block=block) == expected


GOOD_ROW = b"1\tx\t1.5\t2020-01-01 10:00:00\t1.5\tt\n"
GOOD_CSV = GOOD_ROW.replace(b"\t", b",")
RECORDS: list[tuple[bytes, Options]] = [
    (GOOD_ROW * 3, TEXT),
    (GOOD_ROW.rstrip(b"\n"), TEXT),
    (GOOD_ROW.replace(b"\n", b"\r\n") * 2, TEXT),
    (GOOD_ROW + GOOD_ROW.replace(b"\n", b"\r\n"), TEXT),
    (GOOD_ROW.replace(b"\n", b"\r\n") + GOOD_ROW, TEXT),
    (b"", TEXT),
    (b"\n", TEXT),
    (b"\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n", TEXT),
    (b"\\N\ta\\\\N\\N\t\\N\t\\N\t\\N\t\\N\n", TEXT),
    (GOOD_ROW.replace(b"x", b"a\\tb\\nc\\\\d\\x41\\101\\q\\b\\f\\v\\r\\x4g\\1234"), TEXT),
    (GOOD_ROW.replace(b"x", b"a\\\tb\\\nc"), TEXT),
    (GOOD_ROW.replace(b"x", b"\\xff"), TEXT),
    (GOOD_ROW.replace(b"x", b"\xff"), TEXT),
    (GOOD_ROW + GOOD_ROW.replace(b"x", b"a\0b"), TEXT),
    (GOOD_ROW + b"\\.\nignored", TEXT),
    (GOOD_ROW + GOOD_ROW.replace(b"1\t", b"x\t", 1), TEXT),
    (GOOD_ROW + GOOD_ROW.replace(b"1\t", b"3000000000\t", 1), TEXT),
    (GOOD_ROW + GOOD_ROW.replace(b"1\t", b"0x10\t", 1), TEXT),
    (GOOD_ROW + GOOD_ROW.replace(b"1\t", b" +7 \t", 1), TEXT),
    (GOOD_ROW + b"1\tx\n", TEXT),
    (GOOD_ROW + GOOD_ROW.replace(b"\n", b"\tmore\n"), TEXT),
    (GOOD_ROW + b"x" * 200 + b"\n", TEXT),
    (GOOD_ROW.replace(b"\t1.5\t2", b"\t1.555\t2"), TEXT),
    (GOOD_ROW.replace(b"\t1.5\t2", b"\t1234.5\t2"), TEXT),
    (GOOD_ROW.replace(b"\t1.5\t2", b"\tNaN?\t2"), TEXT),
    (GOOD_ROW.replace(b"10:00:00", b"10"), TEXT),
    (GOOD_ROW.replace(b"10:00:00", b"10:00"), TEXT),
    (GOOD_ROW.replace(b"10:00:00", b"24:00:00"), TEXT),
    (GOOD_ROW.replace(b"10:00:00", b"10:00:00.1234567"), TEXT),
    (GOOD_ROW.replace(b"2020-01-01 10:00:00", b"infinity"), TEXT),
    (GOOD_ROW.replace(b"2020-01-01", b"0000-01-01"), TEXT),
    (GOOD_ROW.replace(b"2020-01-01 10:00:00", b"Jan 5 2020 3:04 PM"), TEXT),
    (GOOD_ROW.replace(b"1.5\tt", b"1e400\tt"), TEXT),
    (GOOD_ROW.replace(b"1.5\tt", b"1e-400\tt"), TEXT),
    (GOOD_ROW.replace(b"1.5\tt", b"0.0\tt"), TEXT),
    (GOOD_ROW.replace(b"1.5\tt", b"-Infinity\tYES"), TEXT),
    (GOOD_ROW.replace(b"1.5\tt", b"nan\tof"), TEXT),
    (GOOD_ROW.replace(b"1.5\tt", b"1\tmaybe"), TEXT),
    (GOOD_ROW.replace(b"\t", b"|"), {"format": "text", "delimiter": "|"}),
    (GOOD_ROW.replace(b"x", b"null"), {"format": "text", "null": "null"}),
    (b"a\tb\n" + GOOD_ROW, {"format": "text", "header": None}),
    (b"a\tb\tc\td\te\tf\n" + GOOD_ROW, {"format": "text", "header": "match"}),
    (b"a\tb\tc\td\te\tg\n" + GOOD_ROW, {"format": "text", "header": "match"}),
    (b"a\tb\tc\td\te\n" + GOOD_ROW, {"format": "text", "header": "match"}),
    (b"a\tb\tc\td\te\t\\N\n" + GOOD_ROW, {"format": "text", "header": "match"}),
    (GOOD_CSV * 3, CSV),
    (GOOD_CSV.replace(b"\n", b"\r\n") * 2, CSV),
    (GOOD_CSV + GOOD_CSV.replace(b"\n", b"\r\n"), CSV),
    (b",,,,,\n", CSV),
    (b',"",,,,\n', CSV),
    (b'"",,,,,\n', CSV),
    (GOOD_CSV.replace(b"x", b'"a,b\n""c"" d"'), CSV),
    (GOOD_CSV.replace(b"x", b'"a\r\nb"'), CSV),
    (GOOD_CSV.replace(b"x", b"a\rb"), CSV),
    (GOOD_CSV.replace(b"x", b'a"b"c'), CSV),
    (GOOD_CSV.replace(b"x", b'"a"b'), CSV),
    (GOOD_CSV.replace(b"x", b'""""') + GOOD_CSV.replace(b"x", b'"a"""'), CSV),
    (GOOD_CSV.replace(b"x", b'"a""'), CSV),
    (GOOD_CSV + GOOD_CSV.replace(b"x", b'"abc'), CSV),
    (GOOD_CSV.replace(b"x", b" x "), CSV),
    (GOOD_CSV.replace(b"1,", b'"1",', 1), CSV),
    (GOOD_CSV.replace(b"x", b"\\N"), CSV),
    (GOOD_CSV + b"\\.\n" + GOOD_CSV, CSV),
    (GOOD_CSV + b"\n" + GOOD_CSV, CSV),
    (GOOD_CSV.replace(b"x", b'"a\n\n\nb"') + GOOD_CSV.replace(b"1,", b"x,", 1), CSV),
    (GOOD_CSV.replace(b"x", b"'a,\\'b'"), {"format": "csv", "quote": "'", "escape": "\\"}),
    (GOOD_CSV.replace(b"x", b"'a\\b\\\\'"), {"format": "csv", "quote": "'", "escape": "\\"}),
    (GOOD_CSV.replace(b"x", b'""') * 2, {"format": "csv", "force_null": ("b",)}),
    (GOOD_CSV.replace(b"x", b"") * 2, {"format": "csv", "force_not_null": ("b",)}),
    (GOOD_CSV.replace(b"x", b'"NULL"') + GOOD_CSV.replace(b"x", b"NULL"), {"format": "csv", "null": "NULL"}),
    (b'a,"b",c,d,e,f\n' + GOOD_CSV, {"format": "csv", "header": "match"}),
    (b'"a\nb"\n' + GOOD_CSV + b"x\n", {"format": "csv", "header": None}),
    (b"\xef\xbb\xbf" + GOOD_CSV, CSV),
]


@pytest.mark.parametrize(("data", "options"), RECORDS)
def test_records_are_read_as_postgres_does(oracle: psycopg.Connection, data: bytes, options: Options):
    """The same rows, or the same error at the same line and column."""
    _check(oracle, COLUMNS, "t", data, options)


PIECES = st.sampled_from(
    [b"a", b"\\", b"\t", b"\n", b",", b'"', b"\\N", b"", b"'", b"\\.", b"\r\n", b"N", b"x", b"0", "é".encode()]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(PIECES, max_size=12).map(b"".join),
    st.sampled_from(
        [TEXT, CSV, {"format": "csv", "quote": "'"}, {"format": "csv", "escape": "\\"}, {"format": "text", "null": ""}]
    ),
    st.booleans(),
)
def test_any_bytes_are_read_as_postgres_does(oracle: psycopg.Connection, data: bytes, options: Options, two: bool):
    """Quotes, backslashes, delimiters and line ends in any order."""
    columns = (ResultColumn("a", types.TEXT), ResultColumn("b", types.TEXT))
    _check(oracle, columns if two else columns[:1], "two" if two else "one", data, options)


WIDE = (
    ResultColumn("i2", types.SMALLINT),
    ResultColumn("i8", types.BIGINT),
    ResultColumn("f4", types.REAL),
    ResultColumn("vc", types.varchar(3)),
    ResultColumn("ch", types.char(3)),
    ResultColumn("by", types.BYTEA),
    ResultColumn("da", types.DATE),
    ResultColumn("ti", types.TIME),
    ResultColumn("tz", types.TIMESTAMPTZ),
    ResultColumn("iv", types.INTERVAL),
    ResultColumn("uu", types.UUID),
    ResultColumn("js", types.JSON),
    ResultColumn("jb", types.JSONB),
)
WIDE_VALUES: tuple[tuple[bytes, ...], ...] = (
    (b"1", b"-5", b"40000"),
    (b"9223372036854775807", b"9223372036854775808", b" 7"),
    (b"1.5", b"1e-50", b"3e39", b"0"),
    (b"abc", b"abc  ", b"abcd"),
    (b"a", b"", b"abcd"),
    (b"\\x00ff", b"abc", b"\\xz"),
    (b"2020-01-31", b"infinity", b"0000-01-01", b"1/2/2020", b"2020-02-30"),
    (b"10:00", b"24:00:00", b"10:00:00.5", b"25:00"),
    (b"2020-01-01 10:00:00+00", b"2020-07-01 10:00:00", b"2020-10-25 02:30:00", b"2020-01-01 10:00:00+20",
     b"2020-01-01 10+00", b"2020-01-01 10:00:00.5+05:30", b"infinity", b"2020-03-29 02:30"),
    (b"1 day", b"P1Y", b"x"),
    (b"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", b"{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", b"a"),
    (b"[1]", b"{", b"null"),
    (b'{"b":1,  "a":1}', b"1e5", b"x"),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(*(st.sampled_from((*values[:1] * 3, *values, None)) for values in WIDE_VALUES)), max_size=3))
def test_every_type_is_read_as_postgres_does(oracle: psycopg.Connection, rows: list[tuple[bytes | None, ...]]):
    """Whichever way a column's values are converted, they are PostgreSQL's, and so is the first error."""
    quoted = [[b"" if value is None else b'"' + value.replace(b'"', b'""') + b'"' for value in row] for row in rows]
    _check(oracle, WIDE, "wide", b"".join(b",".join(row) + b"\n" for row in quoted), CSV)
    escaped = [[b"\\N" if value is None else value.replace(b"\\", b"\\\\") for value in row] for row in rows]
    _check(oracle, WIDE, "wide", b"".join(b"\t".join(row) + b"\n" for row in escaped), TEXT)
