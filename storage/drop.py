"""Reclaims the space of a dropped table: its files, then everything that RocksDB has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from storage.catalog_entries import DroppedTable
from storage.errors import StorageError
from storage.keys import STORE_KINDS, KeyKind, key, prefix_end
from storage.kv import new_batch
from storage.records import read_partitions
from storage.segment import manifest_path
from storage.segment_writer import OWNER_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.catalog_entries import SequenceGenerator
    from storage.engine import Storage


class Reclaimed(Struct, frozen=True):
    """What a reclaim has removed. A file still in use counts: it goes with its last reader."""

    files: int
    bytes: int


def find_dropped(storage: Storage, table_oid: int) -> DroppedTable | None:
    """The record of a dropped table; `None` if it was not dropped or nothing is left of it. Any thread."""
    found = storage.get(key(KeyKind.DROPPED, table_oid))
    return None if found is None else msgspec.msgpack.decode(found, type=DroppedTable)


def reclaim_from_us(storage: Storage, dropped: DroppedTable) -> int | None:
    """When the space of a dropped table may be reclaimed: until then it can be brought back. `None`: at once."""
    asked_s = dropped.table.drop_retention_s
    retention_s = storage.options.drop_retention_s if asked_s is None else asked_s
    return dropped.dropped_at + round(retention_s * 1e6) if retention_s else None


def reclaim(storage: Storage, table_oid: int, checkpoint: Callable[[int, int], None]) -> Reclaimed:
    """Remove all that is left of a dropped table. In a worker; nobody else touches a dropped table.

    `checkpoint(files done, files in all)` may raise to stop. May be repeated from any point: first it is noted that the
    table cannot be brought back any more, and the record of that goes last, together with all its keys. Raises
    `StorageError` if the table was not dropped, `WriteFailed`, OSError.
    """
    kv, faults = storage.visible.kv, storage.options.faults
    storage.visible.require_writable()
    sequences = _give_up(storage, table_oid)
    faults.reach("drop.after_mark")
    stores = [table_oid, *(partition.oid for partition in read_partitions(kv, table_oid))]
    entries = (value for store_oid in stores for _, value in kv.scan(key(KeyKind.MANIFEST, store_oid)))
    paths = [manifest_path(value, storage.cold_folder) for value in entries]
    freed = 0
    for done, path in enumerate(paths):
        checkpoint(done, len(paths))
        freed += path.stat().st_size if path.exists() else 0
        storage.reaper.retire(path)
        faults.reach("drop.after_file")
    checkpoint(len(paths), len(paths))
    folders = {path.parent for path in paths}
    _remove_empty(folders)
    _remove_empty({folder.parent for folder in folders if folder.name.startswith(OWNER_FOLDER)})
    faults.reach("drop.before_batch")
    batch = new_batch()
    ranges = [key(KeyKind.PARTITION, table_oid), *(key(kind, store) for store in stores for kind in STORE_KINDS)]
    ranges += [key(KeyKind.SEQUENCE_VALUE, sequence.oid) for sequence in sequences]
    for prefix in ranges:
        batch.delete_range(prefix, prefix_end(prefix))
    batch.delete(key(KeyKind.DROPPED, table_oid))
    kv.write(batch)
    kv.sync()
    return Reclaimed(len(paths), freed)


def _give_up(storage: Storage, table_oid: int) -> tuple[SequenceGenerator, ...]:
    """Make it durable that the table cannot be brought back, nor the sequences, which these are, that went with it.

    Raises `StorageError` if it was not dropped.
    """
    kv = storage.visible.kv
    with storage.drop_lock:
        if kv.get(key(KeyKind.TABLE, table_oid)) is not None:
            raise StorageError(f"table {table_oid} has not been dropped")
        dropped = find_dropped(storage, table_oid)
        if dropped is None:
            return ()
        if dropped.reclaiming:
            return dropped.sequences
        batch = new_batch()
        batch.put(key(KeyKind.DROPPED, table_oid), msgspec.msgpack.encode(replace(dropped, reclaiming=True)))
        kv.write(batch)
    kv.sync()
    return dropped.sequences


def _remove_empty(folders: set[Path]) -> None:
    for folder in folders:
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
