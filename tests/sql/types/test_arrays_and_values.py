"""A column at once and its values one by one must be written alike, and read back as what they were."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.types import Codecs
from tests.sql.types.strategies import STORED, arrow_array

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


def same(left: object, right: object) -> bool:
    """Equal, with NaN equal to itself and zeros told apart."""
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or (
            left == right and math.copysign(1, left) == math.copysign(1, right)
        )
    return left == right


@pytest.mark.parametrize("name", STORED)
def test_a_column_is_written_as_its_values_are(name: str):
    """format_array and send_array give what format and send give, for nulls and slices too."""
    sql_type, stored = STORED[name]

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.one_of(st.none(), stored), max_size=12), st.integers(0, 3), st.sampled_from(ZONES))
    def check(values: list[object], skipped: int, zone: str):
        codec = Codecs(time_zone=zone).of(sql_type)
        array = arrow_array(values, sql_type).slice(min(skipped, len(values)))
        kept = values[skipped:]
        assert codec.format_array(array).to_pylist() == [None if v is None else codec.format(v) for v in kept]
        storage = codec.send_array(array)
        assert storage.to_pylist() == [None if v is None else codec.send(v) for v in kept]

    check()


@pytest.mark.parametrize("name", STORED)
def test_what_is_written_reads_back(name: str):
    """parse undoes format and receive undoes send."""
    sql_type, stored = STORED[name]

    @settings(max_examples=100, deadline=None)
    @given(stored, st.sampled_from(ZONES))
    def check(value: object, zone: str):
        codec = Codecs(time_zone=zone).of(sql_type)
        assert same(codec.receive(codec.send(value)), value)
        assert same(codec.parse(codec.format(value).decode()), value)
        assert codec.coerce(value) == value or same(codec.coerce(value), value)

    check()
