"""The RocksDB of a data folder, opened: the folder is made if it is not there, and brought to this server's format."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from storage.errors import WriteFailed
from storage.file_tree import make_folder
from storage.kept_files import kept_files
from storage.kv import KeyValueStore
from storage.last_written import keep_last_written, manifest_of, require_all_there
from storage.records import prepare_folder

if TYPE_CHECKING:
    from pathlib import Path

    from storage.faults import FaultPoints


def open_records(data_dir: Path, block_cache_bytes: int, faults: FaultPoints) -> KeyValueStore:
    """Open it. A folder that cannot be opened has the files that it had before.

    Raises `DataFolderInUse`, `DataFolderVersion`, `RecordsMissing`, `StorageError`, OSError.
    """
    make_folder(data_dir)
    with kept_files(data_dir / "hot", faults) as found:
        manifest = manifest_of(data_dir)
        kv = KeyValueStore(data_dir / "hot", block_cache_bytes, faults=faults)
        try:
            faults.reach("open.after_opening")
            require_all_there(kv, manifest, data_dir)
            prepare_folder(kv, data_dir, found)
            keep_last_written(kv, data_dir)
        except BaseException:
            with suppress(WriteFailed):
                # What has failed before is what there is to say.
                kv.close()
            raise
        return kv
