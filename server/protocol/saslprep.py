"""SASLprep (RFC 4013): one form for passwords that look the same."""

from __future__ import annotations

import stringprep
import unicodedata
from typing import Final

_PROHIBITED: Final = (
    stringprep.in_table_a1,
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(password: str) -> str:
    """Give the prepared password, or, as PostgreSQL does, the password as it is when the profile forbids it."""
    if password.isascii():
        mapped = password
    else:
        spaced = (" " if stringprep.in_table_c12(c) else c for c in password if not stringprep.in_table_b1(c))
        mapped = unicodedata.ucd_3_2_0.normalize("NFKC", "".join(spaced))
    if (
        not mapped
        or any(is_prohibited(c) for c in mapped for is_prohibited in _PROHIBITED)
        or _mixes_directions(mapped)
    ):
        return password
    return mapped


def _mixes_directions(text: str) -> bool:
    """RFC 3454, section 6: right-to-left text starts and ends so, and has nothing left-to-right in it."""
    if not any(stringprep.in_table_d1(c) for c in text):
        return False
    return any(stringprep.in_table_d2(c) for c in text) or not (
        stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    )
