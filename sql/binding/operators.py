"""Operators: which types they take, and what DuckDB is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding import coercion
from sql.binding.casts import text_of
from sql.binding.coercion import (
    INTEGERS,
    JSONS,
    MOMENTS,
    NUMBERS,
    OIDS,
    STRINGS,
    TEXTUAL,
    can_coerce,
    category,
    coerce,
    no_operator,
)
from sql.binding.values import Bound
from sql.errors import AmbiguousFunction, FeatureNotSupported
from storage import types as t
from storage.types import SqlType, array_of, element_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.binding.context import Binding

_RANKS: Final = {oid: rank for rank, oid in enumerate(NUMBERS)}
COMPARISONS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
DIVISION_SCALE: Final = 16
"""Digits after the point of a quotient of numerics: PostgreSQL gives at least 16 significant digits."""

DIVISION: Final = f"DECIMAL(38,{DIVISION_SCALE})"


def binary(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`left symbol right`. Raises `UndefinedFunction` where no operator takes these operands."""
    if symbol in COMPARISONS:
        return compare(binding, symbol, left, right)
    handler = _HANDLERS.get(symbol)
    if handler is None:
        raise FeatureNotSupported(f"operator {symbol} is not supported", position=left.position)
    return handler(binding, symbol, left, right)


def _together(binding: Binding, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """An open operand takes the type of the other; two open ones are text."""
    if left.is_unknown and right.is_unknown:
        return coerce(binding, left, t.TEXT), coerce(binding, right, t.TEXT)
    if left.is_unknown:
        return coerce(binding, left, _plain(right.type)), right
    if right.is_unknown:
        return left, coerce(binding, right, _plain(left.type))
    return left, right


def _plain(sql_type: SqlType) -> SqlType:
    """Without a modifier, and strings as text: a constant beside a varchar(3) may be longer."""
    return t.TEXT if sql_type.oid in STRINGS and sql_type.oid != t.NAME.oid else SqlType(sql_type.oid)


def compare(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """A comparison: rows field by field, values as one type."""
    if left.type.oid == t.RECORD.oid and right.type.oid == t.RECORD.oid:
        return _compare_rows(binding, symbol, left, right)
    one, other = comparable(binding, symbol, left, right)
    return Bound(f"({one.sql} {symbol} {other.sql})", t.BOOLEAN)


def comparable(binding: Binding, symbol: str, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """Two operands as DuckDB compares them the way PostgreSQL does. Raises `UndefinedFunction`."""
    left, right = _together(binding, left, right)
    one, other = left.type, right.type
    if t.JSON.oid in (one.oid, other.oid) or t.RECORD.oid in (one.oid, other.oid):
        raise no_operator(symbol, (left, right))
    if one.oid in TEXTUAL and other.oid in TEXTUAL:
        return _comparable_text(left), _comparable_text(right)
    if one.oid == other.oid:
        return left, right
    same = category(one) == category(other)
    if same and (one.oid in NUMBERS or one.oid in OIDS):
        return _comparable_numbers(left, right)
    if one.oid in MOMENTS and other.oid in MOMENTS:
        target = t.TIMESTAMPTZ if t.TIMESTAMPTZ.oid in (one.oid, other.oid) else t.TIMESTAMP
        return coerce(binding, left, target), coerce(binding, right, target)
    if element_of(one) is not None and element_of(other) is not None and can_coerce(one, other):
        return coerce(binding, left, other), right
    raise no_operator(symbol, (left, right))


def _comparable_text(value: Bound) -> Bound:
    # Trailing spaces of a char(n) do not count.
    return value.computed(f"rtrim({value.sql}, ' ')", t.TEXT) if value.type.oid == t.CHAR.oid else value


def _comparable_numbers(left: Bound, right: Bound) -> tuple[Bound, Bound]:
    if t.NUMERIC.oid in (left.type.oid, right.type.oid):
        floating = {t.REAL.oid, t.DOUBLE.oid} & {left.type.oid, right.type.oid}
        if floating:
            return (
                left.computed(f"CAST({left.sql} AS DOUBLE)", t.DOUBLE),
                right.computed(f"CAST({right.sql} AS DOUBLE)", t.DOUBLE),
            )
    return left, right


def _compare_rows(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    if len(left.fields) != len(right.fields):
        raise no_operator(symbol, (left, right))
    pairs = [comparable(binding, symbol, a, b) for (_, a), (_, b) in zip(left.fields, right.fields, strict=True)]
    if symbol in ("=", "<>"):
        equal = " AND ".join(f"({a.sql} = {b.sql})" for a, b in pairs)
        return Bound(f"({equal})" if symbol == "=" else f"(NOT ({equal}))", t.BOOLEAN)
    one, other = (f"ROW({', '.join(side)})" for side in zip(*((a.sql, b.sql) for a, b in pairs), strict=True))
    return Bound(f"({one} {symbol} {other})", t.BOOLEAN)


def number_type(one: SqlType, other: SqlType) -> SqlType:
    """The type in which two numbers are computed with."""
    if one.oid == other.oid:
        return SqlType(one.oid)
    wider = one if _RANKS[one.oid] >= _RANKS[other.oid] else other
    # There are no operators between real and the others: both become double.
    return t.DOUBLE if wider.oid == t.REAL.oid else SqlType(wider.oid)


def _arithmetic(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    special = _with_time(binding, symbol, left, right)
    if special is not None:
        return special
    if left.type.oid in JSONS and symbol == "-":
        return _json_without(binding, left, right)
    left, right = _together(binding, left, right)
    if left.type.oid in OIDS:
        left = coerce(binding, left, t.BIGINT)
    if right.type.oid in OIDS:
        right = coerce(binding, right, t.BIGINT)
    if left.type.oid not in _RANKS or right.type.oid not in _RANKS:
        raise no_operator(symbol, (left, right))
    result = number_type(left.type, right.type)
    if symbol == "%" and result.oid in (t.REAL.oid, t.DOUBLE.oid):
        raise no_operator(symbol, (left, right))
    if symbol == "/":
        return _quotient(left, right, result)
    one, other = _operand(left, result), _operand(right, result)
    return Bound(f"({one} {symbol} {other})", result, scale=_scale(symbol, left, right, result))


def _scale(symbol: str, left: Bound, right: Bound, result: SqlType) -> int | None:
    one, other = left.digits, right.digits
    if result.oid != t.NUMERIC.oid or one is None or other is None:
        return None
    return one + other if symbol == "*" else max(one, other)


def _operand(value: Bound, result: SqlType) -> str:
    """A float or a wider integer is asked for; of numerics DuckDB itself works out the digits."""
    if value.type.oid == result.oid or result.oid == t.NUMERIC.oid:
        return value.sql
    return {
        t.DOUBLE.oid: f"CAST({value.sql} AS DOUBLE)",
        t.BIGINT.oid: f"CAST({value.sql} AS BIGINT)",
        t.INTEGER.oid: f"CAST({value.sql} AS INTEGER)",
    }.get(result.oid, value.sql)


def _quotient(left: Bound, right: Bound, result: SqlType) -> Bound:
    one, other = _operand(left, result), _operand(right, result)
    if result.oid in INTEGERS:
        return Bound(f"({one} // {other})", result)
    if result.oid != t.NUMERIC.oid:
        return Bound(f"({one} / {other})", result)
    return Bound(quotient(one, other, left.digits, right.digits), result, scale=DIVISION_SCALE)


def quotient(one: str, other: str, digits: int | None, other_digits: int | None) -> str:
    """One numeric divided by another: exactly, where their scales are known and small enough for 128 bits."""
    if digits is None or other_digits is None or max(digits, other_digits) > 9:
        return f"silt_approximate_quotient({one}, {other})"
    scale = max(digits, other_digits)
    return f"silt_quotient({unscaled(one, scale)}, {unscaled(other, scale)})"


def unscaled(numeric: str, scale: int) -> str:
    """A numeric times ten to its scale, as a whole number."""
    if scale == 0:
        return f"CAST({numeric} AS HUGEINT)"
    return f"CAST(CAST({numeric} AS DECIMAL(38,{scale})) * {10**scale} AS HUGEINT)"


def _with_time(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound | None:
    """Sums and differences of dates, times and intervals; `None` where no operand is one of these."""
    one, other = left.type.oid, right.type.oid
    times = {t.DATE.oid, t.TIME.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid, t.INTERVAL.oid}
    if one not in times and other not in times:
        return None
    if symbol in ("+", "*") and (one not in times or (one == t.INTERVAL.oid and other in times)) and other in times:
        left, right, one, other = right, left, other, one
    if left.is_unknown or right.is_unknown:
        left, right = _open_time(binding, symbol, left, right)
        one, other = left.type.oid, right.type.oid
    result = _TIME_RESULTS.get((one, symbol, other))
    if result is None and other in INTEGERS:
        result = _TIME_RESULTS.get((one, symbol, t.INTEGER.oid))
    if result is None and other in NUMBERS:
        result = _TIME_RESULTS.get((one, symbol, t.DOUBLE.oid))
        right = coerce(binding, right, t.DOUBLE) if result is not None else right
    if result is None:
        raise no_operator(symbol, (left, right))
    return Bound(_time_sql(symbol, left, right, result), result)


def _open_time(binding: Binding, symbol: str, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """What an open operand beside a time is: an interval to add, else the same as the other."""
    known = right.type if left.is_unknown else left.type
    if symbol == "+" and known.oid != t.INTERVAL.oid:
        wanted: SqlType = t.INTERVAL
    elif symbol in ("*", "/"):
        wanted = t.DOUBLE
    else:
        wanted = SqlType(known.oid)
    if left.is_unknown:
        return coerce(binding, left, wanted), right
    return left, coerce(binding, right, wanted)


_TIME_RESULTS: Final[dict[tuple[int, str, int], SqlType]] = {
    (t.DATE.oid, "+", t.INTEGER.oid): t.DATE,
    (t.DATE.oid, "-", t.INTEGER.oid): t.DATE,
    (t.DATE.oid, "-", t.DATE.oid): t.INTEGER,
    (t.DATE.oid, "+", t.INTERVAL.oid): t.TIMESTAMP,
    (t.DATE.oid, "-", t.INTERVAL.oid): t.TIMESTAMP,
    (t.DATE.oid, "+", t.TIME.oid): t.TIMESTAMP,
    (t.TIME.oid, "+", t.DATE.oid): t.TIMESTAMP,
    (t.TIME.oid, "+", t.INTERVAL.oid): t.TIME,
    (t.TIME.oid, "-", t.INTERVAL.oid): t.TIME,
    (t.TIME.oid, "-", t.TIME.oid): t.INTERVAL,
    (t.INTERVAL.oid, "+", t.INTERVAL.oid): t.INTERVAL,
    (t.INTERVAL.oid, "-", t.INTERVAL.oid): t.INTERVAL,
    (t.INTERVAL.oid, "*", t.DOUBLE.oid): t.INTERVAL,
    (t.INTERVAL.oid, "/", t.DOUBLE.oid): t.INTERVAL,
    **{
        (moment.oid, symbol, other.oid): result
        for moment in (t.TIMESTAMP, t.TIMESTAMPTZ)
        for symbol, other, result in (
            ("+", t.INTERVAL, moment),
            ("-", t.INTERVAL, moment),
            ("-", moment, t.INTERVAL),
            ("-", t.DATE, t.INTERVAL),
        )
    },
    (t.TIMESTAMP.oid, "-", t.TIMESTAMPTZ.oid): t.INTERVAL,
    (t.TIMESTAMPTZ.oid, "-", t.TIMESTAMP.oid): t.INTERVAL,
    (t.DATE.oid, "-", t.TIMESTAMP.oid): t.INTERVAL,
    (t.DATE.oid, "-", t.TIMESTAMPTZ.oid): t.INTERVAL,
}


def _time_sql(symbol: str, left: Bound, right: Bound, result: SqlType) -> str:
    one, other = left.sql, right.sql
    if result.oid == t.INTERVAL.oid and symbol == "-" and left.type.oid != t.INTERVAL.oid:
        if t.TIMESTAMPTZ.oid in (left.type.oid, right.type.oid):
            return f"silt_between(CAST({one} AS TIMESTAMPTZ), CAST({other} AS TIMESTAMPTZ))"
        if left.type.oid == t.TIME.oid:
            return f"to_microseconds(epoch_us({one}) - epoch_us({other}))"
        return f"silt_between(CAST({one} AS TIMESTAMP), CAST({other} AS TIMESTAMP))"
    if result.oid == t.INTERVAL.oid and symbol in ("*", "/"):
        return f"silt_interval_times({one}, {other if symbol == '*' else f'1.0::DOUBLE / {other}'})"
    if result.oid == t.DATE.oid:
        return f"({one} {symbol} CAST({other} AS INTEGER))"
    if result.oid == t.INTEGER.oid:
        return f"CAST({one} {symbol} {other} AS INTEGER)"
    return f"({one} {symbol} {other})"


def _concat(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
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
        return Bound(f"CAST(json_merge_patch({one.sql}, {two.sql}) AS VARCHAR)", t.JSONB)
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
        return Bound(f"list_concat({parts[0]}, {parts[1]})", array.type)
    item = coerce(binding, other, SqlType(element.oid))
    call = f"list_append({array.sql}, {item.sql})" if array_first else f"list_prepend({item.sql}, {array.sql})"
    return Bound(call, array.type)


def _power(binding: Binding, _symbol: str, left: Bound, right: Bound) -> Bound:
    left, right = _together(binding, left, right)
    result = number_type(left.type, right.type) if {left.type.oid, right.type.oid} <= set(NUMBERS) else None
    if result is None:
        raise no_operator("^", (left, right))
    power = f"pow(CAST({left.sql} AS DOUBLE), CAST({right.sql} AS DOUBLE))"
    return Bound(f"CAST({power} AS {DIVISION})", t.NUMERIC) if result.oid == t.NUMERIC.oid else Bound(power, t.DOUBLE)


def _bitwise(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    left, right = _together(binding, left, right)
    if left.type.oid not in INTEGERS or right.type.oid not in INTEGERS:
        raise no_operator(symbol, (left, right))
    if symbol in ("<<", ">>"):
        return Bound(f"({left.sql} {symbol} {right.sql})", SqlType(left.type.oid))
    result = number_type(left.type, right.type)
    one, other = _operand(left, result), _operand(right, result)
    return Bound(f"xor({one}, {other})" if symbol == "#" else f"({one} {symbol} {other})", result)


def _text_pair(binding: Binding, symbol: str, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    pair = [left, right]
    for value in pair:
        if not value.is_unknown and value.type.oid not in TEXTUAL:
            raise no_operator(symbol, (left, right))
    return coerce(binding, left, t.TEXT), coerce(binding, right, t.TEXT)


def _regex(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """PostgreSQL's regular expressions by RE2: no back references, no look-around."""
    one, other = _text_pair(binding, symbol, left, right)
    options = "is" if symbol.endswith("*") else "s"
    test = f"regexp_matches({one.sql}, {other.sql}, '{options}')"
    return Bound(f"(NOT {test})" if symbol.startswith("!") else test, t.BOOLEAN)


def like(binding: Binding, left: Bound, right: Bound, *, insensitive: bool, escape: Bound | None) -> Bound:
    """LIKE and ILIKE: a backslash escapes unless another character is said to."""
    symbol = "~~*" if insensitive else "~~"
    one, other = _text_pair(binding, symbol, left, right)
    word = "ILIKE" if insensitive else "LIKE"
    if escape is not None:
        escape = coerce(binding, escape, t.TEXT)
        return Bound(f"({one.sql} {word} {other.sql} ESCAPE {escape.sql})", t.BOOLEAN)
    plain = right.constant is not None and "\\" not in right.constant
    return Bound(f"({one.sql} {word} {other.sql}{'' if plain else ESCAPE})", t.BOOLEAN)


ESCAPE: Final = " ESCAPE '\\'"


def _contains(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    left, right = _together(binding, left, right)
    if symbol == "<@":
        left, right = right, left
    if left.type.oid == t.JSONB.oid and right.type.oid == t.JSONB.oid:
        return Bound(f"json_contains({left.sql}, {right.sql})", t.BOOLEAN)
    if element_of(left.type) is None or element_of(right.type) is None:
        raise no_operator(symbol, (left, right))
    target = coercion.common_type((left, right), "array")
    one, other = coerce(binding, left, target), coerce(binding, right, target)
    return Bound(f"({one.sql} @> {other.sql})", t.BOOLEAN)


def _overlaps(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    left, right = _together(binding, left, right)
    if element_of(left.type) is None or element_of(right.type) is None:
        raise no_operator(symbol, (left, right))
    target = coercion.common_type((left, right), "array")
    return Bound(f"({coerce(binding, left, target).sql} && {coerce(binding, right, target).sql})", t.BOOLEAN)


def _json_get(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    """`->` and `->>` by key or position."""
    value = _json_operand(binding, symbol, left, right)
    text = symbol == "->>"
    suffix, result = ("_text", t.TEXT) if text else ("", SqlType(value.type.oid))
    if right.type.oid in INTEGERS:
        sql = f"silt_json_item{suffix}({value.sql}, {right.sql})"
    else:
        sql = f"silt_json_field{suffix}({value.sql}, {coerce(binding, right, t.TEXT).sql})"
    return Bound(_spaced(sql, value), result)


def _spaced(sql: str, value: Bound) -> str:
    """What comes out of a jsonb is written as PostgreSQL writes jsonb; a json keeps its text."""
    return f"silt_jsonb({sql})" if value.type.oid == t.JSONB.oid else sql


def _json_operand(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    if left.is_unknown:
        left = coerce(binding, left, t.JSONB)
    if left.type.oid not in JSONS:
        raise no_operator(symbol, (left, right))
    return left


def _json_at_path(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    value = _json_operand(binding, symbol, left, right)
    path = coerce(binding, right, array_of(t.TEXT))
    if symbol == "#>>":
        return Bound(_spaced(f"silt_json_path_text({value.sql}, {path.sql})", value), t.TEXT)
    return Bound(_spaced(f"silt_json_path({value.sql}, {path.sql})", value), SqlType(value.type.oid))


def _json_has(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    value = _json_operand(binding, symbol, left, right)
    if symbol == "?":
        return Bound(f"json_exists({value.sql}, silt_json_step({coerce(binding, right, t.TEXT).sql}))", t.BOOLEAN)
    keys = coerce(binding, right, array_of(t.TEXT))
    combine = "bool_or" if symbol == "?|" else "bool_and"
    found = f"list_transform({keys.sql}, lambda key: json_exists({value.sql}, silt_json_step(key)))"
    return Bound(f"list_{combine}({found})", t.BOOLEAN)


def _json_without(binding: Binding, left: Bound, right: Bound) -> Bound:
    key = coerce(binding, right, t.TEXT)
    patch = f"json_object({key.sql}, NULL)"
    return Bound(f"CAST(json_merge_patch({left.sql}, {patch}) AS VARCHAR)", t.JSONB)


def _starts_with(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    one, other = _text_pair(binding, symbol, left, right)
    return Bound(f"starts_with({one.sql}, {other.sql})", t.BOOLEAN)


def _pattern(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound:
    matched = like(binding, left, right, insensitive=symbol.endswith("*"), escape=None)
    return matched.computed(f"(NOT {matched.sql})", t.BOOLEAN) if symbol.startswith("!") else matched


_HANDLERS: Final[dict[str, Callable[[Binding, str, Bound, Bound], Bound]]] = {
    **dict.fromkeys(("+", "-", "*", "/", "%"), _arithmetic),
    **dict.fromkeys(("~", "~*", "!~", "!~*"), _regex),
    **dict.fromkeys(("~~", "~~*", "!~~", "!~~*"), _pattern),
    **dict.fromkeys(("&", "|", "#", "<<", ">>"), _bitwise),
    **dict.fromkeys(("@>", "<@"), _contains),
    **dict.fromkeys(("->", "->>"), _json_get),
    **dict.fromkeys(("#>", "#>>"), _json_at_path),
    **dict.fromkeys(("?", "?|", "?&"), _json_has),
    "||": _concat,
    "^": _power,
    "&&": _overlaps,
    "^@": _starts_with,
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
    return Bound(f"(- {value.sql})", SqlType(value.type.oid), position=value.position)


def complement(binding: Binding, value: Bound) -> Bound:
    """`~ value`."""
    value = coerce(binding, value, t.INTEGER) if value.is_unknown else value
    if value.type.oid not in INTEGERS:
        raise no_operator("~", (value,))
    return Bound(f"(~{value.sql})", SqlType(value.type.oid))
