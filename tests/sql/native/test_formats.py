"""to_char and its like over columns: what each row gives by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.formatting.moments import timestamp_to_char
from sql.formatting.pattern import MOMENT_WORDS
from sql.native.formats import FORMAT_FUNCTIONS
from tests.sql.native.columns import is_taken_at_once, outcomes

FUNCTIONS = {function.name: function for function in FORMAT_FUNCTIONS}
DAY = 86_400_000_000
MICROS = st.one_of(
    st.none(),
    st.integers(-(10**16), 10**16),
    st.integers(-62_200_000_000, 253_500_000_000).map(lambda second: second * 1_000_000),
    st.integers(-700_000, 2_900_000).map(lambda day: day * DAY),
    st.integers(-(2**62), 2**62),
)
WORDS = st.sampled_from(
    [*MOMENT_WORDS, *(f"FM{word}" for word in MOMENT_WORDS), *"-/: T", '"é of"', "DDth", "FMDDTH", "x"]
)
PATTERNS = st.lists(WORDS, max_size=5).map("".join)
ZONES = st.sampled_from(["UTC", "Europe/Paris", "Asia/Kolkata", "<+02>-02", "America/New_York"])


@settings(max_examples=150, deadline=None)
@given(st.lists(MICROS, min_size=1, max_size=4), PATTERNS, ZONES)
def test_timestamps_are_written_as_each_is(moments: list[int | None], pattern: str, zone: str):
    """In all patterns, of all years."""
    for name, constants in (("silt_timestamp_to_char", [pattern]), ("silt_timestamptz_to_char", [pattern, zone])):
        at_once, by_rows = outcomes(FUNCTIONS[name], moments, constants, pa.int64())
        assert at_once == by_rows


@pytest.mark.parametrize("word", MOMENT_WORDS)
def test_every_field_is_written_as_it_is_by_itself(word: str):
    """With and without its full width, and as an ordinal."""
    moments = [second * 1_234_567_890_123 for second in range(-900, 900, 23)]
    for pattern in (word, f"FM{word}", f"{word}th", f"{word}TH", f"FM{word}th"):
        at_once, by_rows = outcomes(FUNCTIONS["silt_timestamp_to_char"], moments, [pattern], pa.int64())
        assert at_once == by_rows


def test_common_patterns_are_written_at_once():
    """Those that people use."""
    for pattern in ("YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS.MS", "FMDay, DDth Mon YYYY", "HH12:MI am", 'IYYY-"W"IW'):
        assert is_taken_at_once(FUNCTIONS["silt_timestamp_to_char"], [0, 10**15], [pattern])
        assert is_taken_at_once(FUNCTIONS["silt_timestamptz_to_char"], [0, 10**15], [pattern, "Europe/Paris"])


NUMBER_PATTERNS = st.builds(
    lambda parts, edges: f"{edges[0]}{'FM' * edges[2]}{''.join(parts)}{edges[1]}",
    st.lists(st.sampled_from(["9", "0", "9", "9", "0", ",", ".", "G", "D", "99", "00", "PL", "S", "V"]), max_size=7),
    st.tuples(st.sampled_from(["", "", '"x"']), st.sampled_from(["", "", '"é"', "%", "MI", "EEEE"]), st.booleans()),
)
NUMBERS = {
    "integer": st.one_of(st.integers(-1200, 1200), st.integers(-(2**63), 2**63 - 1)).map(str),
    "numeric": st.one_of(
        st.decimals(-1200, 1200, places=2, allow_nan=False), st.decimals(-(10**20), 10**20, places=3, allow_nan=False)
    ).map(lambda number: format(number, "f")),
    "double precision": st.one_of(st.floats(-1200, 1200), st.floats()).map(str),
    "real": st.floats(width=32).map(str),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_are_written_as_each_is(kind: str):
    """In all patterns; those with too many digits, too."""

    @settings(max_examples=120, deadline=None)
    @given(st.lists(st.none() | NUMBERS[kind], min_size=1, max_size=4), NUMBER_PATTERNS)
    def check(numbers: list[str | None], pattern: str):
        at_once, by_rows = outcomes(FUNCTIONS["silt_number_to_char"], numbers, [kind, pattern], pa.string())
        assert at_once == by_rows

    check()


def test_common_numbers_are_written_at_once():
    """By those patterns that people use."""
    for pattern in ("FM999,999,990.00", "999,990.00", "FM9999", "000", "0.000"):
        for kind, numbers in (
            ("integer", ["1", "-2"]),
            ("numeric", ["1.25", "-3.75"]),
            ("double precision", ["1.5", "-7"]),
        ):
            assert is_taken_at_once(FUNCTIONS["silt_number_to_char"], numbers, [kind, pattern]), (pattern, kind)


READING_PATTERNS = st.one_of(
    st.sampled_from(
        ["YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS", "YYYYMMDD", "DD/MM/YYYY", 'YYYY-MM-DD"T"HH24:MI:SS.MS', "MM YYYY"]
    ),
    st.lists(
        st.sampled_from(["YYYY", "MM", "DD", "HH24", "MI", "SS", "MS", "US", "-", " ", ":", "T", "FMDD", "Mon", "1"]),
        max_size=6,
    ).map("".join),
)
DATES = st.datetimes()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.none() | DATES, min_size=1, max_size=4),
    READING_PATTERNS,
    ZONES,
    st.integers(0, 20),
    st.sampled_from("0 -+x9é"),
)
def test_texts_are_read_as_each_is(dates: list[datetime | None], pattern: str, zone: str, place: int, change: str):
    """Those that a pattern has written, and those with another character somewhere."""
    written = [None if date is None else in_pattern(date, pattern) for date in dates]
    changed = [None if text is None else text[:place] + change + text[place + 1 :] for text in written]
    longer = [None if text is None else text + change for text in written]
    for texts in (written, changed, longer, [*written, *changed]):
        for name, constants in (("silt_to_date", [pattern]), ("silt_to_timestamp", [pattern, zone])):
            at_once, by_rows = outcomes(FUNCTIONS[name], texts, constants, pa.string())
            assert at_once == by_rows


def in_pattern(date: datetime, pattern: str) -> str:
    """The date as the pattern writes it."""
    micros = (date - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    return timestamp_to_char(micros, pattern) or ""


def test_common_dates_are_read_at_once():
    """Those with their fields in places."""
    assert is_taken_at_once(FUNCTIONS["silt_to_date"], ["2020-02-29", "1999-12-31 10:00"], ["YYYY-MM-DD"])
    texts = ["2020-02-29 10:11:12"]
    assert is_taken_at_once(FUNCTIONS["silt_to_timestamp"], texts, ["YYYY-MM-DD HH24:MI:SS", "Europe/Paris"])
