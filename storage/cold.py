"""Single cold rows: found by seq, out of a bounded cache of decoded row groups."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict, deque
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
from msgspec import Struct

from storage.errors import NotCached
from storage.rows import PlainArray, plain, value_at
from storage.segment_file import open_segment, reading
from storage.segment_verifier import SegmentVerifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow.parquet as pq

    from storage.dead import Seqs
    from storage.rows import Row
    from storage.segment import Segment

RowsAhead: TypeAlias = "dict[object, Row | None]"
"""Rows that were read for a call, by what it looks for."""

OPEN_FILES_MAX: Final = 64
_SEQ: Final = -1
"""Where `_seq` is among the columns of a file: it is the last one."""


def _indexes(group: Seqs, seqs: Seqs) -> Seqs:
    """Where in a row group the rows with these seqs are, those that are there."""
    at = np.minimum(group.searchsorted(seqs), len(group) - 1)
    found: Seqs = at[group[at] == seqs]
    return found


class _OpenFile(NamedTuple):
    """A Parquet file with who reads it: two threads in one `ParquetFile` end the process."""

    parquet: pq.ParquetFile
    turn: threading.Lock


class _Kept(Struct):
    """A column of a row group, decoded."""

    array: PlainArray
    size_bytes: int
    was_used: bool = False
    """By somebody else than who had it read, and since somebody who wanted room passed over it."""


class ColdReader:
    """Reads single rows of segments. Any thread may.

    Columns are asked for by their positions in the segment's layout, in whose order, and with whose types, they are in
    the file. What it keeps, up to `limit_bytes`, is one column of one row group each, so that a look-up of one column
    decodes only that one.
    """

    def __init__(self, limit_bytes: int, verifier: SegmentVerifier | None = None) -> None:
        self._limit_bytes = limit_bytes
        self.verifier = verifier or SegmentVerifier()
        self.cached_only_in: int | None = None
        """The thread in which nothing is read for now: `row` raises `NotCached` there."""
        self._used_bytes = 0
        self._columns: dict[tuple[Path, int, int], _Kept] = {}
        self.ahead: RowsAhead = {}
        """Those for what is being done there."""
        self._files: OrderedDict[Path, _OpenFile] = OrderedDict()
        self._lock = threading.Lock()
        self._removed: deque[Path] = deque()
        """Files that are gone, and perhaps not forgotten yet."""

    def row(self, segment: Segment, seq: int, columns: Sequence[int]) -> Row | None:
        """These columns of the row with that seq; `None` if the segment does not have it.

        Raises `CorruptSegment`, `NotCached`.
        """
        try:
            at = self._locate(segment, seq)
            if at is None:
                return None
            group, index = at
            return tuple([value_at(self._column(segment, group, column), index) for column in columns])
        except NotCached:
            identity, ahead = (segment.path, seq, tuple(columns)), self.ahead
            if identity in ahead:
                return ahead[identity]

            def read() -> None:
                # It is found there even if the cache has no room for its columns.
                ahead[identity] = self.row(segment, seq, columns)

            raise NotCached(read, ahead) from None

    def rows(self, segment: Segment, seqs: Seqs, columns: Sequence[int]) -> list[list[PlainArray]]:
        """For each of these columns its values in the rows with these seqs, a row group after the other. In a worker.

        The seqs are ascending; those that the segment does not have are left out. Raises `CorruptSegment`.
        """
        found: list[list[PlainArray]] = [[] for _ in columns]
        bounds = [*seqs.searchsorted(segment.group_starts).tolist(), len(seqs)]
        for group, (start, stop) in enumerate(pairwise(bounds)):
            if start < stop:
                indexes = pa.array(_indexes(self._column(segment, group, _SEQ), seqs[start:stop]))
                for arrays, column in zip(found, columns, strict=True):
                    arrays.append(self._column(segment, group, column).take(indexes))
        return found

    def count(self, segment: Segment, seqs: Seqs) -> int:
        """How many rows with these seqs, ascending, the segment has. In a worker. Raises `CorruptSegment`."""
        bounds = [*seqs.searchsorted(segment.group_starts).tolist(), len(seqs)]
        return sum(
            len(_indexes(self._column(segment, group, _SEQ), seqs[start:stop]))
            for group, (start, stop) in enumerate(pairwise(bounds))
            if start < stop
        )

    def forget(self, path: Path) -> None:
        """The file was removed: keep nothing of it, and above all do not keep it open, or it would still take space.

        This may be called while garbage is collected, anywhere: so it never waits for the lock. Whoever holds that, or
        takes it next, does it then.
        """
        self._removed.append(path)
        if self._lock.acquire(blocking=False):
            try:
                self._drop_removed()
            finally:
                self._lock.release()

    def _drop_removed(self) -> None:
        """With the lock held."""
        gone: set[Path] = set()
        while self._removed:
            gone.add(self._removed.popleft())
        if not gone:
            return
        for path in gone:
            self._files.pop(path, None)
        for identity in [identity for identity in self._columns if identity[0] in gone]:
            self._used_bytes -= self._columns.pop(identity).size_bytes

    def _locate(self, segment: Segment, seq: int) -> tuple[int, int] | None:
        group = bisect_right(segment.group_starts, seq) - 1
        if group < 0:
            return None
        seqs = self._column(segment, group, _SEQ)
        # Without dead rows the seqs are consecutive, so most look-ups need no search.
        index = seq - segment.group_starts[group]
        if index >= len(seqs) or seqs.item(index) != seq:
            index = int(seqs.searchsorted(seq))
            if index == len(seqs) or seqs.item(index) != seq:
                return None
        return group, index

    def _column(self, segment: Segment, group: int, position: int) -> PlainArray:
        identity = (segment.path, group, position)
        known = self._known(identity)
        if known is not None:
            return known
        segment.require_readable()
        if self.cached_only_in == threading.get_ident():
            raise NotCached
        self.verifier.require_whole(segment)
        with reading(segment):
            file, turn = self._file(segment)
            with turn:
                known = self._known(identity)
                if known is not None:
                    return known
                name = file.schema_arrow.names[position]
                # A name that another one begins with, and a point, would bring that one, too.
                column = file.read_row_group(group, columns=[name], use_threads=False).column(name)
                array = plain(column.combine_chunks())
                decoded = array.to_numpy() if position == _SEQ else array
                self._keep(identity, decoded, array.nbytes)
        return decoded

    def _known(self, identity: tuple[Path, int, int]) -> PlainArray | None:
        # No lock, and no order that is kept: every look-up comes here for each of its columns.
        kept = self._columns.get(identity)
        if kept is None:
            return None
        kept.was_used = True
        return kept.array

    def _keep(self, identity: tuple[Path, int, int], array: PlainArray, size: int) -> None:
        with self._lock:
            self._drop_removed()
            new = self._columns.get(identity)
            if new is None:
                new = self._columns[identity] = _Kept(array, size)
                self._used_bytes += size
            while self._used_bytes > self._limit_bytes and len(self._columns) > 1:
                # Nearly the order of use: what was used has a second chance, at the end.
                oldest = next(iter(self._columns))
                kept = self._columns.pop(oldest)
                if kept.was_used or kept is new:
                    kept.was_used = False
                    self._columns[oldest] = kept
                else:
                    self._used_bytes -= kept.size_bytes

    def _file(self, segment: Segment) -> _OpenFile:
        with self._lock:
            self._drop_removed()
            file = self._files.get(segment.path)
            if file is None:
                file = self._files[segment.path] = _OpenFile(open_segment(segment), threading.Lock())
            self._files.move_to_end(segment.path)
            if len(self._files) > OPEN_FILES_MAX:
                self._files.popitem(last=False)
            return file
