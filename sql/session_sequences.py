"""The numbers that one session takes from sequences: nextval(), currval(), lastval(), setval()."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import NumericValueOutOfRange, WrongState
from sql.waiting import wait_for_commit
from storage.errors import NumbersNotReserved
from storage.sequences import SequenceValue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from storage.catalog import Catalog
    from storage.catalog_entries import SequenceGenerator
    from storage.engine import Commit
    from storage.sequences import Sequences


class SessionSequences:
    """What currval() and lastval() say is the session's own; the numbers are everybody's."""

    def __init__(self, sequences: Sequences) -> None:
        self._sequences = sequences
        self._current: dict[int, int] = {}
        self._last: int | None = None
        self._tried: list[tuple[SequenceGenerator, SequenceValue, int | None, int | None]] | None = None
        """Where sequences stood before each number that was given on trial, and what `_current` and `_last` were."""

    def require(self, sequence: SequenceGenerator, count: int) -> None:
        """See to it that the next `count` numbers can be taken. Raises what `Sequences.require` raises."""
        self._sequences.require(sequence, count)

    def next(self, sequence: SequenceGenerator) -> int:
        """The next number. Raises what `Sequences.require` raises."""
        if self._tried is None:
            number = self._sequences.next(sequence)
        else:
            before = self._sequences.value(sequence)
            number = self._sequences.next(sequence)
            self._tried.append((sequence, before, self._current.get(sequence.oid), self._last))
        self._current[sequence.oid] = number
        self._last = sequence.oid
        return number

    def try_out(self) -> None:
        """Numbers are given on trial until `keep` or `take_back`, before anything else runs on the loop."""
        self._tried = []

    def keep(self) -> None:
        """The numbers have been given."""
        self._tried = None

    def take_back(self) -> None:
        """They have not: who asked for them asks again."""
        for sequence, before, current, last in reversed(self._tried or ()):
            self._sequences.go_back(sequence, before)
            self._last = last
            if current is None:
                del self._current[sequence.oid]
            else:
                self._current[sequence.oid] = current
        self._tried = None

    async def reserve(self, sequence: SequenceGenerator, count: int) -> None:
        """Return once the next `count` numbers can be taken. Raises `SequenceExhausted`, `WriteFailed`."""
        while True:
            try:
                return self.require(sequence, count)
            except NumbersNotReserved as unreserved:
                await wait_for_commit(unreserved.reservation)

    async def take(self, sequence: SequenceGenerator, count: int) -> npt.NDArray[np.int64]:
        """The next numbers, in order, once they are durably reserved. Raises `SequenceExhausted`, `WriteFailed`."""
        await self.reserve(sequence, count)
        numbers = self._sequences.take(sequence, count)
        if count:
            self._current[sequence.oid] = int(numbers[-1])
            self._last = sequence.oid
        return numbers

    def set(self, sequence: SequenceGenerator, number: int, *, is_called: bool) -> Commit:
        """Let the sequence go on from a number: what to wait for. Raises `NumericValueOutOfRange`, `WriteFailed`."""
        if not sequence.minimum <= number <= sequence.maximum:
            raise NumericValueOutOfRange(
                f'setval: value {number} is out of bounds for sequence "{sequence.name}" '
                f"({sequence.minimum}..{sequence.maximum})"
            )
        commit = self._sequences.set(sequence, SequenceValue(number, is_called))
        if is_called:
            self._current[sequence.oid] = number
        return commit

    def current(self, sequence: SequenceGenerator) -> int:
        """What the session got of it last. Raises `WrongState` before it has got anything."""
        found = self._current.get(sequence.oid)
        if found is None:
            raise WrongState(f'currval of sequence "{sequence.name}" is not yet defined in this session')
        return found

    def last(self, catalog: Catalog) -> int:
        """The number that the session got last of any sequence that is still there. Raises `WrongState`."""
        if self._last is None or self._last not in catalog.sequences:
            raise WrongState("lastval is not yet defined in this session")
        return self._current[self._last]

    def discard(self) -> None:
        """DISCARD SEQUENCES."""
        self._current.clear()
        self._last = None
