"""Backslashes of the text format, for a whole column: each value becomes what it is by itself."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.copy.escapes import unescaped
from sql.copy.fields import unescape

PIECES = st.sampled_from(["a", "é", "\\n", "\\t", "\\\\", "\\é", "\\,", "\\b", "\\v", '"', "n"])
CODES = st.sampled_from(["\\101", "\\x41", "\\7", "\\xc3\\xa9"])


def texts_of(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[list[str | None]]:
    """Columns of such texts, with nulls."""
    return st.lists(st.one_of(st.none(), st.lists(pieces, max_size=4).map("".join)), max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.one_of(texts_of(PIECES), texts_of(st.one_of(PIECES, CODES))), st.integers(0, 2))
def test_values_are_unescaped_as_one_by_one(texts: list[str | None], skipped: int):
    """Nulls and slices too."""
    found = unescaped(pa.array(texts, pa.string()).slice(min(skipped, len(texts))))
    expected = [None if text is None else unescape(text.encode()).decode() for text in texts[skipped:]]
    assert found.to_pylist() == expected


def test_what_becomes_no_text_is_left_to_the_exact_parser():
    """A byte that is no UTF-8."""
    assert unescaped(pa.array(["\\377"])) is None
