"""Verifies a backup: every file is there, whole and unchanged. Needs no open data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.backup_manifest import checksum_of_file, read_manifest
from storage.data_format import require_readable
from storage.errors import BackupDamaged

if TYPE_CHECKING:
    from pathlib import Path

    from storage.backup_manifest import BackupFile, BackupManifest
    from storage.byte_progress import ByteProgress


def verify_backup(folder: Path, progress: ByteProgress) -> BackupManifest:
    """Read all of a backup. In a worker; changes nothing.

    Raises `NoSuchBackup`, `BackupDamaged`, which names the file, `DataFolderVersion`, OSError.
    """
    manifest = read_manifest(folder)
    require_readable(manifest.data_format, f"backup {folder.name} has data of")
    # As much again is for whoever goes on to restore it.
    progress.expect(2 * manifest.bytes)
    progress.enter("verifying")
    for file in manifest.files:
        _require_size(folder, file)
    for file in manifest.files:
        if checksum_of_file(folder / file.path, progress.step) != file.checksum:
            raise BackupDamaged(file.path, "its checksum does not match")
    return manifest


def _require_size(folder: Path, file: BackupFile) -> None:
    path = folder / file.path
    if not path.is_file():
        raise BackupDamaged(file.path, "it is missing")
    size = path.stat().st_size
    if size != file.bytes:
        raise BackupDamaged(file.path, f"it has {size} bytes instead of {file.bytes}")
