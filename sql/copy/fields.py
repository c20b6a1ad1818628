"""The exact rules of the text and csv formats: a record's bytes → its fields, `None` for NULL."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sql.errors import BadCopyFormat

if TYPE_CHECKING:
    from sql.copy.options import CopyOptions

Field = bytes | None
Split = Callable[[bytes], list[Field]]

_ESCAPE: Final = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_CONTROL: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def splitter(options: CopyOptions, columns: list[str]) -> Split:
    """A function from a record (without its newline) to its fields."""
    return _text_splitter(options) if options.format == "text" else _csv_splitter(options, columns)


def unescape(field: bytes) -> bytes:
    """A field of the text format without its backslashes."""
    return _ESCAPE.sub(_unescaped, field)


def _unescaped(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, other = match.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal is not None:
        return bytes([int(hexadecimal, 16)])
    return _CONTROL.get(other, other)


def _text_splitter(options: CopyOptions) -> Split:
    delimiter, null = options.delimiter.encode(), options.null.encode()
    # A backslash at the very end of the record is no part of the field.
    field = re.compile(rb"((?:[^\\" + re.escape(delimiter) + rb"]|\\(?s:.))*)\\?")

    def split(record: bytes) -> list[Field]:
        if b"\\" not in record:
            return [None if part == null else part for part in record.split(delimiter)]
        fields: list[Field] = []
        position = 0
        while True:
            match = field.match(record, position)
            assert match is not None
            raw = match[1]
            fields.append(None if raw == null else unescape(raw))
            if match.end() == len(record):
                return fields
            position = match.end() + 1

    return split


def _csv_splitter(options: CopyOptions, columns: list[str]) -> Split:
    delimiter, null = options.delimiter.encode(), options.null.encode()
    quote, escape = options.quote.encode(), options.escape.encode()
    d, q, e = re.escape(delimiter), re.escape(quote), re.escape(escape)
    plain = re.compile(rb"[^" + d + q + rb"]*")
    quoted = re.compile(rb"(?:[^" + q + e + rb"]|" + e + rb"[" + q + e + rb"]|" + _lone(q, e) + rb")*", re.DOTALL)
    escaped = re.compile(e + rb"([" + q + e + rb"])")
    not_null = [options.forces(options.force_not_null, name) for name in columns]
    nullable = [options.forces(options.force_null, name) for name in columns]

    def split(record: bytes) -> list[Field]:
        if quote not in record:
            parts = enumerate(record.split(delimiter))
            return [None if part == null and is_null(index, False) else part for index, part in parts]
        fields: list[Field] = []
        position, end = 0, len(record)
        while True:
            value, was_quoted = b"", False
            while True:
                match = plain.match(record, position)
                assert match is not None
                value += match[0]
                position = match.end()
                if position == end or record[position : position + 1] == delimiter:
                    break
                inside = quoted.match(record, position + 1)
                assert inside is not None
                if inside.end() == end:
                    raise BadCopyFormat("unterminated CSV quoted field")
                value += escaped.sub(rb"\1", inside[0])
                position, was_quoted = inside.end() + 1, True
            fields.append(None if value == null and is_null(len(fields), was_quoted) else value)
            if position == end:
                return fields
            position += 1

    def is_null(index: int, was_quoted: bool) -> bool:
        if index >= len(columns):
            return not was_quoted
        return nullable[index] if was_quoted else not not_null[index]

    return split


def _lone(quote: bytes, escape: bytes) -> bytes:
    """An escape character before anything else stands for itself, where it is not the quote."""
    return rb"(?!)" if quote == escape else escape + rb"(?![" + quote + escape + rb"])"
