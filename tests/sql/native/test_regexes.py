"""Regular expressions over columns: RE2 finds what the automaton finds in each row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.native.regexes import REGEX_FUNCTIONS
from sql.regex.plain import plain_expression
from tests.sql.native.columns import is_taken_at_once, outcomes

FUNCTIONS = {function.name: function for function in REGEX_FUNCTIONS}
ATOMS = st.sampled_from(
    [
        *("a", "b", "[ab]", "[^a]", "^", "$", "a*", "b+", "a?", "(a)", "(b+)", "(?:a|b)", "(a|b)", "\\d+", "\\w+"),
        *("(?:ab)+", "[0-9]{2}", "[0-9]{1,2}", "é", ".", ",", "(a)?", "b{2,}", "(?:ab|c)*", "a*?", "\\m", "(", "\\s*"),
        "[[:alpha:]]",
    ]
)
PATTERNS = st.lists(ATOMS, min_size=1, max_size=4).map("".join)
TEXTS = st.lists(st.one_of(st.none(), st.text("abc12, é\n", max_size=9)), min_size=1, max_size=5)
FLAGS = st.sampled_from(["", "g", "i", "gi", "n", "z"])
REPLACEMENTS = st.sampled_from(["", "x", "[\\&]", "\\1", "\\2\\1", "\\\\", "\\", "a\\bc", "\\0", "é"])


@settings(max_examples=300, deadline=None)
@given(TEXTS, PATTERNS, FLAGS, REPLACEMENTS)
def test_a_column_is_treated_as_its_rows(texts: list[str | None], pattern: str, flags: str, replacement: str):
    """By every function that has a form for columns."""
    calls = {
        "silt_regexp_replace": [pattern, replacement, flags],
        "silt_regexp_match": [pattern, flags],
        "silt_regexp_matches": [pattern, flags],
        "silt_regexp_split_to_array": [pattern, flags],
        "silt_regexp_split_to_table": [pattern, flags],
        "silt_regexp_count": [pattern, 1, flags],
        "silt_regexp_substr": [pattern, 1, 1, flags, 0],
        "silt_substring_regex": [pattern],
    }
    for name, constants in calls.items():
        at_once, by_rows = outcomes(FUNCTIONS[name], texts, constants, pa.string())
        assert at_once == by_rows, name
    at_once, by_rows = outcomes(FUNCTIONS["silt_regexp_substr"], texts, [pattern, 1, 1, flags, 1], pa.string())
    assert at_once == by_rows


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9]+",
        "(\\w+)@(\\w+)",
        "([a-z]+)-([0-9]+)",
        ",\\s*",
        "^\\s+",
        "[^a-z]",
        "a|b",
        "(?:ab)+c",
        "\\d{4}-\\d{2}",
        "x$",
    ],
)
def test_common_expressions_leave_no_choice(pattern: str):
    """RE2 does them."""
    assert plain_expression(pattern, "") is not None
    assert is_taken_at_once(FUNCTIONS["silt_regexp_replace"], ["ab-12, x"], [pattern, "-", "g"])


@pytest.mark.parametrize(
    "pattern", ["a|ab", "(a|ab)c", "a*ab", "a??", "(a*)*", "a*", "", "(a)?b", "\\ya", "\\d+1", "^", "a{2,3}a"]
)
def test_expressions_with_a_choice_are_left_to_the_automaton(pattern: str):
    """And those that match nothing, or edges of words."""
    assert plain_expression(pattern, "") is None
