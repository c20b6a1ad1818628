"""json: valid JSON, its text kept as it came."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from sql.errors import InvalidTextRepresentation, ProgramLimitExceeded
from sql.types.arrow import Array, pa
from sql.types.codec import Codec, unchanged
from sql.types.text import decode_text

if TYPE_CHECKING:
    from storage.types import SqlType

_OFFSET: Final = re.compile(r"\(byte (\d+)\)")
_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_STRING_OR_NUMBER: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|-?(?:0|[1-9][0-9]*)(?![0-9])(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?', re.DOTALL
)
_TOKEN: Final = re.compile(r"[\w.+-]+|.", re.DOTALL)


def validate(text: str) -> None:
    """Raises 22P02 for what is not JSON, and 54001 for what is nested too deep."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        _validate_simplified(text)
    except RecursionError:
        raise ProgramLimitExceeded("stack depth limit exceeded") from None


def _validate_simplified(text: str) -> None:
    """The decoder refuses numbers beyond a double and halves of surrogate pairs, which PostgreSQL's json keeps."""
    try:
        msgspec.json.decode(_STRING_OR_NUMBER.sub(_simplify, text))
    except msgspec.DecodeError as error:
        raise _invalid(text, str(error)) from None


def _simplify(match: re.Match[str]) -> str:
    """Another token, of the same length so that the place of an error stays right."""
    token = match[0]
    if token.startswith('"'):
        return _ESCAPE.sub(lambda escape: "\\u0020" if escape[0].startswith("\\u") else escape[0], token)
    return "1" * len(token)


def _invalid(text: str, reason: str) -> InvalidTextRepresentation:
    offset = _OFFSET.search(reason)
    rest = text.encode()[int(offset[1]) :].decode(errors="ignore").lstrip() if offset else ""
    token = _TOKEN.match(rest)
    if token is None or "truncated" in reason:
        detail = "The input string ended unexpectedly."
    else:
        detail = f'Token "{token[0]}" is invalid.'
    return InvalidTextRepresentation("invalid input syntax for type json", detail=detail)


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
