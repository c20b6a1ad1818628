"""A `Stream`, read in slices: small enough to encode without holding up the loop, and no longer than a row limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

    from sql.result import Stream

_SLICE_VALUES: Final = 32_768
"""Values encoded at a time: a few milliseconds."""
_SLICE_BYTES: Final = 4 << 20


class StreamReader:
    """Reads a stream once, in parts. Whoever leaves before the end must `close` it."""

    def __init__(self, stream: Stream) -> None:
        self._batches = stream.batches
        self._batch: pa.RecordBatch | None = None
        self._offset = 0
        self._slice_rows = 1

    async def read(self, limit_rows: int) -> pa.RecordBatch | None:
        """Give the next rows, at most `limit_rows` (0: as many as are good), or `None` at the end."""
        while self._batch is None or self._offset == self._batch.num_rows:
            try:
                self._batch = await anext(self._batches)
            except StopAsyncIteration:
                return None
            self._offset = 0
            self._slice_rows = _slice_rows(self._batch)
        size = min(self._slice_rows, limit_rows) if limit_rows else self._slice_rows
        part = self._batch.slice(self._offset, size)
        self._offset += part.num_rows
        return part

    async def close(self) -> None:
        """Stop the query, if it still runs, and free its snapshot."""
        self._batch = None
        self._offset = 0
        close = getattr(self._batches, "aclose", None)
        if close is not None:
            await close()


def _slice_rows(batch: pa.RecordBatch) -> int:
    row_bytes = batch.get_total_buffer_size() // max(batch.num_rows, 1) + 1
    return max(1, min(_SLICE_VALUES // max(batch.num_columns, 1), _SLICE_BYTES // row_bytes))
