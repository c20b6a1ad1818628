"""The manifest of a backup: which files it consists of, each with its size and checksum. Written last."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import msgspec

from storage.errors import BackupDamaged, InvalidBackupName, NoSuchBackup

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[int], None]

BACKUP_FORMAT: Final = 1
"""Raised whenever an older server could not read a backup that this one makes."""

MANIFEST_NAME: Final = "manifest.json"
CHECKPOINT_FOLDER: Final = "checkpoint"
COLD_FOLDER: Final = "cold"

CHUNK_BYTES: Final = 1 << 20

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")


class BackupFile(msgspec.Struct, frozen=True):
    """A file of a backup. The path is relative to the backup's folder, with slashes."""

    path: str
    bytes: int
    checksum: str
    """BLAKE2b with 32 bytes, in hexadecimal."""


class BackupManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup."""

    format: int
    data_format: int
    """The format of the data folder that it was made of."""
    server_version: str
    created_at: str
    """When it was begun, as ISO 8601 has it: what was committed before is in it."""
    origin: str
    """Who made it: the id of the job."""
    tables: int
    rows: int
    """Live ones."""
    files: tuple[BackupFile, ...]
    checksum: str = ""
    """Of all the rest of the manifest."""

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def segments(self) -> frozenset[str]:
        """The Parquet files, by their paths in the folder of cold files."""
        prefix = f"{COLD_FOLDER}/"
        return frozenset(file.path.removeprefix(prefix) for file in self.files if file.path.startswith(prefix))


def is_valid_name(name: str) -> bool:
    """Whether it is one path component of letters, digits, `_`, `-` and `.`, not first."""
    return _NAME.fullmatch(name) is not None


def require_valid_name(name: str) -> None:
    """Raise `InvalidBackupName` unless it is a valid name."""
    if not is_valid_name(name):
        raise InvalidBackupName(name)


def sealed(manifest: BackupManifest) -> BackupManifest:
    """With the checksum of all that it says."""
    bare = msgspec.structs.replace(manifest, checksum="")
    digest = hashlib.blake2b(encode_manifest(bare), digest_size=32)
    return msgspec.structs.replace(bare, checksum=digest.hexdigest())


def encode_manifest(manifest: BackupManifest) -> bytes:
    """The text of a manifest's file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read_manifest(folder: Path) -> BackupManifest:
    """The manifest of a finished backup.

    Raises `NoSuchBackup` when there is none, `BackupDamaged` when it is not as it was written or of another version.
    """
    path = folder / MANIFEST_NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NoSuchBackup(folder.name, is_unfinished=folder.is_dir()) from None
    try:
        version = msgspec.json.decode(data, type=_Version)
    except msgspec.MsgspecError as error:
        raise BackupDamaged(MANIFEST_NAME, f"it cannot be read: {error}") from None
    if version.format != BACKUP_FORMAT:
        raise BackupDamaged(MANIFEST_NAME, f"it has format {version.format}; this server reads {BACKUP_FORMAT}")
    try:
        manifest = msgspec.json.decode(data, type=BackupManifest)
    except msgspec.MsgspecError as error:
        raise BackupDamaged(MANIFEST_NAME, f"it cannot be read: {error}") from None
    if encode_manifest(sealed(manifest)) != data:
        raise BackupDamaged(MANIFEST_NAME, "its checksum does not match")
    for file in manifest.files:
        _require_inside(file.path)
    return manifest


def checksum_of_file(path: Path, step: Step) -> str:
    """The checksum of a file, as a manifest has it. `step(bytes)` is called after each piece and may raise."""
    digest = hashlib.blake2b(digest_size=32)
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            step(len(chunk))
    return digest.hexdigest()


class _Version(msgspec.Struct):
    format: int


def _require_inside(path: str) -> None:
    """Raise `BackupDamaged` for a path that leads out of the backup."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] not in (CHECKPOINT_FOLDER, COLD_FOLDER) or ".." in parts:
        raise BackupDamaged(MANIFEST_NAME, f"it names the file {path}, which is not one of a backup")
