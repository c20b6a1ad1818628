"""The characters of names are those that PostgreSQL's scanner takes: `ident_start`, `ident_cont` in its scan.l."""

from __future__ import annotations

import re

import pytest

from sql.name_characters import LETTER, LETTER_OR_DIGIT, NAME_CHARACTER

EXAMPLES = [*map(chr, range(0x180)), "\u2028", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"]


@pytest.mark.parametrize(
    ("characters", "ascii_ones"),
    [(LETTER, "[A-Za-z_]"), (LETTER_OR_DIGIT, "[A-Za-z0-9_]"), (NAME_CHARACTER, "[A-Za-z0-9_$]")],
)
def test_all_but_some_of_ascii(characters: str, ascii_ones: str) -> None:
    """Of ASCII they take what is listed, and beyond it everything; also where white space is for readers."""
    for flags in (re.NOFLAG, re.VERBOSE):
        taken = [each for each in EXAMPLES if re.fullmatch(characters, each, flags)]
        assert taken == [each for each in EXAMPLES if ord(each) > 127 or re.fullmatch(ascii_ones, each)]
