"""Who locks and waits as one: a session, over all its transactions, with the advisory locks that outlive them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from storage.table_locks import LockMode, LockTag

if TYPE_CHECKING:
    from storage.locks import LockTable

AdvisoryMode = Literal[LockMode.SHARE, LockMode.EXCLUSIVE]


class LockParty:
    """What one session holds beyond its transactions."""

    __slots__ = ("_held", "_table")

    is_open = True

    def __init__(self, table: LockTable) -> None:
        self._table = table
        self._held: dict[tuple[LockTag, LockMode], int] = {}

    @property
    def party(self) -> LockParty:
        """As which it waits: as itself."""
        return self

    def take(self, tag: LockTag, mode: LockMode) -> None:
        """Take an advisory lock, once more if it is held already. Raises `Blocked`."""
        self._table.take(tag, self, mode, lambda: self._took(tag, mode))
        self._took(tag, mode)

    def release(self, tag: LockTag, mode: LockMode) -> bool:
        """Give an advisory lock back once. False if it is not held."""
        count = self._held.get((tag, mode), 0)
        if not count:
            return False
        if count == 1:
            del self._held[tag, mode]
        else:
            self._held[tag, mode] = count - 1
        self._table.give_back(self._table.modes[tag], self, mode)
        return True

    def release_all(self) -> None:
        """Give all of them back, however often they were taken."""
        for tag, mode in tuple(self._held):
            while self.release(tag, mode):
                continue

    def _took(self, tag: LockTag, mode: LockMode) -> None:
        self._held[tag, mode] = self._held.get((tag, mode), 0) + 1
