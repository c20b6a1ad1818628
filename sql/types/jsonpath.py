"""jsonpath: a path into a json value, kept as the text that PostgreSQL prints for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import InvalidBinaryRepresentation
from sql.jsonpath.parser import parse_path
from sql.jsonpath.written import written
from sql.types.arrow import Array, pa
from sql.types.buffers import join
from sql.types.codec import Codec, unchanged, wrong_size
from sql.types.text import decode_text

if TYPE_CHECKING:
    from storage.types import SqlType

VERSION: Final = b"\1"
"""The first byte of the binary format."""


def path_input(text: str) -> str:
    """A path as PostgreSQL prints it. Raises 42601 and 22P02 for what is none."""
    return written(parse_path(text))


def _receive(data: bytes) -> str:
    if not data:
        raise wrong_size(0, 1)
    if data[:1] != VERSION:
        raise InvalidBinaryRepresentation(f"unsupported jsonpath version number {data[0]}")
    return path_input(decode_text(data[1:]))


def _send(value: str) -> bytes:
    return VERSION + value.encode()


def _format_array(array: Array) -> Array:
    return array.cast(pa.binary())


def _send_array(array: Array) -> Array:
    return join(pa.scalar(VERSION), array.cast(pa.binary()))


def jsonpath_codec(sql_type: SqlType) -> Codec:
    """The codec of jsonpath."""
    return Codec(sql_type, path_input, str.encode, _receive, _send, unchanged, _format_array, _send_array)
