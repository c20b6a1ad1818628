"""DataRow messages, byte by byte."""

from __future__ import annotations

from server.encoding import encode_rows, row_encoder
from sql.result import ResultColumn
from sql.types import Codecs
from storage import types

CODECS = Codecs()


def test_one_text_column():
    """`D`, the length of all that follows it, one column, its length, its text."""
    encode = row_encoder([ResultColumn("a", types.INTEGER)], [0], CODECS)
    assert encode((123,)) == b"D\0\0\0\x0d\0\1\0\0\0\x03123"
    assert encode((None,)) == b"D\0\0\0\x0a\0\1\xff\xff\xff\xff"


def test_columns_of_both_formats():
    """Each column is written in its own format; NULL has length -1 and no bytes."""
    columns = [ResultColumn("a", types.INTEGER), ResultColumn("b", types.TEXT), ResultColumn("c", types.BIGINT)]
    expected = b"D\0\0\0\x1a\0\3\0\0\0\4\0\0\0\7\xff\xff\xff\xff\0\0\0\x041234"
    assert row_encoder(columns, [1, 0, 0], CODECS)((7, None, 1234)) == expected


def test_no_columns():
    """A row without columns is still a row."""
    assert row_encoder([], [], CODECS)(()) == b"D\0\0\0\6\0\0"


def test_long_values():
    """Lengths beyond the looked-up ones are right, in one column and in several."""
    column = ResultColumn("a", types.TEXT)
    for size in (255, 256, 70_000):
        value = "x" * size
        length = size.to_bytes(4, "big")
        single = row_encoder([column], [0], CODECS)((value,))
        assert single == b"D" + (size + 10).to_bytes(4, "big") + b"\0\1" + length + value.encode()
        double = row_encoder([column, column], [0, 1], CODECS)((value, value))
        assert double == b"D" + (2 * size + 14).to_bytes(4, "big") + b"\0\2" + (length + value.encode()) * 2


def test_rows_follow_each_other():
    """A result is its messages one after another."""
    column = ResultColumn("a", types.BOOLEAN)
    encode = row_encoder([column], [0], CODECS)
    rows = [(True,), (None,), (False,)]
    assert encode_rows(rows, [column], [0], CODECS) == b"".join(map(encode, rows))
