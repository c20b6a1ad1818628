"""The columns that a name, which no column has, may be a slip of the pen for: PostgreSQL's hint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_DISTANCE_MAX: Final = 3
"""As many letters may be wrong, as in PostgreSQL; and no more than half of them."""


def perhaps_meant(columns: Iterable[tuple[str, str]], name: str, qualifier: str | None = None) -> str | None:
    """The hint that names the one column that comes nearest, or the two, of relations and their columns."""
    nearest, found = _DISTANCE_MAX, list[str]()
    for relation, column in columns:
        letters = distance(name, column)
        apart = letters + (0 if qualifier is None else distance(qualifier, relation))
        if letters > len(name) // 2 or apart > nearest:
            continue
        if apart < nearest:
            nearest, found = apart, []
        found.append(f'the column "{relation}.{column}"')
    return f"Perhaps you meant to reference {' or '.join(found)}." if 1 <= len(found) <= 2 else None


def distance(one: str, other: str) -> int:
    """How many letters have to be put in, left out or changed to make one name the other (Levenshtein)."""
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, wanted in enumerate(other, start=1):
            line.append(min(before[column] + 1, line[-1] + 1, before[column - 1] + (letter != wanted)))
        before = line
    return before[-1]
