"""The codecs of a session: one for each type, made when first asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sql.errors import FeatureNotSupported, InvalidParameterValue
from sql.types.array import array_codec
from sql.types.arrow import pa
from sql.types.boolean import boolean_codec
from sql.types.bytea import bytea_codec
from sql.types.date import date_codec
from sql.types.floating import floating_codec
from sql.types.integer import integer_codec
from sql.types.interval import interval_codec
from sql.types.json import json_codec
from sql.types.jsonb import jsonb_codec
from sql.types.jsonpath import jsonpath_codec
from sql.types.numeric import numeric_codec, open_numeric_codec
from sql.types.object_name import OBJECT_NAMES, object_name_codec
from sql.types.record import record_codec
from sql.types.text import text_codec
from sql.types.time import time_codec
from sql.types.timestamp import timestamp_codec
from sql.types.uuid import uuid_codec
from sql.types.zone import Zone, find_zone
from storage import types
from storage.types import SqlType, array_of, element_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.types.codec import Codec
    from sql.types.object_name import Names

INT2VECTOR: Final = SqlType(22)
OIDVECTOR: Final = SqlType(30)
NUMERICS: Final = array_of(types.NUMERIC)

_FLOATS: Final = frozenset({types.REAL.oid, types.DOUBLE.oid})
_TIMESTAMPS: Final = frozenset({types.TIMESTAMP.oid, types.TIMESTAMPTZ.oid})
_PLAIN: Final[dict[int, Callable[[SqlType], Codec]]] = {
    types.BOOLEAN.oid: boolean_codec,
    types.NUMERIC.oid: numeric_codec,
    types.BYTEA.oid: bytea_codec,
    types.INTERVAL.oid: interval_codec,
    types.UUID.oid: uuid_codec,
    types.JSON.oid: json_codec,
    types.JSONB.oid: jsonb_codec,
    types.JSONPATH.oid: jsonpath_codec,
    types.RECORD.oid: record_codec,
    types.RECORD_ARRAY.oid: record_codec,
}


def wall_clock_micros() -> int:
    """Microseconds since 1970, now."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Codecs:
    """Input and output of every type under a session's settings: DateStyle ISO, bytea_output hex, postgres intervals.

    `now_micros` gives the moment that `now` and `today` mean in date input: the start of the transaction, since 1970.
    Raises 22023 for an unknown time zone. Safe in any thread.
    """

    time_zone: str = "UTC"
    extra_float_digits: int = 1
    now_micros: Callable[[], int] = wall_clock_micros
    names: Names | None = None
    """By which catalog objects are written and read; without them they are numbers."""
    zone: Zone = field(init=False, repr=False, compare=False)
    _made: dict[SqlType, Codec] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        zone = find_zone(self.time_zone)
        if zone is None:
            raise InvalidParameterValue(f'invalid value for parameter "TimeZone": "{self.time_zone}"')
        object.__setattr__(self, "zone", zone)

    def of(self, sql_type: SqlType) -> Codec:
        """The codec of a type. Raises 0A000 for a type that has none."""
        codec = self._made.get(sql_type)
        if codec is None:
            codec = self._made[sql_type] = self._make(sql_type)
        return codec

    def of_parameter(self, sql_type: SqlType) -> Codec:
        """The codec of what a client sends for a parameter: whoever takes a numeric rounds it."""
        if sql_type == types.NUMERIC:
            return open_numeric_codec()
        if sql_type == NUMERICS:
            return array_codec(sql_type, open_numeric_codec())
        return self.of(sql_type)

    def _make(self, sql_type: SqlType) -> Codec:
        oid = sql_type.oid
        if oid in _FLOATS:
            return floating_codec(sql_type, self.extra_float_digits)
        if oid == types.DATE.oid:
            return date_codec(sql_type, self.zone, self.now_micros)
        if oid == types.TIME.oid:
            return time_codec(sql_type, self.zone, self.now_micros)
        if oid in _TIMESTAMPS:
            return timestamp_codec(sql_type, self.zone, self.now_micros)
        if oid in _PLAIN:
            return _PLAIN[oid](sql_type)
        if oid in OBJECT_NAMES and self.names is not None:
            return object_name_codec(sql_type, self.names)
        if oid == types.VOID.oid:
            return text_codec(sql_type)
        return self._make_by_arrow(sql_type)

    def _make_by_arrow(self, sql_type: SqlType) -> Codec:
        """What is stored alike is written alike: names of all kinds, and numbers of catalog objects."""
        try:
            stored = sql_type.arrow
        except KeyError:
            raise FeatureNotSupported(f"type with oid {sql_type.oid} has no text or binary format") from None
        if pa.types.is_integer(stored):
            return integer_codec(sql_type)
        if pa.types.is_string(stored):
            return text_codec(sql_type)
        if sql_type.oid in (INT2VECTOR.oid, OIDVECTOR.oid):
            number = types.SMALLINT if sql_type.oid == INT2VECTOR.oid else types.OID
            return array_codec(sql_type, self.of(number), vector=True)
        element = element_of(sql_type)
        assert element is not None, sql_type
        return array_codec(sql_type, self.of(element))
