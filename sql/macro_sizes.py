"""How large a query becomes once DuckDB has written its macros out.

A macro that names an argument three times makes three expressions of it. In each other, ten such calls make sixty
thousand of what was one: DuckDB would take all memory before it has begun. So they are counted before.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.binding.macros import BINDER_MACROS
from sql.errors import StatementTooComplex
from sql.relations.macros import CATALOG_MACROS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SIZE_MAX: Final = 200_000
"""Words of a query with its macros written out. So many take DuckDB about five seconds and 150 MB."""
SIZE_MAX_PER_CHARACTER: Final = 10
"""What is long as it was sent may be so much larger, since it does not stand in itself."""
FEW_CALLS: Final = 6
"""So many macros make no query large, however they stand in each other."""

_HEADER: Final = re.compile(r"CREATE MACRO (silt_\w+)\s*(?=\()")
_OVERLOAD: Final = re.compile(r"(?:\A|,\s*)\(([\w, ]*)\) AS ")
_TOKEN: Final = re.compile(
    r"""(?P<call>silt_\w+)\(|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w$]+"""
)


class _Macro(Struct, frozen=True):
    """What a call adds: `own` words, and each argument as often as it is named."""

    own: int
    times: tuple[int, ...]


class _Level(Struct):
    """What stands in one pair of parentheses."""

    macro: _Macro | None = None
    before: list[int] = []
    """The sizes of the arguments before the one that is being read, whose is `size`."""
    size: int = 0


def require_moderate(sql: str) -> None:
    """Raise `StatementTooComplex` of a query that becomes too large."""
    if sql.count("silt_") > FEW_CALLS and expanded_size(sql) > SIZE_MAX + SIZE_MAX_PER_CHARACTER * len(sql):
        raise StatementTooComplex("the statement is too complex", hint="Compute parts of it in queries in FROM.")


def expanded_size(sql: str) -> int:
    """The words of a query with its macros written out."""
    return _size(sql, _macros(), {}, 1)


@cache
def _macros() -> Mapping[str, _Macro]:
    return _read((*BINDER_MACROS, *CATALOG_MACROS))


def _read(statements: Sequence[str]) -> dict[str, _Macro]:
    macros: dict[str, _Macro] = {}
    for statement in statements:
        header = _HEADER.match(statement)
        if header is not None:
            _, *overloads = _OVERLOAD.split(statement[header.end() :])
            pairs = zip(overloads[::2], overloads[1::2], strict=True)
            macros[header[1]] = _largest([_measured(parameters, body, macros) for parameters, body in pairs])
    return macros


def _measured(listed: str, body: str, macros: Mapping[str, _Macro]) -> _Macro:
    parameters = listed.split(", ") if listed else []
    none = dict.fromkeys(parameters, 0)
    times = tuple(_size(body, macros, {**none, parameter: 1}, 0) for parameter in parameters)
    return _Macro(_size(body, macros, none, 1), times)


def _largest(overloads: Sequence[_Macro]) -> _Macro:
    most = max(len(each.times) for each in overloads)
    padded = [each.times + (0,) * (most - len(each.times)) for each in overloads]
    return _Macro(max(each.own for each in overloads), tuple(map(max, *padded)) if len(padded) > 1 else padded[0])


def _size(text: str, macros: Mapping[str, _Macro], words: Mapping[str, int], other: int) -> int:
    """The size of a text whose words count as `words` says, and all others, and what macros add, as `other`."""
    levels = [_Level(before=[])]
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "call":
                levels.append(_Level(macros.get(token["call"]), []))
            case "open":
                levels.append(_Level(before=[]))
            case "close":
                if len(levels) > 1:
                    closed = levels.pop()
                    levels[-1].size += other + _closed_size(closed, other)
            case "comma":
                levels[-1].before.append(levels[-1].size)
                levels[-1].size = 0
            case _:
                levels[-1].size += words.get(token[0], other)
    return sum(_closed_size(level, other) for level in levels)


def _closed_size(level: _Level, other: int) -> int:
    arguments = [*level.before, level.size]
    macro = level.macro
    if macro is None:
        return sum(arguments)
    times = (*macro.times, *(1 for _ in arguments[len(macro.times) :]))
    return macro.own * other + sum(count * size for count, size in zip(times, arguments, strict=False))
