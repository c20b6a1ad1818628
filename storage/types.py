"""SQL types, as columns and values have them: PostgreSQL's oids and modifiers, and what each is stored as.

A *stored value* is what a row tuple, a hot value and an Arrow array hold. It is chosen so that every value of the
PostgreSQL type fits (infinite dates included) and that tuples turn into Arrow arrays without a conversion per value:

=================== ======================================= ==========================================
type                in a row tuple (NULL is always `None`)  in Arrow and Parquet
=================== ======================================= ==========================================
boolean             `bool`                                  `bool`
smallint            `int`                                   `int16`
integer, oid types  `int`                                   `int32` (oid, regclass …: `uint32`)
bigint              `int`                                   `int64`
real, double        `float`                                 `float32`, `float64`
numeric(p, s)       `decimal.Decimal` with scale s          `decimal128(p, s)`
text, varchar, name `str`                                   `string`
char(n)             `str`, padded to n                      `string`
bytea               `bytes`                                 `binary`
date                `int`: days since 1970-01-01            `date32`
time                `int`: microseconds since midnight      `time64('us')`
timestamp           `int`: microseconds since 1970-01-01    `timestamp('us')`
timestamptz         `int`: microseconds since the epoch     `timestamp('us', 'UTC')`
interval            `(months, days, microseconds)`          `struct<months: int32, days: int32, micros: int64>`
uuid                `bytes` of length 16                    `uuid` (extension)
json, jsonb, path   `str`                                   `string`
arrays              `list` of the element's values          `list` of the element's type
=================== ======================================= ==========================================

Infinite dates and timestamps are the extreme integers of their width, as in PostgreSQL and DuckDB.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
from msgspec import Struct

from storage.type_oids import TYPES_BY_NAME, TYPES_BY_OID

NUMERIC_DEFAULT: Final = (38, 9)
"""Precision and scale of `numeric` written without them."""

INTERVAL_STORED: Final = pa.struct([("months", pa.int32()), ("days", pa.int32()), ("micros", pa.int64())])


class SqlType(Struct, frozen=True):
    """A PostgreSQL type with its modifier.

    `oid` is the type's row in pg_type. `modifier` is PostgreSQL's atttypmod: the length plus 4 of varchar and char,
    `(precision << 16 | scale) + 4` of numeric, -1 where there is none.
    """

    oid: int
    modifier: int = -1

    @property
    def name(self) -> str:
        """The internal name, as pg_type.typname has it: `int4`, `varchar`, `timestamptz`."""
        info = TYPES_BY_OID.get(self.oid)
        if info is None:
            return _PSEUDO[self.oid]
        return info.name if info.oid == self.oid else f"_{info.name}"

    @property
    def unmodified(self) -> SqlType:
        """Without its modifier: as messages name it that are not about a value of it."""
        return self if self.modifier < 0 else SqlType(self.oid)

    @property
    def length(self) -> int | None:
        """Characters allowed in a varchar(n) or char(n); `None` where there is no limit."""
        return self.modifier - 4 if self.modifier >= 4 and self.oid in (VARCHAR.oid, CHAR.oid) else None

    @property
    def precision_and_scale(self) -> tuple[int, int]:
        """Digits in all and after the point, of a numeric."""
        if self.modifier < 4:
            return NUMERIC_DEFAULT
        packed = self.modifier - 4
        return packed >> 16, packed & 0xFFFF

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type in which its values are stored."""
        if self.oid == NUMERIC.oid:
            return pa.decimal128(*self.precision_and_scale)
        element = None if self.oid in _ARROW else element_of(self)
        return _ARROW[self.oid] if element is None else pa.list_(element.arrow)

    def __str__(self) -> str:
        """The name that PostgreSQL's format_type() gives: `character varying(10)`."""
        element = element_of(self)
        if element is not None:
            return f"{element}[]"
        name = _FORMATTED.get(self.oid, self.name)
        if self.oid == NUMERIC.oid and self.modifier >= 4:
            precision, scale = self.precision_and_scale
            return f"numeric({precision},{scale})"
        if self.length is not None:
            return f"{name}({self.length})"
        return name


def _oid(name: str) -> int:
    return TYPES_BY_NAME[name].oid


BOOLEAN: Final = SqlType(_oid("bool"))
SMALLINT: Final = SqlType(_oid("int2"))
INTEGER: Final = SqlType(_oid("int4"))
BIGINT: Final = SqlType(_oid("int8"))
REAL: Final = SqlType(_oid("float4"))
DOUBLE: Final = SqlType(_oid("float8"))
NUMERIC: Final = SqlType(_oid("numeric"))
TEXT: Final = SqlType(_oid("text"))
VARCHAR: Final = SqlType(_oid("varchar"))
CHAR: Final = SqlType(_oid("bpchar"))
NAME: Final = SqlType(_oid("name"))
INTERNAL_CHAR: Final = SqlType(_oid('"char"'))
BYTEA: Final = SqlType(_oid("bytea"))
DATE: Final = SqlType(_oid("date"))
TIME: Final = SqlType(_oid("time"))
TIMESTAMP: Final = SqlType(_oid("timestamp"))
TIMESTAMPTZ: Final = SqlType(_oid("timestamptz"))
INTERVAL: Final = SqlType(_oid("interval"))
UUID: Final = SqlType(_oid("uuid"))
JSON: Final = SqlType(_oid("json"))
JSONB: Final = SqlType(_oid("jsonb"))
JSONPATH: Final = SqlType(_oid("jsonpath"))
OID: Final = SqlType(_oid("oid"))
REGCLASS: Final = SqlType(_oid("regclass"))
REGTYPE: Final = SqlType(_oid("regtype"))
REGPROC: Final = SqlType(_oid("regproc"))
REGNAMESPACE: Final = SqlType(_oid("regnamespace"))
REGROLE: Final = SqlType(_oid("regrole"))
# Pseudo-types, of which there are no arrays but of records; their oids are fixed in pg_type.dat.
VOID: Final = SqlType(2278)
RECORD: Final = SqlType(2249)
RECORD_ARRAY: Final = SqlType(2287)
UNKNOWN: Final = SqlType(705)
"""The type of a literal or parameter of which nothing is known yet; PostgreSQL settles it as text."""

PSEUDO_TYPES: Final = frozenset({RECORD.oid, RECORD_ARRAY.oid, VOID.oid, UNKNOWN.oid})
"""Types of expressions that no column has."""


def numeric(precision: int, scale: int = 0) -> SqlType:
    """Numeric with the given digits in all and after the point."""
    return SqlType(NUMERIC.oid, (precision << 16 | scale) + 4)


def varchar(length: int) -> SqlType:
    """Varchar of at most `length` characters."""
    return SqlType(VARCHAR.oid, length + 4)


def char(length: int) -> SqlType:
    """Char of exactly `length` characters."""
    return SqlType(CHAR.oid, length + 4)


def array_of(element: SqlType) -> SqlType:
    """The array type of an element type, with the element's modifier."""
    info = TYPES_BY_OID.get(element.oid)
    assert info is not None, element
    return SqlType(info.array_oid, element.modifier)


def element_of(array: SqlType) -> SqlType | None:
    """The element type of an array type; `None` if it is not an array."""
    info = TYPES_BY_OID.get(array.oid)
    if info is None or info.array_oid != array.oid:
        return None
    return SqlType(info.oid, array.modifier)


_CATALOG_TEXT: Final = {
    194: "pg_node_tree",
    2277: "anyarray",
    3361: "pg_ndistinct",
    3402: "pg_dependencies",
    5017: "pg_mcv_list",
}
"""Types of catalog columns without arrays; their values are text here."""

_ARROW: Final[dict[int, pa.DataType]] = {
    BOOLEAN.oid: pa.bool_(),
    SMALLINT.oid: pa.int16(),
    INTEGER.oid: pa.int32(),
    BIGINT.oid: pa.int64(),
    REAL.oid: pa.float32(),
    DOUBLE.oid: pa.float64(),
    TEXT.oid: pa.string(),
    VARCHAR.oid: pa.string(),
    CHAR.oid: pa.string(),
    NAME.oid: pa.string(),
    INTERNAL_CHAR.oid: pa.string(),
    UNKNOWN.oid: pa.string(),
    VOID.oid: pa.string(),
    RECORD.oid: pa.string(),
    RECORD_ARRAY.oid: pa.string(),
    BYTEA.oid: pa.binary(),
    DATE.oid: pa.date32(),
    TIME.oid: pa.time64("us"),
    TIMESTAMP.oid: pa.timestamp("us"),
    TIMESTAMPTZ.oid: pa.timestamp("us", "UTC"),
    INTERVAL.oid: INTERVAL_STORED,
    UUID.oid: pa.uuid(),
    JSON.oid: pa.string(),
    JSONB.oid: pa.string(),
    JSONPATH.oid: pa.string(),
    OID.oid: pa.uint32(),
    REGCLASS.oid: pa.uint32(),
    REGTYPE.oid: pa.uint32(),
    REGPROC.oid: pa.uint32(),
    REGNAMESPACE.oid: pa.uint32(),
    REGROLE.oid: pa.uint32(),
    # Types that only the columns of the system catalogs have.
    _oid("regprocedure"): pa.uint32(),
    _oid("regoper"): pa.uint32(),
    _oid("regoperator"): pa.uint32(),
    _oid("regcollation"): pa.uint32(),
    _oid("xid"): pa.uint32(),
    _oid("cid"): pa.uint32(),
    _oid("xid8"): pa.uint64(),
    _oid("tid"): pa.string(),
    _oid("int2vector"): pa.list_(pa.int16()),
    _oid("oidvector"): pa.list_(pa.uint32()),
    _oid("aclitem"): pa.string(),
    _oid("inet"): pa.string(),
    _oid("pg_lsn"): pa.string(),
    **dict.fromkeys(_CATALOG_TEXT, pa.string()),
}

_FORMATTED: Final[dict[int, str]] = {
    BOOLEAN.oid: "boolean",
    SMALLINT.oid: "smallint",
    INTEGER.oid: "integer",
    BIGINT.oid: "bigint",
    REAL.oid: "real",
    DOUBLE.oid: "double precision",
    VARCHAR.oid: "character varying",
    CHAR.oid: "character",
    TIME.oid: "time without time zone",
    TIMESTAMP.oid: "timestamp without time zone",
    TIMESTAMPTZ.oid: "timestamp with time zone",
}

_PSEUDO: Final[dict[int, str]] = {
    VOID.oid: "void",
    RECORD.oid: "record",
    UNKNOWN.oid: "unknown",
    **_CATALOG_TEXT,
}
