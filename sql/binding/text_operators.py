"""Operators of text: concatenation, of arrays too, LIKE and regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.coercion import (
    TEXTUAL,
    coerce,
    no_operator,
    wider,
)
from sql.binding.digits import as_one
from sql.binding.operands import texts
from sql.binding.text_casts import text_of
from sql.binding.values import Bound
from sql.duckdb_types import literal_text
from sql.regex.options import read_options
from sql.regex.parser import parse
from sql.regex.re2 import re2_text
from sql.regex.similar import similar_to_regex
from storage import types as t
from storage.types import SqlType, array_of, element_of

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
    array = coerce(binding, array, array_of(wider(element, element_of(other.type) or other.type)))
    if element_of(other.type) is not None or (other.is_unknown and other.parameter is None):
        one = coerce(binding, other, SqlType(array.type.oid))
        array, one = as_one([array, one])
        parts = (array.sql, one.sql) if array_first else (one.sql, array.sql)
        return Bound(f"silt_array_cat({parts[0]}, {parts[1]})", array.type, scale=array.digits)
    item_type = element_of(array.type) or element
    array, item = as_one([array, coerce(binding, other, SqlType(item_type.oid))], [array, other])
    call = f"list_append({array.sql}, {item.sql})" if array_first else f"list_prepend({item.sql}, {array.sql})"
    return Bound(call, array.type, scale=array.digits)


def regex(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`~` and its like: by RE2 where the expression is known and RE2 finds the same."""
    one, other = texts(binding, symbol, left, right)
    flags = "i" if symbol.endswith("*") else ""
    test = found_by_re2(one.sql, right.constant, flags)
    if test is None:
        test = f"silt_regexp_like({one.sql}, {other.sql}, '{flags}')"
    return Bound(f"(NOT {test})" if symbol.startswith("!") else test, t.BOOLEAN)


def found_by_re2(sql: str, pattern: str | None, flags: str) -> str | None:
    """Whether a text has a match of a known pattern, as RE2 tells; `None` where that is not sure."""
    if pattern is None:
        return None
    words = re2_text(parse(pattern, read_options(flags)))
    return None if words is None else f"regexp_matches({sql}, {literal_text(words)}, 's')"


def similar(binding: Binding, left: Bound, right: Bound, escape: Bound | None) -> Bound:
    """SIMILAR TO."""
    one, other = texts(binding, "~", left, right)
    if right.constant is not None and (escape is None or escape.constant is not None):
        character = "\\" if escape is None else str(escape.constant)
        test = found_by_re2(one.sql, similar_to_regex(right.constant, character), "")
        if test is not None:
            return Bound(test, t.BOOLEAN)
    written = "'\\'" if escape is None else coerce(binding, escape, t.TEXT).sql
    return Bound(f"silt_similar({one.sql}, {other.sql}, {written})", t.BOOLEAN)


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


def by_pattern(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`~<~` and its like compare texts byte by byte, as `<` does here in any case."""
    one, other = texts(binding, symbol, left, right)
    return Bound(f"({one.sql} {symbol.strip('~')} {other.sql})", t.BOOLEAN)


def starts_with(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`^@`."""
    one, other = texts(binding, symbol, left, right)
    return Bound(f"starts_with({one.sql}, {other.sql})", t.BOOLEAN)
