"""Operators: which types they take, and what DuckDB is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql.binding import coercion
from sql.binding.coercion import (
    INTEGERS,
    JSONS,
    MOMENTS,
    NUMBERS,
    OIDS,
    TEXTUAL,
    category,
    coerce,
    no_operator,
)
from sql.binding.digits import DIVISION_SCALE, as_one
from sql.binding.float_arithmetic import FLOATS, float_operation
from sql.binding.json_operators import (
    json_at_path,
    json_get,
    json_has,
    json_path_test,
    json_without,
    json_without_path,
)
from sql.binding.jsonb_equality import equality_key
from sql.binding.named_once import named_once
from sql.binding.operands import RANKS, number_type, together, widened
from sql.binding.text_operators import by_pattern, concat, pattern, regex, starts_with
from sql.binding.time_arithmetic import with_time
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from sql.errors import AmbiguousFunction, FeatureNotSupported, SqlSyntaxError
from sql.lexemes import OPERATORS
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.binding.context import Binding

COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
DIVISION: Final = f"DECIMAL(38,{DIVISION_SCALE})"


def binary(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`left symbol right`. Raises `UndefinedFunction` where no operator takes these operands."""
    if symbol in COMPARISONS:
        return compare(binding, symbol, left, right)
    handler = _HANDLERS.get(symbol)
    if handler is None:
        if symbol not in OPERATORS:
            raise no_operator(symbol, (left, right))
        raise FeatureNotSupported(f"operator {symbol} is not supported", position=left.position)
    return handler(binding, symbol, left, right)


def compare(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """A comparison: rows field by field, values as one type."""
    if left.type.oid == t.RECORD.oid and right.type.oid == t.RECORD.oid:
        return _compare_rows(binding, symbol, left, right)
    one, other = comparable(binding, symbol, left, right)
    return Bound(f"({one.sql} {symbol} {other.sql})", t.BOOLEAN)


def comparable(binding: Binding, symbol: str, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """Two operands as DuckDB compares them the way PostgreSQL does. Raises `UndefinedFunction`."""
    left, right = together(binding, left, right)
    one, other = left.type, right.type
    if t.JSON.oid in (one.oid, other.oid) or t.RECORD.oid in (one.oid, other.oid):
        raise no_operator(symbol, (left, right))
    if one.oid in TEXTUAL and other.oid in TEXTUAL:
        return _comparable_text(left), _comparable_text(right)
    if one.oid == other.oid == t.JSONB.oid:
        return _comparable_jsonb(symbol, left), _comparable_jsonb(symbol, right)
    if one.oid == other.oid:
        return _comparable_elements(left), _comparable_elements(right)
    same = category(one) == category(other)
    if same and (one.oid in NUMBERS or one.oid in OIDS):
        return _comparable_numbers(left, right)
    if one.oid in MOMENTS and other.oid in MOMENTS:
        target = t.TIMESTAMPTZ if t.TIMESTAMPTZ.oid in (one.oid, other.oid) else t.TIMESTAMP
        return coerce(binding, left, target), coerce(binding, right, target)
    if _are_alike(element_of(one), element_of(other)):
        return left, right
    raise no_operator(symbol, (left, right))


def _are_alike(one: SqlType | None, other: SqlType | None) -> bool:
    """Whether arrays of these elements compare: PostgreSQL converts none for it, but all texts are one."""
    return one is not None and other is not None and one.oid in TEXTUAL and other.oid in TEXTUAL


def _comparable_text(value: Bound) -> Bound:
    # Trailing spaces of a char(n) do not count.
    return value.computed(f"rtrim({value.sql}, ' ')", t.TEXT) if value.type.oid == t.CHAR.oid else value


def _comparable_jsonb(symbol: str, value: Bound) -> Bound:
    if symbol in ("=", "<>"):
        return value.computed(equality_key(value.sql, t.JSONB), t.JSONB)
    return value.computed(f"silt_jsonb_key({value.sql})", t.JSONB)


def _comparable_elements(value: Bound) -> Bound:
    """An array of char(n) without the padding of its elements, one of jsonb by its keys; anything else as it is."""
    element = element_of(value.type)
    if element is not None and element.oid == t.JSONB.oid:
        return value.computed(equality_key(value.sql, value.type), value.type)
    if element is None or element.oid != t.CHAR.oid:
        return value
    return value.computed(f"list_transform({value.sql}, lambda item: rtrim(item, ' '))", value.type)


def _comparable_numbers(left: Bound, right: Bound) -> tuple[Bound, Bound]:
    if t.NUMERIC.oid in (left.type.oid, right.type.oid):
        floating = {t.REAL.oid, t.DOUBLE.oid} & {left.type.oid, right.type.oid}
        if floating:
            return (
                left.computed(f"CAST({left.sql} AS DOUBLE)", t.DOUBLE),
                right.computed(f"CAST({right.sql} AS DOUBLE)", t.DOUBLE),
            )
    return left, right


def comparable_fields(binding: Binding, symbol: str, left: Bound, right: Bound) -> list[tuple[Bound, Bound]]:
    """The fields of two rows, pair by pair as DuckDB compares them. Raises `SqlSyntaxError`."""
    if len(left.fields) != len(right.fields):
        raise SqlSyntaxError("unequal number of entries in row expressions", position=left.position)
    return [comparable(binding, symbol, a, b) for (_, a), (_, b) in zip(left.fields, right.fields, strict=True)]


def _compare_rows(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    pairs = comparable_fields(binding, symbol, left, right)
    if symbol in ("=", "<>"):
        equal = " AND ".join(f"({a.sql} = {b.sql})" for a, b in pairs)
        return Bound(f"({equal})" if symbol == "=" else f"(NOT ({equal}))", t.BOOLEAN)
    *first, (one, other) = pairs
    test = f"({one.sql} {symbol} {other.sql})"
    # The first fields that differ decide; where they cannot be compared, nothing is known.
    for a, b in reversed(first):
        test = f"(({a.sql} {symbol[0]} {b.sql}) OR (({a.sql} = {b.sql}) AND {test}))"
    return Bound(test, t.BOOLEAN)


def _arithmetic(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    special = with_time(binding, symbol, left, right)
    if special is not None:
        return special
    if left.is_unknown and right.is_unknown:
        raise AmbiguousFunction(
            f"operator is not unique: unknown {symbol} unknown",
            hint="Could not choose a best candidate operator. You might need to add explicit type casts.",
            position=left.position,
        )
    if left.type.oid in JSONS and symbol == "-":
        return json_without(binding, left, right)
    left, right = together(binding, left, right)
    if left.type.oid in OIDS:
        left = coerce(binding, left, t.BIGINT)
    if right.type.oid in OIDS:
        right = coerce(binding, right, t.BIGINT)
    if left.type.oid not in RANKS or right.type.oid not in RANKS:
        raise no_operator(symbol, (left, right))
    result = number_type(left.type, right.type)
    if symbol == "%" and result.oid in (t.REAL.oid, t.DOUBLE.oid):
        raise no_operator(symbol, (left, right))
    if result.oid in FLOATS:
        return float_operation(symbol, left, right, result)
    if symbol == "/":
        return _quotient(left, right, result)
    if symbol == "%" and result.oid == t.NUMERIC.oid:
        # Of other pairs of decimals DuckDB makes a double.
        left, right = as_one([coerce(binding, left, t.NUMERIC), coerce(binding, right, t.NUMERIC)], [left, right])
    one, other = widened(left, result), widened(right, result)
    if symbol == "%" and result.oid in INTEGERS:
        return Bound(_remainder(one, other), result)
    return Bound(f"({one} {symbol} {other})", result, scale=_scale(symbol, left, right, result))


def _scale(symbol: str, left: Bound, right: Bound, result: SqlType) -> int | None:
    one, other = left.digits, right.digits
    if result.oid != t.NUMERIC.oid or one is None or other is None:
        return None
    return one + other if symbol == "*" else max(one, other)


def _remainder(one: str, other: str) -> str:
    # DuckDB divides the least number of a type by -1, whatever it is asked for.
    return f"({one} % {other})" if _POSITIVE.fullmatch(other) else f"silt_remainder({one}, {other})"


_POSITIVE: Final = re.compile(r"[0-9]+::(INTEGER|BIGINT)")


def _quotient(left: Bound, right: Bound, result: SqlType) -> Bound:
    one, other = widened(left, result), widened(right, result)
    if result.oid in INTEGERS:
        return Bound(f"({one} // {other})", result)
    return Bound(quotient(one, other, left.digits, right.digits), result, scale=DIVISION_SCALE)


def quotient(one: str, other: str, digits: int | None, other_digits: int | None) -> str:
    """One numeric divided by another: exactly, where their scales are known and small enough for 128 bits."""
    if digits is None or other_digits is None or max(digits, other_digits) > 9:
        return f"silt_unscaled_quotient({one}, {other})"
    scale = max(digits, other_digits)
    return f"silt_quotient({unscaled(one, scale)}, {unscaled(other, scale)})"


def unscaled(numeric: str, scale: int) -> str:
    """A numeric times ten to its scale, as a whole number."""
    if scale == 0:
        return f"CAST({numeric} AS HUGEINT)"
    return f"CAST(CAST({numeric} AS DECIMAL(38,{scale})) * {10**scale} AS HUGEINT)"


def _power(binding: Binding, _symbol: str, left: Bound, right: Bound) -> Bound:
    left, right = together(binding, left, right)
    result = number_type(left.type, right.type) if {left.type.oid, right.type.oid} <= set(NUMBERS) else None
    if result is None:
        raise no_operator("^", (left, right))
    if result.oid == t.NUMERIC.oid:
        power = f"silt_numeric_power(CAST({left.sql} AS VARCHAR), CAST({right.sql} AS VARCHAR))"
        return Bound(f"CAST({power} AS {DIVISION})", t.NUMERIC, scale=DIVISION_SCALE)
    doubles = [f"CAST({value.sql} AS DOUBLE)" for value in (left, right)]
    return Bound(named_once(doubles, lambda texts: f"silt_power({', '.join(texts)})"), t.DOUBLE)


def _bitwise(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    if symbol in ("<<", ">>") and right.is_unknown and not left.is_unknown:
        right = coerce(binding, right, t.INTEGER)
    left, right = together(binding, left, right)
    if left.type.oid not in INTEGERS or right.type.oid not in INTEGERS:
        raise no_operator(symbol, (left, right))
    if symbol in ("<<", ">>"):
        return _shifted(symbol, left, right)
    result = number_type(left.type, right.type)
    one, other = widened(left, result), widened(right, result)
    return Bound(f"xor({one}, {other})" if symbol == "#" else f"({one} {symbol} {other})", result)


def _shifted(symbol: str, left: Bound, right: Bound) -> Bound:
    """As processors shift: by the low bits of the count, and what does not fit falls off. A smallint has 32 bits."""
    bits = 63 if left.type.oid == t.BIGINT.oid else 31
    if symbol == "<<":
        return Bound(f"silt_shift_{_WORDS[left.type.oid]}({left.sql}, {right.sql})", SqlType(left.type.oid))
    wide = f"CAST({left.sql} AS INTEGER)" if left.type.oid == t.SMALLINT.oid else left.sql
    shifted = f"({wide} >> ({right.sql} & {bits}))"
    return Bound(f"CAST({shifted} AS {duckdb_type(left.type)})", SqlType(left.type.oid))


_WORDS: Final = {t.SMALLINT.oid: "int2", t.INTEGER.oid: "int4", t.BIGINT.oid: "int8"}


def _contains(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    left, right = together(binding, left, right)
    if symbol == "<@":
        left, right = right, left
    if left.type.oid == t.JSONB.oid and right.type.oid == t.JSONB.oid:
        return Bound(f"silt_jsonb_contains({left.sql}, {right.sql})", t.BOOLEAN)
    if element_of(left.type) is None or element_of(right.type) is None:
        raise no_operator(symbol, (left, right))
    target = coercion.common_type((left, right), "array")
    one, other = as_one([coerce(binding, left, target), coerce(binding, right, target)])
    return Bound(f"silt_array_contains({one.sql}, {other.sql})", t.BOOLEAN)


def _overlaps(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    left, right = together(binding, left, right)
    if element_of(left.type) is None or element_of(right.type) is None:
        raise no_operator(symbol, (left, right))
    target = coercion.common_type((left, right), "array")
    one, other = as_one([coerce(binding, left, target), coerce(binding, right, target)])
    return Bound(f"({one.sql} && {other.sql})", t.BOOLEAN)


_HANDLERS: Final[dict[str, Callable[[Binding, str, Bound, Bound], Bound]]] = {
    **dict.fromkeys(("+", "-", "*", "/", "%"), _arithmetic),
    **dict.fromkeys(("~", "~*", "!~", "!~*"), regex),
    **dict.fromkeys(("~~", "~~*", "!~~", "!~~*"), pattern),
    **dict.fromkeys(("&", "|", "#", "<<", ">>"), _bitwise),
    **dict.fromkeys(("@>", "<@"), _contains),
    **dict.fromkeys(("->", "->>"), json_get),
    **dict.fromkeys(("#>", "#>>"), json_at_path),
    "#-": json_without_path,
    **dict.fromkeys(("?", "?|", "?&"), json_has),
    **dict.fromkeys(("@?", "@@"), json_path_test),
    "||": concat,
    "^": _power,
    "&&": _overlaps,
    "^@": starts_with,
    **dict.fromkeys(("~<~", "~<=~", "~>~", "~>=~"), by_pattern),
}


def negate(binding: Binding, value: Bound) -> Bound:
    """`- value`."""
    if value.is_unknown and value.parameter is None:
        raise AmbiguousFunction(
            "operator is not unique: - unknown",
            hint="Could not choose a best candidate operator. You might need to add explicit type casts.",
            position=value.position,
        )
    value = coerce(binding, value, t.DOUBLE) if value.is_unknown else value
    if value.type.oid not in (*NUMBERS, t.INTERVAL.oid):
        raise no_operator("-", (value,))
    return Bound(f"(- {value.sql})", SqlType(value.type.oid), scale=value.digits, position=value.position)


def complement(binding: Binding, value: Bound) -> Bound:
    """`~ value`."""
    value = coerce(binding, value, t.INTEGER) if value.is_unknown else value
    if value.type.oid not in INTEGERS:
        raise no_operator("~", (value,))
    return Bound(f"(~{value.sql})", SqlType(value.type.oid))
