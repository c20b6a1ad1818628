"""How far long work on files is, and whether it should stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Checkpoint = Callable[[int, int], None]
    Enter = Callable[[int, int, str], None]


class ByteProgress:
    """Counts the bytes that a worker has dealt with.

    `checkpoint(bytes done, bytes in all)` is called at every step; what it raises stops the work. `enter(bytes done,
    bytes in all, phase)` is called when another phase of the work begins.
    """

    def __init__(self, checkpoint: Checkpoint, enter: Enter = lambda done, total, phase: None) -> None:
        self._checkpoint = checkpoint
        self._enter = enter
        self._done = 0
        self._total = 0

    def expect(self, total: int) -> None:
        """So many bytes are to be dealt with, in all phases together."""
        self._total = total

    def skip(self, count: int) -> None:
        """So many of them are done already."""
        self._done = count

    def enter(self, phase: str) -> None:
        """A phase begins."""
        self._enter(self._done, self._total, phase)
        self.step(0)

    def step(self, count: int) -> None:
        """So many more bytes are done."""
        self._done = min(self._done + count, self._total)
        self._checkpoint(self._done, self._total)

    def finish(self) -> None:
        """Whatever was expected is done."""
        self.step(self._total)
