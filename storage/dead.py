"""The seqs of dead row versions, in the order in which they died, so that a snapshot is just a length."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Seqs = npt.NDArray[np.int64]
    Times: TypeAlias = Seqs | int
    """When rows died: each one, or all of them."""

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
    """Many deaths, by seq. `positions` says where in the log each one is; a number, where the first of them is."""

    __slots__ = ("first", "last", "positions", "seqs")

    def __init__(self, seqs: Seqs, positions: Seqs | int) -> None:
        self.seqs = seqs
        self.positions = positions
        self.first: int = seqs.item(0)
        self.last: int = seqs.item(-1)

    def __len__(self) -> int:
        return len(self.seqs)

    def position_of(self, seq: int) -> int | None:
        if not self.first <= seq <= self.last:
            return None
        at = int(self.seqs.searchsorted(seq))
        if self.seqs.item(at) != seq:
            return None
        return self.positions + at if isinstance(self.positions, int) else self.positions.item(at)

    def merged(self, other: _Batch) -> _Batch:
        return _sorted_batch(
            np.concatenate((self.seqs, other.seqs)), np.concatenate((self._positions(), other._positions()))
        )

    def _positions(self) -> Seqs:
        if isinstance(self.positions, int):
            return np.arange(self.positions, self.positions + len(self.seqs))
        return self.positions


def _sorted_batch(seqs: Seqs, positions: Seqs) -> _Batch:
    order = np.argsort(seqs, kind="stable")
    return _Batch(seqs[order], positions[order])


def _worth_merging(left: _Batch, right: _Batch) -> bool:
    return len(left) <= 2 * len(right) and len(left) + len(right) <= MERGED_MAX


class _Piece:
    """Deaths that follow each other in the log. Immutable."""

    __slots__ = ("_times_us", "end", "highest", "lowest", "seqs", "start")

    def __init__(self, start: int, seqs: Seqs, times_us: Times, *, ascending: bool) -> None:
        self.start = start
        self.end = start + len(seqs)
        self.seqs = seqs
        self._times_us = times_us
        self.lowest: int = seqs.item(0) if ascending else int(seqs.min())
        self.highest: int = seqs.item(-1) if ascending else int(seqs.max())

    @property
    def times_us(self) -> Seqs:
        if isinstance(self._times_us, int):
            return np.full(len(self.seqs), self._times_us)
        return self._times_us

    def from_to(self, start: int, end: int) -> _Piece:
        """The part that lies between two positions of the log."""
        first, last = max(start - self.start, 0), max(end - self.start, 0)
        if first == 0 and last >= len(self.seqs):
            return self
        times_us = self._times_us if isinstance(self._times_us, int) else self._times_us[first:last]
        return _Piece(self.start + first, self.seqs[first:last], times_us, ascending=False)

    def lies_in(self, ranges: Sequence[tuple[int, int]]) -> bool:
        """Whether one of these ranges has all of them."""
        return any(first <= self.lowest and self.highest <= last for first, last in ranges)


class _Tail:
    """The last deaths, which came one by one. Only the loop appends; a reader knows how many it may read."""

    __slots__ = ("seqs", "start", "times_us")

    def __init__(self, start: int) -> None:
        self.start = start
        self.seqs = array("q")
        self.times_us = array("q")

    def piece(self, end: int) -> _Piece:
        """As a piece, up to a position of the log."""
        count = end - self.start
        seqs, times_us = np.array(self.seqs[:count], np.int64), np.array(self.times_us[:count], np.int64)
        return _Piece(self.start, seqs, times_us, ascending=False)


class DeadLog:
    """Append-only. The loop appends; any thread reads up to a length that the loop gave it."""

    __slots__ = ("_batches", "_kept", "_length", "_positions", "_sorted", "oldest_us")

    def __init__(self) -> None:
        self._length = 0
        self._kept: tuple[tuple[_Piece, ...], _Tail] = ((), _Tail(0))
        """Replaced together, so that any thread finds all that there is."""
        self.oldest_us = NEVER
        """When the first one died; later than any time while none has."""
        self._positions: dict[int, int] = {}
        """Of those that came one by one."""
        self._batches: tuple[_Batch, ...] = ()
        """The others."""
        self._sorted: tuple[int, Seqs] = (0, np.empty(0, np.int64))

    @classmethod
    def of(cls, seqs: Seqs, times_us: Seqs) -> DeadLog:
        """A log of these deaths, in their order."""
        log = cls()
        log.extend(seqs, times_us)
        return log

    def __len__(self) -> int:
        return self._length

    def __contains__(self, seq: int) -> bool:
        if seq in self._positions:
            return True
        return bool(self._batches) and any(batch.position_of(seq) is not None for batch in self._batches)

    def add(self, seq: int, died_at_us: int) -> None:
        """This version is dead from now on."""
        self._positions[seq] = self._length
        self.oldest_us = min(self.oldest_us, died_at_us)
        tail = self._kept[1]
        # First the time: whoever sees the seq finds its time.
        tail.times_us.append(died_at_us)
        tail.seqs.append(seq)
        self._length += 1

    def extend(self, seqs: Seqs, times_us: Seqs) -> None:
        """These are dead from now on, in this order."""
        if len(seqs) < BATCH_FROM:
            for seq, died_at_us in zip(seqs.tolist(), times_us.tolist(), strict=True):
                self.add(seq, died_at_us)
        elif bool((seqs[1:] > seqs[:-1]).all()):
            self._append(seqs, times_us, _Batch(seqs, self._length), int(times_us.min()))
        else:
            batch = _sorted_batch(seqs, np.arange(self._length, self._length + len(seqs)))
            self._append(seqs, times_us, batch, int(times_us.min()))

    def extend_ascending(self, seqs: Seqs, died_at_us: int) -> None:
        """These died together. It takes no longer for millions of them: the array, which must not change, is kept."""
        if len(seqs) < BATCH_FROM:
            for seq in seqs.tolist():
                self.add(seq, died_at_us)
        else:
            self._append(seqs, died_at_us, _Batch(seqs, self._length), died_at_us)

    def _append(self, seqs: Seqs, times_us: Times, batch: _Batch, oldest_us: int) -> None:
        pieces, tail = self._kept
        if tail.seqs:
            pieces += (tail.piece(self._length),)
        piece = _Piece(self._length, seqs, times_us, ascending=batch.seqs is seqs)
        self._kept = ((*pieces, piece), _Tail(piece.end))
        self._length = piece.end
        self.oldest_us = min(self.oldest_us, oldest_us)
        batches = [*self._batches, batch]
        while len(batches) > 1 and _worth_merging(batches[-2], batches[-1]):
            last = batches.pop()
            batches[-1] = batches[-1].merged(last)
        self._batches = tuple(batches)

    def was_dead(self, seq: int, length: int) -> bool:
        """Whether the version was dead when the log had this length."""
        position = self._positions.get(seq)
        for batch in self._batches:
            if position is not None:
                break
            position = batch.position_of(seq)
        return position is not None and position < length

    def since(self, length: int) -> tuple[Seqs, Seqs]:
        """What died after the log had this length, and when."""
        pieces = self._pieces(length, self._length)
        return _joined([piece.seqs for piece in pieces]), _joined([piece.times_us for piece in pieces])

    def first_within(self, length: int, ranges: Sequence[tuple[int, int]]) -> Seqs:
        """What of the first `length` deaths lies in one of these ranges, which are ascending; in their order."""
        pieces = self._pieces(0, length)
        return _joined(
            [piece.seqs if piece.lies_in(ranges) else piece.seqs[within(piece.seqs, ranges)] for piece in pieces]
        )

    def sorted_until(self, length: int) -> Seqs:
        """What was dead when the log had this length, ascending. Kept for the next one who asks."""
        known, seqs = self._sorted
        if known == length:
            return seqs
        if known > length:
            known, seqs = 0, np.empty(0, np.int64)
        new = [piece.seqs for piece in self._pieces(known, length)]
        seqs = np.sort(_joined([seqs, *new]), kind="stable")
        seqs.flags.writeable = False
        if length >= self._sorted[0]:
            self._sorted = (length, seqs)
        return seqs

    def died_before(self, length: int, time_us: int) -> Seqs:
        """What of the first `length` deaths came before that time, ascending."""
        return np.sort(_joined([piece.seqs[piece.times_us < time_us] for piece in self._pieces(0, length)]))

    def without(self, length: int, ranges: Sequence[tuple[int, int]]) -> DeadLog:
        """The first `length` deaths but those in these ranges of seqs, in their order: a new log. In a worker."""
        log = DeadLog()
        for piece in self._pieces(0, length):
            _extend_without(log, piece, ranges)
        return log

    def settled(self, ranges: Sequence[tuple[int, int]], length: int) -> tuple[DeadLog, list[tuple[Seqs, Seqs]]]:
        """A log of the deaths outside of some ranges; and those inside, with their times, after the first `length`.

        On the loop: where all of many deaths lie in one range it takes no time.
        """
        log, late = DeadLog(), []
        for piece in self._pieces(0, self._length):
            _extend_without(log, piece, ranges)
            if piece.end > length:
                since = piece.from_to(length, piece.end)
                inside = within(since.seqs, ranges)
                late.append((since.seqs[inside], since.times_us[inside]))
        return log, late

    def _pieces(self, start: int, end: int) -> list[_Piece]:
        """The deaths between two positions; any thread that knows that there are so many."""
        pieces, tail = self._kept
        found = [piece.from_to(start, end) for piece in pieces if piece.start < end and piece.end > start]
        if end > max(start, tail.start):
            found.append(tail.piece(end).from_to(start, end))
        return found


def _extend_without(log: DeadLog, piece: _Piece, ranges: Sequence[tuple[int, int]]) -> None:
    if not piece.lies_in(ranges):
        kept = ~within(piece.seqs, ranges)
        log.extend(piece.seqs[kept], piece.times_us[kept])


def _joined(arrays: Sequence[Seqs]) -> Seqs:
    return arrays[0] if len(arrays) == 1 else np.concatenate([np.empty(0, np.int64), *arrays])


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


def distinct(seqs: Seqs) -> Seqs:
    """Each once, ascending. numpy's own `unique` hashes integers, which takes sixty times as long."""
    ordered = np.sort(seqs)
    is_new = ordered[1:] != ordered[:-1]
    return ordered if is_new.all() else np.concatenate((ordered[:1], ordered[1:][is_new]))
