"""Names and sizes that texts spell: parse_ident() and pg_size_bytes()."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from sql.errors import InvalidParameterValue, NumericValueOutOfRange
from sql.name_characters import LETTER, NAME_CHARACTER
from sql.native.function import NativeFunction

_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')
_PLAIN: Final = re.compile(f"{LETTER}{NAME_CHARACTER}*")
_SPACE: Final = re.compile(r"[ \t\n\r\f\v]*")
_UPPER_TO_LOWER: Final = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def parsed_identifier(text: str, strict: bool) -> list[str]:
    """parse_ident(): the parts of a qualified name; `strict` refuses what stands behind it."""
    parts: list[str] = []
    at = _behind_space(text, 0)
    while True:
        part, at = _part(text, at, after_dot=bool(parts))
        parts.append(part)
        at = _behind_space(text, at)
        if text[at : at + 1] != ".":
            break
        at = _behind_space(text, at + 1)
    if strict and at < len(text):
        raise _no_identifier(text)
    return parts


def _behind_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _part(text: str, at: int, *, after_dot: bool) -> tuple[str, int]:
    if text[at : at + 1] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise _no_identifier(text, "String has unclosed double quotes.")
        if not quoted[1]:
            raise _no_identifier(text, "Quoted identifier must not be empty.")
        return quoted[1].replace('""', '"'), quoted.end()
    plain = _PLAIN.match(text, at)
    if plain is not None:
        return plain[0].translate(_UPPER_TO_LOWER), plain.end()
    if text[at : at + 1] == ".":
        raise _no_identifier(text, 'No valid identifier before ".".')
    raise _no_identifier(text, 'No valid identifier after ".".' if after_dot else None)


def _no_identifier(text: str, detail: str | None = None) -> InvalidParameterValue:
    return InvalidParameterValue(f'string is not a valid identifier: "{text}"', detail=detail)


_SIZE: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.ASCII | re.DOTALL)
_UNITS: Final = {"": 0, "bytes": 0, "b": 0, "kb": 10, "mb": 20, "gb": 30, "tb": 40, "pb": 50}


def size_bytes(text: str) -> int:
    """pg_size_bytes(): a size such as `1.5 GB`."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise InvalidParameterValue(f'invalid size: "{text}"')
    shift = _UNITS.get(found[2].lower())
    if shift is None:
        raise InvalidParameterValue(
            f'invalid size: "{text}"',
            detail=f'Invalid size unit: "{found[2]}".',
            hint='Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".',
        )
    size = int((Decimal(found[1]) * (1 << shift)).to_integral_value("ROUND_HALF_UP"))
    if not -(2**63) <= size < 2**63:
        raise NumericValueOutOfRange("bigint out of range")
    return size


IDENTIFIER_FUNCTIONS: Final = (
    NativeFunction("silt_parse_ident", parsed_identifier, ("VARCHAR", "BOOLEAN"), "VARCHAR[]"),
    NativeFunction("silt_size_bytes", size_bytes, ("VARCHAR",), "BIGINT"),
)
