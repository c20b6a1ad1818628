"""The seqs of dead row versions, in the order in which they died, so that a snapshot is just a length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Seqs = npt.NDArray[np.int64]


class DeadLog:
    """Append-only. The loop appends; any thread reads up to a length that the loop gave it."""

    __slots__ = ("_positions", "_seqs", "_sorted")

    def __init__(self, seqs: Iterable[int] = ()) -> None:
        self._seqs = list(seqs)
        self._positions = {seq: position for position, seq in enumerate(self._seqs)}
        self._sorted: tuple[int, Seqs] = (0, np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self._seqs)

    def __contains__(self, seq: object) -> bool:
        return seq in self._positions

    def add(self, seq: int) -> None:
        """This version is dead from now on."""
        self._positions[seq] = len(self._seqs)
        self._seqs.append(seq)

    def was_dead(self, seq: int, length: int) -> bool:
        """Whether the version was dead when the log had this length."""
        position = self._positions.get(seq)
        return position is not None and position < length

    def since(self, length: int) -> list[int]:
        """What died after the log had this length."""
        return self._seqs[length:]

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


def between(seqs: Seqs, first: int, last: int) -> Seqs:
    """The part of ascending seqs that lies from `first` to `last`, both included; a view."""
    part: Seqs = seqs[np.searchsorted(seqs, first, "left") : np.searchsorted(seqs, last, "right")]
    return part
