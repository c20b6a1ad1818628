"""The marks of restores under way: what a restore writes ahead has oids of a range that its mark names.

A mark is written before everything else and removed by the batch that makes the restore real. RocksDB recovers a prefix
of what was written, so a mark that is found at start-up says that its restore was never committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.keys import STORE_KINDS, KeyKind, key, unpack_seq
from storage.kv import Delete, DeleteRange, Put, add_to_batch, new_batch

if TYPE_CHECKING:
    from storage.kv import KeyValueStore


def mark_restore(kv: KeyValueStore, oids: range) -> None:
    """Say that what has these oids is not real yet. Raises `WriteFailed`."""
    batch = new_batch()
    add_to_batch(batch, [Put(_mark(oids), b"")])
    kv.write(batch)


def end_of_restore(oids: range) -> Delete:
    """What makes it real."""
    return Delete(_mark(oids))


def undo_restore(kv: KeyValueStore, oids: range) -> None:
    """Remove all that was written of a restore, and its mark. May be repeated. Raises `WriteFailed`."""
    batch = new_batch()
    ranges = (DeleteRange(key(kind, oids.start), key(kind, oids.stop)) for kind in (*STORE_KINDS, KeyKind.PARTITION))
    add_to_batch(batch, (*ranges, end_of_restore(oids)))
    kv.write(batch)


def undo_restores(kv: KeyValueStore) -> None:
    """At start-up: remove what there is of restores that were never committed. Their files are orphans then."""
    for oids in restores_begun(kv):
        undo_restore(kv, oids)


def restores_begun(kv: KeyValueStore) -> tuple[range, ...]:
    """The oids of each restore that has not been committed."""
    marks = (mark for mark, _ in kv.scan(key(KeyKind.RESTORE)))
    return tuple(range(unpack_seq(mark[-16:-8]), unpack_seq(mark[-8:])) for mark in marks)


def _mark(oids: range) -> bytes:
    return key(KeyKind.RESTORE, oids.start, oids.stop)
