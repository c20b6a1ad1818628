"""New keys of a transaction: locked, and compared with those that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.keys import unpack_seq

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.kv import KeyValueStore
    from storage.locks import HeldLocks
    from storage.overlay import TableOverlay
    from storage.rows import Row


def lock_new_keys(
    held: HeldLocks,
    kv: KeyValueStore,
    store_oid: int,
    overlay: TableOverlay,
    rows: Sequence[Row],
    is_taken: Callable[[bytes, int], bool],
) -> list[list[bytes | None]]:
    """Lock the keys of new rows and give their index entries: a list for each key of the table.

    `is_taken(entry, seq)` tells whether a committed row that has an entry keeps others from having it.
    Raises `UniqueViolation`, of the first row and of that the first key that is taken, and `Blocked`.
    """
    take_key, get, keys = held.take_key, kv.get, overlay.keys
    found: list[list[bytes | None]] = [[] for _ in keys]
    same_statement: set[bytes] = set()
    for row in rows:
        for position, row_key in enumerate(keys):
            entry = row_key.entry_of(row)
            found[position].append(entry)
            if entry is None:
                continue
            # Only a key that it had locked already, or one of its loads, can be its own.
            perhaps_own = not take_key(store_oid, entry) or overlay.load_count
            if perhaps_own and (entry in same_statement or overlay.find(entry) is not None):
                raise row_key.violation(row_key.values_of(row))
            # With the lock held no commit of this key is under way: what the index has is visible.
            there = get(entry)
            if there is not None and is_taken(entry, unpack_seq(there)):
                raise row_key.violation(row_key.values_of(row))
            same_statement.add(entry)
    return found
