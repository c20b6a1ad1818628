"""What one writer has done, and what may be there of it: the model that a crashed server is held to.

A writer does one thing after the other, each of them whole or not at all. So what is found of its rows must be what
they were after some beginning of its history: after a crash all that was acknowledged, with or without what was sent
and not answered; in a backup a beginning that ends between what was acknowledged before and what was sent until its
end.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Row = tuple[str, object]
"""A table, and what tells the row from others of the same writer."""

Change = tuple[tuple[Row, object], ...]
"""The values that rows have after a step; `None` for those that are gone."""

State = dict[Row, object]


def after(state: Mapping[Row, object], changes: Sequence[Change]) -> State:
    """The state with these changes."""
    found = dict(state)
    for change in changes:
        for row, value in change:
            if value is None:
                found.pop(row, None)
            else:
                found[row] = value
    return found


@dataclass(frozen=True, slots=True)
class Branch:
    """A state that has begun with `base`, gone through at least `least` of the changes, and perhaps through more."""

    base: State
    changes: tuple[Change, ...]
    least: int

    def candidates(self) -> Iterator[State]:
        """What may be found."""
        state = after(self.base, self.changes[: self.least])
        yield state
        for change in self.changes[self.least :]:
            state = after(state, [change])
            yield state

    def chosen(self, found: State, unseen: str) -> State:
        """Which of them it is. `found` has nothing of the table `unseen`: what it has there the other rows tell.

        Raises `AssertionError` that tells the least difference if it is none of them.
        """
        candidates = list(self.candidates())
        wrong = [_difference(state, found, unseen) for state in candidates]
        if [] in wrong:
            return candidates[wrong.index([])]
        least = min(wrong, key=len)
        nearest = candidates[wrong.index(least)]
        shown = [(row, f"expected {nearest.get(row)}", f"found {found.get(row)}") for row in least[:10]]
        raise AssertionError(f"{len(least)} rows are wrong, of {len(candidates)} states possible: {shown}")


def _difference(expected: State, found: State, unseen: str) -> list[Row]:
    rows = expected.keys() | found.keys()
    return [row for row in rows if expected.get(row) != found.get(row) and row[0] != unseen]


class History:
    """The history of one writer. What it asks of the server it says before and after."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._base: State = {}
        self._changes: list[Change] = []
        self._in_doubt: Change | None = None
        self.state: State = {}
        """What is there, but for what is in doubt."""

    def sent(self, change: Change) -> None:
        """It is about to be asked for."""
        with self._lock:
            assert self._in_doubt is None
            self._in_doubt = change

    def acknowledged(self) -> None:
        """What was asked for is done."""
        with self._lock:
            assert self._in_doubt is not None
            self._changes.append(self._in_doubt)
            self.state = after(self.state, [self._in_doubt])
            self._in_doubt = None

    def refused(self) -> None:
        """It was not done, and the server has said so."""
        with self._lock:
            self._in_doubt = None

    @property
    def length(self) -> int:
        """How many changes were acknowledged since the last time that the state was made sure of."""
        with self._lock:
            return len(self._changes)

    def branch(self, least: int | None = None) -> Branch:
        """What may be there now: `least` changes at least, or without it all that were acknowledged."""
        with self._lock:
            asked = () if self._in_doubt is None else (self._in_doubt,)
            return Branch(self._base, (*self._changes, *asked), len(self._changes) if least is None else least)

    def made_sure(self, state: State) -> None:
        """This is what is there: go on from it."""
        with self._lock:
            self._base = self.state = state
            self._changes = []
            self._in_doubt = None
