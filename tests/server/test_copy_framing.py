"""COPY data as CopyData messages, one a row."""

from __future__ import annotations

import csv
import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.copy_framing import frame_rows
from sql.copy import CopyChunk

LINES = st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=20), min_size=1, max_size=50)
CELLS = st.text(st.characters(exclude_characters="\r\0", codec="utf-8"), max_size=8)


def framed(row: bytes) -> bytes:
    """One CopyData message."""
    return b"d" + struct.pack("!i", len(row) + 4) + row


@given(LINES)
def test_each_line_is_a_message(lines: list[str]) -> None:
    """Text format escapes newlines, so that a newline always ends a row."""
    rows = [line.encode() + b"\n" for line in lines]
    assert bytes(frame_rows(CopyChunk(b"".join(rows), len(rows)))) == b"".join(map(framed, rows))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=2, max_size=20))
def test_a_csv_row_may_hold_newlines(table: list[list[str]]) -> None:
    """A newline between quotes does not end a row."""
    rows = []
    for cells in table:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
        rows.append(text.getvalue().encode())
    assert bytes(frame_rows(CopyChunk(b"".join(rows), len(rows)))) == b"".join(map(framed, rows))


@pytest.mark.parametrize(
    ("data", "row_count"),
    [
        (b"a\nb\n", 3),
        (b"a\nb", 2),
        (b"'x\ny'\n'z'\n", 2),
    ],
)
def test_where_rows_cannot_be_told_apart_the_chunk_goes_whole(data: bytes, row_count: int) -> None:
    """Every byte arrives all the same, and most clients do not mind."""
    assert bytes(frame_rows(CopyChunk(data, row_count))) == framed(data)


def test_where_rows_are_known_they_need_no_newlines() -> None:
    """Binary rows come with their ends."""
    assert bytes(frame_rows(CopyChunk(b"ab\nc", 3, np.array([1, 3, 4])))) == framed(b"a") + framed(b"b\n") + framed(
        b"c"
    )


def test_no_data_is_no_message() -> None:
    """An empty chunk is left out."""
    assert frame_rows(CopyChunk(b"", 0)) == b""
