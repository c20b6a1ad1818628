"""Whether the file of a segment is the one that was written: found out once, before anybody reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from storage.segment_file import find_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.segment import Segment

TURN_S: Final = 0.02
"""How long somebody waits for another reader's verification before looking at whether to stop."""


def never_stop() -> None:
    """The step of somebody who cannot be stopped."""


class SegmentVerifier(Struct, frozen=True):
    """Holds each segment to its checksum before its first reader gets it. Any thread.

    What it finds is kept with the segment, in its `Integrity`, so that all who have the segment know it at once.
    """

    is_on: bool = True
    on_damage: Callable[[Segment, str], None] | None = None
    """Told of each segment that is found to be damaged, be it by the start, and what is wrong with it, in the thread
    that finds it."""

    def require_whole(self, segment: Segment, step: Callable[[], None] = never_stop) -> None:
        """Read the file of a segment that this process has neither written nor verified. In a worker.

        Of several readers one verifies, and the others wait for it. `step` is called between pieces, and while waiting;
        what it raises ends that. Raises `CorruptSegment`.
        """
        segment.require_readable()
        integrity = segment.integrity
        if integrity.is_verified or not self.is_on:
            return
        while not integrity.turn.acquire(timeout=TURN_S):
            step()
        try:
            segment.require_readable()
            if not integrity.is_verified:
                self._verify(segment, step)
        finally:
            integrity.turn.release()

    def _verify(self, segment: Segment, step: Callable[[], None]) -> None:
        fault = find_fault(segment, step)
        if fault is None:
            segment.integrity.is_verified = True
            return
        segment.integrity.fault = fault
        self.tell(segment, fault)
        segment.require_readable()

    def tell(self, segment: Segment, fault: str) -> None:
        """Say that the file of a segment is damaged, or is not there."""
        if self.on_damage is not None:
            self.on_damage(segment, fault)
