"""RocksDB, as the rest of storage sees it. The only file that knows rocksdict.

Writes reach the operating system at once (so a killed process loses nothing) and the disk with `sync`. Writes take
microseconds but hold the GIL; `sync` frees it.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct
from rocksdict import (
    AccessType,
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    Checkpoint,
    DBCompressionType,
    DBRecoveryMode,
    Options,
    Rdict,
    RdictIter,
    ReadOptions,
    WriteBatch,
)

from storage.errors import CorruptRecords, DataFolderInUse, NoSpaceLeft, StorageError, WriteFailed
from storage.faults import FaultPoints
from storage.keys import prefix_end
from storage.log_file import end_log_files, find_endless_record, log_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Batch = WriteBatch
"""Puts, deletes and range deletes that are written together or not at all; they take effect in their order."""

_MIB = 1 << 20

CHECKPOINT_MEMORY_BYTES: Final = 3 << 19
"""A checkpoint writes what is in memory and not in a file yet, with the GIL held: of so little in some milliseconds.
Memory is taken a MiB at a time, so that a single write takes as much.
"""

CHECKPOINT_CACHE_BYTES: Final = 32 << 20
"""Memory for the blocks of a checkpoint that is read."""

CHECKPOINT_FLUSHES_MAX: Final = 8
"""How often to write it to files before: under a storm of writes there is always more."""


_NO_LOG: Final = "there is no write-ahead log"
"""A database that was ever opened has one, if only an empty one; a checkpoint has all in files, or brings it."""


class Put(Struct, frozen=True):
    """Set a key."""

    key: bytes
    value: bytes


class Delete(Struct, frozen=True):
    """Remove a key, if it is there."""

    key: bytes


class DeleteRange(Struct, frozen=True):
    """Remove all keys from `start`, up to and without `end`."""

    start: bytes
    end: bytes


Mutation = Put | Delete | DeleteRange


def new_batch() -> Batch:
    """An empty batch."""
    return WriteBatch(raw_mode=True)


def add_to_batch(batch: Batch, mutations: Iterable[Mutation]) -> None:
    """Append mutations to a batch."""
    for mutation in mutations:
        match mutation:
            case Put(key, value):
                batch.put(key, value)
            case Delete(key):
                batch.delete(key)
            case DeleteRange(start, end):
                batch.delete_range(start, end)


class KeyValueStore:
    """An open RocksDB. Any thread may use it.

    `read_only` opens one that nobody writes to, such as a checkpoint, and leaves its folder as it is.
    Raises `DataFolderInUse` when another process (or this one) has it open, `StorageError` when it is damaged.
    """

    def __init__(
        self,
        path: Path,
        block_cache_bytes: int,
        *,
        read_only: bool = False,
        refuse_damaged_log: bool = False,
        faults: FaultPoints | None = None,
    ) -> None:
        has_lost_log = (path / "CURRENT").exists() and next(path.glob("*.log"), None) is None
        if read_only:
            _require_readable(path)
        else:
            path.mkdir(parents=True, exist_ok=True)
            end_log_files(path)
        access = AccessType.read_only(error_if_log_file_exist=False) if read_only else AccessType.read_write()
        try:
            options = _options(block_cache_bytes)
            if refuse_damaged_log:
                # A record that is cut short at the very end is none: so a kill leaves it.
                options.set_wal_recovery_mode(DBRecoveryMode.tolerate_corrupted_tail_records())
            # Named, or a database that is there already is opened with what its own OPTIONS file has of it: no cache.
            self._db = Rdict(str(path), options, column_families={"default": options}, access_type=access)
        except Exception as error:  # rocksdict raises nothing more precise
            if "LOCK" in str(error) or "lock hold" in str(error):
                raise DataFolderInUse(f"{path.parent} is in use by another server") from error
            raise StorageError(f"cannot open {path}: {error}") from error
        self.damage: str | None = _NO_LOG if has_lost_log else None if read_only else _damage(path)
        """What RocksDB has found at the end of its write-ahead log, if that is damaged: nothing behind it is there."""
        self._faults = faults or FaultPoints()
        self._failed_sync: Exception | None = None
        self._without_gil = 0
        """Calls under way that have freed the GIL."""
        self._closing = False
        self._ended = threading.Condition()
        self.get = self._db.get
        """The value of a key, or `None`. Bound once: this is the hottest call of the server."""

    @classmethod
    def of_checkpoint(cls, folder: Path) -> KeyValueStore:
        """A checkpoint, to be read once from one end to the other. Raises `StorageError`."""
        return cls(folder, CHECKPOINT_CACHE_BYTES, read_only=True)

    @classmethod
    def to_check(cls, folder: Path) -> KeyValueStore:
        """What a server has left, to be read only; `damage` says what is wrong with its log. Raises `StorageError`."""
        try:
            return cls(folder, CHECKPOINT_CACHE_BYTES, read_only=True, refuse_damaged_log=True)
        except StorageError as error:
            # Raises again if it is not the log, behind whose damage nothing is read.
            store = cls(folder, CHECKPOINT_CACHE_BYTES, read_only=True)
            store.damage = str(error.__cause__ or error)
            return store

    def write(self, batch: Batch) -> None:
        """Hand a batch to the operating system. Raises `WriteFailed`."""
        try:
            self._db.write(batch)
        except Exception as error:  # rocksdict raises nothing more precise
            raise _write_failed("write", error) from error

    def sync(self) -> None:
        """Wait until everything written before is on disk; frees the GIL meanwhile. Raises `WriteFailed`.

        When it has failed once it fails from then on, whoever asks: the kernel may have dropped what it could not
        write, and a later sync would say nothing of that.
        """
        try:
            if self._failed_sync is not None:
                raise self._failed_sync
            self._faults.reach("log.sync")
            with self._freeing_gil():
                self._db.flush_wal(True)
        except Exception as error:  # rocksdict raises nothing more precise
            self._failed_sync = self._failed_sync or error
            raise _write_failed("sync", error) from error

    def read(self, key: bytes) -> bytes | None:
        """As `get`, for who does not ask often. Raises `CorruptRecords`."""
        try:
            return self.get(key)
        except Exception as error:  # rocksdict raises nothing more precise
            raise CorruptRecords(f"records cannot be read: {error}") from error

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys that start with the prefix, and their values, in order, as of now."""
        return self.scan_range(prefix, prefix_end(prefix))

    def scan_range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from `start`, up to and without `end`, and their values, in order, as of now.

        Raises `CorruptRecords`.
        """
        options = ReadOptions()
        options.set_iterate_upper_bound(end)
        # `items` of rocksdict would end without a word where a block cannot be read.
        iterator = self._db.iter(options)
        iterator.seek(start)
        # A generator, so that `options` lives as long as the iteration: RocksDB keeps a bare pointer to its bound.
        yield from _items(iterator, iterator.next)

    def scan_range_backwards(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The same from the last one to the first."""
        iterator = self._db.iter()
        iterator.seek_for_prev(end)
        # rocksdict takes a lower bound for an upper one, so that the end is looked for here.
        for key, value in _items(iterator, iterator.prev):
            if key < start:
                break
            # The seek may stop at the end itself.
            if key != end:
                yield key, value

    def any_between(self, start: bytes, end: bytes) -> bool:
        """Whether any key is there from `start`, up to and without `end`: one seek."""
        return next(self.scan_range(start, end), None) is not None

    @property
    def last_sequence(self) -> int:
        """The number that RocksDB has given to the last thing that was written: they ascend."""
        return self._db.latest_sequence_number()

    def measure(self, name: str) -> int:
        """A figure that RocksDB keeps of itself, such as `block-cache-usage`; 0 if it has none of that name."""
        return self._db.property_int_value(f"rocksdb.{name}") or 0

    def checkpoint(self, folder: Path) -> None:
        """Make a copy of it in a new folder: hard links, where that is on the same file system. In a worker.

        What was written before is in it, and of what is written meanwhile perhaps a beginning. Raises `StorageError`,
        and OSError when the disk is full.
        """
        try:
            # A checkpoint begins by writing what is in memory to files, but holds the GIL; this one frees it.
            for _ in range(CHECKPOINT_FLUSHES_MAX):
                with self._freeing_gil():
                    self._db.flush()
                if self.measure("cur-size-active-mem-table") <= CHECKPOINT_MEMORY_BYTES:
                    break
            Checkpoint(self._db).create_checkpoint(str(folder))
        except Exception as error:  # rocksdict raises nothing more precise
            if _is_for_want_of_space(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
            raise StorageError(f"cannot make a checkpoint: {error}") from error

    def close(self) -> None:
        """Close it; the lock on the folder is gone afterwards. Waits for calls of other threads that free the GIL.

        Raises `WriteFailed` where it cannot write what it has in memory. That is in the log, if it was synced.
        """
        with self._ended:
            # rocksdict would refuse, and leave it open: such a call has borrowed it.
            self._closing = True
            self._ended.wait_for(lambda: not self._without_gil)
            try:
                self._db.close()
            except Exception as error:  # rocksdict raises nothing more precise
                raise _write_failed("close", error) from error
            finally:
                self._closing = False
                self._ended.notify_all()

    @contextmanager
    def _freeing_gil(self) -> Iterator[None]:
        with self._ended:
            # Who comes later is told that it is closed, and keeps nobody from closing it.
            self._ended.wait_for(lambda: not self._closing)
            self._without_gil += 1
        try:
            yield
        finally:
            with self._ended:
                self._without_gil -= 1
                self._ended.notify_all()


def _require_readable(path: Path) -> None:
    for log in log_files(path):
        place = find_endless_record(log)
        if place is not None:
            raise StorageError(f"cannot open {path}: {log.name} is damaged at byte {place}")


def _items(iterator: RdictIter, move: Callable[[], None]) -> Iterator[tuple[bytes, bytes]]:
    """From where an iterator stands to its end. Raises `CorruptRecords` if that is not the end of what there is."""
    is_valid, key, value = iterator.valid, iterator.key, iterator.value
    while is_valid():
        yield cast("bytes", key()), cast("bytes", value())
        move()
    try:
        iterator.status()
    except Exception as error:  # rocksdict raises nothing more precise
        raise CorruptRecords(f"records cannot be read: {error}") from error


def _damage(path: Path) -> str | None:
    # RocksDB recovers what is before the damage, and tells of it in its own log only, which each opening begins anew.
    log = (path / "LOG").read_text(encoding="utf-8", errors="replace")
    found = re.search(r"(\d+\.log): dropping \d+ bytes; (?:Corruption: )?(.+)", log)
    return None if found is None else f"{found[1]}: {found[2]}"


def _options(block_cache_bytes: int) -> Options:
    table = BlockBasedOptions()
    table.set_block_cache(Cache(block_cache_bytes))
    table.set_bloom_filter(10, False)
    table.set_cache_index_and_filter_blocks(True)
    table.set_pin_l0_filter_and_index_blocks_in_cache(True)
    # In pieces: a whole filter of a file has megabytes, more than a shard of the cache, and would be read each time.
    table.set_index_type(BlockBasedIndexType.two_level_index_search())
    table.set_partition_filters(True)
    table.set_pin_top_level_index_and_filter(True)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(64 * _MIB)
    options.set_max_write_buffer_number(4)
    options.set_max_total_wal_size(512 * _MIB)
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(4 * _MIB)
    options.set_stats_dump_period_sec(0)
    return options


def _write_failed(doing: str, error: Exception) -> WriteFailed:
    return (NoSpaceLeft if _is_for_want_of_space(error) else WriteFailed)(f"cannot {doing}: {error}")


def _is_for_want_of_space(error: Exception) -> bool:
    # rocksdict tells the cause in words only.
    text = str(error).lower()
    return "no space left" in text or "file too large" in text
