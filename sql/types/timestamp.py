"""timestamp with and without time zone: microseconds, infinity included.

A timestamptz is stored in UTC, and written and read in the session's time zone.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.errors import DatetimeFieldOverflow, InvalidDatetimeFormat
from sql.types.arrow import Array, pa
from sql.types.buffers import fixed_size, join, replaced, values_of
from sql.types.calendar import (
    DAY,
    MINUTE,
    POSTGRES_EPOCH_MICROS,
    SECOND,
    TIMESTAMP_INFINITY,
    TIMESTAMP_MINUS_INFINITY,
    date_column,
    date_text,
    days_from_civil,
    plain_days,
    plain_timestamp,
    plain_timestamp_text,
    time_column,
    time_text,
)
from sql.types.codec import Codec, wrong_size
from sql.types.datetime_input import parse_datetime
from sql.types.rounding import round_micros
from sql.types.time import with_fraction
from storage.types import TIMESTAMPTZ

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sql.types.datetime_fields import DateTimeFields
    from sql.types.zone import Zone
    from storage.types import SqlType

_LAYOUT: Final = struct.Struct("!q")
_FIRST: Final = days_from_civil(-4713, 11, 24) * DAY
_LEAST: Final = -(2**63)


def timestamp_codec(sql_type: SqlType, zone: Zone, now_micros: Callable[[], int]) -> Codec:
    """The codec of timestamp or timestamptz. `zone` is the session's; `now_micros` says what `now` is."""
    name = "timestamp with time zone" if sql_type.oid == TIMESTAMPTZ.oid else "timestamp"
    with_zone = sql_type.oid == TIMESTAMPTZ.oid

    def coerce(micros: int) -> int:
        if micros == TIMESTAMP_INFINITY or micros <= TIMESTAMP_MINUS_INFINITY:
            return micros
        return round_micros(micros, sql_type.modifier)

    def parse(text: str) -> int:
        plain = plain_timestamp(text)
        if plain is not None:
            return coerce(zone.to_utc(plain) if with_zone else plain)
        fields = parse_datetime(text, name, now_micros, zone)
        if fields.infinite:
            return TIMESTAMP_INFINITY * fields.infinite
        micros = _absolute(fields, zone) if with_zone else _local(fields, zone)
        if micros is None:
            raise InvalidDatetimeFormat(f'invalid input syntax for type {name}: "{text}"')
        if not _FIRST <= micros < TIMESTAMP_INFINITY:
            raise DatetimeFieldOverflow(f'timestamp out of range: "{text}"')
        return coerce(micros)

    def receive(data: bytes) -> int:
        if len(data) != 8:
            raise wrong_size(len(data), 8)
        return coerce(_from_wire(_LAYOUT.unpack(data)[0]))

    def format_value(micros: int) -> bytes:
        if micros >= TIMESTAMP_INFINITY or micros <= TIMESTAMP_MINUS_INFINITY:
            return b"infinity" if micros > 0 else b"-infinity"
        offset = zone.offset(micros) if with_zone else 0
        plain = plain_timestamp_text(micros + offset)
        if plain is not None:
            return f"{plain}{_offset_text(offset)}".encode() if with_zone else plain.encode()
        days, time = divmod(micros + offset, DAY)
        date, era = date_text(days)
        return f"{date} {time_text(time)}{_offset_text(offset) if with_zone else ''}{era}".encode()

    def format_array(array: Array) -> Array:
        micros = values_of(array, "<i8", under_null=0)
        local = micros + (offsets := _offsets(zone, micros)) if with_zone else micros
        days = local // DAY
        plain = plain_days(days)
        if not (all_plain := bool(plain.all())):
            local, days = np.where(plain, local, 0), np.where(plain, days, 0)
        text = _format_local(local, days, array)
        if with_zone:
            text = _with_offsets(text, offsets, array)
        return text if all_plain else replaced(text, ~plain, micros[~plain].tolist(), format_value)

    return Codec(sql_type, parse, format_value, receive, _send, coerce, format_array, _send_array)


def _from_wire(wire: int) -> int:
    if wire == TIMESTAMP_INFINITY:
        return TIMESTAMP_INFINITY
    if wire == _LEAST:
        return TIMESTAMP_MINUS_INFINITY
    micros = wire + POSTGRES_EPOCH_MICROS
    if not _FIRST <= micros < TIMESTAMP_INFINITY:
        raise DatetimeFieldOverflow("timestamp out of range")
    return micros


def _send(micros: int) -> bytes:
    if micros >= TIMESTAMP_INFINITY:
        return _LAYOUT.pack(TIMESTAMP_INFINITY)
    return _LAYOUT.pack(micros - POSTGRES_EPOCH_MICROS if micros > TIMESTAMP_MINUS_INFINITY else _LEAST)


def _send_array(array: Array) -> Array:
    micros = values_of(array, "<i8", under_null=0)
    wire = micros - np.int64(POSTGRES_EPOCH_MICROS)
    infinite = (micros == TIMESTAMP_INFINITY) | (micros <= TIMESTAMP_MINUS_INFINITY)
    if infinite.any():
        wire[infinite] = np.where(micros[infinite] > 0, np.int64(TIMESTAMP_INFINITY), np.int64(_LEAST))
    return fixed_size(wire.astype(">i8"), array)


def _local(fields: DateTimeFields, zone: Zone) -> int | None:
    """Without time zone: what the clock shows; an offset in the text says nothing."""
    if fields.moment is not None:
        return fields.moment + (zone.offset(fields.moment) if fields.moment else 0)
    return None if fields.days is None else fields.days * DAY + (fields.micros or 0)


def _absolute(fields: DateTimeFields, zone: Zone) -> int | None:
    if fields.moment is not None:
        return fields.moment
    local = _local(fields, zone)
    if local is None:
        return None
    if fields.offset is not None:
        return local - fields.offset
    return (fields.zone or zone).to_utc(local)


def _format_local(local: NDArray[np.int64], days: NDArray[np.int64], like: Array) -> Array:
    """`2020-01-31 10:00:00.5` of dates in years 1 to 9999."""
    time_of_day = local - days * DAY
    seconds = time_of_day // SECOND
    text = np.empty((len(local), 19), np.uint8)
    text[:, :10] = date_column(days).view(np.uint8).reshape(len(local), 10)
    text[:, 10] = ord(" ")
    text[:, 11:] = time_column(seconds).view(np.uint8).reshape(len(local), 8)
    return with_fraction(text, time_of_day - seconds * SECOND, like)


def _offsets(zone: Zone, micros: NDArray[np.int64]) -> NDArray[np.int64]:
    # Infinity has no offset, and adding one would overflow.
    infinite = (micros == TIMESTAMP_INFINITY) | (micros <= TIMESTAMP_MINUS_INFINITY)
    if not infinite.any():
        return zone.offsets(micros)
    offsets = zone.offsets(np.where(infinite, 0, micros))
    offsets[infinite] = 0
    return offsets


def _offset_text(offset_micros: int) -> str:
    """`+00`, `+05:30`, `-00:01:15`."""
    seconds = abs(offset_micros) // SECOND
    text = f"{'-' if offset_micros < 0 else '+'}{seconds // 3600:02d}"
    if abs(offset_micros) % (60 * MINUTE):
        text += f":{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def _distinct(offsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The distinct offsets and which of them each row has; a zone has few, so comparing beats sorting."""
    which = np.zeros(len(offsets), np.intp)
    distinct: list[np.int64] = []
    left = np.ones(len(offsets), np.bool_)
    while left.any():
        offset = offsets[left.argmax()]
        here = offsets == offset
        which[here] = len(distinct)
        distinct.append(offset)
        left &= ~here
    return np.array(distinct), which


def _with_offsets(text: Array, offsets: NDArray[np.int64], like: Array) -> Array:
    """Text followed by the offset of each row; of fixed width where both are."""
    if len(offsets) == 0:
        return text
    distinct, which = _distinct(offsets)
    suffixes = [_offset_text(int(offset)).encode() for offset in distinct]
    widths = {len(suffix) for suffix in suffixes}
    if not pa.types.is_fixed_size_binary(text.type) or len(widths) > 1:
        suffix = pa.scalar(suffixes[0]) if len(suffixes) == 1 else pa.array(suffixes, pa.binary()).take(pa.array(which))
        return join(text.cast(pa.binary()), suffix)
    width, text_width = widths.pop(), text.type.byte_width
    whole = np.empty((len(text), text_width + width), np.uint8)
    data = np.frombuffer(text.buffers()[1], np.uint8)
    whole[:, :text_width] = data.reshape(len(text), text_width)
    whole[:, text_width:] = np.array(suffixes)[which].view(np.uint8).reshape(len(text), width)
    return fixed_size(whole, like)
