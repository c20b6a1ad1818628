"""Locks of rows, keys and names: who holds which, and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import Blocked, DeadlockDetected

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from storage.load import PreparedLoad
    from storage.transaction import Transaction


class LockTable:
    """Exclusive locks, held until the transaction's changes are visible or undone. A lock is any hashable value.

    Rows are `(table oid, seq)`, keys are `(table oid, key bytes)`; names are those of catalog entries.
    """

    __slots__ = ("_holders", "_loads", "_waits")

    def __init__(self) -> None:
        self._holders: dict[Hashable, Transaction] = {}
        self._loads: dict[PreparedLoad, Transaction] = {}
        self._waits: dict[Transaction, Transaction] = {}

    def acquire(self, lock: Hashable, transaction: Transaction) -> bool:
        """Take a lock. Tells whether it was free. Raises `Blocked` when another transaction holds it."""
        holder = self._holders.get(lock)
        if holder is None:
            self._holders[lock] = transaction
            return True
        if holder is transaction:
            return False
        raise Blocked(holder)

    def acquire_key(self, table_oid: int, key: bytes, transaction: Transaction) -> bool:
        """Take the lock of a key. Tells whether it was free. Raises `Blocked`."""
        if self._loads:
            for load, holder in self._loads.items():
                if holder is not transaction and load.table.oid == table_oid and load.position_of(key) is not None:
                    raise Blocked(holder)
        return self.acquire((table_oid, key), transaction)

    def acquire_load(self, load: PreparedLoad, transaction: Transaction) -> None:
        """Take the locks of all keys of a load, as one. Raises `Blocked`.

        Two loads whose ranges of keys overlap wait for each other: finding out whether they share a key takes too long.
        """
        if load.keys is None:
            return
        oid = load.table.oid
        for other, holder in self._loads.items():
            if holder is not transaction and other.table.oid == oid and other.keys and other.keys.overlaps(load.keys):
                raise Blocked(holder)
        for lock, holder in self._holders.items():
            match lock:
                case (int(table_oid), bytes(key)) if table_oid == oid and holder is not transaction:
                    if load.position_of(key) is not None:
                        raise Blocked(holder)
        self._loads[load] = transaction

    def release(self, locks: Iterable[Hashable]) -> None:
        """Give locks back."""
        for lock in locks:
            self._holders.pop(lock, None)

    def release_load(self, load: PreparedLoad) -> None:
        """Give the locks of a load back."""
        self._loads.pop(load, None)

    def wait_begins(self, waiter: Transaction, holder: Transaction) -> None:
        """`waiter` is about to wait until `holder` ends. Raises `DeadlockDetected` if that would never happen."""
        blocking: Transaction | None = holder
        while blocking is not None:
            if blocking is waiter:
                raise DeadlockDetected
            blocking = self._waits.get(blocking)
        self._waits[waiter] = holder

    def wait_ends(self, waiter: Transaction) -> None:
        """`waiter` waits no longer, for whatever reason."""
        self._waits.pop(waiter, None)
