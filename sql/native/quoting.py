"""Names and texts as SQL writes them: quote_ident, quote_literal, format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.errors import (
    InvalidParameterValue,
    InvalidTextRepresentation,
    NullValueNotAllowed,
    NumericValueOutOfRange,
)
from sql.native.function import NativeFunction
from sql.remembered_texts import remembered
from sql.text_limit import require_text_fits
from sql.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_KEYWORDS: Final = words(
    "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both "
    "case cast char character check coalesce collate collation column concurrently constraint create cross "
    "current_catalog current_date current_role current_schema current_time current_timestamp current_user dec "
    "decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign "
    "freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect "
    "interval into is isnull join lateral leading least left like limit localtime localtimestamp national natural "
    "nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay "
    "placing position precision primary real references returning right row select session_user setof similar "
    "smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union "
    "unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement "
    "xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"
)
"""PostgreSQL's keywords that cannot stand for every name as they are."""
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")


def quote_ident(name: str) -> str:
    """quote_ident()."""
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """quote_literal(): with E where there is a backslash."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


_INTEGER_MAX: Final = 2**31 - 1
_LONGEST_NUMBER: Final = 100
_SPECIFIER: Final = re.compile(r"(?:(\d+)\$)?(-*)(?:(\d+)|(\*)(?:(\d+)\$)?)?(.?)", re.DOTALL)


def formatted(pattern: str, arguments: Sequence[str | None]) -> str:
    """format(): the arguments as their types write them."""
    plain = _plain_format(pattern)
    if plain is None or plain.arguments > len(arguments):
        return Formatter(pattern, arguments).written()
    return plain.template % tuple(map(_apply, plain.kinds, arguments))


class _PlainFormat(Struct, frozen=True):
    """A pattern that takes its arguments in order, as they are."""

    template: str
    """For Python's own formatting."""
    kinds: tuple[Callable[[str | None], str], ...]

    @property
    def arguments(self) -> int:
        """How many it takes."""
        return len(self.kinds)


@remembered(256)
def _plain_format(pattern: str) -> _PlainFormat | None:
    """The pattern, if there are only `%s`, `%I`, `%L` and `%%` in it."""
    pieces = _PLAIN_SPECIFIER.split(pattern)
    if any("%" in text for text in pieces[::2]):
        return None
    kinds = tuple(_CONVERSIONS[kind] for kind in pieces[1::2] if kind != "%")
    template = "".join(piece if at % 2 == 0 else "%%" if piece == "%" else "%s" for at, piece in enumerate(pieces))
    return _PlainFormat(template, kinds)


def _apply(convert: Callable[[str | None], str], argument: str | None) -> str:
    return convert(argument)


def _as_it_is(argument: str | None) -> str:
    return argument or ""


def _as_identifier(argument: str | None) -> str:
    if argument is None:
        raise NullValueNotAllowed("null values cannot be formatted as an SQL identifier")
    return quote_ident(argument)


def _as_literal(argument: str | None) -> str:
    return "NULL" if argument is None else quote_literal(argument)


_PLAIN_SPECIFIER: Final = re.compile("%([sIL%])")
_CONVERSIONS: Final = {"s": _as_it_is, "I": _as_identifier, "L": _as_literal}


def _number(text: str) -> int:
    try:
        number = int(text) if len(text) <= _LONGEST_NUMBER else _INTEGER_MAX + 1
    except ValueError:
        raise InvalidTextRepresentation(f'invalid input syntax for type integer: "{text}"') from None
    if abs(number) > _INTEGER_MAX:
        raise NumericValueOutOfRange("number is out of range")
    return number


class Formatter:
    """Goes through a pattern, and through its arguments in order where it names none."""

    def __init__(self, pattern: str, arguments: Sequence[str | None]) -> None:
        self._pattern = pattern
        self._arguments = arguments
        self._used = 0

    def written(self) -> str:
        """The pattern with its arguments."""
        out: list[str] = []
        at = length = 0
        while True:
            found = self._pattern.find("%", at)
            if found < 0:
                return "".join((*out, self._pattern[at:]))
            out.append(self._pattern[at:found])
            length += len(out[-1]) + (len(out[-2]) if len(out) > 1 else 0)
            require_text_fits(length)
            if self._pattern.startswith("%", found + 1):
                out.append("%")
                at = found + 2
                continue
            specifier = _SPECIFIER.match(self._pattern, found + 1)
            assert specifier is not None
            out.append(self._place(specifier))
            at = specifier.end()

    def _place(self, specifier: re.Match[str]) -> str:
        position, flags, digits, star, width_position, kind = specifier.groups()
        if not kind:
            raise InvalidParameterValue("unterminated format() type specifier", hint='For a single "%" use "%%".')
        width = _number(digits or "0")
        if star:
            asked = self._argument(width_position)
            width = _number(asked) if asked is not None else 0
        require_text_fits(abs(width))
        if kind not in "sIL":
            raise InvalidParameterValue(
                f'unrecognized format() type specifier "{kind}"', hint='For a single "%" use "%%".'
            )
        text = _CONVERSIONS[kind](self._argument(position))
        return text.ljust(abs(width)) if flags or width < 0 else text.rjust(width)

    def _argument(self, position: str | None) -> str | None:
        if position is not None:
            if _number(position) == 0:
                raise InvalidParameterValue("format specifies argument 0, but arguments are numbered from 1")
            self._used = int(position)
        else:
            self._used += 1
        if self._used > len(self._arguments):
            raise InvalidParameterValue("too few arguments for format()")
        return self._arguments[self._used - 1]


_T: Final = "VARCHAR"

QUOTING_FUNCTIONS: Final = (
    NativeFunction("silt_quote_ident", quote_ident, (_T,), _T),
    NativeFunction("silt_quote_literal", quote_literal, (_T,), _T),
    NativeFunction("silt_format", formatted, (_T, "VARCHAR[]"), _T),
)
