"""A gate that writers pass with each step, and that can be shut to have a moment without them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_S = 60
"""No step takes so long, however busy the machine is."""


class Gate:
    """Counts steps, lets many pass at once, and none while it is shut."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._shut_by = 0
        self.steps = 0
        """How many have passed."""

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A step: it begins while the gate is open."""
        with self._changed:
            self._changed.wait_for(lambda: not self._shut_by)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self.steps += 1
                self._changed.notify_all()

    @contextmanager
    def shut(self) -> Iterator[None]:
        """A moment in which no step is under way. Raises `AssertionError` if one does not end."""
        with self._changed:
            self._shut_by += 1
        try:
            with self._changed:
                assert self._changed.wait_for(lambda: not self._inside, STEP_S), "a step that does not end"
            yield
        finally:
            with self._changed:
                self._shut_by -= 1
                self._changed.notify_all()

    def wait_for_steps(self, count: int, timeout_s: float) -> bool:
        """Wait until so many more steps have ended; whether they have in that time."""
        with self._changed:
            end = self.steps + count
            return self._changed.wait_for(lambda: self.steps >= end, timeout_s)
