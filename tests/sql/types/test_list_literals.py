"""Array literals of a whole column: the elements are those that each literal has by itself."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sql.errors import SqlError
from sql.types.array_input import read_elements
from sql.types.list_literals import elements_of

PIECES = ["{", "}", ",", '"', "\\", " ", "NULL", "null", "nul", "a", "é", "\n", "\t", '\\"', "\\\\", "1", "[1:1]={1}"]
ELEMENTS = st.sampled_from(
    ["1", "NULL", "a b", '"a,b"', '"{"', '"\\""', '"\\\\"', "a\\,b", '""', '"null"', "é", '"\\é"']
)
LITERALS = st.one_of(
    st.lists(ELEMENTS, max_size=4).map(lambda elements: "{" + ",".join(elements) + "}"),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=6).map(lambda pieces: "{" + "".join(pieces) + "}"),
)


def one_by_one(literal: str | None) -> list[str | None] | None:
    """The elements of one literal; `None` also for what is wrong."""
    if literal is None:
        return None
    try:
        return read_elements(literal)
    except SqlError:
        return None


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.none(), LITERALS), max_size=6), st.integers(0, 2))
@example(["{a}", "{", "b}"], 0)
@example(['{"a}', '{b"}'], 0)
def test_elements_are_those_of_each_literal(literals: list[str | None], skipped: int):
    """What is read at once is what is read one by one; a column with a bad literal is not read at once."""
    kept = literals[skipped:]
    found = elements_of(pa.array(literals, pa.string()).slice(min(skipped, len(literals))))
    expected = [one_by_one(literal) for literal in kept]
    if found is None:
        return
    assert found.texts.to_pylist() == [element for elements in expected for element in elements or []]
    assert found.offsets.tolist() == [
        sum(len(elements or []) for elements in expected[:n]) for n in range(len(kept) + 1)
    ]
    assert [literal for literal, elements in zip(kept, expected, strict=True) if elements is None and literal] == []


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.lists(ELEMENTS, max_size=4)), min_size=1, max_size=5))
def test_plain_literals_are_read_at_once(rows: list[list[str] | None]):
    """Whatever the elements have in quotes or behind backslashes."""
    literals = [None if row is None else "{" + ",".join(row) + "}" for row in rows]
    assert elements_of(pa.array(literals, pa.string())) is not None
