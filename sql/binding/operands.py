"""Pairs of operands: what an open one is beside the other, and in which type two numbers are computed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.coercion import (
    NUMBERS,
    TEXTUAL,
    coerce,
    no_operator,
)
from storage import types as t
from storage.types import SqlType

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from sql.binding.values import Bound


RANKS: Final = {oid: rank for rank, oid in enumerate(NUMBERS)}


def together(binding: Binding, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """An open operand takes the type of the other; two open ones are text."""
    if left.is_unknown and right.is_unknown:
        return coerce(binding, left, t.TEXT), coerce(binding, right, t.TEXT)
    if left.is_unknown:
        return coerce(binding, left, _beside(right.type)), right
    if right.is_unknown:
        return left, coerce(binding, right, _beside(left.type))
    return left, right


def _beside(other: SqlType) -> SqlType:
    """The type of an open operand beside one of that type: any value of it, so without a modifier."""
    return t.TEXT if other.oid == t.VARCHAR.oid else SqlType(other.oid)


def texts(binding: Binding, symbol: str, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """Both operands as text. Raises `UndefinedFunction` if one is neither text nor open."""
    pair = [left, right]
    for value in pair:
        if not value.is_unknown and value.type.oid not in TEXTUAL:
            raise no_operator(symbol, (left, right))
    # The blanks of a char(n) count on the left: patterns are matched against all of it.
    one = left.computed(left.sql, t.TEXT) if left.type.oid == t.CHAR.oid else coerce(binding, left, t.TEXT)
    return one, coerce(binding, right, t.TEXT)


def number_type(one: SqlType, other: SqlType) -> SqlType:
    """The type in which two numbers are computed with."""
    if one.oid == other.oid:
        return SqlType(one.oid)
    wider = one if RANKS[one.oid] >= RANKS[other.oid] else other
    # There are no operators between real and the others: both become double.
    return t.DOUBLE if wider.oid == t.REAL.oid else SqlType(wider.oid)


def widened(value: Bound, result: SqlType) -> str:
    """A float or a wider integer is asked for; of numerics DuckDB itself works out the digits."""
    if value.type.oid == result.oid or result.oid == t.NUMERIC.oid:
        return value.sql
    return {
        t.DOUBLE.oid: f"CAST({value.sql} AS DOUBLE)",
        t.BIGINT.oid: f"CAST({value.sql} AS BIGINT)",
        t.INTEGER.oid: f"CAST({value.sql} AS INTEGER)",
    }.get(result.oid, value.sql)
