"""Rows of binary COPY data of one layout, which are read together: they are what they are when read one by one."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.copy import BinaryCopyReader
from sql.copy.binary import SIGNATURE
from sql.copy.row_scan import scan_rows
from sql.errors import BadCopyFormat
from sql.types import Codecs
from storage import types as t
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from storage.types import SqlType

HEADER = SIGNATURE + bytes(8)
TRAILER = b"\xff\xff"


@dataclass(frozen=True)
class _Column:
    name: str
    type: SqlType


COLUMNS = [_Column("n", t.INTEGER), _Column("s", t.TEXT), _Column("b", t.BOOLEAN), _Column("u", t.UUID)]
ROW = st.tuples(
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.sampled_from(["", "a", "b", "two", "ü"]),
    st.none() | st.booleans(),
    st.none() | st.binary(min_size=16, max_size=16),
)
RUNS = st.lists(st.tuples(ROW, st.integers(1, 40)), max_size=8)


def _field(value: bytes | None) -> bytes:
    return struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value


def _sent(row: tuple[object, ...]) -> bytes:
    number, text, boolean, uuid = row
    values = (
        None if number is None else struct.pack("!i", number),
        None if text is None else str(text).encode(),
        None if boolean is None else bytes([boolean]),
        uuid,
    )
    return struct.pack("!h", len(row)) + b"".join(map(_field, values))  # type: ignore[arg-type]  # of no one type


@given(RUNS, st.sampled_from([1, 50, 1 << 20]), st.booleans())
def test_runs_of_rows_of_one_layout(runs: list[tuple[tuple[object, ...], int]], block_bytes: int, ends: bool) -> None:
    """However long the runs and the pieces that are fed, and even if NULLs are all that a piece has."""
    rows = [row for row, count in runs for _ in range(count)]
    data = HEADER + b"".join(map(_sent, rows)) + (TRAILER if ends else b"")
    reader = BinaryCopyReader(COLUMNS, Codecs("UTC"), "t", block_bytes=block_bytes)
    tables = [table for at in range(0, len(data), 100) for table in reader.feed(data[at : at + 100])]
    tables += reader.finish()
    assert [row for table in tables for row in rows_from_table(table)] == rows


@given(
    st.lists(
        st.lists(st.none() | st.sampled_from([b"", b"\0\2", b"\0\2\0\0\0\0\0\0\0\0", b"abc"]), min_size=2, max_size=2)
    ),
    st.sampled_from([1, 7, 1 << 20]),
    st.binary(max_size=3),
)
def test_rows_are_told_from_values_that_look_like_them(
    rows: list[list[bytes | None]], window_bytes: int, rest: bytes
) -> None:
    """However far is looked ahead, and whatever follows them."""
    data = b"?" + b"".join(struct.pack("!h", 2) + b"".join(map(_field, row)) for row in rows)
    found = scan_rows(data + rest, 1, 2, window_bytes=window_bytes)
    assert found.end == len(data)
    cells = zip(found.starts.ravel().tolist(), found.lengths.ravel().tolist(), strict=True)
    values = [None if length < 0 else data[start : start + length] for start, length in cells]
    assert values == [value for row in rows for value in row]


def test_what_is_wrong_behind_many_rows_has_its_line() -> None:
    """A row of another number of fields, one that is torn, and one with a value of a wrong size."""
    good = HEADER + _sent((1, "a", True, None)) * 100
    for bad, message, place in [
        (struct.pack("!h", 3), "row field count is 3, expected 4", "line 101"),
        (_sent((1, "a", True, None))[:-1], "unexpected EOF in COPY data", "line 101, column u"),
    ]:
        reader = BinaryCopyReader(COLUMNS, Codecs("UTC"), "t")
        with pytest.raises(BadCopyFormat, match=message) as caught:
            reader.feed(good + bad)
            reader.finish()
        assert caught.value.context is not None
        assert caught.value.context.endswith(place)
