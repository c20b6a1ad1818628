"""What can go wrong in storage. The docstring of a class is its default message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.catalog_entries import SequenceGenerator
    from storage.lock_waits import SoughtLock
    from storage.point_write import PointWrite
    from storage.syncer import Commit
    from storage.table_locks import LockRequest, LockWait
    from storage.transaction import Transaction


class StorageError(Exception):
    """storage failure"""

    hint: str | None = None
    """What the user can do about it."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class DataFolderInUse(StorageError):
    """another server is using this data folder"""


class DataFolderVersion(StorageError):
    """the data folder was written by another version"""


class NoDataFolder(StorageError):
    """there is no data folder"""


class RecordsMissing(StorageError):
    """records in RocksDB are lost"""


class CorruptSegment(StorageError):
    """a segment cannot be read"""


class CorruptRecords(StorageError):
    """records in RocksDB cannot be read"""


class WriteFailed(StorageError):
    """a write could not be made durable; the server now refuses writes and reads on"""

    hint = "See the server's log, mend the disk, and restart the server: all that was acknowledged is there."


class NoSpaceLeft(WriteFailed):
    """a write could not be made durable, as no space is left; the server now refuses writes and reads on"""

    hint = "Make room on the disk and restart the server: all that was acknowledged is there."


class NotVisible(WriteFailed):
    """a commit is durable, but the server failed to make it visible; it now refuses writes and reads on"""

    hint = "See the server's log, and restart the server: all that was acknowledged, and this commit, is there."


class TableGone(StorageError):
    """the table was dropped or replaced"""


class DiskAlmostFull(StorageError):
    """no room for more rows: the disk is almost full"""

    hint = "Make room on the disk, or drop or delete what is not needed: the server goes on by itself then."


class HotTierFull(StorageError):
    """hot memory is full: hot.memory_limit is reached"""

    hint = "Flush tables (FLUSH TABLE), or raise hot.memory_limit."

    def __init__(self, needed_bytes: int = 0) -> None:
        super().__init__()
        self.needed_bytes = needed_bytes
        """What was to be inserted; nothing for a few rows."""


class TooManyLocks(StorageError):
    """out of shared memory"""

    hint = "There are too many advisory locks: unlock some."


class LoadedRowChanged(StorageError):
    """rows that a bulk load has brought cannot be changed in the same transaction"""

    hint = "Commit first, or raise hot.bulk_load_size: rows of smaller loads can be."


class NotDropped(StorageError):
    """no dropped table of that name can be brought back"""

    hint = "A dropped table can be brought back until its drop_retention is over and its space is reclaimed."


class NameTaken(StorageError):
    """relation already exists"""

    hint = (
        "Copy what is needed of it into a table of another name, drop it, and have its cleanup job reclaim its space "
        "at once (RETRY JOB): until then it is the one that UNDROP TABLE brings back."
    )


class NamespaceGone(StorageError):
    """schema does not exist"""

    hint = "Create it again first."


class BeingReclaimed(StorageError):
    """the space of the dropped table is being reclaimed"""

    hint = "It is too late to bring it back."


class CompactionConflict(StorageError):
    """another compaction of the rows was committed since this one was planned"""


class InvalidBackupName(StorageError):
    """invalid name of a backup"""

    def __init__(self, name: str) -> None:
        super().__init__(
            f'invalid backup name "{name}": a name has letters, digits, "_", "-" and ".", and does not begin with "."'
        )


class BackupExists(StorageError):
    """the backup exists already"""

    def __init__(self, name: str) -> None:
        super().__init__(f'backup "{name}" already exists')


class NoSuchBackup(StorageError):
    """the backup does not exist"""

    def __init__(self, name: str, *, is_unfinished: bool = False) -> None:
        unfinished = ": it has no manifest.json, so it was never finished" if is_unfinished else ""
        super().__init__(f'backup "{name}" does not exist{unfinished}')


class BackupDamaged(StorageError):
    """the backup is damaged"""

    def __init__(self, path: str, fault: str) -> None:
        super().__init__(f"the backup is damaged: {path}: {fault}")
        self.path = path


class RestoreConflict(StorageError):
    """roles or schemas were created or dropped while the backup was read"""


class NumbersNotReserved(Exception):
    """the next numbers of a sequence are not durably reserved yet"""

    def __init__(self, reservation: Commit) -> None:
        super().__init__(type(self).__doc__)
        self.reservation = reservation


class SequenceExhausted(StorageError):
    """the sequence has given all its numbers"""

    def __init__(self, sequence: SequenceGenerator) -> None:
        end, limit = ("maximum", sequence.maximum) if sequence.increment > 0 else ("minimum", sequence.minimum)
        super().__init__(f'nextval: reached {end} value of sequence "{sequence.name}" ({limit})')


class UniqueViolation(StorageError):
    """duplicate key value violates unique constraint"""

    def __init__(self, table_id: int, constraint: str, key: tuple[object, ...], columns: tuple[int, ...]) -> None:
        super().__init__(f'duplicate key value violates unique constraint "{constraint}"')
        self.table_id = table_id
        self.constraint = constraint
        self.key = key
        self.columns = columns
        """The numbers of the columns that have these values."""


class DuplicateKeys(StorageError):
    """could not create unique index: rows have the same key"""

    def __init__(self, table_id: int, index: str, key: tuple[object, ...], columns: tuple[int, ...]) -> None:
        super().__init__(f'could not create unique index "{index}"')
        self.table_id = table_id
        self.constraint = index
        self.key = key
        self.columns = columns
        """The numbers of the columns that have these values."""


class SerializationFailure(StorageError):
    """could not serialize access due to concurrent update"""


class DeadlockDetected(StorageError):
    """deadlock detected"""

    def __init__(self, circle: Sequence[LockWait] = ()) -> None:
        super().__init__(type(self).__doc__)
        self.circle = circle
        """Who waits for whom, beginning with the one that is told of it."""


class RowChanged(Exception):
    """a row or definition was changed since the statement began"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class NotCached(Exception):
    """the row is cold and must be read first"""

    def __init__(
        self, read: Callable[[], object] | None = None, ahead: dict[object, tuple[object, ...] | None] | None = None
    ) -> None:
        super().__init__(type(self).__doc__)
        self._read = read
        self.ahead = {} if ahead is None else ahead
        """What has been read for the call that raised it: to be handed to the next one."""

    def read(self) -> None:
        """Read it into `ahead`, which takes milliseconds. Any thread. Raises `CorruptSegment`."""
        assert self._read is not None, "whoever sees it can say what to read"
        self._read()


class Blocked(Exception):
    """the row, key, name or table is locked by another transaction

    A lock that has a queue comes with the `request` to stand in it. For another one `releases` counts how often the
    holder had let go of locks by then, and `sought` says which it is, unless that is one for many rows.
    """

    def __init__(
        self, holder: Transaction | PointWrite, request: LockRequest | None = None, sought: SoughtLock | None = None
    ) -> None:
        super().__init__("locked by another transaction")
        self.holder = holder
        self.request = request
        self.sought = sought
        self.releases = holder.releases if request is None else 0


class DefinitionChanged(Exception):
    """the definition of a table was changed since the statement was planned"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)
