"""`.datetime()`: dates, times and timestamps as items of a path, compared and written as PostgreSQL does."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.errors import FeatureNotSupported
from sql.jsonpath.errors import InvalidJsonDatetime

if TYPE_CHECKING:
    from sql.types.zone import Zone

_DAY_US: Final = 86_400_000_000
_DATE: Final = r"(?P<year>\d{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2}):(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6})\d*)?"
_ZONE: Final = r"(?P<zone>[+-]\d{1,2})(?::(?P<zone_minute>\d{1,2}))?"
_MOMENT: Final = re.compile(rf"\s*(?:(?:{_DATE})(?:(?:T|\s+){_TIME}(?:{_ZONE})?)?)\s*", re.ASCII)
_CLOCK: Final = re.compile(rf"\s*{_TIME}(?:\s*{_ZONE})?\s*", re.ASCII)
_EPOCH_DAY: Final = dt.date(1970, 1, 1).toordinal()
_NAMES: Final = {
    "date": "date",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}


class Moment(Struct, frozen=True):
    """A date, time or timestamp: microseconds of its own clock, since midnight or 1970, and where that clock is."""

    kind: str
    micros: int
    zone_s: int = 0
    """Seconds east of Greenwich, of a kind with a time zone."""

    @property
    def type_name(self) -> str:
        """What `.type()` calls it."""
        return _NAMES[self.kind]

    @property
    def written(self) -> str:
        """As a string of JSON."""
        zone = _written_zone(self.zone_s) if self.kind.endswith("tz") else ""
        if self.kind.startswith("time") and not self.kind.startswith("timestamp"):
            return _written_clock(self.micros) + zone
        date = dt.date.fromordinal(_EPOCH_DAY + self.micros // _DAY_US).isoformat()
        return date if self.kind == "date" else f"{date}T{_written_clock(self.micros % _DAY_US)}{zone}"

    @property
    def universal(self) -> int:
        """Microseconds of the clock at Greenwich."""
        return self.micros - self.zone_s * 1_000_000


def _written_clock(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}".rstrip("0") if fraction else text


def _written_zone(zone_s: int) -> str:
    minutes = abs(zone_s) // 60
    return f"{'-' if zone_s < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def read_moment(text: str) -> Moment:
    """A text in one of the formats of ISO that PostgreSQL tries. Raises 22031."""
    moment = _read(text)
    if moment is None:
        raise InvalidJsonDatetime(
            f'datetime format is not recognized: "{text}"',
            hint="Use a datetime template argument to specify the input data format.",
        )
    return moment


def _read(text: str) -> Moment | None:
    found = _MOMENT.fullmatch(text)
    if found is None:
        clock = _CLOCK.fullmatch(text)
        if clock is None or (micros := _clock_of(clock)) is None:
            return None
        return _with_zone(clock, "time", micros)
    try:
        date = dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    day_us = (date.toordinal() - _EPOCH_DAY) * _DAY_US
    if found["hour"] is None:
        return Moment("date", day_us)
    micros = _clock_of(found)
    return None if micros is None else _with_zone(found, "timestamp", day_us + micros)


def _clock_of(found: re.Match[str]) -> int | None:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"])
    if hour > 23 or minute > 59 or second > 59:
        return None
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + int((found["fraction"] or "").ljust(6, "0"))


def _with_zone(found: re.Match[str], kind: str, micros: int) -> Moment | None:
    if found["zone"] is None:
        return Moment(kind, micros)
    hours, minutes = int(found["zone"][1:]), int(found["zone_minute"] or 0)
    if hours > 15 or minutes > 59:
        return None
    zone_s = (hours * 60 + minutes) * 60
    return Moment(f"{kind}tz", micros, -zone_s if found["zone"][0] == "-" else zone_s)


def order(one: Moment, other: Moment, zone: Zone | None) -> int | None:
    """Below 0, 0 or above it; `None` of a time and a date. Raises where a time zone is needed and none is given."""
    clocks = [moment.kind in ("time", "timetz") for moment in (one, other)]
    if clocks[0] != clocks[1]:
        return None
    if one.kind.endswith("tz") != other.kind.endswith("tz"):
        one, other = _in_zone(one, other, zone), _in_zone(other, one, zone)
    left, right = one.universal, other.universal
    if left == right and one.kind == "timetz":
        # Of two at the same moment the one further west is the later.
        left, right = -one.zone_s, -other.zone_s
    return (left > right) - (left < right)


def _in_zone(moment: Moment, other: Moment, zone: Zone | None) -> Moment:
    """A moment without a time zone as one of the session's."""
    if moment.kind.endswith("tz"):
        return moment
    if zone is None:
        raise FeatureNotSupported(
            f"cannot convert value from {moment.kind} to {other.kind} without time zone usage",
            hint="Use *_tz() function for time zone support.",
        )
    if moment.kind == "time":
        raise FeatureNotSupported("times without a time zone cannot be compared with those with one")
    offset_s = (moment.micros - zone.to_utc(moment.micros)) // 1_000_000
    return Moment("timestamptz", moment.micros, offset_s)
