"""RocksDB's log format, as far as it takes to find what RocksDB would read for ever.

A log file (the write-ahead log, the MANIFEST) is a row of blocks of 32 KiB, each a row of records: a checksum (4
bytes), the length of what follows (2), the kind (1), and that many bytes; what is too short for a header ends the block
(RocksDB's `db/log_format.h`). Logs that are recycled have records of other kinds. SiltDB does not recycle logs
(`docs/decisions/wal-recycling.md`), so that a record of such a kind is garbage; RocksDB 9.8 may take it for what an
earlier use of the file has left, and never comes to its end.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final

from storage.errors import DataFolderInUse

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK_BYTES: Final = 32 << 10
_HEADER_BYTES: Final = 7
_LENGTH_AT: Final = 4
_KIND_AT: Final = 6

_LAST_OF_OURS: Final = 4
"""Whole records, and first, middle and last parts. 0, with no length, is space that was allocated and not written."""

_RECYCLED: Final = frozenset({5, 6, 7, 8, 11})

_FULL: Final = b"\1"
"""The kind of a record that is whole. The checksum covers the kind: with another one it is wrong."""


def find_endless_record(path: Path) -> int | None:
    """Where in a log file the first record begins that RocksDB might never get over, in bytes; `None` without one."""
    start = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            place = _find_in_block(block)
            if place is not None:
                return start + place
            start += len(block)
    return None


def _find_in_block(block: bytes) -> int | None:
    # There are millions of records: a comparison is the quickest that can be done with each.
    at, end = 0, len(block) - _HEADER_BYTES
    while at <= end:
        kind = block[at + _KIND_AT]
        length = block[at + _LENGTH_AT] | block[at + _LENGTH_AT + 1] << 8
        if kind > _LAST_OF_OURS and kind in _RECYCLED:
            return at
        if not kind and not length:
            break
        at += _HEADER_BYTES + length
    return None


def log_files(folder: Path) -> list[Path]:
    """Those of a folder of RocksDB."""
    return sorted([*folder.glob("*.log"), *folder.glob("MANIFEST-*")])


def end_log_files(folder: Path) -> None:
    """Have RocksDB find damage where it would read for ever: it ends the log there, and says so.

    One byte is changed, of a record that nobody can read. Raises `DataFolderInUse` rather than change it under another
    server.
    """
    for path in log_files(folder):
        place = find_endless_record(path)
        if place is None:
            continue
        require_unlocked(folder)
        with path.open("r+b") as file:
            file.seek(place + _KIND_AT)
            file.write(_FULL)
            file.flush()
            os.fsync(file.fileno())


def require_unlocked(folder: Path) -> None:
    """Raise `DataFolderInUse` while a server has it open. Not for the one that has: it would let go of its lock."""
    with (folder / "LOCK").open("ab") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DataFolderInUse(f"{folder.parent} is in use by another server") from error
