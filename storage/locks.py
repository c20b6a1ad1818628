"""Locks of rows, keys and names: who holds which, and who waits for whom."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from storage.errors import Blocked, DeadlockDetected

if TYPE_CHECKING:
    from collections.abc import Hashable

    from storage.deletion import PreparedDeletion
    from storage.load import PreparedLoad

Owner: TypeAlias = Any
"""A `Transaction`. Naming it would close a circle of imports; here it is only an identity."""


class LockTable:
    """Exclusive locks, and the graph of who waits for whom.

    All keys of a load are one lock, and so are all rows of a large deletion, with their keys.
    """

    __slots__ = ("deletions", "keys", "loads", "names", "rows", "waits")

    def __init__(self) -> None:
        self.names: dict[Hashable, Owner] = {}
        """Of catalog entries."""
        self.rows: defaultdict[int, dict[Hashable, Owner]] = defaultdict(dict)
        """By row store: seqs."""
        self.keys: defaultdict[int, dict[Hashable, Owner]] = defaultdict(dict)
        """By row store: encoded keys."""
        self.loads: dict[PreparedLoad, Owner] = {}
        self.deletions: dict[PreparedDeletion, Owner] = {}
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

    __slots__ = ("_locks", "_owner", "_table")

    def __init__(self, table: LockTable, owner: Owner) -> None:
        self._table = table
        self._owner = owner
        self._locks: list[tuple[dict[Any, Owner], Hashable]] = []
        """Each with what it was taken in."""

    def take_name(self, name: Hashable) -> None:
        """Take the lock of a catalog entry or of its name. Raises `Blocked`."""
        self._take(self._table.names, name)

    def take_row(self, store_oid: int, seq: int) -> None:
        """Take the lock of a row. Raises `Blocked`."""
        if self._table.deletions:
            for deletion, holder in self._table.deletions.items():
                if holder is not self._owner and deletion.store_oid == store_oid and seq in deletion:
                    raise Blocked(holder)
        self._take(self._table.rows[store_oid], seq)

    def take_key(self, store_oid: int, key: bytes) -> bool:
        """Take the lock of a key. Tells whether it is new. Raises `Blocked`."""
        if self._table.loads:
            for load, holder in self._table.loads.items():
                is_other = holder is not self._owner and load.store_oid == store_oid
                if is_other and load.position_of(key) is not None:
                    raise Blocked(holder)
        if self._table.deletions:
            for deletion, holder in self._table.deletions.items():
                is_other = holder is not self._owner and deletion.store_oid == store_oid
                if is_other and deletion.seq_of(key) is not None:
                    raise Blocked(holder)
        return self._take(self._table.keys[store_oid], key)

    def take_load(self, load: PreparedLoad) -> None:
        """Take the locks of all keys of a load. Raises `Blocked`.

        Two loads whose ranges of keys overlap wait for each other, and so do a load and a deletion: finding out whether
        they share a key takes too long.
        """
        if load.keys is None:
            return
        oid, table = load.store_oid, self._table
        held: tuple[tuple[PreparedLoad | PreparedDeletion, Owner], ...]
        held = (*table.loads.items(), *table.deletions.items())
        for other, holder in held:
            is_other = holder is not self._owner and other.store_oid == oid
            if is_other and other.keys is not None and other.keys.overlaps(load.keys):
                raise Blocked(holder)
        for key, holder in table.keys[oid].items():
            if holder is not self._owner and isinstance(key, bytes) and load.position_of(key) is not None:
                raise Blocked(holder)
        self._put(table.loads, load)

    def take_deletion(self, deletion: PreparedDeletion) -> None:
        """Take the locks of all rows of a large deletion, and of their keys. Raises `Blocked`.

        Only whoever has locked the row of a key can have locked the key.
        """
        oid, table = deletion.store_oid, self._table
        for other, holder in table.deletions.items():
            if holder is not self._owner and other.store_oid == oid and deletion.shares_rows(other):
                raise Blocked(holder)
        rows = table.rows[oid]
        locked = np.fromiter(rows, np.int64, len(rows))
        for seq in locked[deletion.holds(locked)].tolist():
            if rows[seq] is not self._owner:
                raise Blocked(rows[seq])
        self._put(table.deletions, deletion)

    def mark(self) -> int:
        """What `release_since` needs to release what is taken from now on."""
        return len(self._locks)

    def release_since(self, mark: int) -> None:
        """Release what was taken since a mark."""
        for locks, lock in self._locks[mark:]:
            del locks[lock]
        del self._locks[mark:]

    def _take(self, locks: dict[Hashable, Owner], lock: Hashable) -> bool:
        holder = locks.get(lock)
        if holder is None:
            self._put(locks, lock)
            return True
        if holder is not self._owner:
            raise Blocked(holder)
        return False

    def _put(self, locks: dict[Any, Owner], lock: Hashable) -> None:
        locks[lock] = self._owner
        self._locks.append((locks, lock))
