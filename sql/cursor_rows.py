"""What a cursor has read of its query, and reads on."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from sql.errors import OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from sql.query_stream import QueryStream

MOST_KEPT_BYTES: Final = 256 << 20
"""Of one cursor, in Arrow."""


class CursorRows:
    """Rows by number, from 1: those that were read and not dropped, and whatever the query still gives."""

    def __init__(self, batches: QueryStream) -> None:
        self._batches: QueryStream | None = batches
        self._parts: list[pa.RecordBatch] = []
        self._ends: list[int] = []
        """The number of the last row of each part."""
        self._bytes = 0
        self.read = 0
        """How many rows have been read: all there are, once the query has ended."""

    async def read_to(self, number: int | None) -> bool:
        """Read until a row is there; `None` to the end. Tells whether it is. Raises `OutOfMemory`."""
        while self._batches is not None and (number is None or self.read < number):
            try:
                part = await anext(self._batches)
            except StopAsyncIteration:
                self._batches = None
                break
            if part.num_rows:
                self._parts.append(part)
                self.read += part.num_rows
                self._ends.append(self.read)
                self._bytes += part.get_total_buffer_size()
                if self._bytes > MOST_KEPT_BYTES:
                    raise OutOfMemory(
                        f"a cursor cannot keep more than {MOST_KEPT_BYTES >> 20} MB of rows",
                        hint="Declare it with NO SCROLL and WITHOUT HOLD, or limit its query.",
                    )
        return number is not None and number <= self.read

    def from_row(self, number: int) -> pa.RecordBatch:
        """Some rows from one on that has been read and not dropped."""
        place = bisect_left(self._ends, number)
        part = self._parts[place]
        return part.slice(number - (self._ends[place] - part.num_rows) - 1)

    def backwards(self, first: int, last: int) -> Iterator[pa.RecordBatch]:
        """Rows from the last one to the first."""
        while last >= first:
            place = bisect_left(self._ends, last)
            part = self._parts[place]
            before = self._ends[place] - part.num_rows
            start = max(first, before + 1)
            yield part.take(list(range(last - before - 1, start - before - 2, -1)))
            last = start - 1

    def drop_before(self, number: int) -> None:
        """Rows before that one are not needed again; those of its part stay until it has been read."""
        place = bisect_left(self._ends, number)
        self._bytes -= sum(part.get_total_buffer_size() for part in self._parts[:place])
        del self._parts[:place], self._ends[:place]

    async def close(self) -> None:
        """Stop the query, if it still runs, and let the rows go."""
        self._parts.clear()
        self._ends.clear()
        batches, self._batches = self._batches, None
        if batches is not None:
            await batches.aclose()
