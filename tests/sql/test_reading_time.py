"""Texts made to be slow: reading one takes time that grows with its length, for no other thread runs meanwhile."""

from __future__ import annotations

import contextlib
import time

import pytest

from sql.dialect import parse_script
from sql.errors import SqlError
from sql.types.array_input import read_elements
from tests.measuring import assert_measured, measures

LENGTH = 30_000
LIMIT_S = 3.0
"""CPU time. Each of them takes a few hundredths of a second; all took minutes, or ten seconds at least."""


@measures
@pytest.mark.parametrize(
    "text",
    [
        f"SELECT {'1' * LENGTH}",
        f"SELECT 1.{'1' * LENGTH}",
        f"SELECT '{'1' * LENGTH}'",
        f"SELECT ${'1' * LENGTH}",
        f"SELECT $1{'a' * LENGTH}",
    ],
    ids=["digits", "fraction", "constant", "parameter", "tag"],
)
def test_statements(text: str) -> None:
    """Whatever they mean, if anything."""
    begun_s = time.process_time()
    with contextlib.suppress(SqlError):
        parse_script(text)
    taken_s = time.process_time() - begun_s
    assert_measured(taken_s < LIMIT_S, taken_s)


@measures
@pytest.mark.parametrize(
    "text",
    ["{a" + " " * LENGTH + "{", "{" + " " * LENGTH + '"', "{a" + " b" * LENGTH, '{"' + "\\a" * LENGTH],
    ids=["blanks behind", "blanks before", "words", "escapes"],
)
def test_arrays(text: str) -> None:
    """They are malformed, which is found by looking at each character once."""
    begun_s = time.process_time()
    with pytest.raises(SqlError):
        read_elements(text)
    taken_s = time.process_time() - begun_s
    assert_measured(taken_s < LIMIT_S, taken_s)
