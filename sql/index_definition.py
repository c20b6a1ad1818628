"""The text of an index that says more than its columns do: kept with numbers in the place of the columns' names.

So it follows columns and tables that get other names. A number stands between two NULs, which no text of a client has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.relations.identifiers import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.catalog_entries import Column, Index, Table

_NUMBER: Final = re.compile("\0(\\d+)\0")
_COLUMN: Final = re.compile("\0(\\d+)\0(?: |$)")
_ORDER: Final = re.compile("( DESC)?(?: NULLS (FIRST|LAST))?$")


class Element(Struct, frozen=True):
    """What an index is on: a column (its number), or an expression (its text)."""

    column: int | None
    expression: str = ""
    descending: bool = False
    nulls_first: bool = False


class Parts(Struct, frozen=True):
    """What an index's text says."""

    elements: tuple[Element, ...]
    included: tuple[int, ...] = ()
    """Numbers of the columns behind INCLUDE."""
    condition: str | None = None
    """The text behind WHERE."""


def place_of(column: Column) -> str:
    """What stands for a column."""
    return f"\0{column.number}\0"


def with_names(text: str, table: Table) -> str:
    """The text with the columns' names of now."""
    by_number = {column.number: column.name for column in table.columns}
    return _NUMBER.sub(lambda found: quote_identifier(by_number[int(found[1])]), text)


def columns_of(index: Index) -> frozenset[int]:
    """The numbers of all columns that an index is about."""
    return frozenset((*index.columns, *map(int, _NUMBER.findall(index.definition or ""))))


def parts_of(definition: str) -> Parts:
    """The parts of an index's text."""
    opening = definition.index("(")
    closing = _closing(definition, opening)
    elements = tuple(map(_element, _items(definition[opening + 1 : closing])))
    rest = definition[closing + 1 :]
    included: tuple[int, ...] = ()
    if rest.startswith(" INCLUDE "):
        end = rest.index(")")
        included, rest = tuple(map(int, _NUMBER.findall(rest[:end]))), rest[end + 1 :]
    return Parts(elements, included, rest.removeprefix(" WHERE ") or None)


def _element(text: str) -> Element:
    order = _ORDER.search(text)
    assert order is not None, "it matches nothing, too"
    descending = order[1] is not None
    nulls_first = descending if order[2] is None else order[2] == "FIRST"
    column = _COLUMN.match(text)
    if column is not None:
        return Element(int(column[1]), "", descending, nulls_first)
    # An operator class or a collation may stand behind it; it ends with a parenthesis itself.
    return Element(None, text[: text.rindex(")") + 1], descending, nulls_first)


def _items(text: str) -> Iterator[str]:
    """What stands between commas, outside of parentheses and quotes."""
    depth, quote, start = 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
        else:
            depth += (character in "([") - (character in ")]")
    yield text[start:].strip()


def _closing(text: str, opening: int) -> int:
    """Where the parenthesis that opens at a place closes."""
    depth, quote = 0, ""
    for at in range(opening, len(text)):
        character = text[at]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character == "(") - (character == ")")
            if not depth:
                return at
    return len(text)
