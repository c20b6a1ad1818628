"""Constants: stored values as DuckDB's text, and string constants as values of a type."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from sql.duckdb_types import duckdb_type, literal_text
from sql.errors import InvalidTextRepresentation, NumericValueOutOfRange, SqlError
from sql.types.array_input import read_elements
from sql.types.calendar import TIMESTAMP_INFINITY
from storage import types as t
from storage.types import array_of, element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from storage.types import SqlType

_NUMBER: Final = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*")


def number_constant(text: str) -> tuple[str, SqlType, int]:
    """A number as SQL writes it: DuckDB's text, PostgreSQL's type, and the digits after the point."""
    if text.isdecimal():
        value = int(text)
        if value < 2**31:
            return f"{value}::INTEGER", t.INTEGER, 0
        if value < 2**63:
            return f"{value}::BIGINT", t.BIGINT, 0
    elif text[:2].lower() == "0x":
        raise InvalidTextRepresentation(f'trailing junk after numeric literal at or near "{text}"')
    sql, scale = decimal_constant(text)
    return sql, t.NUMERIC, scale


def decimal_constant(text: str) -> tuple[str, int]:
    """A numeric with the digits that were written, and its scale. Raises for what has no place in 38 digits."""
    if _NUMBER.fullmatch(text) is None:
        raise InvalidTextRepresentation(f'invalid input syntax for type numeric: "{text}"')
    try:
        plain = format(Decimal(text.strip()), "f")
    except InvalidOperation:
        raise InvalidTextRepresentation(f'invalid input syntax for type numeric: "{text}"') from None
    whole, _, fraction = plain.lstrip("+-").partition(".")
    whole = whole.lstrip("0")
    if len(whole) > 38:
        raise NumericValueOutOfRange("value overflows numeric format: it has more than 38 digits")
    fraction = fraction[: 38 - len(whole)]
    precision = max(len(whole) + len(fraction), 1)
    sign = "-" if plain.startswith("-") else ""
    digits = f"{sign}{whole or '0'}{'.' + fraction if fraction else ''}"
    return f"CAST('{digits}' AS DECIMAL({precision},{len(fraction)}))", len(fraction)


def typed_constant(text: str, target: SqlType, binding: Binding, position: int | None) -> str:
    """A string constant as a value of a type, read as that type's input function reads it."""
    if target.oid == t.NUMERIC.oid and target.modifier < 4:
        return decimal_constant(text)[0]
    if target == _NUMERICS:
        items = (
            "CAST(NULL AS DECIMAL(1,0))" if item is None else decimal_constant(item)[0] for item in read_elements(text)
        )
        return f"[{', '.join(items)}]"
    if text.strip().lower() == "now" and target.oid in _MOMENTS:
        return f"CAST(make_timestamptz(CAST({binding.session_value('now')} AS BIGINT)) AS {duckdb_type(target)})"
    codec = binding.context.codecs.of(target)
    try:
        value = codec.parse(text)
    except SqlError as error:
        if error.position is None:
            error.position = position
        raise
    if binding.references is not None and position is not None and target.oid in _CLOCKS:
        binding.references.constants[position - 1] = codec.format(value).decode()
    return stored_constant(value, target)


_NUMERICS: Final = array_of(t.NUMERIC)
_MOMENTS: Final = (t.TIMESTAMPTZ.oid, t.TIMESTAMP.oid)
_CLOCKS: Final = (*_MOMENTS, t.DATE.oid, t.TIME.oid)
"""What reads its input by the session's time zone, or knows words such as `today`."""


def stored_constant(value: Any, sql_type: SqlType) -> str:  # noqa: ANN401 - whatever the type stores
    """A stored value as DuckDB's text."""
    if value is None:
        return f"CAST(NULL AS {duckdb_type(sql_type)})"
    element = element_of(sql_type)
    if element is not None:
        items = ", ".join(stored_constant(item, element) for item in value)
        return f"CAST([{items}] AS {duckdb_type(sql_type)})"
    match sql_type.oid:
        case t.BOOLEAN.oid:
            return "true" if value else "false"
        case t.DATE.oid:
            return f"make_date(CAST({value} AS INTEGER))"
        case t.TIMESTAMP.oid | t.TIMESTAMPTZ.oid if abs(value) == TIMESTAMP_INFINITY:
            # The functions that make timestamps out of microseconds refuse these.
            return f"CAST('{'-' if value < 0 else ''}infinity' AS {duckdb_type(sql_type)})"
        case t.TIMESTAMP.oid:
            return f"make_timestamp(CAST({value} AS BIGINT))"
        case t.TIMESTAMPTZ.oid:
            return f"make_timestamptz(CAST({value} AS BIGINT))"
        case t.TIME.oid:
            return f"(TIME '00:00:00' + to_microseconds({value}))"
        case t.INTERVAL.oid:
            months, days, micros = value
            return f"(to_months({months}) + to_days({days}) + to_microseconds({micros}))"
        case t.UUID.oid:
            return f"CAST('{uuid.UUID(bytes=value)}' AS UUID)"
        case t.BYTEA.oid:
            return f"unhex('{value.hex()}')"
    if isinstance(value, str):
        return literal_text(value)
    return f"CAST({literal_text(str(value))} AS {duckdb_type(sql_type)})"
