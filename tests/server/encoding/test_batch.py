"""A batch at once must give the bytes that its rows give one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.encoding import encode_batch, encode_rows
from sql.errors import ProgramLimitExceeded
from sql.result import ResultColumn
from sql.types import Codecs
from storage import types
from tests.sql.types.strategies import STORED, arrow_array

if TYPE_CHECKING:
    from storage.types import SqlType

CODECS = Codecs(time_zone="Europe/Paris")


def _batch(rows: list[tuple[object, ...]], sql_types: list[SqlType]) -> pa.RecordBatch:
    columns = [arrow_array([row[index] for row in rows], sql_type) for index, sql_type in enumerate(sql_types)]
    return pa.RecordBatch.from_arrays(columns, names=[f"c{index}" for index in range(len(columns))])


@st.composite
def _results(draw: st.DrawFn) -> tuple[list[SqlType], list[int], list[tuple[object, ...]]]:
    names = draw(st.lists(st.sampled_from(sorted(STORED)), min_size=1, max_size=5))
    formats = draw(st.lists(st.sampled_from([0, 1]), min_size=len(names), max_size=len(names)))
    nullable = draw(st.booleans())
    values = [st.one_of(st.none(), STORED[name][1]) if nullable else STORED[name][1] for name in names]
    rows = draw(st.lists(st.tuples(*values), max_size=8))
    return [STORED[name][0] for name in names], formats, rows


@settings(max_examples=200, deadline=None)
@given(_results(), st.integers(0, 3))
def test_a_batch_is_its_rows(result: tuple[list[SqlType], list[int], list[tuple[object, ...]]], skipped: int):
    """For every type, both formats, with and without nulls, in slices too."""
    sql_types, formats, rows = result
    columns = [ResultColumn("c", sql_type) for sql_type in sql_types]
    batch = _batch(rows, sql_types).slice(min(skipped, len(rows)))
    assert bytes(encode_batch(batch, columns, formats, CODECS)) == encode_rows(rows[skipped:], columns, formats, CODECS)


@pytest.mark.parametrize("code", [0, 1])
def test_a_batch_too_large_for_one_go_is_made_in_halves(code: int):
    """The halves put together are the whole."""
    sql_types = [types.INTEGER, types.TEXT]
    columns = [ResultColumn("c", sql_type) for sql_type in sql_types]
    rows: list[tuple[object, ...]] = [(number, "x" * (number % 7)) for number in range(1000)]
    batch = _batch(rows, sql_types)
    expected = encode_rows(rows, columns, [code] * 2, CODECS)
    assert bytes(encode_batch(batch, columns, [code] * 2, CODECS, max_bytes=5000)) == expected


def test_a_row_too_large_is_refused():
    """A single row cannot be halved."""
    columns = [ResultColumn("c", types.TEXT)]
    batch = _batch([("x" * 10_000,)], [types.TEXT])
    with pytest.raises(ProgramLimitExceeded):
        encode_batch(batch, columns, [0], CODECS, max_bytes=5000)


def test_numeric_keeps_the_scale_that_the_query_gave():
    """A computed numeric has a scale of its own, which is what the client sees."""
    batch = pa.RecordBatch.from_arrays([pa.array([1], pa.decimal128(10, 0)).cast(pa.decimal128(20, 4))], names=["c"])
    stream = bytes(encode_batch(batch, [ResultColumn("c", types.NUMERIC)], [0], CODECS))
    assert stream.endswith(b"\0\0\0\x061.0000")


def test_narrower_arrays_are_widened():
    """A query may compute an int32 where the column is bigint: the binary form must still be eight bytes."""
    batch = pa.RecordBatch.from_arrays([pa.array([7], pa.int32())], names=["c"])
    stream = bytes(encode_batch(batch, [ResultColumn("c", types.BIGINT)], [1], CODECS))
    assert stream.endswith(b"\0\0\0\x08\0\0\0\0\0\0\0\7")


def test_no_rows_and_no_columns():
    """Nothing is sent for no rows; rows without columns are empty messages."""
    assert bytes(encode_batch(_batch([], [types.TEXT]), [ResultColumn("c", types.TEXT)], [0], CODECS)) == b""
    two_rows = pa.RecordBatch.from_struct_array(pa.array([{}, {}], pa.struct([])))
    assert bytes(encode_batch(two_rows, [], [], CODECS)) == b"D\0\0\0\6\0\0" * 2
