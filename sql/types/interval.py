"""interval: months, days and microseconds, written in the postgres style."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from sql.types.arrow import Array, pa, pc
from sql.types.buffers import as_binary, fixed_size, join, valid_rows, values_of
from sql.types.calendar import HOUR, time_text
from sql.types.codec import Codec, wrong_size
from sql.types.interval_input import Interval, parse_interval
from sql.types.rounding import round_micros
from sql.types.time import with_fraction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storage.types import SqlType

_LAYOUT: Final = struct.Struct("!qii")
_WIRE: Final = np.dtype([("micros", ">i8"), ("days", ">i4"), ("months", ">i4")])
_FULL_PRECISION: Final = 0xFFFF


def _format(value: Interval) -> bytes:
    months, days, micros = value
    # Towards zero, so that both parts have the sign of the whole.
    years = int(months / 12)
    parts: list[str] = []
    negative_before = False
    for amount, unit in ((years, "year"), (months - years * 12, "mon"), (days, "day")):
        if amount:
            plus = "+" if negative_before and amount > 0 else ""
            parts.append(f"{plus}{amount} {unit}{'' if amount == 1 else 's'}")
            negative_before = amount < 0
    if micros or not parts:
        sign = "-" if micros < 0 else "+" if negative_before else ""
        parts.append(sign + time_text(abs(micros)))
    return " ".join(parts).encode()


def _receive(data: bytes) -> Interval:
    if len(data) != _LAYOUT.size:
        raise wrong_size(len(data), _LAYOUT.size)
    micros, days, months = _LAYOUT.unpack(data)
    return months, days, micros


def _send(value: Interval) -> bytes:
    months, days, micros = value
    return _LAYOUT.pack(micros, days, months)


def _columns(array: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    months, days, micros = (array.field(index) for index in range(3))
    return (
        values_of(months, "<i4", under_null=0).astype(np.int64),
        values_of(days, "<i4", under_null=0).astype(np.int64),
        values_of(micros, "<i8", under_null=0),
    )


def _send_array(array: Array) -> Array:
    months, days, micros = _columns(array)
    wire = np.empty(len(array), _WIRE)
    wire["months"], wire["days"], wire["micros"] = months, days, micros
    return fixed_size(wire, array)


def _format_array(array: Array) -> Array:
    """Each field that is not zero, or null, joined with spaces; and the time where it or everything is zero."""
    months, days, micros = _columns(array)
    years = np.sign(months) * (np.abs(months) // 12)
    negative_before = np.zeros(len(array), np.bool_)
    nothing_before = np.ones(len(array), np.bool_)
    parts: list[Array] = []
    for amount, unit in ((years, " year"), (months - years * 12, " mon"), (days, " day")):
        shown = amount != 0
        plus = pa.array(negative_before & (amount > 0))
        number = pc.cast(pa.array(amount, mask=~shown), pa.string()).cast(pa.binary())
        suffix = pc.if_else(pa.array(amount == 1), pa.scalar(unit.encode()), pa.scalar(f"{unit}s".encode()))
        parts.append(join(pc.if_else(plus, pa.scalar(b"+"), pa.scalar(b"")), number, suffix))
        negative_before = np.where(shown, amount < 0, negative_before)
        nothing_before &= ~shown
    parts.append(_time_part(micros, negative_before, nothing_before))
    options = pc.JoinOptions(null_handling="skip")
    text = pc.binary_join_element_wise(*parts, pa.scalar(b" "), options=options)
    if not array.null_count:
        return text
    return pc.if_else(pa.array(valid_rows(array)), text, pa.scalar(None, pa.binary()))


def _time_part(
    micros: NDArray[np.int64], negative_before: NDArray[np.bool_], nothing_before: NDArray[np.bool_]
) -> Array:
    absent = (micros == 0) & ~nothing_before
    magnitude = np.abs(micros)
    hours = magnitude // HOUR
    hour_text = pc.cast(pa.array(hours, mask=absent), pa.string())
    hour_text = pc.utf8_lpad(hour_text, 2, "0").cast(pa.binary())
    sign = np.where(micros < 0, b"-", np.where(negative_before, b"+", b""))
    rest = magnitude - hours * HOUR
    return join(pa.array(sign.astype(object), pa.binary()), hour_text, as_binary(_minutes_and_seconds(rest)))


def _minutes_and_seconds(micros: NDArray[np.int64]) -> Array:
    """`:05:06.7` of what is less than an hour."""
    seconds = micros // 1_000_000
    digits = np.empty((len(micros), 6), np.uint8)
    zero = ord("0")
    digits[:, 0], digits[:, 3] = ord(":"), ord(":")
    digits[:, 1], digits[:, 2] = seconds // 600 + zero, seconds // 60 % 10 + zero
    digits[:, 4], digits[:, 5] = seconds % 60 // 10 + zero, seconds % 10 + zero
    return with_fraction(digits, micros - seconds * 1_000_000)


def interval_codec(sql_type: SqlType) -> Codec:
    """The codec of interval. Of its modifier the precision of seconds counts; fields are not cut away."""
    digits = -1 if sql_type.modifier < 0 else sql_type.modifier & _FULL_PRECISION

    def coerce(value: Interval) -> Interval:
        months, days, micros = value
        return months, days, round_micros(micros, digits)

    def parse(text: str) -> Interval:
        return coerce(parse_interval(text))

    def receive(data: bytes) -> Interval:
        return coerce(_receive(data))

    return Codec(sql_type, parse, _format, receive, _send, coerce, _format_array, _send_array)
