"""Locks of rows, keys and names: who holds which, and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from storage.errors import Blocked, DeadlockDetected

if TYPE_CHECKING:
    from collections.abc import Hashable

    from storage.load import PreparedLoad

Owner: TypeAlias = Any
"""A `Transaction`. Naming it would close a circle of imports; here it is only an identity."""


class LockTable:
    """Exclusive locks, and the graph of who waits for whom.

    Rows are `(store oid, seq)`, keys are `(store oid, key bytes)`; names are those of catalog entries. All keys of a
    load are one lock.
    """

    __slots__ = ("holders", "loads", "waits")

    def __init__(self) -> None:
        self.holders: dict[Hashable, Owner] = {}
        self.loads: dict[PreparedLoad, Owner] = {}
        self.waits: dict[Owner, Owner] = {}

    def wait_begins(self, waiter: Owner, holder: Owner) -> None:
        """`waiter` is about to wait until `holder` ends. Raises `DeadlockDetected` if that would never happen."""
        blocking = holder
        while blocking is not None:
            if blocking is waiter:
                raise DeadlockDetected
            blocking = self.waits.get(blocking)
        self.waits[waiter] = holder

    def wait_ends(self, waiter: Owner) -> None:
        """`waiter` waits no longer, for whatever reason."""
        self.waits.pop(waiter, None)


class HeldLocks:
    """The locks of one owner. They are released from the last one taken, back to a mark."""

    __slots__ = ("_loads", "_locks", "_owner", "_table")

    def __init__(self, table: LockTable, owner: Owner) -> None:
        self._table = table
        self._owner = owner
        self._locks: list[Hashable] = []
        self._loads: list[PreparedLoad] = []

    def take(self, lock: Hashable) -> bool:
        """Take a lock. Tells whether it is new. Raises `Blocked`."""
        holder = self._table.holders.get(lock)
        if holder is None:
            self._table.holders[lock] = self._owner
            self._locks.append(lock)
            return True
        if holder is not self._owner:
            raise Blocked(holder)
        return False

    def take_key(self, store_oid: int, key: bytes) -> bool:
        """Take the lock of a key. Tells whether it is new. Raises `Blocked`."""
        if self._table.loads:
            for load, holder in self._table.loads.items():
                is_other = holder is not self._owner and load.store_oid == store_oid
                if is_other and load.position_of(key) is not None:
                    raise Blocked(holder)
        return self.take((store_oid, key))

    def take_load(self, load: PreparedLoad) -> None:
        """Take the locks of all keys of a load. Raises `Blocked`.

        Two loads whose ranges of keys overlap wait for each other: finding out whether they share a key takes too long.
        """
        if load.keys is None:
            return
        oid = load.store_oid
        for other, holder in self._table.loads.items():
            is_other = holder is not self._owner and other.store_oid == oid
            if is_other and other.keys is not None and other.keys.overlaps(load.keys):
                raise Blocked(holder)
        for lock, holder in self._table.holders.items():
            match lock:
                case (int(store_oid), bytes(key)) if store_oid == oid and holder is not self._owner:
                    if load.position_of(key) is not None:
                        raise Blocked(holder)
        self._table.loads[load] = self._owner
        self._loads.append(load)

    def mark(self) -> tuple[int, int]:
        """What `release_since` needs to release what is taken from now on."""
        return len(self._locks), len(self._loads)

    def release_since(self, locks: int, loads: int) -> None:
        """Release what was taken since a mark."""
        for lock in self._locks[locks:]:
            del self._table.holders[lock]
        for load in self._loads[loads:]:
            del self._table.loads[load]
        del self._locks[locks:], self._loads[loads:]
