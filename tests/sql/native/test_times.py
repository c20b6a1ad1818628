"""Arithmetic of intervals over columns: what each row gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sql.errors import SqlError
from sql.native.times import TIME_FUNCTIONS

if TYPE_CHECKING:
    from sql.native.function import NativeFunction

FUNCTIONS = {function.name: function for function in TIME_FUNCTIONS}
INTERVALS = (
    st.integers(-(2**31), 2**31 - 1) | st.integers(-50, 50),
    st.integers(-(2**31), 2**31 - 1) | st.integers(-50, 50),
    st.integers(-(2**62), 2**62) | st.integers(-(10**12), 10**12),
)
FACTORS = st.one_of(st.floats(), st.integers(-100, 100).map(float), st.sampled_from([0.5, 1.5, -0.1, 1 / 3]))
UNITS = st.integers(-(2**31), 2**31 - 1) | st.integers(-2000, 2000)
CASES = {
    "silt_interval_multiplied": (*INTERVALS, FACTORS),
    "silt_interval_divided": (*INTERVALS, FACTORS),
    "silt_make_interval": (UNITS, UNITS, UNITS, UNITS, UNITS, UNITS, FACTORS),
}
KINDS = {"BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}


@pytest.mark.parametrize("name", CASES)
def test_intervals_of_columns_are_those_of_rows(name: str):
    """With nulls, and whatever is out of range."""
    by_columns = FUNCTIONS[name]
    by_rows = replace(by_columns, of_columns=None)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.tuples(*(st.none() | values for values in CASES[name])), min_size=1, max_size=4))
    def check(rows: list[tuple[object, ...]]):
        columns = [
            pa.array(column, KINDS[kind])
            for column, kind in zip(zip(*rows * 10, strict=True), by_columns.parameters, strict=True)
        ]
        assert outcome(by_columns, columns) == outcome(by_rows, columns)

    check()


def outcome(function: NativeFunction, columns: list[pa.Array]) -> object:
    """The intervals, or the error."""
    try:
        return function.of_batch(columns).to_pylist()
    except SqlError as error:
        return type(error), error.message
