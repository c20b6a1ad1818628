"""Files and folders, linked, copied, synced and removed."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING, Final

from storage.segment_writer import sync_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Step = Callable[[int], None]

_COPY_BYTES: Final = 4 << 20

_CANNOT_LINK: Final = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""The file is on another file system, has too many links, or its file system has no links."""


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder, with those above it, unless it is there. It is durable when this returns."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode, parents=True, exist_ok=True)
    for each in reversed(missing):
        sync_path(each.parent)


def link_or_copy(source: Path, target: Path, step: Step) -> None:
    """Give a file that never changes a second name or, where that cannot be, a durable copy.

    The folder of `target` is there; that it has the new name is for the caller to sync. `step(0)` may raise.
    """
    step(0)
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        with source.open("rb") as reading, target.open("xb") as writing:
            while chunk := reading.read(_COPY_BYTES):
                writing.write(chunk)
                step(0)
            writing.flush()
            os.fsync(writing.fileno())


def sync_tree(folder: Path, step: Step) -> None:
    """Bring a folder, and all files and folders in it, to disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        step(0)
        sync_path(path)
    sync_path(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all that is in it, if it is there, and that it was there."""
    if folder.exists():
        shutil.rmtree(folder)
        sync_path(folder.parent)
