"""text, varchar(n), char(n), name, "char" and unknown: UTF-8 without NUL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sql.errors import CharacterNotInRepertoire, StringDataRightTruncation
from sql.types.arrow import Array, pa
from sql.types.codec import Codec, unchanged
from storage.types import CHAR, INTERNAL_CHAR, NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.types import SqlType

NAME_BYTES: Final = 63
"""A longer name is cut, as PostgreSQL's NAMEDATALEN says."""


def decode_text(data: bytes) -> str:
    """Text that a client sent. Raises 22021 for what is not UTF-8, and for NUL, which PostgreSQL cannot store."""
    try:
        text = str(data, "utf-8")
    except UnicodeDecodeError as error:
        sequence = data[error.start : max(error.end, error.start + _sequence_length(data[error.start]))]
        raise _not_utf8(sequence) from None
    if "\0" in text:
        raise _not_utf8(b"\0")
    return text


def _sequence_length(first: int) -> int:
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4 if first < 0xF8 else 1


def _not_utf8(sequence: bytes) -> CharacterNotInRepertoire:
    listed = " ".join(f"0x{byte:02x}" for byte in sequence)
    return CharacterNotInRepertoire(f'invalid byte sequence for encoding "UTF8": {listed}')


def _parse(text: str) -> str:
    if "\0" in text:
        raise _not_utf8(b"\0")
    return text


def _as_binary(array: Array) -> Array:
    return array.cast(pa.binary())


def text_codec(sql_type: SqlType) -> Codec:
    """The codec of a character type."""
    coerce = _coercion(sql_type)
    if coerce is unchanged:
        parse, receive = _parse, decode_text
    else:

        def parse(text: str) -> str:
            if "\0" in text:
                raise _not_utf8(b"\0")
            return coerce(text)  # type: ignore[no-any-return]  # coercions of text give text.

        def receive(data: bytes) -> str:
            return coerce(decode_text(data))  # type: ignore[no-any-return]  # as above.

    return Codec(sql_type, parse, str.encode, receive, str.encode, coerce, _as_binary, _as_binary)


def _coercion(sql_type: SqlType) -> Callable[[Any], Any]:
    if sql_type.oid == NAME.oid:
        return _cut_name
    if sql_type.oid == INTERNAL_CHAR.oid:
        return _first_byte
    length = sql_type.length
    if length is None:
        return unchanged
    pad = sql_type.oid == CHAR.oid

    def fit(text: str) -> str:
        if len(text) > length:
            # Spaces beyond the length are cut without complaint: the standard wants it so.
            if text[length:].strip(" "):
                raise StringDataRightTruncation(f"value too long for type {sql_type}")
            return text[:length]
        return text.ljust(length) if pad else text

    return fit


def _cut_name(text: str) -> str:
    return text if len(text) * 4 <= NAME_BYTES else text.encode()[:NAME_BYTES].decode(errors="ignore")


def _first_byte(text: str) -> str:
    return text[:1]
