"""Intervals of a whole column: what is read at once is what the input function reads."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.errors import SqlError
from sql.types import Codecs
from sql.types.interval_columns import read_intervals
from sql.types.interval_input import parse_interval
from storage import types

INTERVALS = st.tuples(
    st.one_of(st.integers(-40, 40), st.integers(-(2**31), 2**31 - 1)),
    st.one_of(st.integers(-3, 3), st.integers(-(2**31), 2**31 - 1)),
    st.one_of(st.just(0), st.integers(-(10**11), 10**11), st.integers(-(2**63) + 1, 2**63 - 1)),
)
WRITTEN = INTERVALS.map(lambda value: Codecs().of(types.INTERVAL).format(value).decode())
ODD = st.sampled_from(
    [
        "1 day 1 day",
        "1 mon 1 year",
        "2 weeks",
        "04:05",
        "1:02:03",
        "04:05:60",
        "00:00:00.",
        "00:00:00.1234567",
        "5",
        "1 day ago",
        "",
        " 1 day",
        "1 day ",
        "1  day",
        "P1D",
        "1.5 days",
        "é day",
        "- day",
        "+1 day",
        "00:61:00",
        "day 1",
        "1 day 1",
        "99999999999:00:00",
        "00:00:0é",
        "00:00",
        "-00:00:00.000001",
        "1 day -2:00:00",
        "+",
        ":",
        "1 day :",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), WRITTEN, ODD), max_size=6), st.integers(0, 2))
def test_what_is_read_at_once_is_what_the_input_function_reads(texts: list[str | None], skipped: int):
    """A column is read at once, or not at all."""
    found = read_intervals(pa.array(texts, pa.string()).slice(min(skipped, len(texts))))
    if found is not None:
        shown = [None if value is None else tuple(value.values()) for value in found.to_pylist()]
        assert shown == [None if text is None else parse_interval(text) for text in texts[skipped:]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500), st.integers(-(10**13), 10**13)), max_size=5))
def test_what_is_written_is_read_at_once(intervals: list[tuple[int, int, int]]):
    """Of common lengths: other ones are read one by one."""
    texts = [Codecs().of(types.INTERVAL).format(value).decode() for value in intervals]
    found = read_intervals(pa.array(texts, pa.string()))
    assert found is not None
    assert [tuple(value.values()) for value in found.to_pylist()] == intervals


def test_a_wrong_interval_is_left_to_the_input_function():
    """It knows what to say."""
    for text in ("1 fortnight", "00:00:0x", "1 day 25"):
        try:
            parse_interval(text)
        except SqlError:
            assert read_intervals(pa.array([text])) is None
