"""When a schedule fires: by a cron expression in a time zone, or every so often.

Times are microseconds since the epoch, UTC. Cron is cronsim's, which takes changes of the clock as Debian's cron does:
a time that is skipped in spring fires right after the gap, one that comes twice in autumn fires once, and an expression
with a star for minutes or hours goes by elapsed time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from msgspec import Struct

from jobs.schedules.errors import InvalidSchedule
from storage.units import format_duration

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LONGEST: Final = 200
"""Characters of a cron expression: enough for every minute of an hour, and quick to look through."""
_FIELDS_HINT: Final = "A cron expression has five fields: minute, hour, day of month, month and day of week."


class Timing(Protocol):
    """When to fire."""

    @property
    def text(self) -> str:
        """As `system.schedules.cron` shows it."""

    @property
    def timezone(self) -> str:
        """The name of its time zone."""

    def after(self, at_us: int) -> int | None:
        """The first fire time after that moment; `None` when there is none."""

    def latest(self, at_us: int) -> int | None:
        """The last fire time up to that moment, itself included."""


class Cron(Struct, frozen=True):
    """A cron expression of five fields. `Cron.parse` checks it."""

    text: str
    timezone: str
    _zone: tzinfo

    @classmethod
    def parse(cls, text: str, timezone: str = "UTC") -> Cron:
        """Raises `InvalidSchedule` for what is not an expression, never fires, or is in no time zone."""
        text = " ".join(text.split())
        if len(text) > _LONGEST:
            raise InvalidSchedule(f"cron expression is longer than {_LONGEST} characters")
        if len(text.split()) != 5:
            raise InvalidSchedule(f'invalid cron expression "{text}"', hint=_FIELDS_HINT)
        cron = cls(text, timezone, zone_of(timezone))
        try:
            CronSim(text, _EPOCH)
        except CronSimError as error:
            raise InvalidSchedule(
                f'invalid cron expression "{text}": {str(error).lower()}', hint=_FIELDS_HINT
            ) from None
        if cron.after(0) is None:
            raise InvalidSchedule(f'cron expression "{text}" never fires')
        return cron

    def after(self, at_us: int) -> int | None:
        """The first fire time after that moment; `None` when there is none."""
        # cronsim takes no notice of which of two equal wall-clock times it starts from, so it may begin before.
        found = (_microseconds(moment) for moment in CronSim(self.text, self._moment(at_us)))
        return next((fire_us for fire_us in found if fire_us > at_us), None)

    def latest(self, at_us: int) -> int | None:
        """The last fire time up to that moment, itself included."""
        # What begins at a fraction of a second looks at that second, too.
        begin_us = at_us if at_us % 1_000_000 else at_us + 1
        found = (_microseconds(moment) for moment in CronSim(self.text, self._moment(begin_us), reverse=True))
        return next((fire_us for fire_us in found if fire_us <= at_us), None)

    def _moment(self, at_us: int) -> datetime:
        return (_EPOCH + at_us * _MICROSECOND).astimezone(self._zone)


class Every(Struct, frozen=True):
    """At the multiples of an interval, which are the same for whoever counts them."""

    interval_us: int

    @property
    def text(self) -> str:
        """`@every 10s`."""
        return f"@every {format_duration(self.interval_us / 1e6)}"

    @property
    def timezone(self) -> str:
        """Intervals are in no time zone."""
        return "UTC"

    def after(self, at_us: int) -> int:
        """The first multiple after that moment."""
        return (at_us // self.interval_us + 1) * self.interval_us

    def latest(self, at_us: int) -> int:
        """The last multiple up to that moment."""
        return at_us // self.interval_us * self.interval_us


def due(timing: Timing, considered_us: int, now_us: int) -> int | None:
    """The fire time that is to be done now, when all up to `considered_us` have been seen to.

    Of several that have passed it is the last: a server that was down, or whose clock was set forward, fires once.
    """
    first = timing.after(considered_us)
    if first is None or first > now_us:
        return None
    return max(first, timing.latest(now_us) or first)


def comes_again(timing: Timing, considered_us: int, now_us: int) -> bool:
    """Whether a clock that was set back to `now_us` would keep a schedule from firing for more than one of its periods.

    Then what has been seen to is to be done again, at the times that come again. Otherwise they are passed over: what
    is done once a day is not done twice because of an hour.
    """
    first = timing.after(now_us)
    second = None if first is None else timing.after(first)
    return second is not None and second <= considered_us


def zone_of(name: str) -> tzinfo:
    """The time zone of that name. Raises `InvalidSchedule`."""
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidSchedule(f'time zone "{name}" not recognized') from None


def iso(at_us: int) -> str:
    """A time as it stands in keys: `2026-11-22T02:00:00Z`."""
    return (_EPOCH + at_us * _MICROSECOND).isoformat().replace("+00:00", "Z")


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
