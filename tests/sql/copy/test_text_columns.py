"""Columns of text as stored values: those that the input function gives, whatever reads them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sql.copy.text_columns import TextColumn
from sql.errors import SqlError
from sql.types import Codecs
from storage import types
from storage.rows import values_of
from storage.types import SqlType, array_of, element_of
from tests.sql.types.strategies import STORED
from tests.sql.types.texts import TEXTS

CODECS = Codecs(time_zone="Europe/Paris")
ARRAYS = {
    f"{name}[]": (array_of(sql_type), st.lists(st.one_of(st.none(), stored), max_size=3))
    for name, (sql_type, stored) in STORED.items()
    if sql_type.modifier < 0 and not name.endswith(("[]", "vector"))
}
STORED_AND_ARRAYS = {**STORED, **ARRAYS}


@pytest.mark.parametrize("name", STORED_AND_ARRAYS)
def test_what_is_written_is_read_back(name: str):
    """Of every type and of its arrays, with nulls, in few and in many rows."""
    sql_type, stored = STORED_AND_ARRAYS[name]
    codec = CODECS.of(sql_type)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.one_of(st.none(), stored), min_size=1, max_size=5), st.sampled_from([1, 500]))
    def check(values: list[object], times: int):
        texts = pa.array([None if value is None else codec.format(value).decode() for value in values] * times)
        read = TextColumn(sql_type, CODECS).stored(texts.cast(pa.string()))
        expected = [None if value is None else codec.format(value) for value in values] * times
        assert read.type == sql_type.arrow
        assert [None if value is None else codec.format(value) for value in values_of(read)] == expected

    check()


@pytest.mark.parametrize("sql_type", [t for t in TEXTS if t.modifier < 0 and element_of(t) is None], ids=str)
def test_arrays_of_odd_texts_have_what_the_input_function_reads(sql_type: SqlType):
    """An array with a bad element is bad, and one with a good one has its value."""
    codec = CODECS.of(sql_type)
    for text in TEXTS[sql_type]:
        literal = '{"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"}'
        read = TextColumn(array_of(sql_type), CODECS).stored(pa.array([literal, None, "{}"]))
        try:
            expected = codec.format(codec.parse(text))
        except SqlError:
            assert read is None, text
        else:
            assert [codec.format(value) for value in values_of(read.slice(0, 1))[0]] == [expected], text


def test_values_that_repeat_are_read_once_each():
    """The result is the same; a bad one among them is bad."""
    texts = pa.array(["1 day ago", None, "2 days ago"] * 1000)
    read = TextColumn(types.INTERVAL, CODECS).stored(texts)
    assert values_of(read)[:3] == [(0, -1, 0), None, (0, -2, 0)]
    assert len(read) == len(texts)
    assert TextColumn(types.INTERVAL, CODECS).stored(pa.array(["1 day ago", "x"] * 1000)) is None
