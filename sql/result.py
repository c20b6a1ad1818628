"""What a statement gives back. The server turns these into wire messages; it knows nothing of how they came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import pyarrow as pa

    from sql.copy.chunk import CopyChunk
    from storage.types import SqlType


class ResultColumn(Struct, frozen=True):
    """A column of a result: what RowDescription says of it."""

    name: str
    type: SqlType
    table_oid: int = 0
    """The oid of the table that it comes from unchanged; 0 for an expression."""
    column_number: int = 0
    """Its number in that table, from 1; 0 for an expression."""


class Notice(Struct, frozen=True):
    """A message beside the result: severity NOTICE, WARNING or INFO."""

    message: str
    severity: str = "NOTICE"
    sqlstate: str = "00000"
    detail: str | None = None
    hint: str | None = None


class Command(Struct, frozen=True):
    """Done, with a command tag and no rows. An empty tag is the result of an empty statement."""

    tag: str


class Rows(Struct, frozen=True):
    """A small result, whole: tuples of stored values (see `storage.types`)."""

    columns: tuple[ResultColumn, ...]
    rows: Sequence[tuple[object, ...]]
    tag: str


class Stream(Struct):
    """A result of any size, as Arrow record batches in the columns' order.

    `batches` gives stored values (arrays of `column.type.arrow`) and is read once. Whoever stops reading early must
    `aclose()` it: that interrupts the query and frees its snapshot. `tag` is the command's word; the row count is
    added by whoever counts the rows that it sends.
    """

    columns: tuple[ResultColumn, ...]
    batches: AsyncIterator[pa.RecordBatch]
    tag: str = "SELECT"
    is_binary: bool = False
    """Whether its values are sent in binary format where the client did not ask for any: of a BINARY cursor."""


class CopySink(Protocol):
    """Takes the bytes of a COPY FROM STDIN."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes. Raises `SqlError` for a bad row; nothing is then kept."""

    async def finish(self) -> str:
        """All bytes have been written. Returns the command tag: `COPY 5`."""

    async def abort(self) -> None:
        """Forget everything that was written."""


class CopyIn(Struct, frozen=True):
    """The statement waits for data: the server asks the client for it and feeds `sink`."""

    sink: CopySink
    column_count: int
    binary: bool = False


class CopyOut(Struct):
    """The statement gives data in COPY format."""

    chunks: AsyncIterator[CopyChunk]
    column_count: int
    binary: bool = False
    tag: str = field(default="COPY")


Result = Command | Rows | Stream | CopyIn | CopyOut
