"""Locks of rows, keys, names and tables: who holds which."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from storage.errors import Blocked, TooManyLocks
from storage.leftovers import ITEMS_A_TURN
from storage.load_keys import overlapping
from storage.lock_waits import LockWaits, SoughtLock, Wait
from storage.table_locks import LockMode, LockRequest, LockTag, ModeLock

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from storage.deletion import PreparedDeletion
    from storage.leftovers import Leftovers
    from storage.load import PreparedLoad

MODES_MAX: Final = 100_000
"""With so many locks with modes there, none of references to single keys and no advisory ones are taken any more: each
is about a kilobyte."""

Owner: TypeAlias = Any
"""A `Transaction` or a `PointWrite`. Naming them would close a circle of imports; here one is only an identity."""


class LockShown(NamedTuple):
    """One who holds a lock with modes, or waits for it. `party` is the session's `LockParty`, if it is one."""

    tag: LockTag
    mode: LockMode
    party: Owner
    is_granted: bool


class LockTable:
    """All locks, and who waits for them: exclusive ones, and those with modes.

    All keys of a load are one lock, and so are all rows of a large deletion, with their keys.
    """

    __slots__ = ("deletions", "keys", "leaving", "loads", "modes", "names", "rows", "waits")

    def __init__(self) -> None:
        self.names: dict[Hashable, Owner] = {}
        """Of catalog entries."""
        self.rows: defaultdict[int, dict[Hashable, Owner]] = defaultdict(dict)
        """By row store: seqs."""
        self.keys: defaultdict[int, dict[Hashable, Owner]] = defaultdict(dict)
        """By row store: index entries."""
        self.loads: dict[PreparedLoad, Owner] = {}
        self.deletions: dict[PreparedDeletion, Owner] = {}
        self.modes: dict[LockTag, ModeLock] = {}
        """Those that several may hold: of tables and references, and advisory ones."""
        self.leaving: set[Owner] = set()
        """Those who have ended: their locks are free, but are still being taken out, thousands as they are."""
        self.waits = LockWaits(self.leaving)

    def take(self, tag: LockTag, owner: Owner, mode: LockMode, granted: Callable[[], None]) -> ModeLock:
        """Take a lock with modes.

        Raises `Blocked`: whoever waits then has it when the waiting ends, and `granted` has been called. Raises
        `TooManyLocks`.
        """
        lock = self.modes.get(tag)
        if lock is None:
            if len(self.modes) >= MODES_MAX and (tag.kind == "advisory" or tag.second_key is not None):
                raise TooManyLocks
            lock = self.modes[tag] = ModeLock(tag)
        if not lock.try_take(owner, mode):
            holder, _ = next(lock.obstacles(owner, mode))
            raise Blocked(holder, LockRequest(lock, owner, mode, granted))
        return lock

    def give_back(self, lock: ModeLock, owner: Owner, mode: LockMode) -> None:
        """Give a lock with modes back once."""
        lock.release(owner, mode)
        # Writers come again and again: theirs stays, until somebody drops the table, or otherwise keeps them out.
        if mode is not LockMode.ROW_EXCLUSIVE or lock.tag.kind != "relation":
            self._forget_free(lock)

    def wait_begins(self, waiter: Owner, blocked: Blocked, wake: Callable[[], None]) -> None:
        """`waiter` is about to wait for what it was blocked by; `wake` is called when it should try again.

        Raises `DeadlockDetected` if that would never be.
        """
        request = blocked.request
        has_ended = blocked.holder in self.leaving
        if request is None and (has_ended or blocked.releases != blocked.holder.releases):
            # It has let go of something in between, and would not be heard doing so again.
            wake()
            return
        if request is not None:
            request.wake = wake
            request.lock = self.modes.setdefault(request.lock.tag, request.lock)
        self.waits.begins(Wait(waiter, blocked, wake))

    def wait_ends(self, waiter: Owner) -> None:
        """`waiter` waits no longer, for whatever reason."""
        request = self.waits.ends(waiter)
        if request is not None:
            self._forget_free(request.lock)

    def shown(self) -> list[LockShown]:
        """Who holds and who waits for locks with modes."""
        shown: list[LockShown] = []
        for tag, lock in self.modes.items():
            for holder, modes in lock.holders.items():
                shown += [LockShown(tag, mode, holder.party, True) for mode in dict.fromkeys(modes)]
            shown += [LockShown(tag, each.mode, each.owner.party, False) for each in lock.queue]
        for wait in self.waits.by_party.values():
            if wait.request is None:
                shown.append(LockShown(wait.tag, wait.mode, wait.owner.party, False))
        return shown

    def _forget_free(self, lock: ModeLock) -> None:
        if lock.is_free:
            self.modes.pop(lock.tag, None)


class HeldLocks:
    """The locks of one transaction. They are released from the last one taken, back to a mark."""

    __slots__ = ("_locks", "_modes", "_owner", "_table", "releases")

    def __init__(self, table: LockTable, owner: Owner) -> None:
        self._table = table
        self._owner = owner
        self._locks: list[tuple[dict[Any, Owner] | ModeLock, Any]] = []
        """Each with what it was taken in; of one with modes by whom and in which."""
        self._modes: list[int] = []
        """Where those with modes are."""
        self.releases = 0
        """How often it has let go of any."""

    def take_name(self, name: Hashable) -> None:
        """Take the lock of a catalog entry or of its name. Raises `Blocked`."""
        self._take(self._table.names, name)

    def take_table(self, table_oid: int, mode: LockMode) -> None:
        """Take the lock of a table. Raises `Blocked`."""
        self.take_once(LockTag("relation", table_oid), mode)

    def take_once(self, tag: LockTag, mode: LockMode) -> None:
        """Take a lock with modes, unless it is held so already. Raises `Blocked`, `TooManyLocks`."""
        if mode not in self.modes_of(tag):
            self._take_mode(tag, self._owner, mode)

    @property
    def mode_count(self) -> int:
        """How many locks with modes it holds."""
        return len(self._modes)

    def modes_of(self, tag: LockTag) -> Sequence[LockMode]:
        """In which modes it holds a lock."""
        lock = self._table.modes.get(tag)
        return () if lock is None else lock.holders.get(self._owner, ())

    def take_advisory(self, tag: LockTag, mode: LockMode) -> None:
        """Take an advisory lock; what the session holds is no obstacle. Raises `Blocked`."""
        self._take_mode(tag, self._owner.party, mode)

    def take_row(self, store_oid: int, seq: int) -> None:
        """Take the lock of a row. Raises `Blocked`."""
        if self._table.deletions:
            for deletion, holder in self._table.deletions.items():
                if self._is_other(holder) and deletion.store_oid == store_oid and seq in deletion:
                    raise Blocked(holder)
        self._take(self._table.rows[store_oid], seq, store_oid)

    def take_key(self, store_oid: int, key: bytes) -> bool:
        """Take the lock of a key, by its index entry. Tells whether it is new. Raises `Blocked`."""
        if self._table.loads:
            for load, holder in self._table.loads.items():
                is_other = self._is_other(holder) and load.store_oid == store_oid
                if is_other and load.position_of(key) is not None:
                    raise Blocked(holder)
        if self._table.deletions:
            for deletion, holder in self._table.deletions.items():
                is_other = self._is_other(holder) and deletion.store_oid == store_oid
                if is_other and deletion.seq_of(key) is not None:
                    raise Blocked(holder)
        return self._take(self._table.keys[store_oid], key)

    def take_load(self, load: PreparedLoad) -> None:
        """Take the locks of all keys of a load. Raises `Blocked`.

        Two loads whose ranges of keys overlap wait for each other, and so do a load and a deletion: finding out whether
        they share a key takes too long.
        """
        if not load.keys:
            return
        oid, table = load.store_oid, self._table
        held: tuple[tuple[PreparedLoad | PreparedDeletion, Owner], ...]
        held = (*table.loads.items(), *table.deletions.items())
        for other, holder in held:
            is_other = self._is_other(holder) and other.store_oid == oid
            if is_other and overlapping(other.keys, load.keys):
                raise Blocked(holder)
        owner = self._owner
        others = [(key, holder) for key, holder in table.keys[oid].items() if holder is not owner]
        for key, holder in others:
            if self._is_other(holder) and isinstance(key, bytes) and load.position_of(key) is not None:
                raise Blocked(holder)
        self._put(table.loads, load)

    def take_deletion(self, deletion: PreparedDeletion) -> None:
        """Take the locks of all rows of a large deletion, and of their keys. Raises `Blocked`.

        Only whoever has locked the row of a key can have locked the key.
        """
        oid, table = deletion.store_oid, self._table
        for other, holder in table.deletions.items():
            if self._is_other(holder) and other.store_oid == oid and deletion.shares_rows(other):
                raise Blocked(holder)
        rows = table.rows[oid]
        locked = np.fromiter(rows, np.int64, len(rows))
        for seq in locked[deletion.holds(locked)].tolist():
            if self._is_other(rows[seq]):
                raise Blocked(rows[seq], sought=SoughtLock(rows, seq, oid))
        self._put(table.deletions, deletion)

    def mark(self) -> int:
        """What `release_since` needs to release what is taken from now on."""
        return len(self._locks)

    def release_since(self, mark: int) -> None:
        """Release what was taken since a mark."""
        if len(self._locks) == mark:
            return
        released = self._locks[mark:]
        del self._locks[mark:]
        while self._modes and self._modes[-1] >= mark:
            self._modes.pop()
        for locks, lock in released:
            if isinstance(locks, ModeLock):
                self._table.give_back(locks, *lock)
            else:
                del locks[lock]
        self.releases += 1
        self._table.waits.pass_on(self._owner)

    def has_tried(self) -> None:
        """Its owner has tried for a lock that it had waited for: who waited behind it need not any longer."""
        self._table.waits.pass_on(self._owner)

    def release_all(self, leftovers: Leftovers) -> None:
        """Release everything, for its owner has ended. Of very many locks the others learn at once that they are free.

        They are taken out by and by.
        """
        if len(self._locks) <= ITEMS_A_TURN:
            self.release_since(0)
            return
        for place in self._modes:
            lock, (owner, mode) = self._locks[place]
            assert isinstance(lock, ModeLock)
            self._table.give_back(lock, owner, mode)
        self._modes.clear()
        self._table.leaving.add(self._owner)
        leftovers.add(self._take_some_out)
        self.releases += 1
        self._table.waits.pass_on(self._owner)

    def _take_some_out(self, count: int) -> bool:
        some = self._locks[-count:]
        del self._locks[-count:]
        for locks, lock in some:
            # Somebody else may have taken it since.
            if not isinstance(locks, ModeLock) and locks.get(lock) is self._owner:
                del locks[lock]
        if not self._locks:
            self._table.leaving.discard(self._owner)
        return bool(self._locks)

    def _is_other(self, holder: Owner) -> bool:
        return holder is not self._owner and holder not in self._table.leaving

    def _take_mode(self, tag: LockTag, owner: Owner, mode: LockMode) -> None:
        lock = self._table.take(tag, owner, mode, lambda: self._took(tag, owner, mode))
        self._put_mode(lock, owner, mode)

    def _took(self, tag: LockTag, owner: Owner, mode: LockMode) -> None:
        self._put_mode(self._table.modes[tag], owner, mode)

    def _put_mode(self, lock: ModeLock, owner: Owner, mode: LockMode) -> None:
        self._modes.append(len(self._locks))
        self._locks.append((lock, (owner, mode)))

    def _take(self, locks: dict[Hashable, Owner], lock: Hashable, store_oid: int | None = None) -> bool:
        holder = locks.get(lock)
        if holder is None:
            self._put(locks, lock)
            return True
        if holder is self._owner:
            return False
        if holder not in self._table.leaving:
            raise Blocked(holder, sought=SoughtLock(locks, lock, store_oid))
        self._put(locks, lock)
        return True

    def _put(self, locks: dict[Any, Owner], lock: Hashable) -> None:
        locks[lock] = self._owner
        self._locks.append((locks, lock))
