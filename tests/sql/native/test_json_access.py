"""Parts of JSON: the quick ways find what reading the text from its start finds."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.errors import UntranslatableCharacter
from sql.native import json_access
from sql.native.json_access import JSON_ACCESS_FUNCTIONS, field, items, members
from tests.sql.native.columns import is_taken_at_once, outcomes
from tests.sql.native.documents import DOCUMENTS, KEYS, OBJECTS, arrays_of

FIELD = next(f for f in JSON_ACCESS_FUNCTIONS if f.name == "silt_json_field")
FIELD_TEXT = next(f for f in JSON_ACCESS_FUNCTIONS if f.name == "silt_json_field_text")
HALF = '"\\ud800"'
"""json takes half of a surrogate pair, the quick decoder does not."""


@settings(max_examples=200, deadline=None)
@given(st.one_of(OBJECTS, OBJECTS.map(lambda text: text.replace('"a"', HALF))))
def test_members_are_all_there_and_as_they_are_written(text: str):
    """Duplicate keys too; a field is the last of its name."""
    expected = json_access.members_one_by_one(text)
    assert members(text) == expected
    for key, _ in expected:
        assert field(text, key) == dict(expected)[key]
    assert field(text, "absent") is None


@settings(max_examples=100, deadline=None)
@given(arrays_of(st.one_of(DOCUMENTS, st.just(HALF))))
def test_items_are_as_they_are_written(text: str):
    """Without the space around them."""
    assert items(text) == json_access.items_one_by_one(text)


@pytest.mark.parametrize("function", [FIELD, FIELD_TEXT], ids=lambda function: function.name)
def test_fields_of_a_column_are_those_of_its_rows(function: json_access.NativeFunction):
    """Of objects and of other documents, by any key."""

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(st.one_of(st.none(), OBJECTS, DOCUMENTS, st.just('{"a":"\\u0000"}')), min_size=1, max_size=4),
        st.one_of(KEYS.map(json.loads), st.sampled_from(['"', "\\", "\n", "value"])),
    )
    def check(documents: list[str | None], key: str):
        at_once, by_rows = outcomes(function, documents, [key], pa.string())
        assert at_once == by_rows

    check()


def test_fields_are_found_at_once():
    """Texts and others, without a look at each document."""
    documents = ['{"a": 1, "b": "x"}', None, "{}", '{"b": "\\n"}', '{"b": null}', '{"b": [1, 2]}']
    assert is_taken_at_once(FIELD, documents, ["b"])
    assert is_taken_at_once(FIELD_TEXT, documents, ["b"])


def test_a_zero_character_is_no_text():
    """As everywhere."""
    with pytest.raises(UntranslatableCharacter):
        FIELD_TEXT.of_batch([pa.array(['{"b": "\\u0000"}'] * 20), pa.array(["b"] * 20)])


STEPS = st.one_of(KEYS.map(json.loads), st.sampled_from(["0", "1", "-1", " 1", "x"]))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.none(), OBJECTS, arrays_of(OBJECTS), DOCUMENTS), min_size=1, max_size=4),
    st.lists(STEPS, min_size=1, max_size=3),
    st.integers(-2, 2),
)
def test_items_and_paths_of_a_column_are_those_of_its_rows(documents: list[str | None], path: list[str], index: int):
    """Whatever they lead into."""
    for name, constant in (
        ("silt_json_item", index),
        ("silt_json_item_text", index),
        ("silt_jsonb_item", index),
        ("silt_jsonb_item_text", index),
        ("silt_json_path", path),
        ("silt_json_path_text", path),
    ):
        function = next(f for f in JSON_ACCESS_FUNCTIONS if f.name == name)
        at_once, by_rows = outcomes(function, documents, [constant], pa.string())
        assert at_once == by_rows, name


def test_paths_are_found_at_once():
    """Through objects and arrays."""
    function = next(f for f in JSON_ACCESS_FUNCTIONS if f.name == "silt_json_path_text")
    documents = ['{"a": [{"b": 1}, {"b": "x"}]}', None, "{}", '{"a": []}']
    assert is_taken_at_once(function, documents, [("a", "-1", "b")])
