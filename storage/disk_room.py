"""How much room there is on the disk of the write-ahead log: rows are refused before it runs out.

A write that does not fit leaves the server read-only until it is started again, for nobody knows what of it is there.
So some room is kept for what must go on: commits of deletions and definitions, records of jobs, RocksDB's own files.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from storage.errors import DiskAlmostFull
from storage.units import about_size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK_EVERY_NS: Final = 100_000_000
"""So much time passes between two looks, unless the last one has found too little."""

WRITTEN_TWICE: Final = 2
"""What is written goes into the log first, and then into a file of RocksDB."""


class DiskRoom:
    """On the loop: a look takes about a microsecond."""

    __slots__ = ("_elapsed_ns", "_folder", "_free_bytes", "_look_again_ns", "_reserve_bytes")

    def __init__(self, folder: Path, reserve_bytes: int, elapsed_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._elapsed_ns = elapsed_ns
        self._free_bytes = self._look_again_ns = 0

    def require(self, row_bytes: int = 0) -> None:
        """Raise `DiskAlmostFull` if there is no room for rows: for a few, or for a load of so many bytes."""
        needed_bytes = self._reserve_bytes + WRITTEN_TWICE * row_bytes
        if not self._reserve_bytes:
            return
        now_ns = self._elapsed_ns()
        if now_ns >= self._look_again_ns or self._free_bytes < needed_bytes:
            disk = os.statvfs(self._folder)
            self._free_bytes = disk.f_bavail * disk.f_frsize
            self._look_again_ns = now_ns + LOOK_EVERY_NS
        if self._free_bytes < needed_bytes:
            raise DiskAlmostFull(
                f"no room for more rows: {about_size(self._free_bytes)} are free on the disk, and "
                f"{about_size(needed_bytes)} are needed, with storage.disk_reserve"
            )
