"""Many rows prepared for insertion: in one piece, with their keys encoded and sorted, all of it done in a worker."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import DefinitionChanged, UniqueViolation
from storage.keys import KeyKind, encode_integer, key, part_encoder, unpack_seq
from storage.rows import PlainArray, binary_values, plain, row_at, rows_from_table, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.catalog_entries import Table
    from storage.kv import KeyValueStore
    from storage.rows import Row
    from storage.types import SqlType


class KeyWatch:
    """Collects the keys that are committed while a worker searches the index for those of a load."""

    __slots__ = ("__weakref__", "keys", "loads")

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.loads: list[PreparedLoad] = []


class KeyWatches:
    """The watches of one table. A watch collects for as long as somebody keeps it."""

    __slots__ = ("_references",)

    def __init__(self) -> None:
        self._references: list[weakref.ref[KeyWatch]] = []

    def __bool__(self) -> bool:
        return bool(self._references)

    def watch(self) -> KeyWatch:
        """Collect what is written from now on. Any thread may call this."""
        watch = KeyWatch()
        self._references.append(weakref.ref(watch))
        return watch

    def has(self, watch: KeyWatch) -> bool:
        """Whether the watch is one of these: of another store it has seen nothing that matters here."""
        return any(reference() is watch for reference in self._references)

    def written(self, keys: Sequence[bytes], loads: Sequence[PreparedLoad]) -> None:
        """Tell those who watch. Call it on the loop, after the keys can be found in the index."""
        for reference in tuple(self._references):
            watch = reference()
            if watch is None:
                self._references.remove(reference)
            else:
                watch.keys.extend(keys)
                watch.loads.extend(loads)


KEYS_A_STEP: Final = 10_000
"""Keys handled between two chances for another thread to take the GIL."""


class LoadKeys:
    """The primary keys of a load: in the order of its rows, and sorted."""

    __slots__ = ("_order", "_sorted", "first", "last", "of_rows")

    def __init__(self, of_rows: pa.Array[Any]) -> None:
        self.of_rows = of_rows
        self._order: Any = None
        self._sorted = of_rows
        if not _ascending(of_rows):
            self._order = pc.sort_indices(of_rows)
            self._sorted = of_rows.take(self._order)
        self.first: bytes = self._sorted[0].as_py()
        self.last: bytes = self._sorted[-1].as_py()

    def duplicate(self) -> int | None:
        """The position of a row whose key another row has, too."""
        if self._order is None or _ascending(self._sorted):
            return None
        same = pc.equal(self._sorted.slice(1), self._sorted.slice(0, len(self._sorted) - 1))
        return int(self._order[pc.index(same, True).as_py() + 1].as_py())

    def position_of(self, encoded: bytes) -> int | None:
        """The position of the row with that key."""
        if not self.first <= encoded <= self.last:
            return None
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

    def overlaps(self, other: LoadKeys) -> bool:
        """Whether both could have a key in common, by their first and last ones."""
        return self.first <= other.last and other.first <= self.last

    def shared_with(self, other: LoadKeys) -> list[bytes]:
        """The keys that the other load has, too."""
        if not self.overlaps(other):
            return []
        return binary_values(self.of_rows.filter(pc.is_in(self.of_rows, value_set=other.of_rows)))


def _ascending(keys: pa.Array[Any]) -> bool:
    count = len(keys)
    return count < 2 or bool(pc.all(pc.less(keys.slice(0, count - 1), keys.slice(1))).as_py())


class PreparedLoad:
    """Rows for one row store. Immutable but for what the watch has seen; made by `prepare_load`."""

    __slots__ = ("data", "existing", "existing_seqs", "keys", "row_count", "shared", "store_oid", "table", "watch")

    def __init__(self, table: Table, store_oid: int, data: pa.Table, keys: LoadKeys | None) -> None:
        self.table = table
        self.store_oid = store_oid
        self.data = data
        """In one piece, with the table's Arrow schema."""
        self.keys = keys
        self.row_count = data.num_rows
        self.existing: list[tuple[bytes, int]] = []
        """Keys that the index has already, and the seqs of the rows that have them."""
        self.existing_seqs = np.empty(0, np.int64)
        """These seqs."""
        self.shared: dict[PreparedLoad, list[bytes]] = {}
        """The keys in common with earlier loads of the same transaction."""
        self.watch: KeyWatch | None = None
        """Sees the keys that others commit after the index was searched."""

    def require_made_for(self, table: Table) -> None:
        """Raise `DefinitionChanged` if the rows are not of the table as it is defined there."""
        mine = self.table
        if table is not mine and (mine.layout, mine.columns, mine.primary_key) != (
            table.layout,
            table.columns,
            table.primary_key,
        ):
            raise DefinitionChanged

    def row(self, position: int, columns: Sequence[int] | None) -> Row:
        """One row, or some of its columns by position."""
        return row_at(self.data, position, columns)

    def position_of(self, encoded: bytes) -> int | None:
        """The position of the row with that key."""
        return None if self.keys is None else self.keys.position_of(encoded)

    def key_at(self, position: int) -> bytes | None:
        """The key of a row."""
        if self.keys is None:
            return None
        found: bytes = self.keys.of_rows[position].as_py()
        return found

    def violation(self, position: int) -> UniqueViolation:
        """The error for a row whose key is taken."""
        return violation(self.table, self.row(position, self.table.key_positions))

    def rows(self) -> list[Row]:
        """All of them as tuples."""
        return rows_from_table(self.data)

    def shared_with(self, other: PreparedLoad) -> list[bytes]:
        """The keys that the other load has, too; known already if it was named when this one was prepared."""
        known = self.shared.get(other)
        if known is None:
            known = [] if self.keys is None or other.keys is None else self.keys.shared_with(other.keys)
        return known


def violation(table: Table, key_values: tuple[object, ...]) -> UniqueViolation:
    """The error for a key that is taken."""
    assert table.primary_key is not None
    return UniqueViolation(table.oid, table.primary_key.name, key_values)


def prepare(
    table: Table,
    store_oid: int,
    data: pa.Table,
    watches: KeyWatches | None,
    kv: KeyValueStore,
    after: Sequence[PreparedLoad] = (),
) -> PreparedLoad:
    """See `storage.engine.prepare_load`. `watches` is `None` for a row store that is not committed yet."""
    data = in_schema(data, table)
    keys = _keys(table, data)
    load = PreparedLoad(table, store_oid, data, keys)
    if keys is not None:
        position = keys.duplicate()
        if position is not None:
            raise load.violation(position)
        load.shared = {other: load.shared_with(other) for other in after}
        if watches is not None:
            # The watch is set before the search: a key that is committed meanwhile is seen by the one or the other.
            load.watch = watches.watch()
            load.existing.extend(_search_index(keys, key(KeyKind.INDEX, store_oid), kv))
            load.existing_seqs = np.array([seq for _, seq in load.existing], np.int64)
    return load


def in_schema(data: pa.Table, table: Table) -> pa.Table:
    """The data in one piece and in exactly the table's Arrow types."""
    schema = pa.schema([pa.field(column.name, column.type.arrow) for column in table.columns])
    if data.schema.types != schema.types:
        data = data.rename_columns(schema.names).cast(schema)
    return pa.Table.from_arrays(data.combine_chunks().columns, schema=schema).combine_chunks()


def _keys(table: Table, data: pa.Table) -> LoadKeys | None:
    positions = table.key_positions
    if not positions or not data.num_rows:
        return None
    types = [table.columns[position].type for position in positions]
    return LoadKeys(encoded_keys(types, [plain(data.column(position)).combine_chunks() for position in positions]))


def encoded_keys(types: Sequence[SqlType], columns: Sequence[PlainArray]) -> pa.Array[Any]:
    """The keys of rows, of the columns of the key in its order, as `plain` gives them. In a worker."""
    parts = [part_encoder(sql_type) for sql_type in types]
    if parts == [encode_integer]:
        return _integer_keys(columns[0])
    encoded: list[bytes] = []
    for start in range(0, len(columns[0]), KEYS_A_STEP):
        values = [values_of(column.slice(start, KEYS_A_STEP)) for column in columns]
        encoded += [
            b"".join([part(value) for part, value in zip(parts, row, strict=True)]) for row in zip(*values, strict=True)
        ]
    return pa.array(encoded, pa.binary())


def _integer_keys(column: PlainArray) -> pa.Array[Any]:
    values = column.to_numpy().astype(np.int64)
    biased = values.view(np.uint64) ^ np.uint64(1 << 63)
    return pa.Array.from_buffers(pa.binary(8), len(values), [None, pa.py_buffer(biased.astype(">u8").tobytes())])


def _search_index(keys: LoadKeys, prefix: bytes, kv: KeyValueStore) -> Iterator[tuple[bytes, int]]:
    # Most loads bring keys above all there are, or fill an empty table: one seek tells.
    if not kv.any_between(prefix + keys.first, prefix + keys.last + b"\0"):
        return
    get = kv.get
    for start in range(0, len(keys.of_rows), KEYS_A_STEP):
        for encoded in binary_values(keys.of_rows.slice(start, KEYS_A_STEP)):
            found = get(prefix + encoded)
            if found is not None:
                yield encoded, unpack_seq(found)
