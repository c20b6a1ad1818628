"""Rows that a statement has in Arrow, as its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.result import Rows, Stream
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import pyarrow as pa

    from sql.result import ResultColumn

STREAMED_FROM_ROWS: Final = 500
"""Rows from which they are sent as they are: whole columns are written at once, in turns."""


def result_of(table: pa.Table, columns: tuple[ResultColumn, ...], word: str) -> Rows | Stream:
    """The result, with a command tag of this word and the number of rows."""
    if table.num_rows < STREAMED_FROM_ROWS:
        return Rows(columns, rows_from_table(table), f"{word} {table.num_rows}")
    return Stream(columns, _batches(table), word)


async def _batches(table: pa.Table) -> AsyncGenerator[pa.RecordBatch, None]:
    for batch in table.to_batches():
        yield batch
