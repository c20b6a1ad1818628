"""The letters that say how a regular expression is read (PostgreSQL 9.7.3.4)."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from sql.errors import FeatureNotSupported, InvalidParameterValue


class Options(Struct, frozen=True):
    """How an expression is read."""

    ignore_case: bool = False
    dot_stops: bool = False
    """`.` and negated brackets do not match a newline."""
    lines: bool = False
    """`^` and `$` match at every line."""
    literal: bool = False
    expanded: bool = False
    """White space and comments do not count."""


def read_options(letters: str, options: Options | None = None) -> Options:
    """The options that the letters ask for, the later ones before the earlier. Raises 22023."""
    options = options or Options()
    for letter in letters:
        options = _with(options, letter)
    return options


def _with(options: Options, letter: str) -> Options:
    match letter:
        case "i":
            return replace(options, ignore_case=True)
        case "c":
            return replace(options, ignore_case=False)
        case "m" | "n":
            return replace(options, dot_stops=True, lines=True)
        case "p":
            return replace(options, dot_stops=True, lines=False)
        case "w":
            return replace(options, dot_stops=False, lines=True)
        case "s":
            return replace(options, dot_stops=False, lines=False)
        case "q":
            return replace(options, literal=True)
        case "x":
            return replace(options, expanded=True)
        case "t":
            return replace(options, expanded=False)
        case "e" | "b":
            raise FeatureNotSupported(f'regular expression option "{letter}" is not supported')
    raise InvalidParameterValue(f'invalid regular expression option: "{letter}"')
