"""The automaton finds what PostgreSQL's rules say, and RE2 is told an expression that finds the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.errors import FeatureNotSupported, InvalidRegularExpression
from sql.regex.matching import matcher
from sql.regex.options import Options
from sql.regex.parser import parse
from sql.regex.re2 import re2_text

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "^", "$", "a*", "b+", "a?", "(a|ab)", "(?:b|ba)*", "(a*)(b*)"])
PATTERNS = st.lists(ATOMS, max_size=5).map("".join)
TEXTS = st.text("ab\n", max_size=8)


def spans_by_definition(pattern: str, text: str) -> tuple[int, int] | None:
    """The first and longest match, found by asking Python about every part of the text."""
    compiled = re.compile(re.sub(r"(?<!\[)\^", r"\\A", pattern).replace("$", r"\Z"), re.DOTALL)
    for start in range(len(text) + 1):
        for end in range(len(text), start - 1, -1):
            # The rest of the text has to be there for \Z to mean its end.
            exact = re.compile(f"(?:{compiled.pattern})(?=(?s:.{{{len(text) - end}}})\\Z)", re.DOTALL)
            if any(found.end() == end for found in [exact.match(text, start)] if found):
                return start, end
    return None


@given(PATTERNS, TEXTS)
def test_finds_the_first_and_longest_match(pattern: str, text: str) -> None:
    """Of the matches that begin first, the longest is found."""
    found = matcher(pattern, "").find(text)
    assert (None if found is None else found.span) == spans_by_definition(pattern, text)


@given(PATTERNS, TEXTS)
def test_re2_finds_a_match_where_the_automaton_does(pattern: str, text: str) -> None:
    """What RE2 is told matches the same texts: RE2's syntax is Python's, as far as it is used."""
    words = re2_text(parse(pattern, Options()))
    assert words is not None
    compiled = re.compile(words.replace(r"\z", r"\Z").replace("(?s:.)", r"[\s\S]").replace(r"\x{a}", r"\n"))
    assert (compiled.search(text) is None) == (matcher(pattern, "").find(text) is None)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b", "a*a*a*a*a*a*b"])
def test_takes_linear_time(pattern: str) -> None:
    """An expression over which a backtracking search would take for ever is soon known not to match."""
    assert matcher(pattern, "").find("a" * 20_000 + "!") is None


@pytest.mark.parametrize("pattern", ["(a)\\1", "a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b"])
def test_refuses_what_has_no_automaton(pattern: str) -> None:
    """Back references and look-around are not supported, and said not to be."""
    with pytest.raises(FeatureNotSupported):
        parse(pattern, Options())


@pytest.mark.parametrize("pattern", ["(", ")", "[", "*a", "a**", "a{2,1}", "a{256}", "[b-a]", "[[:no:]]", "\\", "\\q"])
def test_refuses_what_is_wrong(pattern: str) -> None:
    """A wrong expression is an error, as in PostgreSQL."""
    with pytest.raises(InvalidRegularExpression):
        parse(pattern, Options())


def test_needs_a_bounded_number_of_states() -> None:
    """Repetitions within repetitions end in an error instead of in all of the memory."""
    with pytest.raises(InvalidRegularExpression):
        matcher("((a{200}){200}){200}", "")
