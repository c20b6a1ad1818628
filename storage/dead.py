"""The seqs of dead row versions, in the order in which they died, so that a snapshot is just a length."""

from __future__ import annotations

from array import array
from itertools import compress
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    Seqs = npt.NDArray[np.int64]

DIED_LONG_AGO: Final = 0
"""The time of a death of which no time is known."""

NEVER: Final = (1 << 63) - 1
"""Later than any time."""


def pack_death(died_at_us: int) -> bytes:
    """When a row died, as the value of its entry in RocksDB."""
    return died_at_us.to_bytes(8, "big")


def unpack_death(value: bytes) -> int:
    """When a row died, in microseconds since the epoch. Entries of older servers have no value."""
    return int.from_bytes(value, "big") if value else DIED_LONG_AGO


class DeadLog:
    """Append-only. The loop appends; any thread reads up to a length that the loop gave it."""

    __slots__ = ("_positions", "_seqs", "_sorted", "_times_us", "oldest_us")

    def __init__(self, seqs: Iterable[int] = (), times_us: Iterable[int] = ()) -> None:
        self._seqs = list(seqs)
        self._times_us = array("q", times_us)
        self.oldest_us = min(self._times_us, default=NEVER)
        """When the first one died; later than any time while none has."""
        self._positions = {seq: position for position, seq in enumerate(self._seqs)}
        self._sorted: tuple[int, Seqs] = (0, np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self._seqs)

    def __contains__(self, seq: object) -> bool:
        return seq in self._positions

    def add(self, seq: int, died_at_us: int) -> None:
        """This version is dead from now on."""
        self._positions[seq] = len(self._seqs)
        self.oldest_us = min(self.oldest_us, died_at_us)
        # First the time: whoever sees the seq finds its time.
        self._times_us.append(died_at_us)
        self._seqs.append(seq)

    def was_dead(self, seq: int, length: int) -> bool:
        """Whether the version was dead when the log had this length."""
        position = self._positions.get(seq)
        return position is not None and position < length

    def since(self, length: int) -> list[tuple[int, int]]:
        """What died after the log had this length, and when."""
        return list(zip(self._seqs[length:], self._times_us[length:], strict=False))

    def sorted_until(self, length: int) -> Seqs:
        """What was dead when the log had this length, ascending. Kept for the next one who asks."""
        known, seqs = self._sorted
        if known == length:
            return seqs
        if known > length:
            known, seqs = 0, np.empty(0, np.int64)
        new = np.array(self._seqs[known:length], np.int64)
        seqs = np.sort(np.concatenate((seqs, new)), kind="stable")
        seqs.flags.writeable = False
        if length >= self._sorted[0]:
            self._sorted = (length, seqs)
        return seqs

    def died_before(self, length: int, time_us: int) -> Seqs:
        """What of the first `length` deaths came before that time, ascending."""
        times = np.array(self._times_us[:length], np.int64)
        return np.sort(np.array(self._seqs[:length], np.int64)[times < time_us])

    def without(self, length: int, ranges: Sequence[tuple[int, int]]) -> DeadLog:
        """The first `length` deaths but those in these ranges of seqs, in their order: a new log. In a worker."""
        seqs = np.array(self._seqs[:length], np.int64)
        kept = np.ones(length, np.bool_)
        for first, last in ranges:
            kept &= (seqs < first) | (seqs > last)
        flags = kept.tolist()
        return DeadLog(compress(self._seqs, flags), compress(self._times_us[:length], flags))


def between(seqs: Seqs, first: int, last: int) -> Seqs:
    """The part of ascending seqs that lies from `first` to `last`, both included; a view."""
    part: Seqs = seqs[np.searchsorted(seqs, first, "left") : np.searchsorted(seqs, last, "right")]
    return part
