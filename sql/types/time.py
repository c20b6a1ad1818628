"""time without time zone: microseconds since midnight, 24:00:00 included."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.errors import DatetimeFieldOverflow, InvalidDatetimeFormat
from sql.types.arrow import Array, pa, pc
from sql.types.buffers import fixed_size, validity_of, values_of
from sql.types.calendar import DAY, SECOND, fraction_columns, time_column, time_text
from sql.types.codec import Codec, wrong_size
from sql.types.datetime_input import parse_datetime
from sql.types.rounding import round_micros

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sql.types.zone import Zone
    from storage.types import SqlType

_LAYOUT: Final = struct.Struct("!q")


def _format(micros: int) -> bytes:
    return time_text(micros).encode()


def _send_array(array: Array) -> Array:
    return fixed_size(values_of(array, "<i8").astype(">i8"), array)


def _format_array(array: Array) -> Array:
    micros = values_of(array, "<i8", under_null=0)
    seconds = micros // SECOND
    return with_fraction(time_column(seconds).view(np.uint8).reshape(len(array), 8), micros - seconds * SECOND, array)


def with_fraction(text: NDArray[np.uint8], micros: NDArray[np.int64], like: Array | None = None) -> Array:
    """Text of a fixed width and the fractions of a second, without the zeros at their ends."""
    if not micros.any():
        return fixed_size(text, like)
    rows, width = text.shape
    whole = np.empty((rows, width + 7), np.uint8)
    whole[:, :width] = text
    whole[:, width] = ord(".")
    high, low = fraction_columns(micros)
    whole[:, width + 1 : width + 4] = high.view(np.uint8).reshape(rows, 3)
    whole[:, width + 4 :] = low.view(np.uint8).reshape(rows, 3)
    offsets = np.arange(0, (rows + 1) * (width + 7), width + 7, dtype=np.int32)
    buffers = [None if like is None else validity_of(like), pa.py_buffer(offsets), pa.py_buffer(whole)]
    strings = pa.Array.from_buffers(pa.string(), rows, buffers)
    return pc.ascii_rtrim(pc.ascii_rtrim(strings, "0"), ".").cast(pa.binary())


def time_codec(sql_type: SqlType, zone: Zone, now_micros: Callable[[], int]) -> Codec:
    """The codec of time. `zone` and `now_micros` say what time `now` is."""

    def coerce(micros: int) -> int:
        return min(round_micros(micros, sql_type.modifier), DAY)

    def parse(text: str) -> int:
        fields = parse_datetime(text, "time", now_micros, zone)
        if fields.moment:
            return coerce((fields.moment + zone.offset(fields.moment)) % DAY)
        if fields.micros is None:
            raise InvalidDatetimeFormat(f'invalid input syntax for type time: "{text}"')
        return coerce(fields.micros)

    def receive(data: bytes) -> int:
        if len(data) != 8:
            raise wrong_size(len(data), 8)
        micros: int = _LAYOUT.unpack(data)[0]
        if not 0 <= micros <= DAY:
            raise DatetimeFieldOverflow("time out of range")
        return coerce(micros)

    return Codec(sql_type, parse, _format, receive, _LAYOUT.pack, coerce, _format_array, _send_array)
