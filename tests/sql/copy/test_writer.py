"""COPY TO: the bytes that PostgreSQL writes for the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sql.copy import CopyOptions, CopyReader, CopyWriter
from sql.result import ResultColumn
from sql.types import Codecs
from storage import types
from tests.sql.copy.statements import statement_of
from tests.sql.types.strategies import STORED, arrow_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.copy.options import OptionValue

CODECS = Codecs(time_zone="Europe/Paris")
NAMES = tuple(sorted(set(STORED) - {"oidvector"}))
COLUMNS = tuple(ResultColumn(f"c{number}", STORED[name][0]) for number, name in enumerate(NAMES))
TRICKY = st.text(st.sampled_from("a\\\t\n\r\b\f\v,\"'|;é N."), max_size=5)
TWO = (ResultColumn("a", types.TEXT), ResultColumn("b,\t", types.TEXT))

Options = dict[str, "OptionValue"]
OPTIONS: list[Options] = [
    {"format": "text"},
    {"format": "text", "delimiter": "|", "null": ""},
    {"format": "text", "header": None},
    {"format": "csv"},
    {"format": "csv", "header": None},
    {"format": "csv", "quote": "'", "delimiter": ";"},
    {"format": "csv", "escape": "\\"},
    {"format": "csv", "null": "a"},
    {"format": "csv", "delimiter": "-"},
    {"format": "csv", "force_quote": "*"},
    {"format": "csv", "force_quote": ("a",)},
]


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[psycopg.Connection]:
    """A connection with tables `two` of two text columns, `one` of one, and `every` of every type."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SET timezone = 'Europe/Paris'")
        connection.execute('CREATE TEMP TABLE two (a text, "b,\t" text)')
        connection.execute("CREATE TEMP TABLE one (a text)")
        connection.execute(f"CREATE TEMP TABLE every ({', '.join(f'{c.name} {c.type}' for c in COLUMNS)})")
        yield connection


def _batch(rows: list[tuple[object, ...]], columns: tuple[ResultColumn, ...]) -> pa.RecordBatch:
    arrays = [arrow_array([row[index] for row in rows], column.type) for index, column in enumerate(columns)]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def _written(batch: pa.RecordBatch, columns: tuple[ResultColumn, ...], options: Options) -> bytes:
    writer = CopyWriter(columns, CopyOptions.of(options, to_client=True), CODECS)
    return b"".join((writer.header(), *(chunk.data for chunk in writer.encode(batch))))


def _of_postgres(connection: psycopg.Connection, table: str, options: Options) -> bytes:
    with connection.cursor().copy(statement_of(table, options, to_client=True)) as copy:
        return b"".join(map(bytes, copy))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("columns", [TWO, TWO[:1]])
def test_text_is_written_as_postgres_does(
    oracle: psycopg.Connection, options: Options, columns: tuple[ResultColumn, ...]
):
    """Escapes, quotes, NULL and the empty string, with every option."""
    table = "two" if len(columns) == 2 else "one"

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(st.lists(st.tuples(*[st.one_of(st.none(), TRICKY)] * len(columns)), max_size=6))
    def check(rows: list[tuple[object, ...]]):
        oracle.execute(f"TRUNCATE {table}")
        places = ", ".join(["%s"] * len(columns))
        oracle.cursor().executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        assert _written(_batch(rows, columns), columns, options) == _of_postgres(oracle, table, options)

    check()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(*(st.one_of(st.none(), STORED[name][1]) for name in NAMES)), max_size=3),
    st.sampled_from([OPTIONS[0], OPTIONS[3], OPTIONS[8]]),
)
def test_every_type_is_written_as_postgres_does(
    oracle: psycopg.Connection, rows: list[tuple[object, ...]], options: Options
):
    """PostgreSQL reads what is written, and writes the same."""
    written = _written(_batch(rows, COLUMNS), COLUMNS, options)
    oracle.execute("TRUNCATE every")
    with oracle.cursor().copy(statement_of("every", options, to_client=False)) as copy:
        copy.write(written)
    assert _of_postgres(oracle, "every", options) == written


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(*(st.one_of(st.none(), STORED[name][1]) for name in NAMES)), max_size=4),
    st.sampled_from([OPTIONS[0], OPTIONS[1], OPTIONS[3], OPTIONS[5]]),
    st.sampled_from([30, 1 << 20]),
)
def test_what_is_written_reads_back(rows: list[tuple[object, ...]], options: Options, block_bytes: int):
    """CopyReader undoes CopyWriter for every type."""
    batch = _batch(rows, COLUMNS)
    reader = CopyReader(COLUMNS, CopyOptions.of(options, to_client=False), CODECS, block_bytes=block_bytes)
    tables = [*reader.feed(_written(batch, COLUMNS, options)), *reader.finish()]
    read = pa.concat_tables(tables).combine_chunks() if tables else pa.Table.from_batches([batch]).slice(0, 0)
    # Compared as text: NaN is not equal to itself.
    again = b"".join(_written(batch, COLUMNS, {**options, "header": False}) for batch in read.to_batches())
    assert again == _written(batch, COLUMNS, {**options, "header": False})


def test_slices_are_written_alone():
    """A slice of a batch gives its own rows only."""
    batch = _batch([("a\tb", "1"), ("c", None), (None, "d\n")], TWO)
    assert _written(batch.slice(1, 1), TWO, {"format": "text"}) == b"c\t\\N\n"
    assert _written(batch.slice(2), TWO, {"format": "csv"}) == b',"d\n"\n'
