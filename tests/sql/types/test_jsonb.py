"""jsonb's text: the quick way gives what the way step by step gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.errors import NumericValueOutOfRange, SqlError
from sql.types.jsonb import normalise, normalise_exactly
from tests.sql.native.documents import DOCUMENTS, SCALARS

WRONG = [
    "1E-31111e5",
    "",
    " ",
    "nul",
    "01",
    "1.",
    ".5",
    "+1",
    "NaN",
    "[1,]",
    '{"a":1,}',
    '"\t"',
    '"\\u0000"',
    '"\\ud83d"',
    "1 2",
    "-",
]


def outcome(text: str, *, quick: bool) -> object:
    """The text, or the error in full."""
    try:
        return normalise(text) if quick else normalise_exactly(text)
    except SqlError as error:
        return type(error), error.message, error.detail


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS)
def test_both_ways_give_the_same(text: str):
    """Orders of keys, duplicates, spaces, escapes and all kinds of numbers."""
    assert normalise(text) == normalise_exactly(text)


@settings(deadline=None)
@given(st.lists(SCALARS | st.sampled_from(["{", "}", "[", "]", ",", ":"]), max_size=6).map("".join))
def test_both_ways_take_the_same(text: str):
    """What is not JSON is refused with the same words."""
    assert outcome(text, quick=True) == outcome(text, quick=False)


@pytest.mark.parametrize("text", [*WRONG, "9" * 5000, "1e131072", "[" * 50_000, "[" * 500 + "]" * 500])
def test_limits_and_errors_are_the_same(text: str):
    """Of very long numbers and deep nesting, too."""
    assert outcome(text, quick=True) == outcome(text, quick=False)


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.none()))
def test_keys_are_in_the_order_of_their_bytes(fields: dict[str, None]):
    """Short ones first."""
    written = normalise(json.dumps(fields, ensure_ascii=False))
    keys = [key.encode() for key in json.loads(written)]
    assert keys == sorted(keys, key=lambda key: (len(key), key))


@pytest.mark.parametrize(
    "text",
    [
        "1e131072",
        "1e518446744073709551616",
        "0e518446744073709551616",
        "1e-16384",
        "0e-16384",
        "1.0e-16383",
        "-1e-999999999",
        f"0.{'1' * 16_384}",
    ],
)
def test_a_number_that_postgres_has_no_place_for_is_refused(text: str) -> None:
    """22003, in both ways; and nobody writes its digits before that is known."""
    for normalised in (normalise, normalise_exactly):
        with pytest.raises(NumericValueOutOfRange, match="value overflows numeric format"):
            normalised(text)


@pytest.mark.parametrize(("text", "kept"), [("0e200000", "0"), ("1e-16383", f"0.{'0' * 16_382}1"), ("-0e5", "0")])
def test_a_number_that_just_fits_is_kept(text: str, kept: str) -> None:
    """As PostgreSQL keeps it."""
    assert normalise(text) == normalise_exactly(text) == kept
