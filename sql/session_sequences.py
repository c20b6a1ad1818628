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

    def require(self, sequence: SequenceGenerator, count: int) -> None:
        """See to it that the next `count` numbers can be taken. Raises what `Sequences.require` raises."""
        self._sequences.require(sequence, count)

    def next(self, sequence: SequenceGenerator) -> int:
        """The next number. Raises what `Sequences.require` raises."""
        number = self._sequences.next(sequence)
        self._current[sequence.oid] = number
        self._last = sequence.oid
        return number

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
