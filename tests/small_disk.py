"""A file system with little room, for tests of what happens when there is none left."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BALLAST = "ballast"


class SmallDisk:
    """A file system of so many bytes, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / _BALLAST
        self._folder = folder

    def fill(self, but: int = 0) -> None:
        """Leave only so many bytes of room."""
        free = shutil.disk_usage(self._folder).free
        self._ballast.write_bytes(b"\1" * max(free - but, 0))

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()

    def files(self) -> set[str]:
        """All files on it, but for what fills it."""
        paths = (path for path in self._folder.rglob("*") if path.is_file() and path != self._ballast)
        return {str(path.relative_to(self._folder)) for path in paths}


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[SmallDisk]:
    """Mount one on a folder, which is made. Skips the test where that is not allowed."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"cannot mount a tmpfs: {error}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: the server may have been killed a moment ago.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
