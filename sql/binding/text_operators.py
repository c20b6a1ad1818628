"""Operators of text: concatenation, of arrays too, LIKE and regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.coercion import (
    TEXTUAL,
    coerce,
    no_operator,
)
from sql.binding.operands import texts
from sql.binding.text_casts import text_of
from sql.binding.values import Bound
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding


def concat(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`||` on text, arrays, bytea and jsonb. One side must be a string, and the other then may be anything."""
    for array, other in ((left, right), (right, left)):
        element = element_of(array.type)
        if element is not None:
            return _concat_array(binding, array, other, element, array_first=array is left)
    if t.BYTEA.oid in (left.type.oid, right.type.oid):
        one, two = coerce(binding, left, t.BYTEA), coerce(binding, right, t.BYTEA)
        return Bound(f"({one.sql} || {two.sql})", t.BYTEA)
    if t.JSONB.oid in (left.type.oid, right.type.oid):
        one, two = coerce(binding, left, t.JSONB), coerce(binding, right, t.JSONB)
        return Bound(f"silt_jsonb_concat({one.sql}, {two.sql})", t.JSONB)
    textual = (*TEXTUAL, t.UNKNOWN.oid)
    if left.type.oid not in textual and right.type.oid not in textual:
        raise no_operator(symbol, (left, right))
    return Bound(f"({_as_text(binding, left)} || {_as_text(binding, right)})", t.TEXT)


def _as_text(binding: Binding, value: Bound) -> str:
    if value.is_unknown:
        return coerce(binding, value, t.TEXT).sql
    if value.type.oid == t.CHAR.oid:
        return f"rtrim({value.sql}, ' ')"
    return value.sql if value.type.oid in TEXTUAL else text_of(binding, value.sql, value.type)


def _concat_array(binding: Binding, array: Bound, other: Bound, element: SqlType, *, array_first: bool) -> Bound:
    if element_of(other.type) is not None or (other.is_unknown and other.parameter is None):
        one = coerce(binding, other, SqlType(array.type.oid))
        parts = (array.sql, one.sql) if array_first else (one.sql, array.sql)
        return Bound(f"silt_array_cat({parts[0]}, {parts[1]})", array.type)
    item = coerce(binding, other, SqlType(element.oid))
    call = f"list_append({array.sql}, {item.sql})" if array_first else f"list_prepend({item.sql}, {array.sql})"
    return Bound(call, array.type)


def regex(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """PostgreSQL's regular expressions by RE2: no back references, no look-around."""
    one, other = texts(binding, symbol, left, right)
    options = "is" if symbol.endswith("*") else "s"
    test = f"regexp_matches({one.sql}, {other.sql}, '{options}')"
    return Bound(f"(NOT {test})" if symbol.startswith("!") else test, t.BOOLEAN)


ESCAPE: Final = " ESCAPE '\\'"


def like(binding: Binding, left: Bound, right: Bound, *, insensitive: bool, escape: Bound | None) -> Bound:
    """LIKE and ILIKE: a backslash escapes unless another character is said to."""
    symbol = "~~*" if insensitive else "~~"
    one, other = texts(binding, symbol, left, right)
    word = "ILIKE" if insensitive else "LIKE"
    if escape is not None:
        escape = coerce(binding, escape, t.TEXT)
        return Bound(f"({one.sql} {word} {other.sql} ESCAPE {escape.sql})", t.BOOLEAN)
    plain = right.constant is not None and "\\" not in right.constant
    return Bound(f"({one.sql} {word} {other.sql}{'' if plain else ESCAPE})", t.BOOLEAN)


def pattern(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`~~`, `~~*` and their negations: LIKE by its operators."""
    matched = like(binding, left, right, insensitive=symbol.endswith("*"), escape=None)
    return matched.computed(f"(NOT {matched.sql})", t.BOOLEAN) if symbol.startswith("!") else matched


def starts_with(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`^@`."""
    one, other = texts(binding, symbol, left, right)
    return Bound(f"starts_with({one.sql}, {other.sql})", t.BOOLEAN)
