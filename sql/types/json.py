"""json: valid JSON, its text kept as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sql.errors import InvalidTextRepresentation, ProgramLimitExceeded
from sql.types.arrow import Array, pa
from sql.types.codec import Codec, unchanged
from sql.types.json_errors import detail_of
from sql.types.text import decode_text

if TYPE_CHECKING:
    from storage.types import SqlType


def validate(text: str) -> None:
    """Raises 22P02 for what is not JSON, and 54001 for what is nested too deep."""
    try:
        if not _is_plain(text) and (detail := detail_of(text)) is not None:
            raise InvalidTextRepresentation("invalid input syntax for type json", detail=detail)
    except RecursionError:
        raise ProgramLimitExceeded("stack depth limit exceeded") from None


def _is_plain(text: str) -> bool:
    """Whether the quick decoder takes it: it refuses numbers beyond a double and halves of surrogate pairs, too."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _parse(text: str) -> str:
    validate(text)
    return text


def _receive(data: bytes) -> str:
    return _parse(decode_text(data))


def _as_binary(array: Array) -> Array:
    return array.cast(pa.binary())


def json_codec(sql_type: SqlType) -> Codec:
    """The codec of json."""
    return Codec(sql_type, _parse, str.encode, _receive, str.encode, unchanged, _as_binary, _as_binary)
