"""The format version of a data folder: which servers can read what it holds.

Version 1 was the first. Version 2 came with unique indexes, layouts of rows and segments, views and sequences: it only
adds to version 1, so that a folder of that becomes one of version 2 by saying so. A server of before would read what
was added wrongly, or not at all. Version 3 came with foreign keys, and only adds to version 2: a server of before would
not hold rows to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.errors import DataFolderVersion
from storage.keys import KeyKind, key, pack_seq, unpack_seq
from storage.kv import new_batch

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from storage.kv import Batch, KeyValueStore

FORMAT_VERSION: Final = 3
"""Raised whenever an older server could not read what this one writes."""

OLDEST_FORMAT_VERSION: Final = 1
"""The first that this server reads."""

_FORMAT_KEY: Final = key(KeyKind.META, "format")
_VERSION_BYTES: Final = 8
_ALL_KEYS: Final = (b"\0", b"\xff")


def is_new(kv: KeyValueStore, data_dir: Path, found: Collection[str]) -> bool:
    """Whether nothing was ever kept in a data folder. Raises `DataFolderVersion` if something was, but of no version.

    Segments count: without the records that name them they are all that is left. So do files with records in which
    RocksDB, which has opened the folder, has found none: `found` are the files that it had before.
    """
    if kv.read(_FORMAT_KEY) is not None:
        return False
    if kv.damage is not None and any(name.endswith(".log") for name in found):
        raise DataFolderVersion(
            f"{data_dir} has data that cannot be read: the write-ahead log in {data_dir / 'hot'} is damaged at its "
            f"beginning ({kv.damage}). Restore a backup into a new folder; if no server has ever finished starting in "
            "this one, remove it"
        )
    has_records = kv.any_between(*_ALL_KEYS) or any(name.endswith(".sst") for name in found)
    if has_records or next((data_dir / "cold").rglob("*.parquet"), None) is not None:
        raise DataFolderVersion(
            f"{data_dir} has data, but no format version: it is not a data folder of this server, or its records in "
            f"{data_dir / 'hot'} are lost. Restore a backup into a new folder"
        )
    return True


def add_format(batch: Batch) -> None:
    """Append that the folder has this server's format."""
    batch.put(_FORMAT_KEY, pack_seq(FORMAT_VERSION))


def read_format(kv: KeyValueStore, data_dir: Path) -> int:
    """The version of a data folder that has one. Raises `DataFolderVersion` unless this server reads it."""
    found = kv.read(_FORMAT_KEY) or b""
    version = unpack_seq(found)
    if len(found) != _VERSION_BYTES or not version:
        raise DataFolderVersion(f"{data_dir} has a format version that cannot be read: {found.hex() or 'nothing'}")
    require_readable(version, f"{data_dir} has")
    return version


def require_readable(version: int, what_has: str) -> None:
    """Raise `DataFolderVersion`, which begins with `what_has`, for a version that this server does not read."""
    if version > FORMAT_VERSION:
        raise DataFolderVersion(
            f"{what_has} format version {version}, and this server reads versions up to {FORMAT_VERSION}: "
            "a newer server is needed"
        )
    if version < OLDEST_FORMAT_VERSION:
        raise DataFolderVersion(
            f"{what_has} format version {version}, and this server reads versions from {OLDEST_FORMAT_VERSION} on"
        )


def upgrade_format(kv: KeyValueStore, data_dir: Path) -> None:
    """Make a folder of an earlier version one of this version, durably. Raises `DataFolderVersion`, `WriteFailed`."""
    if read_format(kv, data_dir) != FORMAT_VERSION:
        batch = new_batch()
        add_format(batch)
        kv.write(batch)
        kv.sync()
