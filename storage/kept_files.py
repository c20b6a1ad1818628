"""The files of RocksDB while a data folder is opened.

To open is to write: RocksDB takes the files that its MANIFEST does not name for leftovers and removes them. When the
MANIFEST is what is damaged, these are the data. So all files are linked from elsewhere until what was opened is known
to be a data folder, and a folder that could not be opened has the files that it had before.

The links are all there or not at all, under their name, whenever a start is killed: they are made and removed in a
folder of another name. Whoever finds them knows that a start has not got to its end, and has them to go back to.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from storage.errors import DataFolderInUse, StorageError
from storage.log_file import require_unlocked
from storage.segment_writer import sync_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.faults import FaultPoints

_CURRENT: Final = "CURRENT"

_OF_DATA: Final = ("*.sst", "*.log", "MANIFEST-*", _CURRENT)
"""CURRENT last: where it is the others are."""


@contextmanager
def kept_files(folder: Path, faults: FaultPoints) -> Iterator[frozenset[str]]:
    """While it lasts RocksDB may be opened in a folder; what is raised inside leaves the folder's files as they were.

    Gives the names of these, and of those before a start that was killed. Raises `DataFolderInUse`, and `StorageError`
    of a folder in which RocksDB would begin anew beside another database.
    """
    kept = folder.with_name(f"{folder.name}.kept")
    names = _names(folder)
    if names:
        require_unlocked(folder)
    if _CURRENT not in names and _CURRENT in _names(kept):
        # A start was killed while it put them back.
        folder.mkdir(exist_ok=True)
        require_unlocked(folder)
        _put_back(folder, kept, faults)
        names = _names(folder)
    if names and _CURRENT not in names:
        raise StorageError(
            f"cannot open {folder}: it has no file CURRENT, which names the MANIFEST of a database. "
            "Nothing was changed. Restore a backup into a new folder"
        )
    is_found = _CURRENT in _names(kept)
    if names and not is_found:
        _link(folder, kept)
    try:
        yield frozenset(names | _names(kept))
    except DataFolderInUse:
        # What was found may be that of the server that has the folder.
        if not is_found:
            _remove(kept)
        raise
    except BaseException:
        if _CURRENT in _names(kept):
            faults.reach("open.before_putting_back")
            _put_back(folder, kept, faults)
        _remove(kept)
        raise
    _remove(kept)


def _data_files(folder: Path) -> list[Path]:
    return [path for pattern in _OF_DATA for path in folder.glob(pattern)]


def _names(folder: Path) -> set[str]:
    return {path.name for path in _data_files(folder)}


def _unfinished(kept: Path) -> Path:
    return kept.with_name(f"{kept.name}.partial")


def _link(folder: Path, kept: Path) -> None:
    unfinished = _unfinished(kept)
    for path in (kept, unfinished):
        shutil.rmtree(path, ignore_errors=True)
    try:
        unfinished.mkdir()
        for path in _data_files(folder):
            (unfinished / path.name).hardlink_to(path)
        unfinished.rename(kept)
    except OSError:
        # Some file systems have no links, and a disk may be full: then the folder is opened without.
        shutil.rmtree(unfinished, ignore_errors=True)


def _put_back(folder: Path, kept: Path, faults: FaultPoints) -> None:
    # CURRENT goes first and comes last: where it is not, the next start puts them back.
    for path in reversed(_data_files(folder)):
        path.unlink()
    faults.reach("open.while_putting_back")
    for path in _data_files(kept):
        (folder / path.name).hardlink_to(path)
    sync_path(folder)


def _remove(kept: Path) -> None:
    # By its name nobody may find a part of it, nor, once the server has written anything, the files of before.
    if kept.exists():
        kept.rename(_unfinished(kept))
    shutil.rmtree(_unfinished(kept), ignore_errors=True)
