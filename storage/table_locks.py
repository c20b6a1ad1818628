"""Locks that several may hold at once, in modes: those of tables and of references, and advisory ones.

Modes and what conflicts with what are PostgreSQL's ("Table-Level Locks"), and so is the order: who has to wait stands
in a queue, and whoever comes later and conflicts with one that waits stands behind it, so that nobody waits for ever.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LockOwner: TypeAlias = Any
"""A `Transaction` or a `LockParty`. Naming them would close a circle of imports; here it is only an identity."""


class LockMode(IntEnum):
    """From the weakest to the strongest."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def title(self) -> str:
        """What pg_locks calls it: `RowExclusiveLock`."""
        return self.name.title().replace("_", "") + "Lock"


def _from(weakest: LockMode, *but: LockMode) -> int:
    """The bits of a mode and all stronger ones."""
    return sum(1 << mode for mode in LockMode if mode >= weakest and mode not in but)


CONFLICTS: Final[Mapping[LockMode, int]] = {
    LockMode.ACCESS_SHARE: _from(LockMode.ACCESS_EXCLUSIVE),
    LockMode.ROW_SHARE: _from(LockMode.EXCLUSIVE),
    LockMode.ROW_EXCLUSIVE: _from(LockMode.SHARE),
    LockMode.SHARE_UPDATE_EXCLUSIVE: _from(LockMode.SHARE_UPDATE_EXCLUSIVE),
    LockMode.SHARE: _from(LockMode.ROW_EXCLUSIVE, LockMode.SHARE),
    LockMode.SHARE_ROW_EXCLUSIVE: _from(LockMode.ROW_EXCLUSIVE),
    LockMode.EXCLUSIVE: _from(LockMode.ROW_SHARE),
    LockMode.ACCESS_EXCLUSIVE: _from(LockMode.ACCESS_SHARE),
}
"""With which modes each conflicts, as bits."""


class LockTag(NamedTuple):
    """What is locked: a table or a foreign key by its oid, or what applications mean by a number or by two.

    Of a foreign key also what refers to one key: that is named by its index entry.
    """

    kind: str
    """As pg_locks has it: `relation`, `object` (a foreign key) or `advisory`."""
    key: int
    second_key: int | bytes | None = None


class LockWait(NamedTuple):
    """That one session waits for a lock because of another one. Parties are `LockParty`s."""

    party: LockOwner
    mode: LockMode
    tag: LockTag
    blocker: LockOwner


class LockRequest:
    """One that has to wait for a lock. When it holds it `granted` is called, and then `wake`."""

    __slots__ = ("granted", "lock", "mode", "owner", "wake")

    def __init__(self, lock: ModeLock, owner: LockOwner, mode: LockMode, granted: Callable[[], None]) -> None:
        self.lock = lock
        self.owner = owner
        self.mode = mode
        self.granted = granted
        self.wake: Callable[[], None] | None = None
        """Set by whoever waits."""


class ModeLock:
    """One lock: who holds it, in which modes, and who waits for it, in order."""

    __slots__ = ("_counts", "_held", "holders", "queue", "tag")

    def __init__(self, tag: LockTag) -> None:
        self.tag = tag
        self.holders: dict[LockOwner, list[LockMode]] = {}
        """The modes that each has taken, as often as it has."""
        self.queue: list[LockRequest] = []
        self._counts = [0] * (LockMode.ACCESS_EXCLUSIVE + 1)
        self._held = 0
        """Bits of the modes that anyone holds."""

    @property
    def is_free(self) -> bool:
        """Whether nobody holds it or waits for it."""
        return not self.holders and not self.queue

    def try_take(self, owner: LockOwner, mode: LockMode) -> bool:
        """Take it, unless that has to wait. What the owner itself holds is no obstacle."""
        conflicts = CONFLICTS[mode]
        if conflicts & self._held and self._is_held_by_others(owner, conflicts):
            return False
        if self.queue and any(conflicts >> each.mode & 1 for each in self.queue[: self._place_of(owner)]):
            return False
        self._grant(owner, mode)
        return True

    def release(self, owner: LockOwner, mode: LockMode) -> None:
        """Give it back once, and have those take it who can do so now."""
        modes = self.holders[owner]
        modes.remove(mode)
        if not modes:
            del self.holders[owner]
        self._counts[mode] -= 1
        if not self._counts[mode]:
            self._held &= ~(1 << mode)
        if self.queue:
            self.serve()

    def enqueue(self, request: LockRequest) -> None:
        """Wait in the queue: as in PostgreSQL before those who wait for what the owner of the request holds."""
        self.queue.insert(self._place_of(request.owner), request)
        self.serve()

    def leave(self, request: LockRequest) -> None:
        """No longer wait, if it still does."""
        if request in self.queue:
            self.queue.remove(request)
            self.serve()

    def overtake(self, request: LockRequest, ahead: LockRequest) -> None:
        """Have one that waits do so before another one, which stands ahead of it."""
        self.queue.remove(request)
        self.queue.insert(self.queue.index(ahead), request)
        self.serve()

    def serve(self) -> None:
        """Give it to all who need not wait any longer."""
        waiting = 0
        for request in tuple(self.queue):
            conflicts = CONFLICTS[request.mode]
            if conflicts & waiting or (conflicts & self._held and self._is_held_by_others(request.owner, conflicts)):
                waiting |= 1 << request.mode
                continue
            self.queue.remove(request)
            self._grant(request.owner, request.mode)
            request.granted()
            if request.wake is not None:
                request.wake()

    def obstacles(self, owner: LockOwner, mode: LockMode) -> Iterator[tuple[LockOwner, LockRequest | None]]:
        """For whom a request has, or would have, to wait: for holders, and for those ahead of it in the queue."""
        conflicts = CONFLICTS[mode]
        for holder, modes in self.holders.items():
            if holder is not owner and any(conflicts >> each & 1 for each in modes):
                yield holder, None
        for request in self.queue[: self._place_of(owner)]:
            if request.owner is owner:
                return
            if conflicts >> request.mode & 1:
                yield request.owner, request

    def _grant(self, owner: LockOwner, mode: LockMode) -> None:
        self.holders.setdefault(owner, []).append(mode)
        self._counts[mode] += 1
        self._held |= 1 << mode

    def _is_held_by_others(self, owner: LockOwner, conflicts: int) -> bool:
        return any(
            conflicts >> mode & 1 for holder, modes in self.holders.items() if holder is not owner for mode in modes
        )

    def _place_of(self, owner: LockOwner) -> int:
        """Where in the queue an owner stands, or would stand."""
        held = self.holders.get(owner, ())
        for place, request in enumerate(self.queue):
            if request.owner is owner or any(CONFLICTS[request.mode] >> mode & 1 for mode in held):
                return place
        return len(self.queue)
