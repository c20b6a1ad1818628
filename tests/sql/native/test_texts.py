"""Functions of texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sql.native.texts import initcap


@settings(deadline=None)
@given(st.text("aZ09 _'-é"))
def test_initcap_is_the_same_with_and_without_other_letters(text: str):
    """Words are letters and digits side by side, in ASCII and beyond."""
    assert initcap(text + " é")[: len(text)] == initcap(text)
