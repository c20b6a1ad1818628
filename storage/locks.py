"""Locks of rows, keys and names: who holds which, and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import DeadlockDetected

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from storage.load import PreparedLoad


class LockTable:
    """Exclusive locks. A lock is any hashable value; an owner is any object, known by its identity: a transaction.

    Rows are `(table oid, seq)`, keys are `(table oid, key bytes)`; names are those of catalog entries.
    """

    __slots__ = ("_holders", "_loads", "_waits")

    def __init__(self) -> None:
        self._holders: dict[Hashable, object] = {}
        self._loads: dict[PreparedLoad, object] = {}
        self._waits: dict[object, object] = {}

    def acquire(self, lock: Hashable, owner: object) -> object | None:
        """Take a lock. Gives who held it before: `None` (it is taken now), the owner, or another one (it is not)."""
        holder = self._holders.get(lock)
        if holder is None:
            self._holders[lock] = owner
        return holder

    def acquire_key(self, table_oid: int, key: bytes, owner: object) -> object | None:
        """Take the lock of a key. Gives what `acquire` does."""
        if self._loads:
            for load, holder in self._loads.items():
                if holder is not owner and load.table.oid == table_oid and load.position_of(key) is not None:
                    return holder
        lock = (table_oid, key)
        holder = self._holders.get(lock)
        if holder is None:
            self._holders[lock] = owner
        return holder

    def acquire_load(self, load: PreparedLoad, owner: object) -> object | None:
        """Take the locks of all keys of a load, as one. Gives `None`, or another owner that is in the way.

        Two loads whose ranges of keys overlap wait for each other: finding out whether they share a key takes too long.
        """
        if load.keys is None:
            return None
        oid = load.table.oid
        for other, holder in self._loads.items():
            if holder is not owner and other.table.oid == oid and other.keys and other.keys.overlaps(load.keys):
                return holder
        for lock, holder in self._holders.items():
            match lock:
                case (int(table_oid), bytes(key)) if table_oid == oid and holder is not owner:
                    if load.position_of(key) is not None:
                        return holder
        self._loads[load] = owner
        return None

    def release(self, locks: Iterable[Hashable]) -> None:
        """Give locks back."""
        for lock in locks:
            self._holders.pop(lock, None)

    def release_load(self, load: PreparedLoad) -> None:
        """Give the locks of a load back."""
        self._loads.pop(load, None)

    def wait_begins(self, waiter: object, holder: object) -> None:
        """`waiter` is about to wait until `holder` ends. Raises `DeadlockDetected` if that would never happen."""
        blocking: object | None = holder
        while blocking is not None:
            if blocking is waiter:
                raise DeadlockDetected
            blocking = self._waits.get(blocking)
        self._waits[waiter] = holder

    def wait_ends(self, waiter: object) -> None:
        """`waiter` waits no longer, for whatever reason."""
        self._waits.pop(waiter, None)
