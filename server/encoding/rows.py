"""One DataRow message out of a tuple of stored values."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sql.result import ResultColumn
    from sql.types import Codecs

TEXT_FORMAT: Final = 0
BINARY_FORMAT: Final = 1

_NULL: Final = b"\xff\xff\xff\xff"
_LENGTH: Final = struct.Struct("!i")
_HEADER: Final = struct.Struct("!ciH")
_SHORT: Final = 256
"""Values shorter than this many bytes have their length looked up instead of packed."""
_LENGTHS: Final = tuple(_LENGTH.pack(length) for length in range(_SHORT))

Row = tuple[Any, ...]


def row_encoder(columns: Sequence[ResultColumn], formats: Sequence[int], codecs: Codecs) -> Callable[[Row], bytes]:
    """A function from a row to its DataRow message. `formats` has one code a column: 0 is text, 1 is binary."""
    writers = [_writer(column, code, codecs) for column, code in zip(columns, formats, strict=True)]
    return _single_column_encoder(writers[0]) if len(writers) == 1 else _encoder(writers)


def encode_rows(rows: Iterable[Row], columns: Sequence[ResultColumn], formats: Sequence[int], codecs: Codecs) -> bytes:
    """The DataRow messages of a few rows."""
    return b"".join(map(row_encoder(columns, formats, codecs), rows))


def _writer(column: ResultColumn, code: int, codecs: Codecs) -> Callable[[Any], bytes]:
    codec = codecs.of(column.type)
    return codec.send if code == BINARY_FORMAT else codec.format


def _encoder(writers: Sequence[Callable[[Any], bytes]]) -> Callable[[Row], bytes]:
    count = len(writers)

    def encode(row: Row) -> bytes:
        parts: list[bytes] = []
        append = parts.append
        for write, value in zip(writers, row, strict=True):
            if value is None:
                append(_NULL)
            else:
                data = write(value)
                size = len(data)
                append(_LENGTHS[size] if size < _SHORT else _LENGTH.pack(size))
                append(data)
        body = b"".join(parts)
        return _HEADER.pack(b"D", len(body) + 6, count) + body

    return encode


def _single_column_encoder(write: Callable[[Any], bytes]) -> Callable[[Row], bytes]:
    """The commonest point select: header and length of a short value are one look-up."""
    null = _HEADER.pack(b"D", 10, 1) + _NULL
    prefixes = tuple(_HEADER.pack(b"D", 10 + size, 1) + _LENGTHS[size] for size in range(_SHORT))

    def encode(row: Row) -> bytes:
        (value,) = row
        if value is None:
            return null
        data = write(value)
        size = len(data)
        if size < _SHORT:
            return prefixes[size] + data
        return _HEADER.pack(b"D", 10 + size, 1) + _LENGTH.pack(size) + data

    return encode
