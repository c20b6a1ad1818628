"""How DuckDB is told to make each cast as PostgreSQL does. That the cast exists has been checked (`coercion`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.text_casts import JSONS, REGS, STRINGS, from_text, text_of
from sql.duckdb_errors import RAISED, as_raised
from sql.duckdb_types import duckdb_type, literal_text
from sql.native_casts import ELEMENTS_FUNCTION, input_function
from sql.types.numeric import numeric_overflow
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding

_MOMENTS: Final = (t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid)
_ROUNDED: Final = (*STRINGS, t.REAL.oid, t.DOUBLE.oid)
"""What the input function of numeric reads, with the modifier."""
_INTEGER_DIGITS: Final = {t.SMALLINT.oid: 5, t.INTEGER.oid: 10, t.BIGINT.oid: 19}


def cast_sql(binding: Binding, sql: str, source: SqlType, target: SqlType, *, explicit: bool) -> str:
    """The text of a cast."""
    one, other = element_of(source), element_of(target)
    if one is not None and other is not None:
        return _between_arrays(binding, sql, one, other, explicit=explicit)
    if other is not None and source.oid in STRINGS and other.oid not in REGS:
        return _between_arrays(binding, f"{ELEMENTS_FUNCTION}({sql})", t.TEXT, other, explicit=explicit)
    if source.oid in STRINGS:
        converted = _from_text(binding, sql, source, target)
    elif target.oid in STRINGS:
        converted = _to_text(binding, sql, source, target)
    else:
        converted = _between(sql, source, target)
    return with_modifier(converted, source, target, explicit=explicit)


def _between_arrays(binding: Binding, sql: str, source: SqlType, target: SqlType, *, explicit: bool) -> str:
    """Element by element; but names of catalog objects, which a lambda cannot look up."""
    if source.oid in REGS or target.oid in REGS:
        return f"CAST({sql} AS {duckdb_type(target)}[])"
    converted = cast_sql(binding, "item", source, target, explicit=explicit)
    if converted == "item":
        return sql
    kept_null = f"CASE WHEN item IS NOT NULL THEN {converted} END"
    return f"list_transform({sql}, lambda item: {kept_null})"


def with_modifier(sql: str, source: SqlType, target: SqlType, *, explicit: bool) -> str:
    """The length or precision of the target applied: cut where the cast is written, refused where it is not."""
    if target.modifier < 0 or target == source:
        return sql
    length = target.length
    if length is not None:
        return _limited(sql, target, length, explicit=explicit)
    if target.oid in (t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid):
        return _rounded_moment(sql, target)
    if target.oid == t.TIME.oid:
        return f"silt_time({_rounded(f'epoch_us({sql})', target)})"
    if target.oid == t.NUMERIC.oid:
        return sql if source.oid in _ROUNDED else _limited_numeric(sql, source, target)
    return sql


def _limited(sql: str, target: SqlType, length: int, *, explicit: bool) -> str:
    pad = f"rpad({{}}, {length}, ' ')" if target.oid == t.CHAR.oid else "{}"
    if explicit:
        return pad.format(f"left({sql}, {length})")
    message = f"{RAISED}22001: value too long for type {target}"
    # Spaces beyond the length may be cut; anything else may not.
    kept = f"CASE WHEN length(rtrim({sql}, ' ')) > {length} THEN error('{message}') ELSE left({sql}, {length}) END"
    return pad.format(f"({kept})")


def _rounded_moment(sql: str, target: SqlType) -> str:
    if target.modifier >= 6:
        return sql
    make = "silt_timestamptz" if target.oid == t.TIMESTAMPTZ.oid else "silt_timestamp"
    return f"CASE WHEN isfinite({sql}) THEN {make}({_rounded(f'epoch_us({sql})', target)}) ELSE {sql} END"


def _rounded(micros: str, target: SqlType) -> str:
    """Microseconds with the fraction of seconds that the modifier allows."""
    unit = 10 ** (6 - target.modifier)
    return f"CAST(round(CAST({micros} AS DOUBLE) / {unit}) AS BIGINT) * {unit}"


def _limited_numeric(sql: str, source: SqlType, target: SqlType) -> str:
    precision, scale = target.precision_and_scale
    if source.oid == t.NUMERIC.oid and source.modifier >= 4:
        had_precision, had_scale = source.precision_and_scale
        if had_scale <= scale and had_precision - had_scale <= precision - scale:
            return f"CAST({sql} AS {duckdb_type(target)})"
    error = literal_text(as_raised(numeric_overflow(precision, scale)))
    return f"coalesce(TRY_CAST({sql} AS {duckdb_type(target)}), CASE WHEN {sql} IS NOT NULL THEN error({error}) END)"


def _from_text(binding: Binding, sql: str, source: SqlType, target: SqlType) -> str:
    if source.oid == t.CHAR.oid and target.oid in STRINGS and target.oid != t.CHAR.oid:
        sql = f"rtrim({sql}, ' ')"
    return from_text(binding, sql, target)


def _to_text(binding: Binding, sql: str, source: SqlType, target: SqlType) -> str:
    if source.oid == t.BOOLEAN.oid and target.oid == t.NAME.oid:
        return f"left(CAST({sql} AS VARCHAR), 1)"
    text = text_of(binding, sql, source)
    return f"left({text}, 1)" if target.oid == t.INTERNAL_CHAR.oid else text


def _between(sql: str, source: SqlType, target: SqlType) -> str:
    if target.oid == t.NUMERIC.oid and target.modifier < 4:
        digits = _INTEGER_DIGITS.get(source.oid)
        if source.oid == t.NUMERIC.oid:
            return sql
        if digits is not None:
            return f"CAST({sql} AS DECIMAL({digits},0))"
    if source.oid == target.oid or (target.oid == t.NUMERIC.oid and source.oid in (*_INTEGER_DIGITS, t.NUMERIC.oid)):
        return sql
    if source.oid in (t.REAL.oid, t.DOUBLE.oid):
        return _from_float(sql, source, target)
    if source.oid in JSONS and target.oid in JSONS:
        return f"silt_jsonb_input({sql})" if target.oid == t.JSONB.oid and source.oid == t.JSON.oid else sql
    if source.oid == t.JSONB.oid:
        return _from_jsonb(sql, target)
    if target.oid == t.OID.oid and source.oid in _INTEGER_DIGITS:
        return f"silt_{source.name}_to_oid({sql})"
    if source.oid == t.OID.oid and target.oid == t.INTEGER.oid:
        return f"silt_oid_to_int4({sql})"
    if source.oid == t.DATE.oid and target.oid in _MOMENTS:
        return f"CAST(silt_date_to_moment({sql}) AS {duckdb_type(target)})"
    if source.oid in _MOMENTS and target.oid == t.TIME.oid:
        return f"silt_clock_of({sql})"
    if source.oid == t.TIME.oid and target.oid == t.INTERVAL.oid:
        return f"to_microseconds(epoch_us({sql}))"
    if source.oid == t.INTERVAL.oid and target.oid == t.TIME.oid:
        return f"(TIME '00:00:00' + {sql})"
    return f"CAST({sql} AS {duckdb_type(target)})"


def _from_float(sql: str, source: SqlType, target: SqlType) -> str:
    if target.oid == t.NUMERIC.oid:
        # By way of text it gets the digits that count, and not those of the binary fraction.
        digits = f"silt_{source.name}_digits({sql})"
        return f"CAST({input_function(target)}({digits}, {target.modifier}) AS {duckdb_type(target)})"
    if target.oid == t.REAL.oid:
        return f"silt_float8_to_float4({sql})"
    return f"CAST({sql} AS {duckdb_type(target)})"


def _from_jsonb(sql: str, target: SqlType) -> str:
    scalar = f"silt_jsonb_scalar({sql}, {literal_text(str(target.unmodified))})"
    if target.oid == t.BOOLEAN.oid:
        return f"CAST({scalar} AS BOOLEAN)"
    if target.oid in (t.REAL.oid, t.DOUBLE.oid):
        return f"CAST({scalar} AS {duckdb_type(target)})"
    # A number of jsonb is a numeric, and cast as one.
    exact = f"CAST({input_function(t.NUMERIC)}({scalar}, -1) AS {duckdb_type(t.NUMERIC)})"
    return exact if target.oid == t.NUMERIC.oid else f"CAST({exact} AS {duckdb_type(target)})"
