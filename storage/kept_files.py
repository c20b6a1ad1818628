"""The files of RocksDB while a data folder is opened.

To open is to write: RocksDB takes the files that its MANIFEST does not name for leftovers and removes them. When the
MANIFEST is what is damaged, these are the data. So all files are linked from elsewhere until what was opened is known
to be a data folder, and a folder that could not be opened has the files that it had before.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from storage.errors import DataFolderInUse, StorageError
from storage.log_file import require_unlocked
from storage.segment_writer import sync_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OF_DATA: Final = ("*.sst", "*.log", "MANIFEST-*", "CURRENT")


@contextmanager
def kept_files(folder: Path) -> Iterator[None]:
    """While it lasts RocksDB may be opened in a folder; what is raised inside leaves the folder's files as they were.

    Raises `DataFolderInUse`, and `StorageError` of a folder in which RocksDB would begin anew beside another database.
    """
    names = {path.name for path in _data_files(folder)}
    if names:
        require_unlocked(folder)
    if names and "CURRENT" not in names:
        raise StorageError(
            f"cannot open {folder}: it has no file CURRENT, which names the MANIFEST of a database. "
            "Nothing was changed. Restore a backup into a new folder"
        )
    kept = folder.with_name(f"{folder.name}.kept")
    # Of a start that was killed. What it had opened is there, or it was opened to no avail.
    shutil.rmtree(kept, ignore_errors=True)
    _link(folder, kept)
    try:
        yield
    except DataFolderInUse:
        raise
    except BaseException:
        if names and names == {path.name for path in _data_files(kept)}:
            _put_back(folder, kept)
        raise
    finally:
        shutil.rmtree(kept, ignore_errors=True)


def _data_files(folder: Path) -> list[Path]:
    return [path for pattern in _OF_DATA for path in folder.glob(pattern)]


def _link(folder: Path, kept: Path) -> None:
    # Some file systems have no links, and a disk may be full: then the folder is opened without.
    with suppress(OSError):
        for path in _data_files(folder):
            kept.mkdir(exist_ok=True)
            (kept / path.name).hardlink_to(path)


def _put_back(folder: Path, kept: Path) -> None:
    for path in _data_files(folder):
        path.unlink()
    for path in _data_files(kept):
        path.rename(folder / path.name)
    sync_path(folder)
