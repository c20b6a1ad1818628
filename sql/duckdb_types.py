"""SQL types and values in DuckDB's terms: type names, quoted names, constants, and stored values in and out."""

from __future__ import annotations

import uuid
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from storage.types import SqlType

    Array = pa.Array[Any]

_NAMES: Final[dict[int, str]] = {
    22: "SMALLINT[]",  # int2vector
    30: "UINTEGER[]",  # oidvector
    t.BOOLEAN.oid: "BOOLEAN",
    t.SMALLINT.oid: "SMALLINT",
    t.INTEGER.oid: "INTEGER",
    t.BIGINT.oid: "BIGINT",
    t.REAL.oid: "FLOAT",
    t.DOUBLE.oid: "DOUBLE",
    t.BYTEA.oid: "BLOB",
    t.DATE.oid: "DATE",
    t.TIME.oid: "TIME",
    t.TIMESTAMP.oid: "TIMESTAMP",
    t.TIMESTAMPTZ.oid: "TIMESTAMPTZ",
    t.INTERVAL.oid: "INTERVAL",
    t.UUID.oid: "UUID",
    t.VOID.oid: "VARCHAR",
}
_BY_ARROW: Final[dict[pa.DataType, str]] = {
    pa.string(): "VARCHAR",
    pa.uint32(): "UINTEGER",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint64(): "UBIGINT",
    pa.binary(): "BLOB",
}


def duckdb_type(sql_type: SqlType) -> str:
    """DuckDB's name for the type in which it computes with values of a SQL type."""
    name = _NAMES.get(sql_type.oid)
    if name is not None:
        return name
    if sql_type.oid == t.NUMERIC.oid:
        precision, scale = sql_type.precision_and_scale
        return f"DECIMAL({precision},{scale})"
    element = element_of(sql_type)
    if element is not None:
        return f"{duckdb_type(element)}[]"
    return _BY_ARROW.get(sql_type.arrow, "VARCHAR")


def identifier(name: str) -> str:
    """A name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal_text(value: str) -> str:
    """A text constant. DuckDB has no escapes in plain strings."""
    return "'" + value.replace("'", "''") + "'"


@cache
def session_placeholder(name: str) -> str:
    """The name of a session value as a parameter: `s_now`; `setting:a.b` → `s_setting_a_b`."""
    return "s_" + "".join(character if character.isalnum() else "_" for character in name)


def from_stored(expression: str, sql_type: SqlType) -> str:
    """A stored column as DuckDB computes with it: only an interval is stored as something else."""
    if sql_type.oid == t.INTERVAL.oid:
        return from_parts(expression)
    element = element_of(sql_type)
    if element is not None and element.oid == t.INTERVAL.oid:
        return f"list_transform({expression}, lambda i: {from_parts('(i)')})"
    return expression


def as_stored(expression: str, sql_type: SqlType) -> str:
    """What `from_stored` undoes. Arrow's intervals have no place for all of PostgreSQL's."""
    if sql_type.oid == t.INTERVAL.oid:
        return parts_of(expression)
    element = element_of(sql_type)
    if element is not None and element.oid == t.INTERVAL.oid:
        return f"list_transform({expression}, lambda i: {parts_of('i')})"
    return expression


def from_parts(stored: str) -> str:
    """An interval of its months, days and microseconds."""
    return f"(to_months({stored}.months) + to_days({stored}.days) + to_microseconds({stored}.micros))"


def parts_of(interval: str) -> str:
    """The months, days and microseconds of an interval."""
    return f"silt_interval_parts({interval})"


_BOUND_AS: Final = {
    t.DATE.oid: "INTEGER",
    t.TIME.oid: "BIGINT",
    t.TIMESTAMP.oid: "BIGINT",
    t.TIMESTAMPTZ.oid: "BIGINT",
    t.INTERVAL.oid: "STRUCT(months INTEGER, days INTEGER, micros BIGINT)",
}
"""What parameters are that DuckDB has to compute a value of."""


_OF_NUMBERS: Final = {
    t.DATE.oid: "make_date(CAST({} AS INTEGER))",
    t.TIME.oid: "silt_time(CAST({} AS BIGINT))",
    t.TIMESTAMP.oid: "silt_timestamp(CAST({} AS BIGINT))",
    t.TIMESTAMPTZ.oid: "silt_timestamptz(CAST({} AS BIGINT))",
}


def from_number(number: str, sql_type: SqlType) -> str:
    """A date or time of the number that is stored for it."""
    return _OF_NUMBERS[sql_type.oid].format(number)


def parameter_expression(name: str, sql_type: SqlType) -> str:
    """The placeholder `name` with its type; its value is what `parameter_value` makes of the stored one."""
    element = element_of(sql_type)
    if element is not None and element.oid in _BOUND_AS:
        bound = f"CAST({name} AS {_BOUND_AS[element.oid]}[])"
        return f"list_transform({bound}, lambda i: {parameter_expression('(i)', element)})"
    if element == t.NUMERIC:
        return f"coalesce({name}, CAST(NULL AS DECIMAL(1,0)[]))"
    if sql_type.oid in _OF_NUMBERS:
        return from_number(name, sql_type)
    match sql_type.oid:
        case t.INTERVAL.oid:
            return from_parts(f"CAST({name} AS STRUCT(months INTEGER, days INTEGER, micros BIGINT))")
        case t.NUMERIC.oid if sql_type.modifier < 4:
            # It has the digits that it was sent with; only NULL has to be told what it is.
            return f"coalesce({name}, CAST(NULL AS DECIMAL(1,0)))"
        case _:
            return f"CAST({name} AS {duckdb_type(sql_type)})"


def parameter_value(value: Any, sql_type: SqlType) -> Any:  # noqa: ANN401 - whatever the type stores
    """A stored value as the Python value that DuckDB binds."""
    if value is None:
        return None
    match sql_type.oid:
        case t.UUID.oid:
            return uuid.UUID(bytes=value)
        case t.INTERVAL.oid:
            months, days, micros = value
            return {"months": months, "days": days, "micros": micros}
    element = element_of(sql_type)
    if element is not None:
        return [parameter_value(item, element) for item in value]
    return value


def to_stored(array: Array, arrow: pa.DataType) -> Array:
    """A column of a result in the type in which values are stored."""
    if array.type == arrow:
        return array
    if pa.types.is_decimal(arrow) and pa.types.is_decimal(array.type):
        return array
    if pa.types.is_list(arrow):
        lists = cast("pa.ListArray[Any]", array)
        values = to_stored(lists.values, arrow.value_type)
        return pa.Array.from_buffers(
            pa.list_(values.type), len(lists), lists.buffers()[:2], lists.null_count, lists.offset, [values]
        )
    if arrow == t.INTERVAL_STORED:
        return _stored_intervals(array)
    if arrow == pa.uuid():
        return _stored_uuids(array)
    return pc.cast(array, arrow)


_MONTH_DAY_NANO: Final = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanos", "<i8")])


def _stored_intervals(array: Array) -> Array:
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), t.INTERVAL_STORED)
    buffer = array.buffers()[1]
    assert buffer is not None
    parts = np.frombuffer(memoryview(buffer), _MONTH_DAY_NANO, len(array), array.offset * _MONTH_DAY_NANO.itemsize)
    fields = [
        pa.array(np.ascontiguousarray(parts["months"])),
        pa.array(np.ascontiguousarray(parts["days"])),
        pa.array(parts["nanos"] // 1000),
    ]
    mask = pc.is_null(array) if array.null_count else None
    return pa.StructArray.from_arrays(fields, fields=list(t.INTERVAL_STORED), mask=mask)


def _stored_uuids(array: Array) -> Array:
    """From text with hyphens."""
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), pa.uuid())
    values = [None if text is None else uuid.UUID(text).bytes for text in array.to_pylist()]
    storage = pa.array(values, pa.binary(16))
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)
