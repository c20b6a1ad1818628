"""Columns of text as stored values, where Arrow's conversions mean what PostgreSQL's input functions mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sql.copy.doubts import FIRST_DAY
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import offsets_of, valid_rows, values_of
from sql.types.calendar import DAY
from sql.types.hex_columns import read_hex, read_uuids
from sql.types.interval_columns import read_intervals
from storage import types

if TYPE_CHECKING:
    from sql.types.zone import Zone
    from storage.types import SqlType

_DIRECT: Final = frozenset(
    {types.BOOLEAN.oid, types.SMALLINT.oid, types.INTEGER.oid, types.BIGINT.oid, types.OID.oid, types.REAL.oid}
    | {types.DOUBLE.oid, types.NUMERIC.oid, types.DATE.oid}
)
_DIRECT_WITHOUT_MODIFIER: Final = frozenset({types.TIME.oid, types.TIMESTAMP.oid})
_TEXTS: Final = frozenset({types.TEXT.oid, types.VARCHAR.oid, types.CHAR.oid})
VECTORS: Final = frozenset({22, 30})
"""int2vector and oidvector: arrays that are written in a way of their own."""
_DATE_BYTES: Final = 10
_COLON_AT: Final = 13
_LARGE_OFFSET: Final = r"[+-](1[6-9]|2[0-9])(:?[0-9]{2})?$"
"""PostgreSQL refuses offsets of 16 hours and more."""


def direct_type(sql_type: SqlType) -> pa.DataType | None:
    """The type as which Arrow's CSV parser can read the column; `None` if it has to be read as text."""
    if sql_type.oid in _DIRECT or (sql_type.oid in _DIRECT_WITHOUT_MODIFIER and sql_type.modifier < 0):
        return sql_type.arrow
    return None


def converted(array: Array, sql_type: SqlType, zone: Zone) -> Array | None:
    """Text as stored values; `None` where that takes the input function."""
    if sql_type.oid in _TEXTS:
        return fitted(array, sql_type)
    if sql_type.oid == types.BYTEA.oid:
        return read_hex(array)
    if sql_type.oid == types.UUID.oid:
        return read_uuids(array)
    if sql_type.oid == types.INTERVAL.oid and sql_type.modifier < 0:
        return read_intervals(array)
    if sql_type.oid == types.TIMESTAMP.oid and sql_type.modifier < 0:
        return _local_timestamps(array)
    if sql_type.oid == types.TIMESTAMPTZ.oid and sql_type.modifier < 0:
        return _timestamps_with_zone(array, zone)
    return None


def fitted(array: Array, sql_type: SqlType) -> Array | None:
    """Texts that are as long as their type says; `None` where one is longer."""
    length = sql_type.length
    if length is None:
        return array
    if _longest(array) > length:
        return None
    return pc.utf8_rpad(array, length, " ") if sql_type.oid == types.CHAR.oid else array


def _longest(array: Array) -> int:
    return pc.max(pc.utf8_length(array)).as_py() or 0


def _local_timestamps(array: Array) -> Array | None:
    """`2020-01-31` or `2020-01-31 10:00[:00[.123456]]`. Arrow would also take an hour without minutes."""
    if not _have_minutes(array, dates_too=True):
        return None
    return _cast(array, pa.timestamp("us"))


def _timestamps_with_zone(array: Array, zone: Zone) -> Array | None:
    if not _have_minutes(array, dates_too=False):
        return None
    if not _true_for_all(pc.ends_with(array, "+00")):
        if _true_for_all(pc.invert(pc.match_substring_regex(array, _LARGE_OFFSET))):
            stored = _cast(array, pa.timestamp("us", "UTC"))
            return _local_in(array, zone) if stored is None else stored
        return None
    return _cast(array, pa.timestamp("us", "UTC"))


def _local_in(array: Array, zone: Zone) -> Array | None:
    """Without an offset: in the session's time zone."""
    local = _cast(array, pa.timestamp("us"))
    if local is None:
        return None
    micros = zone.column_to_utc(values_of(local, "<i8", under_null=0))
    mask = np.asarray(pc.is_null(array)) if array.null_count else None
    return pa.array(micros, pa.int64(), mask=mask).cast(pa.timestamp("us", "UTC"))


def _have_minutes(array: Array, *, dates_too: bool) -> bool:
    offsets = offsets_of(array)
    lengths = offsets[1:] - offsets[:-1]
    data = np.frombuffer(array.buffers()[2] or b"", np.uint8)
    long = lengths > _COLON_AT
    minutes = np.zeros(len(array), np.bool_)
    minutes[long] = data[offsets[:-1][long] + _COLON_AT] == ord(":")
    if dates_too:
        minutes |= lengths == _DATE_BYTES
    if array.null_count:
        minutes |= ~valid_rows(array)
    return bool(minutes.all())


def _true_for_all(array: Array) -> bool:
    return pc.all(array).as_py() is not False


def _cast(array: Array, timestamp: pa.DataType) -> Array | None:
    try:
        stored = array.cast(timestamp)
    except pa.ArrowInvalid:
        return None
    in_year_0 = values_of(stored, "<i8", under_null=0) < FIRST_DAY * DAY
    return None if in_year_0.any() else stored
