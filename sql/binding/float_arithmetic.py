"""Arithmetic of real and double precision, which PostgreSQL refuses to let overflow or underflow (22003).

DuckDB computes on with Infinity and zero. A test of each step would cost more than the steps: so the steps of one
expression are written without, and its value is tested once. An infinite step makes the sums and products above it
infinite or NaN, and only then it is looked whether all was finite that they began with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql.binding.named_once import named_once
from sql.binding.operands import widened
from sql.binding.values import Bound, UncheckedFloat
from sql.duckdb_errors import RAISED
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.types import SqlType

FLOATS: Final = (t.REAL.oid, t.DOUBLE.oid)
OVERFLOW: Final = f"error('{RAISED}22003: value out of range: overflow')"
UNDERFLOW: Final = f"error('{RAISED}22003: value out of range: underflow')"

_SAFE_DECADES: Final = {t.REAL.oid: 36, t.DOUBLE.oid: 300}
"""Within these nothing over- or underflows."""

_CANCELLED_DECADES: Final = {t.REAL.oid: 9, t.DOUBLE.oid: 18}
"""By how much a difference can be smaller than what it is the difference of."""


def float_operation(symbol: str, left: Bound, right: Bound, result: SqlType) -> Bound:
    """`left symbol right`, computed as `result`: real or double precision."""
    one, other = _steps(left, result), _steps(right, result)
    sql = f"({one.sql} {symbol} {other.sql})"
    if symbol == "/" and left.decades is None:
        # DuckDB refuses to divide by zero, whatever is divided.
        sql = named_once((one.sql, other.sql), _quotient)
    decades = _decades_of_result(symbol, left, right, result)
    if decades is not None:
        return Bound(sql, result, decades=decades)
    guards = (*one.guards, *other.guards)
    if symbol == "/" and right.unchecked is not None:
        guards = (*guards, other.sql)
    unchecked = UncheckedFloat(sql, (*one.operands, *other.operands), guards, _factors(symbol, one, other))
    return Bound(_checked(unchecked), result, unchecked=unchecked)


def _quotient(operands: Sequence[str]) -> str:
    one, other = operands
    return f"(CASE WHEN isnan({one}) THEN {one} ELSE ({one} / {other}) END)"


def _steps(value: Bound, result: SqlType) -> UncheckedFloat:
    if value.unchecked is not None and value.type.oid == result.oid:
        return value.unchecked
    sql = widened(value, result)
    return UncheckedFloat(sql, (sql,))


def _factors(symbol: str, one: UncheckedFloat, other: UncheckedFloat) -> tuple[str, ...]:
    """Under which conditions a result is not zero."""
    if symbol not in "*/":
        return ()
    before = one.factors or (f"{one.sql} <> 0",)
    if symbol == "/":
        return (*before, f"isfinite({other.sql})")
    return (*before, *(other.factors or (f"{other.sql} <> 0",)))


def _checked(steps: UncheckedFloat) -> str:
    """The value of the steps. What they begin with has names, where some of it is long: all but columns and numbers."""
    beginnings = [each for each in dict.fromkeys(steps.operands) if "(" in each]
    return named_once(beginnings, lambda names: _tested(_renamed(steps, dict(zip(beginnings, names, strict=True)))))


def _renamed(steps: UncheckedFloat, names: Mapping[str, str]) -> UncheckedFloat:
    """The steps with names for what they begin with."""
    if all(text is name for text, name in names.items()):
        return steps
    # A text that holds another one is found first, and so as a whole.
    texts = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))

    def rename(text: str) -> str:
        return texts.sub(lambda found: names[found[0]], text)

    operands, guards, factors = (tuple(map(rename, each)) for each in (steps.operands, steps.guards, steps.factors))
    return UncheckedFloat(rename(steps.sql), operands, guards, factors)


def _tested(steps: UncheckedFloat) -> str:
    sql = steps.sql
    finite = _finite((sql, *steps.guards))
    text = f"CASE WHEN {finite}{f' AND {sql} <> 0' if steps.factors else ''} THEN {sql}"
    text += f" WHEN NOT ({finite}) AND {_finite(steps.operands)} THEN {OVERFLOW}"
    if steps.factors:
        text += f" WHEN {sql} = 0 AND {' AND '.join(steps.factors)} THEN {UNDERFLOW}"
    return f"({text} ELSE {sql} END)"


def _finite(values: Sequence[str]) -> str:
    return " AND ".join(f"isfinite({each})" for each in dict.fromkeys(values))


def float_total(sql: str, value: Bound, flagged: str) -> str:
    """A sum of floats, an average or their like, computed by `sql` of what `summand` gives.

    It is finite, or something that it was made of is not. `flagged` is an aggregate that is not NULL where there is a
    row to which a condition applies, which goes into its `{}`.
    """
    if value.decades is not None:
        # Not even as many rows as there can be bring that out of range.
        return sql
    steps = _summed_steps(value)
    operands = (value.sql,) if steps is None else steps.operands
    infinite = flagged.format(f"NOT ({_finite(operands)})")
    return (
        f"CASE WHEN isfinite({sql}) THEN {sql} WHEN {sql} IS NOT NULL AND {infinite} IS NULL THEN {OVERFLOW} "
        f"ELSE {sql} END"
    )


def summand(value: Bound) -> str:
    """What is summed up: as the sum is tested, and would be infinite, the value need not be."""
    steps = _summed_steps(value)
    return value.sql if steps is None else steps.sql


def _summed_steps(value: Bound) -> UncheckedFloat | None:
    return None if value.unchecked is None or value.unchecked.guards else value.unchecked


def _decades_of_result(symbol: str, left: Bound, right: Bound, result: SqlType) -> int | None:
    one, other = left.reach, right.reach
    if one is None or other is None:
        return None
    decades = one + other if symbol in "*/" else max(one, other) + _CANCELLED_DECADES[result.oid]
    return decades if decades <= _SAFE_DECADES[result.oid] else None
