"""date: days, infinity included."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.errors import DatetimeFieldOverflow, InvalidDatetimeFormat
from sql.types.buffers import fixed_size, replaced, values_of
from sql.types.calendar import (
    DATE_INFINITY,
    DATE_MINUS_INFINITY,
    DAY,
    POSTGRES_EPOCH_DAYS,
    date_column,
    date_text,
    days_from_civil,
    plain_date,
    plain_date_text,
    plain_days,
)
from sql.types.codec import Codec, unchanged, wrong_size
from sql.types.datetime_input import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.types.arrow import Array
    from sql.types.datetime_fields import DateTimeFields
    from sql.types.zone import Zone
    from storage.types import SqlType

_LAYOUT: Final = struct.Struct("!i")
_FIRST: Final = days_from_civil(-4713, 11, 24)
_END: Final = days_from_civil(5_874_898, 1, 1)
_LEAST: Final = -(2**31)


def format_date(days: int) -> bytes:
    """A stored date as text."""
    plain = plain_date_text(days)
    if plain is not None:
        return plain.encode()
    if days >= DATE_INFINITY:
        return b"infinity"
    if days <= DATE_MINUS_INFINITY:
        return b"-infinity"
    return "".join(date_text(days)).encode()


def _receive(data: bytes) -> int:
    if len(data) != 4:
        raise wrong_size(len(data), 4)
    days: int = _LAYOUT.unpack(data)[0]
    if days == DATE_INFINITY:
        return DATE_INFINITY
    if days == _LEAST:
        return DATE_MINUS_INFINITY
    days += POSTGRES_EPOCH_DAYS
    if not _FIRST <= days < _END:
        raise DatetimeFieldOverflow("date out of range")
    return days


def _send(days: int) -> bytes:
    if days >= DATE_INFINITY:
        return _LAYOUT.pack(DATE_INFINITY)
    return _LAYOUT.pack(days - POSTGRES_EPOCH_DAYS if days > DATE_MINUS_INFINITY else _LEAST)


def _format_array(array: Array) -> Array:
    days = values_of(array, "<i4", under_null=0)
    plain = plain_days(days)
    if plain.all():
        return fixed_size(date_column(days), array)
    text = fixed_size(date_column(np.where(plain, days, 0)), array)
    return replaced(text, ~plain, days[~plain].tolist(), format_date)


def _send_array(array: Array) -> Array:
    days = values_of(array, "<i4", under_null=0).astype(np.int64)
    wire = days - POSTGRES_EPOCH_DAYS
    wire[days == DATE_INFINITY] = DATE_INFINITY
    wire[days <= DATE_MINUS_INFINITY] = _LEAST
    return fixed_size(wire.astype(">i4"), array)


def date_codec(sql_type: SqlType, zone: Zone, now_micros: Callable[[], int]) -> Codec:
    """The codec of date. `zone` and `now_micros` say what day `today` is."""

    def parse(text: str) -> int:
        plain = plain_date(text)
        if plain is not None:
            return plain
        fields = parse_datetime(text, "date", now_micros, zone)
        days = _days_of(fields, zone)
        if days is None:
            raise InvalidDatetimeFormat(f'invalid input syntax for type date: "{text}"')
        if not fields.infinite and not _FIRST <= days < _END:
            raise DatetimeFieldOverflow(f'date out of range: "{text}"')
        return days

    return Codec(sql_type, parse, format_date, _receive, _send, unchanged, _format_array, _send_array)


def _days_of(fields: DateTimeFields, zone: Zone) -> int | None:
    if fields.infinite:
        return DATE_INFINITY * fields.infinite
    if fields.moment is not None:
        return (fields.moment + (zone.offset(fields.moment) if fields.moment else 0)) // DAY
    return fields.days
