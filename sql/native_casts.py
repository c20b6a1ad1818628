"""Casts between text and other types that DuckDB leaves to the codecs, a batch at a time.

What a text means as a date, and how a date BC is written, is said once: by the input and output functions in
`sql.types`. DuckDB itself makes the casts where both are known to agree (`sql.binding.text_casts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from msgspec import Struct

from sql.duckdb_connection import register_function
from sql.duckdb_errors import as_raised
from sql.duckdb_types import duckdb_type
from sql.errors import SqlError
from sql.types import Codecs
from sql.types.array_input import read_elements
from storage import types as t
from storage.types import SqlType

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.duckdb_connection import Cursor
    from sql.types import Codec

    Column = pa.ChunkedArray[Any]

_TEXT: Final = "VARCHAR"
INTERVAL_PARTS: Final = "STRUCT(months INTEGER, days INTEGER, micros BIGINT)"

CLOCKED: Final = frozenset({t.DATE.oid, t.TIME.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid})
"""Types whose input depends on the session's time zone and on what time it is."""

_READ: Final = (
    *(t.BOOLEAN, t.SMALLINT, t.INTEGER, t.BIGINT, t.REAL, t.DOUBLE, t.OID, t.BYTEA, t.NAME, t.INTERVAL),
    *(t.DATE, t.TIME, t.TIMESTAMP, t.TIMESTAMPTZ),
)


def input_function(sql_type: SqlType) -> str:
    """The name of the function that reads a text as the type.

    Its arguments: the text; of `CLOCKED` types the time zone and the start of the transaction; of numeric the modifier.
    """
    return f"silt_{sql_type.name}_in"


def output_function(sql_type: SqlType) -> str:
    """The name of the function that writes a value as text.

    Its arguments: the value, an interval as `INTERVAL_PARTS`; of timestamptz the time zone, too, of floats
    extra_float_digits.
    """
    return f"silt_{sql_type.name}_out"


ELEMENTS_FUNCTION: Final = "silt_array_elements"
"""The name of the function that reads an array's text as a list of its elements' texts."""


class NativeCast(Struct, frozen=True):
    """A function of whole Arrow columns, by the name under which the binder's text calls it, with DuckDB's types."""

    name: str
    function: Callable[..., pa.Array[Any]]
    parameters: tuple[str, ...]
    returns: str

    def register(self, connection: Cursor) -> None:
        """Make it callable in the database."""
        register_function(connection, self.name, self.function, self.parameters, self.returns)


def _read_each(column: Column, read: Callable[[str], Any], arrow: pa.DataType) -> pa.Array[Any]:
    try:
        return pa.array([None if text is None else read(text) for text in column.to_pylist()], arrow)
    except SqlError as error:
        raise ValueError(as_raised(error)) from None


def _input(sql_type: SqlType) -> NativeCast:
    if sql_type.oid in CLOCKED:
        return _clocked_input(sql_type)
    codec = Codecs().of(sql_type)
    parse = codec.parse
    if sql_type.oid == t.INTERVAL.oid:
        return NativeCast(
            input_function(sql_type),
            lambda texts: _read_each(texts, lambda text: _parts(parse(text)), t.INTERVAL_STORED),
            (_TEXT,),
            INTERVAL_PARTS,
        )
    return NativeCast(
        input_function(sql_type),
        lambda texts: _read_each(texts, parse, sql_type.arrow),
        (_TEXT,),
        duckdb_type(sql_type),
    )


def _parts(value: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("months", "days", "micros"), value, strict=True))


def _clocked_input(sql_type: SqlType) -> NativeCast:
    return NativeCast(
        input_function(sql_type),
        lambda texts, zones, now: _read_by_clock(sql_type, texts, zones, now),
        (_TEXT, _TEXT, "BIGINT"),
        duckdb_type(sql_type),
    )


def _read_by_clock(sql_type: SqlType, texts: Column, zones: Column, now: Column) -> pa.Array[Any]:
    if len(texts) == 0:
        return pa.array([], sql_type.arrow)
    # Both are values of the session, the same in all rows.
    start_us = now[0].as_py()
    parse = Codecs(zones[0].as_py(), now_micros=lambda: start_us).of(sql_type).parse
    return _read_each(texts, parse, sql_type.arrow)


def _uuid_text() -> NativeCast:
    """It gives the text of the uuid that was meant: DuckDB takes that, but no uuid from Arrow."""
    codec = Codecs().of(t.UUID)
    return NativeCast(
        input_function(t.UUID),
        lambda texts: _read_each(texts, lambda text: codec.format(codec.parse(text)), pa.string()),
        (_TEXT,),
        _TEXT,
    )


def _numeric_text() -> NativeCast:
    """It gives the text of the number that was meant: a function of DuckDB's has one precision and scale."""
    codecs = Codecs()
    return NativeCast(
        input_function(t.NUMERIC),
        lambda texts, modifiers: _read_numeric(codecs, texts, modifiers),
        (_TEXT, "INTEGER"),
        _TEXT,
    )


def _read_numeric(codecs: Codecs, texts: Column, modifiers: Column) -> pa.Array[Any]:
    if len(texts) == 0:
        return pa.array([], pa.string())
    codec = codecs.of(SqlType(t.NUMERIC.oid, modifiers[0].as_py()))
    return _read_each(texts, lambda text: codec.format(codec.parse(text)), pa.string())


def _elements() -> NativeCast:
    texts = pa.list_(pa.string())
    return NativeCast(ELEMENTS_FUNCTION, lambda column: _read_each(column, read_elements, texts), (_TEXT,), "VARCHAR[]")


def _output(sql_type: SqlType) -> NativeCast:
    codec = Codecs().of(sql_type)
    taken = INTERVAL_PARTS if sql_type.oid == t.INTERVAL.oid else duckdb_type(sql_type)
    return NativeCast(output_function(sql_type), lambda values: _written(codec, values), (taken,), _TEXT)


def _written(codec: Codec, values: Column) -> pa.Array[Any]:
    written: pa.Array[Any] = codec.format_array(values.combine_chunks()).cast(pa.string())
    return written


def _float_output(sql_type: SqlType) -> NativeCast:
    return NativeCast(
        output_function(sql_type),
        lambda values, digits: _written(_codecs_of(digits).of(sql_type), values),
        (duckdb_type(sql_type), _TEXT),
        _TEXT,
    )


def _codecs_of(digits: Column) -> Codecs:
    return Codecs(extra_float_digits=int(digits[0].as_py())) if len(digits) else Codecs()


def _timestamptz_output() -> NativeCast:
    return NativeCast(
        output_function(t.TIMESTAMPTZ),
        lambda values, zones: _written(Codecs(zones[0].as_py() if len(zones) else "UTC").of(t.TIMESTAMPTZ), values),
        ("TIMESTAMPTZ", _TEXT),
        _TEXT,
    )


NATIVE_CASTS: Final = (
    *map(_input, _READ),
    _uuid_text(),
    _numeric_text(),
    _elements(),
    *map(_output, (t.DATE, t.TIMESTAMP, t.INTERVAL)),
    *map(_float_output, (t.REAL, t.DOUBLE)),
    _timestamptz_output(),
)
