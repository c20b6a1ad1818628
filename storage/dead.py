"""The seqs of dead row versions, in the order in which they died, so that a snapshot is just a length."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Seqs = npt.NDArray[np.int64]

DIED_LONG_AGO: Final = 0
"""The time of a death of which no time is known."""

NEVER: Final = (1 << 63) - 1
"""Later than any time."""


def pack_death(died_at_us: int) -> bytes:
    """When a row died, as the value of its entry in RocksDB."""
    return died_at_us.to_bytes(8, "big")


BATCH_FROM: Final = 512
"""So many deaths at once are kept as a sorted array; fewer one by one, which makes looking for one faster."""

COMPARED_RANGES_MAX: Final = 8
"""Up to so many ranges it is faster to compare with each one than to search for the right one."""

MERGED_MAX: Final = 1 << 17
"""Batches are merged up to this: in about a millisecond."""


class _Batch:
    """Many deaths, by seq. `positions` says where in the log each one is."""

    __slots__ = ("positions", "seqs")

    def __init__(self, seqs: Seqs, positions: Seqs) -> None:
        if not bool((seqs[1:] > seqs[:-1]).all()):
            order = np.argsort(seqs, kind="stable")
            seqs, positions = seqs[order], positions[order]
        self.seqs = seqs
        self.positions = positions

    def __len__(self) -> int:
        return len(self.seqs)

    def position_of(self, seq: int) -> int | None:
        at = int(self.seqs.searchsorted(seq))
        return self.positions.item(at) if at < len(self.seqs) and self.seqs.item(at) == seq else None

    def merged(self, other: _Batch) -> _Batch:
        return _Batch(np.concatenate((self.seqs, other.seqs)), np.concatenate((self.positions, other.positions)))


def _worth_merging(left: _Batch, right: _Batch) -> bool:
    return len(left) <= 2 * len(right) and len(left) + len(right) <= MERGED_MAX


class DeadLog:
    """Append-only. The loop appends; any thread reads up to a length that the loop gave it."""

    __slots__ = ("_batches", "_positions", "_seqs", "_sorted", "_times_us", "oldest_us")

    def __init__(self) -> None:
        self._seqs = array("q")
        self._times_us = array("q")
        self.oldest_us = NEVER
        """When the first one died; later than any time while none has."""
        self._positions: dict[int, int] = {}
        self._batches: tuple[_Batch, ...] = ()
        self._sorted: tuple[int, Seqs] = (0, np.empty(0, np.int64))

    @classmethod
    def of(cls, seqs: Seqs, times_us: Seqs) -> DeadLog:
        """A log of these deaths, in their order."""
        log = cls()
        log.extend(seqs, times_us)
        return log

    def __len__(self) -> int:
        return len(self._seqs)

    def __contains__(self, seq: int) -> bool:
        if seq in self._positions:
            return True
        return bool(self._batches) and any(batch.position_of(seq) is not None for batch in self._batches)

    def add(self, seq: int, died_at_us: int) -> None:
        """This version is dead from now on."""
        self._positions[seq] = len(self._seqs)
        self.oldest_us = min(self.oldest_us, died_at_us)
        # First the time: whoever sees the seq finds its time.
        self._times_us.append(died_at_us)
        self._seqs.append(seq)

    def extend(self, seqs: Seqs, times_us: Seqs) -> None:
        """These are dead from now on, in this order. Of a hundred thousand it takes a few milliseconds."""
        if len(seqs) < BATCH_FROM:
            for seq, died_at_us in zip(seqs.tolist(), times_us.tolist(), strict=True):
                self.add(seq, died_at_us)
            return
        start = len(self._seqs)
        batches = [*self._batches, _Batch(seqs, np.arange(start, start + len(seqs)))]
        while len(batches) > 1 and _worth_merging(batches[-2], batches[-1]):
            last = batches.pop()
            batches[-1] = batches[-1].merged(last)
        self._batches = tuple(batches)
        self.oldest_us = min(self.oldest_us, int(times_us.min()))
        self._times_us.frombytes(times_us.tobytes())
        self._seqs.frombytes(seqs.tobytes())

    def was_dead(self, seq: int, length: int) -> bool:
        """Whether the version was dead when the log had this length."""
        position = self._positions.get(seq)
        for batch in self._batches:
            if position is not None:
                break
            position = batch.position_of(seq)
        return position is not None and position < length

    def first(self, length: int) -> Seqs:
        """What was dead when the log had this length, in the order of the deaths."""
        return np.array(self._seqs[:length], np.int64)

    def since(self, length: int) -> tuple[Seqs, Seqs]:
        """What died after the log had this length, and when."""
        return np.array(self._seqs[length:], np.int64), np.array(self._times_us[length:], np.int64)

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
        return np.sort(self.first(length)[times < time_us])

    def without(self, length: int, ranges: Sequence[tuple[int, int]]) -> DeadLog:
        """The first `length` deaths but those in these ranges of seqs, in their order: a new log. In a worker."""
        seqs, times = self.first(length), np.array(self._times_us[:length], np.int64)
        kept = ~within(seqs, ranges)
        return DeadLog.of(seqs[kept], times[kept])


def within(seqs: Seqs, ranges: Sequence[tuple[int, int]]) -> Flags:
    """Which of some seqs lie in one of these ranges, which are ascending and include both ends."""
    found: Flags = np.zeros(len(seqs), np.bool_)
    if len(ranges) <= COMPARED_RANGES_MAX:
        for first, last in ranges:
            found |= (seqs >= first) & (seqs <= last)
        return found
    firsts, lasts = np.array(ranges, np.int64).T
    at = firsts.searchsorted(seqs, "right") - 1
    found |= (at >= 0) & (seqs <= lasts[at])
    return found


def between(seqs: Seqs, first: int, last: int) -> Seqs:
    """The part of ascending seqs that lies from `first` to `last`, both included; a view."""
    part: Seqs = seqs[np.searchsorted(seqs, first, "left") : np.searchsorted(seqs, last, "right")]
    return part
