"""jsonb: kept as the text that PostgreSQL prints for it.

Keys are ordered by length in bytes, then by bytes; of duplicate keys the last wins; numbers are numeric (the digits
after the point stay, the exponent goes); one space follows each colon and comma.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sql.errors import (
    InvalidTextRepresentation,
    NumericValueOutOfRange,
    ProgramLimitExceeded,
    UntranslatableCharacter,
)
from sql.remembered_texts import LONGEST_REMEMBERED
from sql.types.json import validate
from sql.types.versioned_text import versioned_text_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.types.codec import Codec
    from storage.types import SqlType

_MAX_EXPONENT: Final = 131_071
"""Digits that PostgreSQL's numeric has before the point, but for the first."""

_MAX_FRACTION: Final = 16_383
"""Those behind it."""

_EXPONENT_END: Final = (1 << 30) - 1
"""From here on PostgreSQL does not look at what the exponent is of."""

_FEW_KEYS: Final = 32
"""So many keys are remembered with their order, at most."""
_ESCAPED: Final = re.compile(r'[\x00-\x1f"\\]')
_SHORT_ESCAPES: Final = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_NUL_ESCAPE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


_DECODER: Final = json.JSONDecoder(parse_float=_Number, parse_int=_Number)


def normalise(text: str) -> str:
    """The text that PostgreSQL prints for a jsonb of this text. Raises 22P02 for what is not JSON."""
    if "\\u0000" not in text:
        try:
            return rewritten(_QUICK_DECODER.decode(text))
        except (ValueError, RecursionError, NumericValueOutOfRange):
            # What the quick decoder refuses may be JSON all the same; if not, the slow way says what is wrong first.
            pass
    return normalise_exactly(text)


def _in_order(value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    """The value with its objects' keys in jsonb's order."""
    if type(value) is dict:
        for key, item in value.items():
            kind = type(item)
            if kind is dict or kind is list:
                value[key] = _in_order(item)
        keys = tuple(value)
        order = (
            _order_of(keys)
            if len(keys) <= _FEW_KEYS and len("".join(keys)) <= LONGEST_REMEMBERED
            else sorted(keys, key=_key_order)
        )
        return value if order is None else {key: value[key] for key in order}
    if type(value) is list:
        for index, item in enumerate(value):
            kind = type(item)
            if kind is dict or kind is list:
                value[index] = _in_order(item)
    return value


@lru_cache(maxsize=1024)
def _order_of(keys: tuple[str, ...]) -> Sequence[str] | None:
    """The keys in jsonb's order; `None` if they are. Objects of a column mostly have the same ones."""
    ordered = tuple(sorted(keys, key=_key_order))
    return None if ordered == keys else ordered


def normalise_exactly(text: str) -> str:
    """The same, step by step: whatever the text is."""
    validate(text)
    if "\\u0000" in text and _NUL_ESCAPE.search(text):
        raise UntranslatableCharacter(detail="\\u0000 cannot be converted to text.")
    try:
        parts: list[str] = []
        _write(_DECODER.decode(text), parts.append)
    except RecursionError:
        raise ProgramLimitExceeded("stack depth limit exceeded") from None
    normal = "".join(parts)
    if _HALF_PAIR.search(normal):
        raise InvalidTextRepresentation(
            "invalid input syntax for type json", detail="Unicode low surrogate must follow a high surrogate."
        )
    return normal


def editable(text: str) -> Any:  # noqa: ANN401 - whatever JSON has
    """A jsonb's value, to be changed and given to `rewritten`: a number that is no integer is a `Raw`, as it stands."""
    return _QUICK_DECODER.decode(text)


def rewritten(value: Any) -> str:  # noqa: ANN401 - as above
    """The text of an `editable` value. Keys are put in their order, in place."""
    return msgspec.json.format(_QUICK_ENCODER.encode(_in_order(value)), indent=0).decode()


def written(value: object) -> str:
    """The text of a value made of what JSON has; a number is a `Decimal`. Keys are put in their order."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


def _write(value: object, write: Callable[[str], None]) -> None:
    match value:
        case None:
            write("null")
        case bool():
            write("true" if value else "false")
        case _Number():
            write(_number(value))
        case Decimal():
            write(format(value or value.copy_abs(), "f"))
        case str():
            write(_string(value))
        case list():
            write("[")
            for index, element in enumerate(value):
                if index:
                    write(", ")
                _write(element, write)
            write("]")
        case dict():
            write("{")
            for index, key in enumerate(sorted(value, key=_key_order)):
                write(f", {_string(key)}: " if index else f"{_string(key)}: ")
                _write(value[key], write)
            write("}")


def _key_order(key: str) -> tuple[int, bytes]:
    encoded = key.encode(errors="surrogatepass")
    return len(encoded), encoded


def _string(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _number(text: str) -> str:
    is_short = len(text) <= _MAX_FRACTION
    if is_short and (text.isdecimal() or (text[0] != "-" and "e" not in text and "E" not in text)):
        return str(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _overflow() from None
    exponent = int(number.as_tuple().exponent)
    if not -_MAX_FRACTION <= exponent < _EXPONENT_END or (number and number.adjusted() > _MAX_EXPONENT):
        raise _overflow()
    return format(number or number.copy_abs(), "f")


def _overflow() -> NumericValueOutOfRange:
    return NumericValueOutOfRange("value overflows numeric format")


def _raw_number(text: str) -> msgspec.Raw:
    return msgspec.Raw(_number(text).encode())


_QUICK_DECODER: Final = msgspec.json.Decoder(float_hook=_raw_number)
_QUICK_ENCODER: Final = msgspec.json.Encoder()


def jsonb_codec(sql_type: SqlType) -> Codec:
    """The codec of jsonb."""
    return versioned_text_codec(sql_type, normalise)
