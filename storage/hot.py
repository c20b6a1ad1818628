"""Hot rows in memory: a tail of tuples, sealed into chunks, converted to Arrow when a query needs them.

Everything is append-only for those who have a snapshot: a snapshot holds the tuple of chunks, the tail and its length.
The seqs inside a chunk and inside the tail are consecutive; between them there may be gaps. So are their layouts the
same: rows of another one are in another chunk, and are converted where they are read (see `storage.formats`).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from storage.dead import between
from storage.rows import SEQ_COLUMN, PlainArray, plain, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.dead import Seqs
    from storage.formats import TableFormats
    from storage.hot_value import RowFormat
    from storage.rows import Row

TAIL_ROWS: Final = 4096
"""Rows after which the tail is sealed: few enough that converting them takes two milliseconds."""

CHUNK_ROWS_MAX: Final = 1 << 20
"""Chunks are merged into ever larger ones, up to this."""


def with_seqs(table: pa.Table, first_seq: int) -> pa.Table:
    """The table with a last column of consecutive seqs."""
    seqs = pa.array(np.arange(first_seq, first_seq + table.num_rows, dtype=np.int64))
    return table.append_column(SEQ_COLUMN, seqs)


class Chunk:
    """Rows with consecutive seqs that no longer change, as tuples, as Arrow, or as smaller chunks.

    Its Arrow table is made when it is first asked for, in whatever thread; if two threads do so at once, one result is
    kept. Tuples and parts are let go then.
    """

    __slots__ = (
        "_arrow",
        "_converted",
        "_live",
        "_parts",
        "_plain",
        "_rows",
        "_table",
        "byte_count",
        "end_seq",
        "first_seq",
        "format",
        "held_bytes",
    )

    def __init__(
        self,
        row_format: RowFormat,
        first_seq: int,
        end_seq: int,
        byte_count: int,
        *,
        rows: list[Row] | None = None,
        parts: tuple[Chunk, ...] = (),
        table: pa.Table | None = None,
    ) -> None:
        self.first_seq = first_seq
        self.end_seq = end_seq
        self.byte_count = byte_count
        self.format = row_format
        self.held_bytes: int = sum(part.held_bytes for part in parts)
        """About what it takes in memory, as it came."""
        if rows is not None:
            self.held_bytes = (end_seq - first_seq) * row_format.tuple_bytes + byte_count
        elif table is not None:
            self.held_bytes = table.nbytes
        self._rows = rows
        self._parts = parts
        self._table = table
        """Without seqs, which take milliseconds for a million rows."""
        self._arrow: pa.Table | None = None
        self._converted: tuple[RowFormat, pa.Table] | None = None
        self._plain: dict[int, PlainArray] = {}
        self._live: tuple[RowFormat, int, pa.Table] | None = None

    @classmethod
    def merged(cls, left: Chunk, right: Chunk) -> Chunk:
        """Two adjacent chunks as one. Costs nothing now: its Arrow table is put together when asked for."""
        parts = (*left._leaves(), *right._leaves())
        size = left.byte_count + right.byte_count
        return cls(left.format, left.first_seq, right.end_seq, size, parts=parts)

    @property
    def row_count(self) -> int:
        """Rows in it, dead ones included."""
        return self.end_seq - self.first_seq

    def row(self, seq: int, columns: Sequence[int] | None) -> Row:
        """The row with that seq, which must be in it, or some of its columns by position, as it was written."""
        rows = self._rows
        if rows is not None:
            row = rows[seq - self.first_seq]
            return row if columns is None else tuple([row[position] for position in columns])
        parts = self._parts
        if parts:
            return parts[bisect_right(parts, seq, key=_first_seq) - 1].row(seq, columns)
        index = seq - self.first_seq
        positions = range(len(self.format.columns)) if columns is None else columns
        plain = self._plain
        return tuple(
            [
                value_at(plain[position] if position in plain else self._plain_column(position), index)
                for position in positions
            ]
        )

    def arrow(self) -> pa.Table:
        """All its rows as they were written, in one piece, with their seqs."""
        if self._arrow is None:
            rows, parts = self._rows, self._parts
            if rows is not None:
                self._arrow = with_seqs(self.format.table(rows), self.first_seq)
            elif self._table is not None:
                self._arrow = with_seqs(self._table, self.first_seq)
            elif parts:
                self._arrow = pa.concat_tables([part.arrow() for part in parts]).combine_chunks()
            # Else another thread has just finished: it sets the Arrow table before it lets go of the rest.
            self._rows, self._parts = None, ()
        assert self._arrow is not None
        return self._arrow

    def arrow_as(self, formats: TableFormats) -> pa.Table:
        """All its rows as a definition has them, with their seqs. What it has made of them last is kept."""
        target = formats.current
        if self.format.layout == target.layout:
            return self.arrow()
        kept = self._converted
        if kept is None or kept[0] is not target:
            kept = self._converted = (target, formats.rows(self.format, self.arrow()))
        return kept[1]

    def live(self, formats: TableFormats, dead: Seqs, deleted: Seqs) -> pa.Table:
        """Its rows, as a definition has them, without the dead ones and those that a transaction has deleted.

        These only that one sees as dead. Both are ascending and may name others too. The last result without such
        deletions is kept.
        """
        rows = self.arrow_as(formats)
        mine = between(dead, self.first_seq, self.end_seq - 1)
        deleted_here = between(deleted, self.first_seq, self.end_seq - 1)
        if len(deleted_here):
            return without(rows, np.concatenate((mine, deleted_here)) - self.first_seq)
        if not len(mine):
            return rows
        kept = self._live
        # Rows only ever die, in one order for everyone: the same number of dead ones means the same ones.
        if kept is None or kept[0] is not formats.current or kept[1] != len(mine):
            kept = self._live = (formats.current, len(mine), without(rows, mine - self.first_seq))
        return kept[2]

    def pieces(self) -> Iterator[Chunk]:
        """Chunks that are small, or one piece already, so that each one's Arrow table takes little time to make."""
        yield from self._leaves()

    def _leaves(self) -> tuple[Chunk, ...]:
        return self._parts or (self,)

    def _plain_column(self, position: int) -> PlainArray:
        column = self._plain.get(position)
        if column is None:
            table = self.arrow() if self._table is None else self._table
            column = plain(table.column(position).chunk(0))
            self._plain[position] = column
        return column


def _first_seq(chunk: Chunk) -> int:
    return chunk.first_seq


def without(table: pa.Table, indexes: Seqs) -> pa.Table:
    """The table without the rows at these indexes."""
    keep = np.ones(table.num_rows, np.bool_)
    keep[indexes] = False
    return table.filter(pa.array(keep))


class Tail:
    """The newest rows, as tuples. Only the loop appends; a reader uses the length it was given."""

    __slots__ = ("_arrow", "byte_count", "first_seq", "format", "rows")

    def __init__(self, row_format: RowFormat, first_seq: int) -> None:
        self.first_seq = first_seq
        self.rows: list[Row] = []
        self.byte_count = 0
        self.format = row_format
        self._arrow: tuple[int, pa.Table] | None = None

    def arrow(self, length: int) -> pa.Table:
        """Its first rows as they were written, with their seqs. What was converted before is not converted again."""
        known, table = self._arrow or (0, None)
        if table is not None and known >= length:
            return table.slice(0, length)
        new = with_seqs(self.format.table(self.rows[known:length]), self.first_seq + known)
        table = new if table is None else pa.concat_tables([table, new]).combine_chunks()
        self._arrow = (length, table)
        return table


class HotRows:
    """The visible hot rows of a table, dead ones included. Lives on the loop."""

    __slots__ = ("_format", "_merge_from_seq", "byte_count", "chunks", "held_bytes", "row_count", "starts", "tail")

    def __init__(self, row_format: RowFormat) -> None:
        self.chunks: tuple[Chunk, ...] = ()
        """Ascending; all before the tail."""
        self.starts: tuple[int, ...] = ()
        """Their first seqs."""
        self.tail = Tail(row_format, 0)
        self.row_count = 0
        self.byte_count = 0
        self.held_bytes = 0
        """About what they take in memory, as they came."""
        self._format = row_format
        self._merge_from_seq = 0

    def redefine(self, row_format: RowFormat) -> None:
        """Rows have another layout from now on. Those that are there are left as they are, those of the tail, too."""
        self._format = row_format

    def append(self, first_seq: int, rows: Sequence[Row], byte_count: int, row_format: RowFormat | None = None) -> None:
        """Add committed rows with consecutive seqs, all greater than those of the tail.

        `row_format` is theirs, if it is not that of new rows.
        """
        row_format = row_format or self._format
        if len(rows) > TAIL_ROWS:
            # A chunk of too many tuples would hold the GIL too long when it is converted.
            starts = range(0, len(rows), TAIL_ROWS)
            for start in starts:
                size = byte_count if start == starts[-1] else 0
                self.append(first_seq + start, rows[start : start + TAIL_ROWS], size, row_format)
            return
        tail = self.tail
        if first_seq != tail.first_seq + len(tail.rows) or tail.format is not row_format:
            self.seal()
            tail = self.tail = Tail(row_format, first_seq)
        tail.rows.extend(rows)
        tail.byte_count += byte_count
        self.row_count += len(rows)
        self.byte_count += byte_count
        self.held_bytes += len(rows) * row_format.tuple_bytes + byte_count
        if len(tail.rows) >= TAIL_ROWS:
            self.seal()

    def append_table(
        self, first_seq: int, table: pa.Table, byte_count: int, row_format: RowFormat | None = None
    ) -> None:
        """Add committed rows that are Arrow already, in one piece. `row_format`: see `append`.

        Their seqs may be lower than those of rows added since.
        """
        tail = self.tail
        if tail.rows and tail.first_seq < first_seq:
            self.seal()
        end_seq = first_seq + table.num_rows
        chunk = Chunk(row_format or self._format, first_seq, end_seq, byte_count, table=table)
        self.row_count += table.num_rows
        self.byte_count += byte_count
        self.held_bytes += chunk.held_bytes
        self._insert(chunk)

    @property
    def last_seq(self) -> int:
        """The seq of the last row; there must be one."""
        ends = [chunk.end_seq for chunk in self.chunks[-1:]]
        if self.tail.rows:
            ends.append(self.tail.first_seq + len(self.tail.rows))
        return max(ends) - 1

    def sealed(self) -> tuple[Chunk, ...]:
        """The chunks that there would be after `seal`; those of the tail and before it are not merged."""
        tail = self.tail
        if not tail.rows:
            return self.chunks
        end = tail.first_seq + len(tail.rows)
        rest = Chunk(tail.format, tail.first_seq, end, tail.byte_count, rows=tail.rows)
        return tuple(sorted((*self.chunks, rest), key=_first_seq))

    def seal(self) -> None:
        """Make a chunk of the tail."""
        tail = self.tail
        if tail.rows:
            end = tail.first_seq + len(tail.rows)
            self.tail = Tail(self._format, end)
            self._insert(Chunk(tail.format, tail.first_seq, end, tail.byte_count, rows=tail.rows))

    def settle(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Forget the rows in these ranges of seqs, for they are cold now.

        No chunk crosses the end of a range: `keep_boundary` was called when the ranges were taken.
        """
        kept = []
        for chunk in self.chunks:
            if any(first <= chunk.first_seq <= last for first, last in ranges):
                self._count_out(chunk)
            else:
                kept.append(chunk)
        self._set_chunks(tuple(kept))

    def forget_before(self, seq: int) -> int:
        """Forget the rows before this seq, but for those of a chunk that goes on; returns the first seq that is left.

        The tail is not looked at.
        """
        gone = bisect_right(self.chunks, seq, key=lambda chunk: chunk.end_seq)
        for chunk in self.chunks[:gone]:
            self._count_out(chunk)
        self._set_chunks(self.chunks[gone:])
        return self.chunks[0].first_seq if self.chunks else self.tail.first_seq

    def keep_boundary(self, through_seq: int) -> None:
        """Merge no chunk that begins at or before this seq any more."""
        self._merge_from_seq = through_seq + 1

    def _count_out(self, chunk: Chunk) -> None:
        self.row_count -= chunk.row_count
        self.byte_count -= chunk.byte_count
        self.held_bytes -= chunk.held_bytes

    def _insert(self, chunk: Chunk) -> None:
        at = bisect_right(self.starts, chunk.first_seq)
        chunks = [*self.chunks[:at], chunk, *self.chunks[at:]]
        while len(chunks) > 1 and self._worth_merging(chunks[-2], chunks[-1]):
            right = chunks.pop()
            chunks[-1] = Chunk.merged(chunks[-1], right)
        self._set_chunks(tuple(chunks))

    def _worth_merging(self, left: Chunk, right: Chunk) -> bool:
        # Merging only what is of like size touches every row a logarithmic number of times.
        return (
            left.end_seq == right.first_seq
            and left.format.layout == right.format.layout
            and left.first_seq >= self._merge_from_seq
            and left.row_count <= 2 * right.row_count
            and left.row_count + right.row_count <= CHUNK_ROWS_MAX
        )

    def _set_chunks(self, chunks: tuple[Chunk, ...]) -> None:
        self.chunks = chunks
        self.starts = tuple([chunk.first_seq for chunk in chunks])
