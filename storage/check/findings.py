"""What a check has found, told as it is found."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from storage.errors import CorruptRecords, CorruptSegment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOLD_MAX: Final = 10
"""Of findings of one topic at one place so many are told one by one; the others are counted."""


class Finding(Struct, frozen=True):
    """One thing that was found: a problem, or a note of what is left over and harmless."""

    is_problem: bool
    where: str
    what: str

    def __str__(self) -> str:
        """The line that tells of it."""
        return f"{'problem' if self.is_problem else 'note'}: {self.where}: {self.what}"


class Findings:
    """All findings of one check."""

    def __init__(self, tell: Callable[[Finding], None]) -> None:
        self._tell = tell
        self._topics: Counter[tuple[str, str]] = Counter()
        self.problems = 0

    def problem(self, where: str, what: str, topic: str | None = None) -> None:
        """Something is not as it must be. Those of a `topic` may be many."""
        self.problems += 1
        if topic is not None:
            self._topics[where, topic] += 1
            if self._topics[where, topic] > TOLD_MAX:
                return
        self._tell(Finding(True, where, what))

    def more(self, where: str, topic: str, count: int) -> None:
        """So many more problems of a topic of which enough were told."""
        self.problems += count
        self._topics[where, topic] += count

    def note(self, where: str, what: str) -> None:
        """Something is left over."""
        self._tell(Finding(False, where, what))

    def finish(self) -> None:
        """Tell how many were not told one by one."""
        for (where, topic), count in self._topics.items():
            if count > TOLD_MAX:
                self._tell(Finding(True, where, f"{count - TOLD_MAX} more: {topic}"))

    @contextmanager
    def guarding(self, where: str) -> Iterator[None]:
        """Make what cannot be read a problem, and go on behind the block."""
        try:
            yield
        except (CorruptRecords, CorruptSegment) as error:
            self.problem(where, str(error))
