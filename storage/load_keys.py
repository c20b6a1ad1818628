"""The keys of many rows in one index, encoded and sorted in a worker."""

from __future__ import annotations

from copy import copy
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.keys import encode_integer, encode_text, part_encoder
from storage.rows import binary_values, fixed_bytes, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from storage.dead import Flags, Seqs
    from storage.rows import PlainArray
    from storage.types import SqlType
    from storage.unique_keys import RowKey

INTEGER_BYTES: Final = 8
"""What an integer takes as a key that has no other column."""

KEYS_A_STEP: Final = 10_000
"""Keys handled between two chances for another thread to take the GIL."""


class LoadKeys:
    """The keys of rows in one index: in the order of the rows, and sorted. Immutable.

    Within it they are without the prefix of the index; whoever asks names and gets entries, which have it.
    """

    __slots__ = ("_of_rows", "_order", "_sorted", "first", "last", "prefix")

    def __init__(self, prefix: bytes, of_rows: pa.Array[Any]) -> None:
        """`of_rows` has a NULL for each row that has no entry."""
        self.prefix = prefix
        self._of_rows = of_rows
        order: Any = None
        present = of_rows
        if of_rows.null_count:
            order, present = pc.indices_nonzero(of_rows.is_valid()), of_rows.drop_null()
        if not _ascending(present):
            by_key = pc.sort_indices(present)
            order, present = by_key if order is None else order.take(by_key), present.take(by_key)
        self._order = order
        self._sorted = present
        # Without any nothing is between the first and the last one.
        self.first: bytes = prefix + present[0].as_py() if len(present) else b"\xff"
        self.last: bytes = prefix + present[-1].as_py() if len(present) else b""

    def __len__(self) -> int:
        """How many rows there are, with entries or without."""
        return len(self._of_rows)

    @property
    def held_bytes(self) -> int:
        """What they take in memory."""
        held_bytes = self._of_rows.nbytes + (0 if self._order is None else self._order.nbytes)
        return int(held_bytes if self._sorted is self._of_rows else held_bytes + self._sorted.nbytes)

    def in_file(self, path: Path) -> LoadKeys:
        """The same, in a file that is mapped, so that it takes memory only as long as there is enough.

        The file has no name any more when this returns. In a worker. Raises OSError of the disk.
        """
        moved = copy(self)
        moved._of_rows = _mapped(self._of_rows, path)
        moved._sorted = moved._of_rows if self._sorted is self._of_rows else _mapped(self._sorted, path)
        moved._order = None if self._order is None else _mapped(self._order, path)
        return moved

    def duplicate(self) -> int | None:
        """The position of a row whose key another row has, too."""
        if self._order is None or _ascending(self._sorted):
            return None
        same = pc.equal(self._sorted.slice(1), self._sorted.slice(0, len(self._sorted) - 1))
        return int(self._order[pc.index(same, True).as_py() + 1].as_py())

    def position_of(self, entry: bytes) -> int | None:
        """The position of the row with that entry."""
        # What is between entries with the prefix has it, too.
        if not self.first <= entry <= self.last:
            return None
        encoded = entry[len(self.prefix) :]
        low, high = 0, len(self._sorted) - 1
        while low < high:
            middle = (low + high) // 2
            if self._sorted[middle].as_py() < encoded:
                low = middle + 1
            else:
                high = middle
        if self._sorted[low].as_py() != encoded:
            return None
        return low if self._order is None else int(self._order[low].as_py())

    def among(self, entries: Iterable[bytes]) -> list[bytes]:
        """Those of some entries that are its own; of tens of thousands it takes a few milliseconds."""
        first, last, start = self.first, self.last, len(self.prefix)
        perhaps = [entry for entry in entries if first <= entry <= last]
        if not perhaps:
            return []
        found = pc.is_in(pa.array([entry[start:] for entry in perhaps], self._sorted.type), value_set=self._sorted)
        return list(compress(perhaps, found.to_pylist()))

    def entry_at(self, position: int) -> bytes | None:
        """The entry of a row."""
        found: bytes | None = self._of_rows[position].as_py()
        return None if found is None else self.prefix + found

    def encoded(self, start: int, count: int) -> list[bytes | None]:
        """The keys of some of the rows, without the prefix."""
        some = self._of_rows.slice(start, count)
        return some.to_pylist() if some.null_count else [*binary_values(some)]

    def integers(self, start: int, count: int) -> bytes | None:
        """The same in one piece, if all are integers: `INTEGER_BYTES` each."""
        some = self._of_rows.slice(start, count)
        return fixed_bytes(some) if pa.types.is_fixed_size_binary(some.type) and not some.null_count else None

    def entries(self, start: int, count: int) -> list[bytes | None]:
        """The entries of some of the rows."""
        prefix = self.prefix
        some = self._of_rows.slice(start, count)
        if some.null_count:
            return [None if each is None else prefix + each for each in some.to_pylist()]
        if pa.types.is_fixed_size_binary(some.type):
            data, width = fixed_bytes(some), some.type.byte_width
            return [prefix + data[at : at + width] for at in range(0, len(data), width)]
        return [prefix + each for each in binary_values(some)]

    def run(self, start: int, count: int) -> tuple[bytes, bytes] | None:
        """The first and the last entry of some of the rows, if their keys are integers that follow each other.

        No other entry of the index can lie between them.
        """
        some = self._of_rows.slice(start, count)
        if some.null_count or not pa.types.is_fixed_size_binary(some.type):
            return None
        data = fixed_bytes(some)
        numbers = np.frombuffer(data, ">u8").astype(np.uint64)
        # The differences wrap around.
        if numbers[0] > numbers[-1] or not bool((numbers[1:] - numbers[:-1] == 1).all()):
            return None
        return self.prefix + data[:INTEGER_BYTES], self.prefix + data[-INTEGER_BYTES:]

    def are_in(self, other: LoadKeys) -> Flags:
        """Which rows have an entry that the other one has, too."""
        if not self.overlaps(other):
            return np.zeros(len(self), np.bool_)
        if self._of_rows.equals(other._of_rows):
            return np.ones(len(self), np.bool_)
        found: Flags = pc.is_in(self._of_rows, value_set=other._sorted).to_numpy(zero_copy_only=False)
        return found

    def steps(self) -> Iterator[tuple[int, list[bytes | None]]]:
        """The entries of all rows, so many at a time, and the position of the first of each time."""
        for start in range(0, len(self._of_rows), KEYS_A_STEP):
            yield start, self.entries(start, KEYS_A_STEP)

    def filtered(self, kept: pa.Array[Any]) -> LoadKeys:
        """Those of the rows that are kept."""
        return LoadKeys(self.prefix, self._of_rows.filter(kept))

    def in_order(self, seqs: Seqs) -> tuple[Seqs, LoadKeys]:
        """The seqs of the rows, which are given in the order of the rows, in that of their keys; and these.

        Without those that have no entry.
        """
        ordered: Seqs = seqs if self._order is None else seqs[self._order.to_numpy()]
        return ordered, LoadKeys(self.prefix, self._sorted)

    def without(self, other: LoadKeys) -> LoadKeys:
        """Those that the other one does not have."""
        if not self.overlaps(other):
            return self
        if self._sorted.equals(other._sorted):
            return LoadKeys(self.prefix, self._sorted.slice(0, 0))
        return self.filtered(pc.invert(pc.is_in(self._of_rows, value_set=other._sorted)))

    def overlaps(self, other: LoadKeys) -> bool:
        """Whether both could have an entry in common, by their first and last ones."""
        return self.first <= other.last and other.first <= self.last

    def shared_with(self, other: LoadKeys) -> list[bytes]:
        """The entries that the other one has, too."""
        if not self.overlaps(other):
            return []
        shared = self._sorted.filter(pc.is_in(self._sorted, value_set=other._sorted))
        return [self.prefix + each for each in binary_values(shared)]

    def rows_shared_with(self, other: LoadKeys) -> Seqs:
        """The positions of the rows whose entries the other one has, too, in the order of their keys."""
        if not self.overlaps(other):
            return np.empty(0, np.int64)
        shared = pc.indices_nonzero(pc.is_in(self._sorted, value_set=other._sorted))
        positions: Seqs = (shared if self._order is None else self._order.take(shared)).to_numpy().astype(np.int64)
        return positions


def _mapped(array: pa.Array[Any], path: Path) -> pa.Array[Any]:
    batch = pa.record_batch([array], names=["keys"])
    try:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0).column(0)
    finally:
        path.unlink(missing_ok=True)


def position_in(keys: Iterable[LoadKeys], entry: bytes) -> int | None:
    """The position of the row with that entry in one of the indexes."""
    for each in keys:
        position = each.position_of(entry)
        if position is not None:
            return position
    return None


def overlapping(keys: Sequence[LoadKeys], others: Sequence[LoadKeys]) -> bool:
    """Whether two sets of rows could have an entry in common."""
    return any(mine.overlaps(other) for mine in keys for other in others)


def shared_entries(keys: Sequence[LoadKeys], others: Sequence[LoadKeys]) -> list[bytes]:
    """The entries that two sets of rows have in common."""
    return [entry for mine in keys for other in others for entry in mine.shared_with(other)]


def load_keys(key: RowKey, columns: Sequence[PlainArray]) -> LoadKeys:
    """The keys of rows in an index, of the columns of its key in their order, as `plain` gives them. In a worker."""
    return LoadKeys(key.prefix, encoded_keys(key.types, columns))


def encoded_keys(types: Sequence[SqlType], columns: Sequence[PlainArray]) -> pa.Array[Any]:
    """The keys of rows; NULL where a value is."""
    parts = [part_encoder(sql_type) for sql_type in types]
    if parts == [encode_integer]:
        return _integer_keys(columns[0])
    if all(part in (encode_integer, encode_text) for part in parts) and not any(map(_has_nul, columns)):
        return _joined([_piece(part, column) for part, column in zip(parts, columns, strict=True)])
    nullable = any(column.null_count for column in columns)
    encoded: list[bytes | None] = []
    for start in range(0, len(columns[0]), KEYS_A_STEP):
        rows = zip(*(values_of(column.slice(start, KEYS_A_STEP)) for column in columns), strict=True)
        encoded += [
            None
            if nullable and None in row
            else b"".join([part(value) for part, value in zip(parts, row, strict=True)])
            for row in rows
        ]
    return pa.array(encoded, pa.binary())


def _has_nul(column: PlainArray) -> bool:
    return pa.types.is_string(column.type) and bool(pc.any(pc.match_substring(column, "\0")).as_py())


def _piece(part: Callable[[Any], bytes], column: PlainArray) -> pa.Array[Any]:
    """A part of keys, as `part` makes it of each value."""
    if part is encode_integer:
        return _integer_keys(column).cast(pa.binary())
    return _joined([column.cast(pa.binary()), b"\0\0"])


def _joined(parts: Sequence[Any]) -> pa.Array[Any]:
    joined: pa.Array[Any] = pc.binary_join_element_wise(*parts, b"")
    return joined


def _integer_keys(column: PlainArray) -> pa.Array[Any]:
    valid = None
    if column.null_count:
        valid = pa.array(column.is_valid().to_numpy(zero_copy_only=False)).buffers()[1]
        column = column.fill_null(0)
    values = column.to_numpy().astype(np.int64)
    biased = values.view(np.uint64) ^ np.uint64(1 << 63)
    return pa.Array.from_buffers(
        pa.binary(INTEGER_BYTES), len(values), [valid, pa.py_buffer(biased.astype(">u8").tobytes())]
    )


def _ascending(keys: pa.Array[Any]) -> bool:
    count = len(keys)
    return count < 2 or bool(pc.all(pc.less(keys.slice(0, count - 1), keys.slice(1))).as_py())
