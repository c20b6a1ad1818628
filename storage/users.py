"""The rows of dropped roles in user tables: they stay for a while, and are then removed for good.

A role that is dropped leaves a `DroppedRole` behind, and its row stores stay where they are. `overdue` says what is to
be removed; `remove_store` (loop) removes one, in one batch; its files go afterwards (`remove_files`, worker), or at the
next start. The role is forgotten when none of its stores is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from storage.errors import StorageError
from storage.keys import STORE_KINDS, KeyKind, key, prefix_end
from storage.kv import Delete, add_to_batch, new_batch
from storage.syncer import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from storage.catalog_entries import DroppedRole, Partition
    from storage.engine import Storage
    from storage.kv import Mutation


class Overdue(Struct, frozen=True):
    """What is to be removed: row stores, then the memory of roles."""

    partitions: tuple[Partition, ...]
    roles: tuple[DroppedRole, ...]


class RemovedStore(Struct, frozen=True):
    """A row store that is gone, and what is left of it: its files, which readers may still be using."""

    rows: int
    bytes: int
    paths: tuple[Path, ...]


def overdue(storage: Storage, dropped_before_us: int) -> Overdue:
    """What there is of roles that were dropped before that time. On the loop.

    A store whose owner nobody knows any more is overdue, too: its table was dropped when the owner's rows were removed,
    and has been brought back since.
    """
    dropped = storage.dropped_roles()
    kept = {role.oid for role in storage.catalog.roles.values()}
    kept |= {role.oid for role in dropped if role.dropped_at >= dropped_before_us}
    partitions = [
        partition
        for by_owner in storage.visible.partitions.values()
        for partition in by_owner.values()
        if partition.owner_oid not in kept
    ]
    return Overdue(tuple(partitions), tuple(role for role in dropped if role.oid not in kept))


def remove_store(
    storage: Storage, partition: Partition, mutations: Iterable[Mutation] = ()
) -> tuple[Commit, RemovedStore] | None:
    """Remove a row store, and write the mutations, all or nothing. Nobody finds it from now on. On the loop.

    `None` if it is gone. Raises `StorageError` while a large commit writes into it, `WriteFailed`.
    """
    visible = storage.visible
    visible.require_writable()
    state = visible.stores.get(partition.oid)
    if state is None:
        return None
    if state.staged or state.deletions:
        raise StorageError(f'a large commit is writing rows of dropped role "{partition.owner}"')
    segments = state.segments.segments
    removed = RemovedStore(
        state.snapshot().row_count, sum(each.bytes for each in segments), tuple(each.path for each in segments)
    )
    batch = new_batch()
    for prefix in (key(kind, partition.oid) for kind in STORE_KINDS):
        batch.delete_range(prefix, prefix_end(prefix))
    batch.delete(key(KeyKind.PARTITION, partition.table_oid, partition.owner_oid))
    add_to_batch(batch, mutations)
    commit = Commit()
    storage.committer.submit(batch, commit, after_write=lambda: storage.options.faults.reach("users.after_batch"))
    visible.detach_partition(partition)
    return commit, removed


def remove_files(storage: Storage, removed: RemovedStore) -> None:
    """Remove the files of a store whose removal is durable, or have their last readers do it. In a worker."""
    for path in removed.paths:
        storage.reaper.retire(path)


def forget_roles(roles: Iterable[DroppedRole]) -> list[Mutation]:
    """What makes storage forget dropped roles of which nothing is left."""
    return [Delete(key(KeyKind.DROPPED_ROLE, role.oid)) for role in roles]
