"""Sums and differences of dates, times and intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.coercion import (
    INTEGERS,
    NUMBERS,
    coerce,
    no_operator,
)
from sql.binding.intervals import interval_parts
from sql.binding.values import Bound
from sql.errors import AmbiguousFunction
from storage import types as t
from storage.types import SqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding


def with_time(binding: Binding, symbol: str, left: Bound, right: Bound) -> Bound | None:
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
    if one == other == t.INTERVAL.oid and interval_parts(left.sql) is not None:
        # What is known comes second, where its parts are kept from those of others that compare equal.
        left, right = right if symbol == "+" else right.computed(f"(-{right.sql})", result), left
        symbol = "+"
    return Bound(_time_sql(symbol, left, right, result), result)


def _open_time(binding: Binding, symbol: str, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """What an open operand beside a time is: an interval to add, else the same as the other."""
    known = right.type if left.is_unknown else left.type
    if symbol == "+" and known.oid == t.DATE.oid and (left.constant or right.constant) is not None:
        words = "unknown + date" if left.is_unknown else "date + unknown"
        raise AmbiguousFunction(
            f"operator is not unique: {words}",
            hint="Could not choose a best candidate operator. You might need to add explicit type casts.",
            position=left.position,
        )
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
        return f"{'silt_interval_times' if symbol == '*' else 'silt_interval_quotient'}({one}, CAST({other} AS DOUBLE))"
    if result.oid == t.DATE.oid:
        return (
            f"silt_date_plus({one}, {other})" if symbol == "+" else f"silt_date_plus({one}, -CAST({other} AS BIGINT))"
        )
    if result.oid == t.INTEGER.oid:
        return f"silt_days_between({one}, {other})"
    if right.type.oid == t.INTERVAL.oid and result.oid != t.TIME.oid:
        parts = interval_parts(other)
        if parts is not None and max(map(abs, parts)) < 2**62:
            return _with_parts(one, [-part for part in parts] if symbol == "-" else parts, result)
    if result.oid == t.TIMESTAMPTZ.oid and right.type.oid == t.INTERVAL.oid:
        # Days and months come first, also where DuckDB begins with the time: a day of changing clocks has not 24 hours.
        return f"silt_moment_plus({one}, {'' if symbol == '+' else '-'}{other})"
    return f"({one} {symbol} {other})"


def _with_parts(start: str, parts: Sequence[int], result: SqlType) -> str:
    """A known interval added: months, then days, then the time; the first two on the clock of the session's zone.

    To DuckDB, which computes equal expressions once, `x + 1 month` and `x + 30 days` are equal. So each part has a form
    of its own.
    """
    months, days, micros = parts
    sql = start
    zoned = result.oid == t.TIMESTAMPTZ.oid
    local, back = ("CAST({} AS TIMESTAMP)", "CAST(({}) AS TIMESTAMPTZ)") if zoned else ("{}", "({})")
    if months:
        sql = back.format(f"{local.format(sql)} + to_months({months})")
    if days:
        sql = back.format(f"to_days({days}) + {local.format(sql)}")
    if micros or not (months or days):
        sql = f"({sql} - to_microseconds({-micros}))"
    return sql
