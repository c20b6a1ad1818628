"""date_part, extract and date_trunc by a known unit, and the calls that are about ranges of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding import operators
from sql.binding.arguments import no_function
from sql.binding.calls import apply
from sql.binding.coercion import coerce, settled
from sql.binding.time_units import GROWING, part_of, truncated_to
from sql.binding.values import Bound
from sql.duckdb_errors import RAISED
from sql.duckdb_types import duckdb_type
from sql.types.zone import find_zone
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from storage.types import SqlType

_DATED: Final = (t.DATE.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid)
_PARTED: Final = (*_DATED, t.TIME.oid, t.INTERVAL.oid)
_CLOCK: Final = frozenset({"microseconds", "milliseconds", "second", "minute", "hour"})
_YEARS: Final = {"decade": "silt_decade_start", "century": "silt_century_start", "millennium": "silt_millennium_start"}
_DIGITS: Final = {"second": 6, "epoch": 6, "milliseconds": 3, "julian": 20}


def date_part(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    """date_part(text, …): in double precision."""
    unit = given[0].constant if len(given) == 2 else None
    if unit is None or given[1].type.oid not in _PARTED:
        return apply(binding, "date_part", given, position)
    value = given[1]
    if value.type.oid == t.DATE.oid:
        value = coerce(binding, value, t.TIMESTAMP)
    part = part_of(unit, value.type)
    sql = _part(part, value)
    if value.type.oid in _DATED:
        infinite = f"CASE WHEN {value.sql} > DATE '2000-01-01' THEN 'Infinity' ELSE '-Infinity' END"
        otherwise = f"WHEN {value.sql} IS NOT NULL THEN CAST({infinite} AS DOUBLE)" if part in GROWING else ""
        sql = f"CASE WHEN isfinite({value.sql}) THEN {sql} {otherwise} END"
    return Bound(f"CAST({sql} AS DOUBLE)", t.DOUBLE, "date_part", names_strongly=True, position=position)


def _part(part: str, value: Bound) -> str:
    if value.type.oid in _DATED and part in ("year", "isoyear"):
        return f"silt_without_year_zero(silt_date_part('{part}', {value.sql}))"
    if value.type.oid in _DATED and part == "decade":
        return f"silt_decade(date_part('year', {value.sql}))"
    return f"silt_date_part('{part}', {value.sql})"


def extract(binding: Binding, unit: str, value: Bound, position: int | None) -> Bound:
    """EXTRACT(unit FROM value): a numeric, with the digits that the part has."""
    value = settled(binding, value)
    if value.type.oid not in _PARTED:
        raise no_function("pg_catalog.extract", [Bound("", t.UNKNOWN), value], position)
    part = part_of(unit, value.type)
    digits = _DIGITS.get(part, 0) if value.type.oid != t.DATE.oid else 0
    number = _part(part, value)
    if part == "epoch" and value.type.oid in (t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid):
        number = f"(CAST(epoch_us({value.sql}) AS DECIMAL(19,0)) * CAST('0.000001' AS DECIMAL(6,6)))"
    elif part == "julian" and digits:
        number = f"silt_julian({value.sql})"
    sql = f"CAST({number} AS DECIMAL(38,{digits}))"
    if value.type.oid in _DATED:
        infinite = ""
        if part in GROWING:
            message = f"{RAISED}0A000: infinite values of type numeric are not supported"
            infinite = f"WHEN {value.sql} IS NOT NULL THEN error('{message}')"
        sql = f"(CASE WHEN isfinite({value.sql}) THEN {sql} {infinite} END)"
    return Bound(sql, t.NUMERIC, "extract", names_strongly=True, scale=digits, position=position)


def date_trunc(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    """date_trunc(): units of the clock keep the offset that the moment has."""
    unit = given[0].constant if len(given) in (2, 3) else None
    if unit is None or len(given) < 2:
        return apply(binding, "date_trunc", given, position)
    value = given[1]
    if value.is_unknown or value.type.oid == t.DATE.oid:
        value = coerce(binding, value, t.TIMESTAMPTZ)
    if value.type.oid not in (t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid, t.INTERVAL.oid):
        return apply(binding, "date_trunc", given, position)
    name = truncated_to(unit, value.type)
    if len(given) == 3:
        known = Bound("", t.UNKNOWN, constant=name)
        zone = coerce(binding, given[2], t.TEXT)
        value = coerce(binding, value, t.TIMESTAMPTZ)
        local = apply(binding, "timezone", [zone, value], position)
        if name in _CLOCK:
            cut_sql = _truncated(name, value, local.sql)
            return Bound(cut_sql, t.TIMESTAMPTZ, "date_trunc", names_strongly=True, position=position)
        cut = date_trunc(binding, [known, local], position)
        return apply(binding, "timezone", [zone, cut], position).called("date_trunc")
    return Bound(_truncated(name, value), value.type, "date_trunc", names_strongly=True, position=position)


def _truncated(unit: str, value: Bound, local: str = "") -> str:
    """`local` is what the clock shows: without it, that of the session's zone."""
    if value.type.oid == t.INTERVAL.oid:
        return f"date_trunc('{unit}', {value.sql})"
    if not local:
        local = value.sql if value.type.oid == t.TIMESTAMP.oid else f"CAST({value.sql} AS TIMESTAMP)"
    cut = f"{_YEARS[unit]}({local})" if unit in _YEARS else f"date_trunc('{unit}', {local})"
    if value.type.oid == t.TIMESTAMPTZ.oid:
        if unit in _CLOCK:
            cut = f"make_timestamptz(epoch_us({value.sql}) - (epoch_us({local}) - epoch_us({cut})))"
        else:
            cut = f"CAST({cut} AS TIMESTAMPTZ)"
    return f"(CASE WHEN isfinite({value.sql}) THEN {cut} ELSE {value.sql} END)"


def timezone(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    """AT TIME ZONE: a known zone that is an offset, as POSIX writes it, is arithmetic."""
    zone = find_zone(given[0].constant) if len(given) == 2 and given[0].constant is not None else None
    if zone is None or zone.fixed_offset_micros is None or given[1].is_unknown:
        return apply(binding, "timezone", given, position)
    offset = Bound(f"to_microseconds({zone.fixed_offset_micros})", t.INTERVAL)
    return apply(binding, "timezone", [offset, given[1]], position)


_INTERVAL_PARTS: Final = ("years", "months", "weeks", "days", "hours", "mins", "secs")


def make_interval(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    """make_interval()."""
    if len(given) > len(_INTERVAL_PARTS):
        raise no_function("make_interval", given, position)
    amounts = ["0"] * len(_INTERVAL_PARTS)
    for index, value in enumerate(given):
        amounts[index] = coerce(binding, value, t.DOUBLE if _INTERVAL_PARTS[index] == "secs" else t.INTEGER).sql
    return Bound(f"silt_make_interval({', '.join(amounts)})", t.INTERVAL, "make_interval", names_strongly=True)


def overlaps(binding: Binding, left: Sequence[Bound], right: Sequence[Bound], position: int | None) -> Bound:
    """(start, end) OVERLAPS (start, end): an end may be a length; NULL counts as unknown."""
    known = next((v.type for v in (*left, *right) if not v.is_unknown and v.type.oid != t.INTERVAL.oid), None)
    if known is None or known.oid not in (*_DATED, t.TIME.oid):
        raise no_function("pg_catalog.overlaps", [*left, *right], position)
    types = {v.type.oid for v in (*left, *right)}
    common: SqlType = t.TIME if known.oid == t.TIME.oid else t.TIMESTAMP
    common = t.TIMESTAMPTZ if t.TIMESTAMPTZ.oid in types else common
    one, other = _ends(binding, left, common), _ends(binding, right, common)
    return Bound(f"silt_overlaps({', '.join((*one, *other))})", t.BOOLEAN, "overlaps", names_strongly=True)


def _ends(binding: Binding, pair: Sequence[Bound], common: SqlType) -> tuple[str, str]:
    start = coerce(binding, pair[0], common)
    if pair[1].type.oid == t.INTERVAL.oid:
        end = operators.binary(binding, "+", start, pair[1])
    else:
        end = coerce(binding, pair[1], common)
    kind = duckdb_type(common)
    return f"CAST({start.sql} AS {kind})", f"CAST({end.sql} AS {kind})"
