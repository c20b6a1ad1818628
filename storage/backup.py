"""Backup: a consistent copy of everything, made while the server goes on.

The consistent moment is a checkpoint of RocksDB, which has everything that was acknowledged before it was asked for,
and of what is committed meanwhile a beginning: RocksDB recovers a prefix of what was written. The segments that it
names are given a second name, or copied to another file system; they never change, and a hold keeps them from being
removed until that is done.

A backup is put together in a hidden folder, `.<name>.partial`, which gets its name when everything in it is on disk,
`manifest.json` with the checksums last. So whatever has the name is whole. What is left of one that was cut short is
removed by the next backup of that name, and when the server starts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from storage.backup_manifest import (
    BACKUP_FORMAT,
    CHECKPOINT_FOLDER,
    COLD_FOLDER,
    MANIFEST_NAME,
    BackupFile,
    BackupManifest,
    checksum_of_file,
    encode_manifest,
    is_valid_name,
    read_manifest,
    require_valid_name,
    sealed,
)
from storage.data_format import FORMAT_VERSION
from storage.errors import BackupExists
from storage.file_tree import link_or_copy, make_folder, remove_tree, sync_tree
from storage.formats import TableFormats
from storage.keys import KeyKind, key, unpack_seq
from storage.kv import KeyValueStore
from storage.records import read_catalog, read_partitions
from storage.segment import decode_manifest_entry
from storage.segment_file import verify_file
from storage.segment_writer import sync_path
from storage.staging import deletions_under_way, staged_ranges
from storage.stepping import stepping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.byte_progress import ByteProgress
    from storage.catalog_entries import Partition, Table
    from storage.engine import Storage
    from storage.segment import Segment

_PARTIAL: Final = ".partial"


def require_new(folder: Path, name: str) -> None:
    """Raise `InvalidBackupName`, or `BackupExists` when something has the name."""
    require_valid_name(name)
    if (folder / name).exists():
        raise BackupExists(name)


def backup(storage: Storage, folder: Path, name: str, origin: str, progress: ByteProgress) -> BackupManifest:
    """Make the backup `name` in the folder of backups. In a worker; `origin` says who makes it.

    If it is stopped by `progress`, or fails, nothing is left. Raises `InvalidBackupName`, `BackupExists`,
    `CorruptSegment`, `StorageError`, OSError.
    """
    require_new(folder, name)
    faults = storage.options.faults
    created_at = datetime.fromtimestamp(storage.options.now_us() / 1e6, UTC).isoformat(timespec="microseconds")
    make_folder(folder, 0o700)
    partial = folder / f".{name}{_PARTIAL}"
    remove_tree(partial)
    try:
        partial.mkdir(mode=0o700)
        with storage.reaper.hold():
            progress.enter("checkpoint")
            storage.visible.kv.checkpoint(partial / CHECKPOINT_FOLDER)
            faults.reach("backup.after_checkpoint")
            contents = _contents(storage, partial / CHECKPOINT_FOLDER, progress)
            cold_bytes = sum(segment.bytes for segment in contents.segments)
            checkpoint_bytes = sum(path.stat().st_size for path in _files_in(partial / CHECKPOINT_FOLDER))
            progress.expect(2 * cold_bytes + checkpoint_bytes)
            progress.enter("copying")
            _copy_segments(storage, contents.segments, partial / COLD_FOLDER, progress)
            faults.reach("backup.after_copy")
        progress.enter("checksums")
        files = tuple(_measured(partial, path, progress) for path in _files_in(partial))
        manifest = _manifest(created_at, origin, contents, files)
        sync_tree(partial, progress.step)
        faults.reach("backup.before_manifest")
        (partial / MANIFEST_NAME).write_bytes(encode_manifest(manifest))
        sync_path(partial / MANIFEST_NAME)
        sync_path(partial)
        faults.reach("backup.before_rename")
        partial.rename(folder / name)
    except BaseException:
        remove_tree(partial)
        raise
    sync_path(folder)
    faults.reach("backup.after_rename")
    return manifest


def finished_backup(folder: Path, name: str, origin: str) -> BackupManifest | None:
    """The backup of that name, if it is there and that origin has made it. Raises `BackupDamaged`, OSError."""
    if not (folder / name / MANIFEST_NAME).exists():
        return None
    manifest = read_manifest(folder / name)
    if manifest.origin != origin:
        return None
    # Its maker may have been killed, or have failed, before its name was on disk.
    sync_path(folder)
    return manifest


def remove_backup(folder: Path, name: str) -> None:
    """Remove a backup. In a worker."""
    require_valid_name(name)
    remove_tree(folder / name)


def remove_unfinished(folder: Path) -> None:
    """Remove what backups that were cut short have left, and nothing else. While none is being made."""
    for path in folder.glob(f".*{_PARTIAL}"):
        is_ours = is_valid_name(path.name[1 : -len(_PARTIAL)]) and path.is_dir() and not path.is_symlink()
        if is_ours:
            remove_tree(path)


class _Contents(Struct, frozen=True):
    """What is in a checkpoint. Dropped tables are not: of one that is being reclaimed files may be gone already."""

    tables: int
    rows: int
    segments: tuple[Segment, ...]
    """Where they are now."""


def _manifest(created_at: str, origin: str, contents: _Contents, files: tuple[BackupFile, ...]) -> BackupManifest:
    return sealed(
        BackupManifest(
            format=BACKUP_FORMAT,
            data_format=FORMAT_VERSION,
            server_version=version("siltdb"),
            created_at=created_at,
            origin=origin,
            tables=contents.tables,
            rows=contents.rows,
            files=files,
        )
    )


def _contents(storage: Storage, checkpoint_folder: Path, progress: ByteProgress) -> _Contents:
    kv = KeyValueStore.of_checkpoint(checkpoint_folder)
    try:
        catalog, _ = read_catalog(kv)
        segments: list[Segment] = []
        rows = 0
        for table in catalog.tables.values():
            partitions = read_partitions(kv, table.oid) if table.type == "user" else ()
            for partition in (None, *partitions):
                found = list(_segments_of(kv, table, partition, storage.cold_folder))
                rows += sum(segment.rows for segment in found)
                rows += _hot_rows(kv, table, partition, progress)
                segments += found
        return _Contents(len(catalog.tables), rows, tuple(segments))
    finally:
        kv.close()


def _segments_of(kv: KeyValueStore, table: Table, partition: Partition | None, cold_folder: Path) -> Iterator[Segment]:
    owner = None if partition is None else partition.owner
    for _, value in kv.scan(key(KeyKind.MANIFEST, _store_oid(table, partition))):
        segment = decode_manifest_entry(value, cold_folder, table, owner)
        segment.require_readable()
        yield segment


def _hot_rows(kv: KeyValueStore, table: Table, partition: Partition | None, progress: ByteProgress) -> int:
    """Hot rows, less the dead, of which some are cold."""
    store_oid = _store_oid(table, partition)
    decode = TableFormats(table).decode
    staged = staged_ranges(kv, store_oid)
    count = 0

    def step() -> None:
        progress.step(0)

    for hot_key, value in stepping(kv.scan(key(KeyKind.HOT, store_oid)), step):
        if not staged.covers(unpack_seq(hot_key[-8:])):
            _, rows = decode(value)
            count += len(rows) if isinstance(rows, list) else rows.num_rows
    dead = sum(1 for _ in stepping(kv.scan(key(KeyKind.DEAD, store_oid)), step))
    return count - dead + deletions_under_way(kv, store_oid)


def _store_oid(table: Table, partition: Partition | None) -> int:
    return table.oid if partition is None else partition.oid


def _copy_segments(storage: Storage, segments: tuple[Segment, ...], target: Path, progress: ByteProgress) -> None:
    target.mkdir(mode=0o700)
    for segment in segments:
        path = target / segment.path.relative_to(storage.cold_folder)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A backup of what is damaged would be found whole, and take the place of one that is.
        verify_file(segment)
        link_or_copy(segment.path, path, progress.step)
        progress.step(segment.bytes)


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _measured(folder: Path, path: Path, progress: ByteProgress) -> BackupFile:
    checksum = checksum_of_file(path, progress.step)
    return BackupFile(path.relative_to(folder).as_posix(), path.stat().st_size, checksum)
