"""Who waits for whom: for the holder of a row, a key or a name, or in the queue of a table's or an advisory lock.

Those who want the same row, key or name get it one after the other. When it is free the first of them is woken and
tries again; the others wait behind it until it has tried, and then for whoever holds the lock by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import DeadlockDetected
from storage.table_locks import LockMode, LockTag, LockWait

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Sequence

    from storage.errors import Blocked
    from storage.table_locks import LockOwner, LockRequest


class SoughtLock:
    """The lock of a row, a key or a name that somebody wants, and where it is kept. `store_oid` is that of a row."""

    __slots__ = ("lock", "locks", "store_oid")

    def __init__(self, locks: dict[Hashable, LockOwner], lock: Hashable, store_oid: int | None = None) -> None:
        self.locks = locks
        self.lock = lock
        self.store_oid = store_oid

    @property
    def identity(self) -> tuple[int, Hashable]:
        """Equal for those who want the same lock."""
        return id(self.locks), self.lock

    def after(self, holder: LockOwner) -> SoughtLock | None:
        """Where it is now that its holder has let go: an updated row is another one. `None` if that is not known."""
        if self.store_oid is None:
            return self
        seq = holder.row_after(self.store_oid, self.lock)
        return None if seq is None else SoughtLock(self.locks, seq, self.store_oid)


class Wait:
    """One that waits: for `holder`, who has what it wants or is about to try for it, or for a request to be granted."""

    __slots__ = ("holder", "is_passed_on", "owner", "request", "sought", "wake")

    def __init__(self, owner: LockOwner, blocked: Blocked, wake: Callable[[], None]) -> None:
        self.owner = owner
        self.holder: LockOwner = blocked.holder
        self.request: LockRequest | None = blocked.request
        self.sought: SoughtLock | None = blocked.sought
        self.wake = wake
        self.is_passed_on = False
        """Whether it has not met this holder itself."""

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

    __slots__ = ("_by_holder", "_leaving", "by_party")

    def __init__(self, leaving: Collection[LockOwner]) -> None:
        self.by_party: dict[LockOwner, Wait] = {}
        self._by_holder: dict[LockOwner, dict[LockOwner, Wait]] = {}
        """In the order in which they wait. None of them waits for one who has ended."""
        self._leaving = leaving
        """Who has ended, and whose locks are free although they are still there."""

    def begins(self, wait: Wait) -> None:
        """Raises `DeadlockDetected` if it would never end. It can be over at once."""
        party = wait.owner.party
        self.by_party[party] = wait
        try:
            if wait.request is None:
                self._by_holder.setdefault(wait.holder, {})[party] = wait
            else:
                wait.request.lock.enqueue(wait.request)
            self.pass_on(wait.owner)
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
        self._leave(wait)
        return None

    def pass_on(self, holder: LockOwner) -> None:
        """Somebody has let go of locks, or has tried for one: who waits for it goes on, unless it has what they want.

        The first of those who want the same is woken, unless yet another one has it.
        """
        waiting = self._by_holder.pop(holder, None)
        if waiting is None:
            return
        stay: dict[LockOwner, Wait] = {}
        woken: dict[Hashable, LockOwner] = {}
        for party, wait in waiting.items():
            sought = wait.sought
            if sought is not None:
                if self._holder_of(sought) is holder:
                    stay[party] = wait
                    continue
                sought = wait.sought = sought.after(holder)
            if sought is None:
                self._wake(wait)
                continue
            now = self._holder_of(sought)
            # One who waits itself is for the deadlock detection: whoever waits for it has to meet it first.
            if now is None or now.party in self.by_party:
                now = woken.setdefault(sought.identity, wait.owner)
            if now is wait.owner:
                self._wake(wait)
            else:
                wait.holder, wait.is_passed_on = now, True
                self._by_holder.setdefault(now, {})[party] = wait
        if stay:
            self._by_holder.setdefault(holder, {}).update(stay)

    @property
    def holders(self) -> Collection[LockOwner]:
        """For whom somebody waits, or behind whom."""
        return self._by_holder.keys()

    def _holder_of(self, sought: SoughtLock) -> LockOwner | None:
        holder = sought.locks.get(sought.lock)
        return None if holder in self._leaving else holder

    def _wake(self, wait: Wait) -> None:
        del self.by_party[wait.owner.party]
        wait.wake()

    def _leave(self, wait: Wait) -> None:
        waiting = self._by_holder.get(wait.holder)
        if waiting is not None:
            waiting.pop(wait.owner.party, None)
            if not waiting:
                del self._by_holder[wait.holder]

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
                if wait.is_passed_on:
                    # Perhaps it does not want that lock any more: it tries itself, and is told if it does.
                    self._leave(wait)
                    self._wake(wait)
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
