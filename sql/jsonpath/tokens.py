"""The tokens of a path (PostgreSQL's jsonpath_scan.l)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.errors import InvalidTextRepresentation, SqlSyntaxError, UntranslatableCharacter

if TYPE_CHECKING:
    from collections.abc import Callable

_OTHER: Final = r"""[^?%$.\[\]{}()|&!=<>@#,*:\-+/\\" \t\n\r\f]"""
_ESCAPE: Final = r"\\(?:u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)"
_NUMBER: Final = r"(?>(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)"
_TOKEN: Final = re.compile(
    rf"""
    (?P<blank>[ \t\n\r\f]+|/\*.*?\*/)
    |(?P<junk>{_NUMBER}(?:[eE](?![-+]?[0-9])[-+]?|(?>[eE][-+]?[0-9]+)?(?![eE]){_OTHER}))
    |(?P<number>{_NUMBER}(?:[eE][-+]?[0-9]+)?)
    |(?P<variable>\$(?:{_OTHER}|{_ESCAPE})+)
    |(?P<quoted_variable>\$"(?:[^"\\]|{_ESCAPE})*")
    |(?P<string>"(?:[^"\\]|{_ESCAPE})*")
    |(?P<open>\$?"(?:[^"\\]|{_ESCAPE})*\\?\Z|/\*)
    |(?P<symbol>&&|\|\||\*\*|<=|==|<>|!=|>=|[?%$.\[\]{{}}()|&!=<>@#,*:\-+/])
    |(?P<word>(?:{_OTHER}|{_ESCAPE})+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(rf"(?:\\u(?:\{{[0-9a-fA-F]{{1,6}}\}}|[0-9a-fA-F]{{4}}))+|{_ESCAPE}", re.DOTALL)
_UNIT: Final = re.compile(r"\\u(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))")
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class PathToken(Struct, frozen=True):
    """One token: `kind` is `number`, `string`, `variable`, `word`, `end`, or the symbol itself."""

    kind: str
    text: str
    """What is meant: strings, variables and words without quotes and escapes."""
    written: str


def tokenize(text: str) -> list[PathToken]:
    """The tokens of a path, the last of kind `end`. Raises `SqlSyntaxError`."""
    tokens = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise syntax_error(text[at])
        kind, written = str(found.lastgroup), found[0]
        if kind == "junk":
            raise syntax_error(written, "trailing junk after numeric literal")
        if kind == "open":
            what = "comment" if written.startswith("/") else "quoted string"
            raise syntax_error("", f"unexpected end of {what}")
        if kind != "blank":
            tokens.append(_READERS[kind](written))
        at = found.end()
    return [*tokens, PathToken("end", "", "")]


def syntax_error(near: str, what: str = "syntax error") -> SqlSyntaxError:
    """PostgreSQL's words for a path that it cannot read."""
    return SqlSyntaxError(
        f'{what} at or near "{near}" of jsonpath input' if near else f"{what} at end of jsonpath input"
    )


_READERS: Final[dict[str, Callable[[str], PathToken]]] = {
    "number": lambda written: PathToken("number", written, written),
    "variable": lambda written: PathToken("variable", _unescaped(written[1:]), written),
    "quoted_variable": lambda written: PathToken("variable", _unescaped(written[2:-1]), written),
    "string": lambda written: PathToken("string", _unescaped(written[1:-1]), written),
    "symbol": lambda written: PathToken(written, written, written),
    "word": lambda written: PathToken("word", _unescaped(written), written),
}


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    written = found[0]
    if _UNIT.match(written):
        return _from_units([int(wide or narrow, 16) for wide, narrow in _UNIT.findall(written)])
    if written[1] == "x" and len(written) == 4:
        return _from_units([ord(bytes.fromhex(written[2:]))])
    if written[1] in "ux":
        raise syntax_error(
            written, "invalid unicode sequence" if written[1] == "u" else "invalid hex character sequence"
        )
    return _CONTROLS.get(written[1], written[1])


def _from_units(units: list[int]) -> str:
    """Characters of Unicode escapes one behind the other, of which two may be a surrogate pair."""
    if 0 in units:
        raise UntranslatableCharacter(
            "unsupported Unicode escape sequence", detail="\\u0000 cannot be converted to text."
        )
    text = "".join(map(chr, units))
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        detail = "Unicode low surrogate must follow a high surrogate."
        raise InvalidTextRepresentation("invalid input syntax for type jsonpath", detail=detail) from None
