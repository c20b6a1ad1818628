"""Rows turn into Arrow tables and hot values, and back, unchanged."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import types
from storage.hot_value import ARROW_FROM_ROWS, RowFormat
from storage.rows import binary_values, from_plain, plain, row_at, rows_from_table, table_from_rows, values_of
from tests.storage.harness import columns_of
from tests.storage.values import ARRAYS, VALUES

if TYPE_CHECKING:
    from storage.types import SqlType


def same(one: Any, other: Any) -> bool:
    """Equal in value and type; NaN equals itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Decimal):
        return one.as_tuple() == other.as_tuple()
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


ALL_TYPES = (*VALUES, *ARRAYS)
ROWS = st.lists(st.tuples(*(st.none() | values for values in (*VALUES.values(), *ARRAYS.values()))), max_size=6)


@given(ROWS)
def test_rows_survive_arrow(rows: list[tuple[Any, ...]]) -> None:
    """Every stored value comes back from Arrow as it was, whole rows and single ones alike."""
    table = table_from_rows(rows, columns_of(*ALL_TYPES))
    assert [field.type for field in table.schema] == [sql_type.arrow for sql_type in ALL_TYPES]
    back = rows_from_table(table)
    assert len(back) == len(rows)
    assert all(map(same, back, rows))
    for index, row in enumerate(rows):
        assert same(row_at(table, index), row)
        assert same(row_at(table, index, (3, 0)), (row[3], row[0]))


@given(ROWS.filter(bool), st.booleans())
@settings(max_examples=50)
def test_rows_survive_a_hot_value(rows: list[tuple[Any, ...]], many: bool) -> None:
    """Few rows (msgpack) and many rows (Arrow) come back from a hot value as they were."""
    row_format = RowFormat(columns_of(*ALL_TYPES))
    if many:
        rows = rows * (ARROW_FROM_ROWS // len(rows) + 1)
    decoded = row_format.decode(row_format.encode_rows(rows))
    assert isinstance(decoded, pa.Table) == many
    back = rows_from_table(decoded) if isinstance(decoded, pa.Table) else decoded
    assert len(back) == len(rows)
    assert all(map(same, back, rows))


@given(ROWS)
def test_plain_columns_become_what_they_were(rows: list[tuple[Any, ...]]) -> None:
    """Of every type, whole and in part: who takes rows by their seqs gets plain ones."""
    table = table_from_rows(rows, columns_of(*ALL_TYPES))
    for column in table.columns:
        array = column.combine_chunks()
        for part in (array, array.slice(1)):
            back = from_plain(plain(part), part.type)
            assert back.type == part.type
            assert all(map(same, values_of(back), values_of(part)))


def test_slices_of_a_table_are_encoded_alone() -> None:
    """A slice's hot value has the slice's rows and not the whole table's bytes."""
    row_format = RowFormat(columns_of(types.BIGINT, types.TEXT))
    table = row_format.table([(n, f"text {n}") for n in range(10_000)])
    value = row_format.encode_table(table.slice(5_000, 10))
    assert rows_from_table(row_format.decode(value)) == [(n, f"text {n}") for n in range(5_000, 5_010)]
    assert len(value) < 2_000


@pytest.mark.parametrize("sql_type", ALL_TYPES, ids=str)
def test_a_column_of_nulls_survives(sql_type: SqlType) -> None:
    """NULL needs no value beside it to be kept."""
    row_format = RowFormat(columns_of(sql_type))
    assert rows_from_table(row_format.table([(None,), (None,)])) == [(None,), (None,)]
    assert row_format.decode(row_format.encode_rows([(None,)])) == [(None,)]


def test_chunked_columns_are_read_through() -> None:
    """A table of several chunks gives its rows in order."""
    columns = columns_of(types.TIMESTAMP, types.INTERVAL, types.UUID)
    rows = [(n, (n, -n, n), bytes([n]) * 16) for n in range(6)]
    table = pa.concat_tables([table_from_rows(rows[:2], columns), table_from_rows(rows[2:], columns)])
    assert rows_from_table(table) == rows
    assert row_at(table, 4) == rows[4]


@given(st.lists(st.binary(max_size=5)), st.integers(0, 3), st.booleans())
def test_binary_values_are_those_of_the_array(values: list[bytes], skipped: int, fixed: bool) -> None:
    """Variable and fixed width, whole and sliced."""
    if fixed:
        values = [value.ljust(5, b"\0") for value in values]
    array = pa.array(values, pa.binary(5) if fixed else pa.binary())
    assert binary_values(array.slice(skipped)) == values[skipped:]
    assert binary_values(array.slice(0, skipped)) == values[:skipped]
