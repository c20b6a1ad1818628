"""Which types have an order, and a notion of equality: all but json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import UndefinedFunction
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sql.binding.values import Bound


def require_order(values: Iterable[Bound]) -> None:
    """Raise `UndefinedFunction` for values that cannot be sorted."""
    for value in values:
        if value.type.oid == t.JSON.oid:
            raise UndefinedFunction(
                "could not identify an ordering operator for type json",
                hint="Use an explicit ordering operator or modify the query.",
                position=value.position,
            )


def require_equality(values: Iterable[Bound]) -> None:
    """Raise `UndefinedFunction` for values that cannot be told apart."""
    for value in values:
        if value.type.oid == t.JSON.oid:
            raise UndefinedFunction("could not identify an equality operator for type json", position=value.position)


def require_comparison(values: Iterable[Bound]) -> None:
    """Raise `UndefinedFunction` for values of which none is the greatest."""
    for value in values:
        if value.type.oid == t.JSON.oid:
            raise UndefinedFunction("could not identify a comparison function for type json", position=value.position)
