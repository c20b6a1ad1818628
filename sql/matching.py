"""Equality with a key column: the stored value that equals a given one, if the column's type has it."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.types import SqlType

    Match = Callable[[object], object]
    """From a value that is not NULL to the stored value of the column that equals it; `None` where none does."""

_EXACT: Final = decimal.Context(prec=200)


def needs_match(column: SqlType) -> bool:
    """Whether equal values of the type may be stored as different ones."""
    return column.oid in (t.CHAR.oid, t.NUMERIC.oid)


def matching(column: SqlType) -> Match | None:
    """The match for a column of a type that needs one; `None` where only a query can tell."""
    if column.oid == t.NUMERIC.oid:
        return _matching_number(column.precision_and_scale[1])
    # A char without a length is stored with the spaces that it came with.
    return None if column.length is None else _matching_padded(column.length)


def _matching_number(scale: int) -> Match:
    unit = Decimal(1).scaleb(-scale)

    def match(number: object) -> object:
        given = Decimal(cast("int | Decimal", number))
        stored = given.quantize(unit, context=_EXACT)
        return stored if stored == given else None

    return match


def _matching_padded(length: int) -> Match:
    def match(text: object) -> object:
        # What is longer equals nothing.
        return cast("str", text).rstrip(" ").ljust(length)

    return match


def has_elements_to_match(column: SqlType) -> bool:
    """Whether it is an array of such values."""
    element = element_of(column)
    return element is not None and needs_match(element)
