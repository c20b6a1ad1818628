"""Functions in Python make no text, and remember none, that takes all memory."""

from __future__ import annotations

import pyarrow as pa
import pytest

from server.errors import sqlstate_of
from sql.errors import OutOfMemory, SqlError
from sql.native import function as native
from sql.native.function import NativeFunction
from sql.native.quoting import formatted
from sql.regex import columns as of_columns
from sql.regex import functions as rx
from sql.remembered_texts import LONGEST_REMEMBERED, remembered


@pytest.mark.parametrize(
    ("pattern", "arguments", "sqlstate"),
    [
        ("%1000000000s", ["x"], "54000"),
        ("%-1000000000s", ["x"], "54000"),
        ("%*s", ["2000000000", "x"], "54000"),
        ("%*s", ["-2000000000", "x"], "54000"),
        ("%1$s" * 3_000, ["x" * 100_000], "54000"),
        ("%99999999999999999999s", ["x"], "22003"),
        (f"%{'9' * 5_000}s", ["x"], "22003"),
        (f"%{'9' * 5_000}$s", ["x"], "22003"),
        ("%*s", ["wide", "x"], "22P02"),
    ],
)
def test_format_makes_no_endless_text(pattern: str, arguments: list[str | None], sqlstate: str) -> None:
    """Widths and numbers are limited, and so is what comes together."""
    with pytest.raises(SqlError) as refused:
        formatted(pattern, arguments)
    assert sqlstate_of(refused.value) == sqlstate


def test_replacements_of_matches_are_limited() -> None:
    """One by one the text that grows is refused; of a column those are left to that which might."""
    assert rx.replaced("aaa", "a", r"[\&]", "g") == "[a][a][a]"
    with pytest.raises(SqlError, match="requested length too large"):
        rx.replaced("x" * 10_000, "(x)", "y" * 40_000, "g")
    texts = pa.array(["x" * 100_000, "y"])
    assert of_columns.replaced(texts, "x", "y" * 10_000, "g") is None
    found = of_columns.replaced(texts, "z", "y" * 10_000, "g")
    assert found is not None
    assert of_columns.replaced(pa.array(["ab", "ba"]), "(a)", r"<\1>", "g").to_pylist() == ["<a>b", "b<a>"]


def test_the_texts_of_a_batch_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may be long, and all of them together may not be too long."""
    monkeypatch.setattr(native, "BATCH_MAX", 1_000)
    doubled = NativeFunction("silt_doubled", lambda text: text * 2, ("VARCHAR",), "VARCHAR")
    assert doubled.of_batch([pa.array(["a", None])]).to_pylist() == ["aa", None]
    with pytest.raises(OutOfMemory):
        doubled.of_batch([pa.array(["a" * 100] * 6)])


def test_a_function_that_nests_too_deeply_says_so() -> None:
    """As an error of SQL, and not of Python."""

    def deep(text: str) -> str:
        return deep(text)

    function = NativeFunction("silt_deep", deep, ("VARCHAR",), "VARCHAR")
    with pytest.raises(ValueError, match="SQLSTATE 54000: stack depth limit exceeded"):
        function._of_batch((pa.chunked_array([["a"]]),))


def test_only_short_texts_are_remembered() -> None:
    """What is made of a long one is made anew each time."""
    made: list[str] = []

    @remembered(4)
    def of_text(text: str, suffix: str = "") -> str:
        made.append(text)
        return text + suffix

    long = "x" * (LONGEST_REMEMBERED + 1)
    for _ in range(2):
        assert of_text("a", "b") == "ab"
        assert of_text(long) == long
    assert made == ["a", long, long]
