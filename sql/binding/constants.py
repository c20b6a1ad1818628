"""Constants: stored values as DuckDB's text, and string constants as values of a type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.casts import cast_sql
from sql.binding.digits import is_numeric
from sql.binding.intervals import holds_intervals
from sql.duckdb_constants import stored_constant
from sql.duckdb_types import duckdb_type, literal_text
from sql.errors import InvalidTextRepresentation, SqlError
from sql.native_casts import CLOCKED
from sql.scalar import moves_with_time
from sql.types.array_input import read_elements
from sql.types.numeric import fit, read_decimal
from storage import types as t
from storage.types import array_of, element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from storage.types import SqlType


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
    plain = format(fit(read_decimal(text)), "f")
    whole, _, fraction = plain.lstrip("-").partition(".")
    precision = max(len(whole.lstrip("0")) + len(fraction), 1)
    return f"CAST('{plain}' AS DECIMAL({precision},{len(fraction)}))", len(fraction)


def null_constant(target: SqlType) -> str:
    """NULL as a value of a type; as a numeric it has no digits, so that it adds none to those of others."""
    if is_numeric(target) and (element_of(target) or target).modifier < 4:
        return f"CAST(NULL AS DECIMAL(1,0){'' if element_of(target) is None else '[]'})"
    return f"CAST(NULL AS {duckdb_type(target)})"


def typed_constant(text: str, target: SqlType, binding: Binding, position: int | None) -> str:
    """A string constant as a value of a type, read as that type's input function reads it."""
    if target.oid == t.NUMERIC.oid and target.modifier < 4:
        return decimal_constant(text)[0]
    if target == _NUMERICS:
        items = (
            "CAST(NULL AS DECIMAL(1,0))" if item is None else decimal_constant(item)[0] for item in read_elements(text)
        )
        return f"[{', '.join(items)}]"
    if binding.references is None and moves_with_time(text, target):
        return cast_sql(binding, literal_text(text), t.TEXT, target, explicit=True)
    codec = binding.context.codecs.of(target)
    try:
        value = codec.parse(text)
    except SqlError as error:
        if error.position is None:
            error.position = position
        raise
    if binding.references is not None and position is not None and target.oid in CLOCKED:
        binding.references.constants[position - 1] = codec.format(value).decode()
    if holds_intervals(target):
        return binding.intervals.constant(value, target)
    return stored_constant(value, target)


_NUMERICS: Final = array_of(t.NUMERIC)
