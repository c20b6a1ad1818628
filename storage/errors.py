"""What can go wrong in storage. The docstring of a class is its default message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.transaction import Transaction


class StorageError(Exception):
    """storage failure"""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class DataFolderInUse(StorageError):
    """another server is using this data folder"""


class DataFolderVersion(StorageError):
    """the data folder was written by another version"""


class CorruptSegment(StorageError):
    """a segment cannot be read"""


class WriteFailed(StorageError):
    """a write could not be made durable; the server now refuses writes and reads on"""


class TableGone(StorageError):
    """the table was dropped or replaced"""


class UniqueViolation(StorageError):
    """duplicate key value violates unique constraint"""

    def __init__(self, table_id: int, constraint: str, key: tuple[object, ...]) -> None:
        super().__init__(f'duplicate key value violates unique constraint "{constraint}"')
        self.table_id = table_id
        self.constraint = constraint
        self.key = key


class SerializationFailure(StorageError):
    """could not serialize access due to concurrent update"""


class DeadlockDetected(StorageError):
    """deadlock detected"""


class RowChanged(Exception):
    """a row or definition was changed since the statement began"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class Blocked(Exception):
    """the row or key is locked by another transaction"""

    def __init__(self, holder: Transaction) -> None:
        super().__init__(type(self).__doc__)
        self.holder = holder
