"""Expressions that raise nothing: what they would fail for is NULL.

DuckDB divides and orders the rows of a window by no expression that calls error(): it is volatile there. So such an
expression calls macros of the same meaning without, which are made here of those that have it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_QUIET: Final = "silt_quiet_"
_DEFINED: Final = re.compile(r"CREATE MACRO silt_(\w+)\(")
_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\b(?:error|silt_\w+)\(|[()]")


def raising_macros(statements: Iterable[str]) -> frozenset[str]:
    """The macros that may call error(), themselves or by another one: their names without the prefix."""
    found: set[str] = set()
    for statement in statements:
        calls = [token for token in _TOKEN.findall(statement) if token[-1] == "(" and len(token) > 1]
        if any(call == "error(" or call[len("silt_") : -1] in found for call in calls[1:]):
            found.add(calls[0][len("silt_") : -1])
    return frozenset(found)


def quiet_macros(statements: Sequence[str], raising: Collection[str]) -> list[str]:
    """Of the macros that may raise an error those of the same meaning that give NULL instead."""
    defined = ((statement, _DEFINED.match(statement)) for statement in statements)
    return [quiet(statement, raising) for statement, found in defined if found is not None and found[1] in raising]


def quiet(sql: str, raising: Collection[str], kept: Collection[str] = ()) -> str:
    """An expression that raises nothing by itself; the texts `kept` stay as they are in it."""
    for text in sorted(kept, key=len, reverse=True):
        if text in sql:
            return text.join(quiet(part, raising, [each for each in kept if each != text]) for part in sql.split(text))
    parts: list[str] = []
    at = depth = 0
    for token in _TOKEN.finditer(sql):
        word = token[0]
        if depth:
            # Within error(…).
            depth += word.endswith("(") - (word == ")")
            at = token.end()
        elif word == "error(":
            parts += (sql[at : token.start()], "NULL")
            at, depth = token.end(), 1
        elif word.endswith("(") and word[len("silt_") : -1] in raising:
            parts += (sql[at : token.start()], _QUIET, word[len("silt_") :])
            at = token.end()
    return "".join((*parts, sql[at:]))
