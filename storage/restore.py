"""Restore: the content of a backup takes the place of everything that is there, in one commit.

`open_backup` (worker) verifies the backup and reads its catalog; `prepare_restore` (loop) plans what becomes of it;
`stage_restore` (worker) writes the rows of its tables ahead, under new oids behind a mark (`restore_marks`), gives its
segments second names, and loads the tables; `commit_restore` (loop) makes all that real. The tables that were there are
dropped ones then. Until that commit is durable nobody sees any of it, and `discard_restore` (worker) or the next start
removes it.

The backup itself is only read.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from storage.backup_manifest import CHECKPOINT_FOLDER, COLD_FOLDER, require_valid_name
from storage.errors import BackupDamaged, StorageError
from storage.file_tree import link_or_copy, remove_tree
from storage.keys import STORE_KINDS, KeyKind, key, pack_seq, unpack_seq
from storage.kv import KeyValueStore, Put, new_batch
from storage.records import read_catalog, read_dropped_roles, read_partitions
from storage.recovery import load_stores
from storage.restore_marks import end_of_restore, mark_restore, undo_restore
from storage.restore_plan import plan_restore
from storage.segment import decode_manifest_entry, encode_manifest_entry
from storage.segment_writer import sync_path, table_folder
from storage.sequences import record_key
from storage.staging import staged_ranges
from storage.verify_backup import verify_backup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from storage.backup_manifest import BackupManifest
    from storage.byte_progress import ByteProgress
    from storage.catalog import Catalog
    from storage.catalog_entries import DroppedRole, Partition
    from storage.engine import Storage
    from storage.kv import Mutation
    from storage.restore_plan import RestorePlan, StoreMove
    from storage.syncer import Commit
    from storage.table_state import TableState

SLICE_KEYS: Final = 1_000
"""Keys written at once, with the GIL held: about a millisecond."""

SLICE_BYTES: Final = 1 << 20
"""And bytes, but a single value may be longer."""


class OpenBackup(Struct, frozen=True):
    """A verified backup, open for reading. Close it."""

    folder: Path
    manifest: BackupManifest
    kv: KeyValueStore
    catalog: Catalog
    partitions: tuple[Partition, ...]
    dropped_roles: tuple[DroppedRole, ...]

    def records(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Records of other packages, such as schedules."""
        return self.kv.scan(prefix)

    def close(self) -> None:
        """Let go of it. Any thread."""
        self.kv.close()


class StagedRestore(Struct, frozen=True):
    """What is ready to be committed."""

    plan: RestorePlan
    states: tuple[TableState, ...]
    sequence_values: tuple[Put, ...] = ()
    """What writes where the sequences stand."""

    @property
    def rows(self) -> int:
        """Live rows, hot and cold."""
        return sum(
            state.hot.row_count - len(state.hot_dead) + state.segments.row_count - len(state.cold_dead)
            for state in self.states
        )


def open_backup(folder: Path, name: str, progress: ByteProgress) -> OpenBackup:
    """Verify the backup `name` in the folder of backups and open it. In a worker.

    Raises `InvalidBackupName`, `NoSuchBackup`, `BackupDamaged`, `DataFolderVersion`, OSError.
    """
    require_valid_name(name)
    manifest = verify_backup(folder / name, progress)
    try:
        kv = KeyValueStore.of_checkpoint(folder / name / CHECKPOINT_FOLDER)
    except StorageError as error:
        raise BackupDamaged(CHECKPOINT_FOLDER, str(error)) from error
    try:
        catalog, _ = read_catalog(kv)
        users = (table for table in catalog.tables.values() if table.type == "user")
        partitions = tuple(partition for table in users for partition in read_partitions(kv, table.oid))
        return OpenBackup(folder / name, manifest, kv, catalog, partitions, read_dropped_roles(kv))
    except BaseException:
        kv.close()
        raise


def prepare_restore(storage: Storage, backup: OpenBackup) -> RestorePlan:
    """Plan it. On the loop."""
    visible = storage.visible
    return plan_restore(
        backup.catalog, backup.partitions, backup.dropped_roles, visible.catalog, visible.new_oids, visible.now_us()
    )


def stage_restore(storage: Storage, backup: OpenBackup, plan: RestorePlan, progress: ByteProgress) -> StagedRestore:
    """Copy what the plan says, and load it. In a worker.

    If it is stopped by `progress`, or fails, nothing is left. Raises `BackupDamaged`, `WriteFailed`, OSError.
    """
    storage.visible.require_writable()
    kv, faults = storage.visible.kv, storage.options.faults
    try:
        mark_restore(kv, plan.oids)
        faults.reach("restore.after_mark")
        progress.enter("copying")
        for move in plan.moves:
            _Copy(storage, backup, move, progress).run()
            faults.reach("restore.after_store")
        progress.enter("loading")
        states: list[TableState] = []
        for table in plan.catalog.tables.values():
            states += load_stores(storage.visible, table, storage.cold_folder, storage.reaper)
            progress.step(0)
        kv.sync()
        progress.finish()
        faults.reach("restore.after_load")
    except BaseException:
        discard_restore(storage, plan)
        raise
    return StagedRestore(plan, tuple(states), tuple(_sequence_values(backup, plan)))


def _sequence_values(backup: OpenBackup, plan: RestorePlan) -> Iterator[Put]:
    for there, here in plan.sequences:
        record = backup.kv.get(record_key(there))
        if record is not None:
            yield Put(record_key(here), record)


def commit_restore(storage: Storage, staged: StagedRestore, mutations: Iterable[Mutation] = ()) -> Commit:
    """Put it in the place of everything, and write the mutations with it, all or nothing. On the loop.

    Raises `Blocked` while a transaction that changes roles, schemas or tables, or has written to one that is replaced,
    is open: wait for its end and try again.
    Raises `RestoreConflict` when roles or schemas have changed since the plan was made: begin again with another plan.
    Raises `WriteFailed`, or the commit fails with it, when the outcome is unknown until the next start.
    """
    plan = staged.plan
    transaction = storage.begin()
    try:
        catalog = plan.catalog_over(transaction.catalog)
        # Before the catalog, for which empty stores would be made otherwise: some hundred tables take milliseconds.
        transaction.adopt(staged.states)
        transaction.change_catalog(lambda _: catalog)
        dropped = (
            Put(key(KeyKind.DROPPED_ROLE, role.oid), msgspec.msgpack.encode(role)) for role in plan.dropped_roles
        )
        commit = storage.commit(transaction, (end_of_restore(plan.oids), *dropped, *staged.sequence_values, *mutations))
    except BaseException:
        storage.rollback(transaction)
        raise
    storage.options.faults.reach("restore.after_batch")
    return commit


def discard_restore(storage: Storage, plan: RestorePlan) -> None:
    """Remove all that was written of a restore that is not committed. In a worker. Raises `WriteFailed`, OSError."""
    undo_restore(storage.visible.kv, plan.oids)
    for table in plan.catalog.tables.values():
        remove_tree(table_folder(storage.cold_folder, table))


class _Copy:
    """The copying of one row store."""

    def __init__(self, storage: Storage, backup: OpenBackup, move: StoreMove, progress: ByteProgress) -> None:
        self._storage = storage
        self._backup = backup
        self._move = move
        self._progress = progress
        self._staged = staged_ranges(backup.kv, move.old_oid)

    def run(self) -> None:
        """Copy it, without loads that were never committed."""
        slices = _Slices(self._storage.visible.kv, self._progress)
        partition = self._move.partition
        if partition is not None:
            partition_key = key(KeyKind.PARTITION, partition.table_oid, partition.owner_oid)
            slices.put(partition_key, msgspec.msgpack.encode(partition))
        for kind in STORE_KINDS:
            if kind not in (KeyKind.LOAD, KeyKind.SEGMENT_LOAD, KeyKind.MANIFEST):
                self._copy_keys(kind, slices)
        self._copy_segments(slices)
        slices.write()

    def _copy_keys(self, kind: KeyKind, slices: _Slices) -> None:
        old, new = key(kind, self._move.old_oid), key(kind, self._move.new_oid)
        for old_key, value in self._backup.kv.scan(old):
            rest = old_key[len(old) :]
            if kind is KeyKind.UNIQUE:
                index_oid = self._move.index_oids.get(unpack_seq(rest[:8]))
                if index_oid is None:
                    # Of an index that was being built, or is gone.
                    continue
                rest = pack_seq(index_oid) + rest[8:]
            if not self._is_staged(kind, rest, value):
                slices.put(new + rest, value)

    def _is_staged(self, kind: KeyKind, rest: bytes, value: bytes) -> bool:
        match kind:
            case KeyKind.HOT:
                return self._staged.covers(unpack_seq(rest))
            case KeyKind.INDEX | KeyKind.UNIQUE:
                return self._staged.covers(unpack_seq(value))
            case _:
                return False

    def _copy_segments(self, slices: _Slices) -> None:
        move, cold_folder = self._move, self._storage.cold_folder
        source_folder, known = self._backup.folder / COLD_FOLDER, self._backup.manifest.segments
        folder = table_folder(cold_folder, move.table, move.owner)
        entries = list(self._backup.kv.scan(key(KeyKind.MANIFEST, move.old_oid)))
        for _, value in entries:
            segment = decode_manifest_entry(value, source_folder, move.table, move.owner)
            path = segment.path.relative_to(source_folder).as_posix()
            if path not in known:
                raise BackupDamaged(f"{COLD_FOLDER}/{path}", "it is not in the backup")
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / f"{segment.min_seq}-{segment.max_seq}-{secrets.token_hex(8)}.parquet"
            link_or_copy(segment.path, target, self._progress.step)
            # The backup may have been brought here a moment ago, and not be on disk itself.
            sync_path(target)
            self._storage.options.faults.reach("restore.after_link")
            entry = encode_manifest_entry(replace(segment, path=target), cold_folder)
            slices.put(key(KeyKind.MANIFEST, move.new_oid, segment.min_seq), entry)
            self._progress.step(segment.bytes)
        if entries:
            _sync_folders(folder, cold_folder)


class _Slices:
    """Writes keys, so many at once."""

    def __init__(self, kv: KeyValueStore, progress: ByteProgress) -> None:
        self._kv = kv
        self._progress = progress
        self._batch = new_batch()
        self._count = 0
        self._bytes = 0

    def put(self, new_key: bytes, value: bytes) -> None:
        """One more."""
        self._batch.put(new_key, value)
        self._count += 1
        self._bytes += len(new_key) + len(value)
        if self._count >= SLICE_KEYS or self._bytes >= SLICE_BYTES:
            self.write()

    def write(self) -> None:
        """Write those that are waiting."""
        self._kv.write(self._batch)
        self._progress.step(self._bytes)
        self._batch, self._count, self._bytes = new_batch(), 0, 0


def _sync_folders(folder: Path, top: Path) -> None:
    """Bring the entries of a folder, which may be new as may those above it, to disk."""
    while folder != top:
        sync_path(folder)
        folder = folder.parent
    sync_path(top)
