"""How far long work on files is, and whether it should stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Checkpoint = Callable[[int, int], None]


class ByteProgress:
    """Counts the bytes that a worker has dealt with.

    `checkpoint(bytes done, bytes in all)` is called at every step; what it raises stops the work. `enter(phase)` is
    called when another phase of the work begins.
    """

    def __init__(self, checkpoint: Checkpoint, enter: Callable[[str], None] = lambda phase: None) -> None:
        self._checkpoint = checkpoint
        self._enter = enter
        self._done = 0
        self._total = 0

    def expect(self, total: int) -> None:
        """So many bytes are to be dealt with, in all phases together."""
        self._total = total

    def enter(self, phase: str) -> None:
        """A phase begins."""
        self._enter(phase)
        self.step(0)

    def step(self, count: int) -> None:
        """So many more bytes are done."""
        self._done = min(self._done + count, self._total)
        self._checkpoint(self._done, self._total)
