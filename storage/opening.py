"""The RocksDB of a data folder, opened: the folder is made if it is not there, and brought to this server's format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.file_tree import make_folder
from storage.kept_files import kept_files
from storage.kv import KeyValueStore
from storage.records import prepare_folder

if TYPE_CHECKING:
    from pathlib import Path

    from storage.faults import FaultPoints


def open_records(data_dir: Path, block_cache_bytes: int, faults: FaultPoints) -> KeyValueStore:
    """Open it. A folder that cannot be opened has the files that it had before.

    Raises `DataFolderInUse`, `DataFolderVersion`, `StorageError`, OSError.
    """
    make_folder(data_dir)
    with kept_files(data_dir / "hot", faults) as found:
        kv = KeyValueStore(data_dir / "hot", block_cache_bytes, faults=faults)
        try:
            faults.reach("open.after_opening")
            prepare_folder(kv, data_dir, found)
        except BaseException:
            kv.close()
            raise
        return kv
