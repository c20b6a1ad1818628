"""Time zones: the offset from UTC of one moment or of a whole column of them.

`zoneinfo` knows offsets one `datetime` at a time and does not show its transitions. They are found by asking it for
moments a few days apart over the years in question, once, and kept as sorted arrays: then a column needs one
`searchsorted`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
from msgspec import Struct

from sql.remembered_texts import remembered
from sql.types.calendar import DAY, HOUR, MINUTE, SECOND, days_from_civil

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIRST_YEAR: Final = 1840
"""Before it every zone keeps local mean time."""
_LAST_YEAR: Final = 2500
"""After it offsets repeat: the calendar has a cycle of 400 years, and rules of zones do not change any more."""
_STEP: Final = 5 * DAY
"""No zone has changed its offset and back within less."""
_CYCLE_MICROS: Final = 146_097 * DAY
_FIRST_MICROS: Final[int] = days_from_civil(_FIRST_YEAR, 1, 1) * DAY
_LAST_MICROS: Final[int] = days_from_civil(_LAST_YEAR, 1, 1) * DAY

_POSIX: Final = re.compile(
    r"(?:<[^>]*>|[a-z]{3,})?([+-]?)(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?", re.ASCII | re.IGNORECASE
)


class _Transitions(Struct, frozen=True):
    """Offsets over a range of years: `offsets[i]` holds before `starts[i]`, the last one after all of them."""

    first_year: int
    end_year: int
    starts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    starts_list: list[int]
    offsets_list: list[int]


class Zone:
    """A time zone by its name. Safe in any thread: what it finds out is replaced as a whole."""

    def __init__(self, name: str, info: ZoneInfo | None, fixed_offset_micros: int = 0) -> None:
        self.name = name
        self._info = info
        self._fixed = fixed_offset_micros
        self._known: _Transitions | None = None

    @property
    def fixed_offset_micros(self) -> int | None:
        """Microseconds east of UTC, of a zone that is nothing but an offset."""
        return self._fixed if self._info is None else None

    def offset(self, utc_micros: int) -> int:
        """Microseconds east of UTC at a moment since 1970."""
        if self._info is None:
            return self._fixed
        moment = _within_cycle(utc_micros)
        known = self._transitions(moment, moment)
        return known.offsets_list[bisect_right(known.starts_list, moment)]

    def offsets(self, utc_micros: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same of a column."""
        if self._info is None or len(utc_micros) == 0:
            return np.full(len(utc_micros), self._fixed, np.int64)
        low, high = int(utc_micros.min()), int(utc_micros.max())
        if low < _FIRST_MICROS or high >= _LAST_MICROS:
            utc_micros = _column_within_cycle(utc_micros)
            low, high = int(utc_micros.min()), int(utc_micros.max())
        known = self._transitions(low, high)
        return known.offsets[np.searchsorted(known.starts, utc_micros, side="right")]

    def to_utc(self, local_micros: int) -> int:
        """The moment at which clocks show a local time.

        A time that clocks skip is read with the offset before the change, one that they show twice with the offset
        after it, as PostgreSQL does (`DetermineTimeZoneOffset`).
        """
        if self._info is None:
            return local_micros - self._fixed
        shifted = _within_cycle(local_micros)
        known = self._transitions(shifted - 2 * DAY, shifted + 2 * DAY)
        index = bisect_right(known.starts_list, shifted - DAY)
        before = known.offsets_list[index]
        if index == len(known.starts_list):
            return local_micros - before
        boundary, after = known.starts_list[index], known.offsets_list[index + 1]
        if shifted - before < boundary and shifted - after < boundary:
            return local_micros - before
        if shifted - before > boundary and shifted - after >= boundary:
            return local_micros - after
        return local_micros - min(before, after)

    def column_to_utc(self, local_micros: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same of a column, of times in the years 1 to 9999."""
        if self._info is None or len(local_micros) == 0:
            return local_micros - self._fixed
        shifted = _column_within_cycle(local_micros)
        known = self._transitions(int(shifted.min()) - 2 * DAY, int(shifted.max()) + 2 * DAY)
        index = np.searchsorted(known.starts, shifted - DAY, side="right")
        before, after = known.offsets[index], known.offsets[np.minimum(index + 1, len(known.starts))]
        boundary = np.append(known.starts, np.iinfo(np.int64).max)[index]
        stays = (shifted - before < boundary) & (shifted - after < boundary)
        changed = (shifted - before > boundary) & (shifted - after >= boundary)
        return local_micros - np.where(stays, before, np.where(changed, after, np.minimum(before, after)))

    def _transitions(self, low_micros: int, high_micros: int) -> _Transitions:
        known = self._known
        first, end = _year_of(low_micros), _year_of(high_micros) + 1
        if known is not None and known.first_year <= first and end <= known.end_year:
            return known
        if known is not None:
            first, end = min(first, known.first_year), max(end, known.end_year)
        # A few years more on either side: a stream of moments rarely stays in one year.
        found = self._find(max(first - 1, _FIRST_YEAR - 1), min(end + 1, _LAST_YEAR + 1))
        self._known = found
        return found

    def _find(self, first_year: int, end_year: int) -> _Transitions:
        start = days_from_civil(first_year, 1, 1) * DAY
        end = days_from_civil(end_year, 1, 1) * DAY
        starts: list[int] = []
        offsets = [self._ask(start)]
        for moment in range(start, end, _STEP):
            offset = self._ask(moment + _STEP)
            if offset != offsets[-1]:
                starts.append(self._change_between(moment, moment + _STEP, offsets[-1]))
                offsets.append(offset)
        return _Transitions(first_year, end_year, np.array(starts, "i8"), np.array(offsets, "i8"), starts, offsets)

    def _change_between(self, before: int, after: int, offset_before: int) -> int:
        while after - before > SECOND:
            middle = before + (after - before) // SECOND // 2 * SECOND
            if self._ask(middle) == offset_before:
                before = middle
            else:
                after = middle
        return after

    def _ask(self, utc_micros: int) -> int:
        offset = datetime.fromtimestamp(utc_micros // SECOND, self._info).utcoffset()
        assert offset is not None
        return offset // timedelta(microseconds=1)


def _year_of(micros: int) -> int:
    return datetime.fromtimestamp(micros // SECOND, UTC).year


def _within_cycle(micros: int) -> int:
    if micros >= _LAST_MICROS:
        return micros - -(-(micros - _LAST_MICROS + 1) // _CYCLE_MICROS) * _CYCLE_MICROS
    return max(micros, _FIRST_MICROS)


def _column_within_cycle(micros: NDArray[np.int64]) -> NDArray[np.int64]:
    cycles = -(-(micros - np.int64(_LAST_MICROS) + 1) // np.int64(_CYCLE_MICROS))
    micros = np.where(micros >= _LAST_MICROS, micros - cycles * np.int64(_CYCLE_MICROS), micros)
    return np.maximum(micros, np.int64(_FIRST_MICROS))


@cache
def _names_by_lower_case() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@remembered(1024)
def find_zone(name: str) -> Zone | None:
    """The zone of a name in any case, or of POSIX form (`<+02>-02`, `UTC-2`: hours *west*); `None` if there is none."""
    if name.upper() in ("UTC", "GMT", "Z", "ZULU", "UCT", "ETC/UTC"):
        return Zone("UTC", None)
    known = _names_by_lower_case().get(name.lower())
    if known is not None:
        return Zone(known, _load(known))
    match = _POSIX.fullmatch(name)
    if match is None:
        return None
    sign, hours, minutes, seconds = match.groups()
    west = int(hours) * HOUR + int(minutes or 0) * MINUTE + int(seconds or 0) * SECOND
    return Zone(name, None, west if sign == "-" else -west)


def _load(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return None


ABBREVIATIONS: Final[dict[str, int]] = {
    "acdt": 630, "acst": 570, "adt": -180, "aedt": 660, "aest": 600, "akdt": -480, "akst": -540, "ast": -240,
    "awst": 480, "bst": 60, "cdt": -300, "cest": 120, "cet": 60, "cst": -360, "eat": 180, "edt": -240, "eest": 180,
    "eet": 120, "est": -300, "gmt": 0, "hst": -600, "idt": 180, "ist": 120, "jst": 540, "kst": 540, "mdt": -360,
    "msd": 240, "msk": 180, "mst": -420, "ndt": -150, "nst": -210, "nzdt": 780, "nzst": 720, "pdt": -420, "pkt": 300,
    "pst": -480, "sast": 120, "sgt": 480, "uct": 0, "ut": 0, "utc": 0, "wat": 60, "west": 60, "wet": 0, "z": 0,
    "zulu": 0,
}  # fmt: skip
"""Minutes east of UTC: the common ones of PostgreSQL's default set of abbreviations."""
