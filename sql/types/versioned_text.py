"""Types kept as the text that PostgreSQL prints, whose binary format is that text behind a version: jsonb, jsonpath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import InvalidBinaryRepresentation
from sql.types.arrow import Array, pa
from sql.types.buffers import join
from sql.types.codec import Codec, unchanged, wrong_size
from sql.types.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.types import SqlType

VERSION: Final = b"\1"
"""The first byte of the binary format."""


def versioned_text_codec(sql_type: SqlType, read: Callable[[str], str]) -> Codec:
    """The codec of such a type. `read` gives the text to keep of a given one, and raises `SqlError`."""

    def receive(data: bytes) -> str:
        if not data:
            raise wrong_size(0, 1)
        if data[:1] != VERSION:
            raise InvalidBinaryRepresentation(f"unsupported {sql_type.name} version number {data[0]}")
        return read(decode_text(data[1:]))

    return Codec(sql_type, read, str.encode, receive, _send, unchanged, _format_array, _send_array)


def _send(value: str) -> bytes:
    return VERSION + value.encode()


def _format_array(array: Array) -> Array:
    return array.cast(pa.binary())


def _send_array(array: Array) -> Array:
    return join(pa.scalar(VERSION), array.cast(pa.binary()))
