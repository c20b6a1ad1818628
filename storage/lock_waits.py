"""Who waits for whom: for the holder of a row, a key or a name, or in the queue of a table's or an advisory lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import DeadlockDetected
from storage.table_locks import LockMode, LockTag, LockWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.table_locks import LockOwner, LockRequest


class Wait:
    """One that waits: until `holder` lets go of anything, or until a request is granted."""

    __slots__ = ("holder", "owner", "request", "wake")

    def __init__(
        self, owner: LockOwner, holder: LockOwner, request: LockRequest | None, wake: Callable[[], None]
    ) -> None:
        self.owner = owner
        self.holder = holder
        self.request = request
        self.wake = wake

    @property
    def tag(self) -> LockTag:
        """For what it waits: for a lock with a queue, or, as PostgreSQL has it, for the end of a transaction."""
        return LockTag("transactionid", self.holder.id) if self.request is None else self.request.lock.tag

    @property
    def mode(self) -> LockMode:
        """In which mode."""
        return LockMode.SHARE if self.request is None else self.request.mode

    def obstacles(self) -> Iterator[tuple[LockOwner, LockRequest | None]]:
        """For whom it waits, as it is now; with the request of one who only stands ahead of it in a queue."""
        if self.request is None:
            yield self.holder, None
        elif self.request in self.request.lock.queue:
            yield from self.request.lock.obstacles(self.request.owner, self.request.mode)


def _told(circle: Sequence[Wait]) -> tuple[LockWait, ...]:
    return tuple(
        LockWait(wait.owner.party, wait.mode, wait.tag, following.owner.party)
        for wait, following in zip(circle, (*circle[1:], circle[0]), strict=True)
    )


class LockWaits:
    """All who wait, by party: a session waits for one thing at a time, whatever it holds."""

    __slots__ = ("_by_holder", "by_party")

    def __init__(self) -> None:
        self.by_party: dict[LockOwner, Wait] = {}
        self._by_holder: dict[LockOwner, dict[LockOwner, Wait]] = {}

    def begins(self, wait: Wait) -> None:
        """Raises `DeadlockDetected` if it would never end. It can be over at once."""
        party = wait.owner.party
        self.by_party[party] = wait
        try:
            if wait.request is None:
                self._by_holder.setdefault(wait.holder, {})[party] = wait
            else:
                wait.request.lock.enqueue(wait.request)
            self._require_no_deadlock(party)
        except DeadlockDetected:
            self.ends(wait.owner)
            raise

    def ends(self, owner: LockOwner) -> LockRequest | None:
        """An owner waits no longer, for whatever reason. Returns what it had asked for, if that has a queue."""
        wait = self.by_party.pop(owner.party, None)
        if wait is None:
            return None
        if wait.request is not None:
            wait.request.lock.leave(wait.request)
            return wait.request
        waiting = self._by_holder.get(wait.holder)
        if waiting is not None:
            waiting.pop(owner.party, None)
            if not waiting:
                del self._by_holder[wait.holder]
        return None

    def released(self, holder: LockOwner) -> None:
        """A holder has let go of something: those who wait for it look again whether it was theirs."""
        for wait in self._by_holder.pop(holder, {}).values():
            wait.wake()

    def _require_no_deadlock(self, party: LockOwner) -> None:
        # Each round moves one that waits ahead of another; who could go on for ever has met a real circle.
        for _ in range(len(self.by_party) + 1):
            circle = self._circle(party)
            if circle is None:
                return
            for wait, ahead in circle:
                if ahead is not None and wait.request is not None:
                    # Only the order of a queue closes the circle: as PostgreSQL does, another order is taken.
                    wait.request.lock.overtake(wait.request, ahead)
                    break
            else:
                raise DeadlockDetected(_told([wait for wait, _ in circle]))
        raise DeadlockDetected

    def _circle(self, start: LockOwner) -> list[tuple[Wait, LockRequest | None]] | None:
        """The waits by which a party waits for itself, each with whom it stands behind, if it is only that."""
        seen: set[LockOwner] = set()
        path: list[tuple[Wait, Iterator[tuple[LockOwner, LockRequest | None]], LockRequest | None]] = []
        first = self.by_party[start]
        path.append((first, first.obstacles(), None))
        while path:
            wait, obstacles, _ = path[-1]
            for owner, ahead in obstacles:
                # One that is being committed waits for nothing but the disk.
                if not owner.is_open:
                    continue
                path[-1] = (wait, obstacles, ahead)
                if owner.party is start:
                    return [(each, behind) for each, _, behind in path]
                following = self.by_party.get(owner.party)
                if following is not None and owner.party not in seen:
                    seen.add(owner.party)
                    path.append((following, following.obstacles(), None))
                    break
            else:
                path.pop()
        return None
