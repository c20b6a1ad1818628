"""Many rows prepared for insertion: in one piece, with their keys encoded and sorted, all of it done in a worker."""

from __future__ import annotations

import weakref
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from storage.errors import DefinitionChanged
from storage.keys import unpack_seq
from storage.load_keys import load_keys, position_in, shared_entries
from storage.rows import plain, row_at, rows_from_table
from storage.unique_keys import row_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.deletion import PreparedDeletion
    from storage.errors import UniqueViolation
    from storage.kv import KeyValueStore
    from storage.load_keys import LoadKeys
    from storage.rows import Row
    from storage.unique_keys import RowKey

ROWS_AS_TUPLES: Final = 512
"""Fewer rows are better inserted as tuples."""


class KeyWatch:
    """Collects the entries that are committed while a worker searches the indexes for those of a load."""

    __slots__ = ("__weakref__", "entries", "loads")

    def __init__(self) -> None:
        self.entries: list[bytes] = []
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

    def written(self, entries: Iterable[bytes | None], loads: Sequence[PreparedLoad]) -> None:
        """Tell those who watch. Call it on the loop, after the entries can be found in their index."""
        known = [entry for entry in entries if entry is not None]
        for reference in tuple(self._references):
            watch = reference()
            if watch is None:
                self._references.remove(reference)
            else:
                watch.entries.extend(known)
                watch.loads.extend(loads)


class PreparedLoad:
    """Rows for one row store. Immutable but for what the watch has seen; made by `prepare_load`."""

    __slots__ = (
        "data",
        "existing",
        "existing_seqs",
        "held_bytes",
        "keys",
        "row_count",
        "row_keys",
        "rows_meeting",
        "store_oid",
        "table",
        "watch",
    )

    def __init__(
        self, table: Table, store_oid: int, data: pa.Table, row_keys: Sequence[RowKey], keys: Sequence[LoadKeys]
    ) -> None:
        self.table = table
        self.store_oid = store_oid
        self.data = data
        """In one piece, with the table's Arrow schema."""
        self.row_keys = row_keys
        """The table's keys."""
        self.keys = keys
        """Those of the rows, one set for each key of the table."""
        self.row_count = data.num_rows
        self.held_bytes = data.nbytes + sum(each.held_bytes for each in keys)
        """What it takes in memory."""
        self.existing: list[tuple[bytes, int]] = []
        """Entries that are there already, and the seqs of the rows that have them."""
        self.existing_seqs = np.empty(0, np.int64)
        """These seqs."""
        self.rows_meeting: dict[PreparedLoad, Seqs] = {}
        """See `rows_met_in`: of earlier loads of the same transaction."""
        self.watch: KeyWatch | None = None
        """Sees the entries that others commit after the indexes were searched."""

    def require_made_for(self, table: Table) -> None:
        """Raise `DefinitionChanged` if the rows are not of the table as it is defined there."""
        mine = self.table
        if table is not mine and (mine.layout, mine.columns, mine.primary_key, mine.indexes) != (
            table.layout,
            table.columns,
            table.primary_key,
            table.indexes,
        ):
            raise DefinitionChanged

    def row(self, position: int, columns: Sequence[int] | None) -> Row:
        """One row, or some of its columns by position."""
        return row_at(self.data, position, columns)

    def position_of(self, entry: bytes) -> int | None:
        """The position of the row with that entry."""
        return position_in(self.keys, entry)

    def entries_among(self, entries: Iterable[bytes]) -> list[bytes]:
        """Those of some entries that its rows have."""
        return [entry for keys in self.keys for entry in keys.among(entries)]

    def violation(self, position: int, row_key: RowKey) -> UniqueViolation:
        """The error for a row of which a key is taken."""
        return row_key.violation(self.row(position, row_key.positions))

    def read(self) -> pa.Table:
        """All of them, with the columns of the table that they were loaded into. In a worker, if they are in a file."""
        return self.data

    def as_it_suits(self) -> PreparedLoad | list[Row]:
        """Itself; taken apart if it has few rows."""
        return self if self.row_count >= ROWS_AS_TUPLES else self.rows()

    def rows(self) -> list[Row]:
        """All of them as tuples."""
        return rows_from_table(self.data)

    def shared_with(self, other: PreparedLoad) -> list[bytes]:
        """The entries that the other load has, too."""
        return shared_entries(self.keys, other.keys)

    def rows_met_in(self, other: PreparedLoad) -> Seqs:
        """The positions in another load of rows with a key that a row of this one has, too.

        They are known already if the other one was named when this one was prepared.
        """
        known = self.rows_meeting.get(other)
        if known is not None:
            return known
        found = [theirs.rows_shared_with(mine) for theirs in other.keys for mine in self.keys]
        return np.concatenate([np.empty(0, np.int64), *found])


def prepare(
    table: Table,
    store_oid: int,
    data: pa.Table,
    watches: KeyWatches | None,
    kv: KeyValueStore,
    after: Sequence[PreparedLoad] = (),
    deleted: Sequence[PreparedDeletion] = (),
) -> PreparedLoad:
    """See `storage.engine.prepare_load`. `watches` is `None` for a row store that is not committed yet."""
    data = in_schema(data, table)
    keys = row_keys(table, store_oid)
    load = PreparedLoad(table, store_oid, data, keys, keys_of(keys, data))
    for row_key, each in zip(keys, load.keys, strict=True):
        position = each.duplicate()
        if position is not None:
            raise load.violation(position, row_key)
    if load.keys:
        load.rows_meeting = {other: load.rows_met_in(other) for other in after}
        if watches is not None:
            # The watch is set before the search: a key that is committed meanwhile is seen by the one or the other.
            load.watch = watches.watch()
            for each in load.keys:
                load.existing += _search_index(_without_deleted(each, deleted), kv)
            load.existing_seqs = np.array([seq for _, seq in load.existing], np.int64)
    return load


def in_schema(data: pa.Table, table: Table) -> pa.Table:
    """The data in one piece and in exactly the table's Arrow types."""
    schema = pa.schema([pa.field(column.name, column.type.arrow) for column in table.columns])
    if data.schema.types != schema.types:
        data = data.rename_columns(schema.names).cast(schema)
    return pa.Table.from_arrays(data.combine_chunks().columns, schema=schema).combine_chunks()


def keys_of(keys: Sequence[RowKey], data: pa.Table) -> tuple[LoadKeys, ...]:
    """The keys of rows, one set for each key of their table. In a worker."""
    return tuple(
        [load_keys(each, [plain(data.column(place)).combine_chunks() for place in each.positions]) for each in keys]
    )


def _without_deleted(keys: LoadKeys, deleted: Sequence[PreparedDeletion]) -> LoadKeys:
    """Those that may lead to rows that stay: a key leads to one row, and whoever deletes that has locked it."""
    for each in chain.from_iterable(deletion.keys for deletion in deleted):
        if each.prefix == keys.prefix:
            keys = keys.without(each)
    return keys


def _search_index(keys: LoadKeys, kv: KeyValueStore) -> Iterator[tuple[bytes, int]]:
    # Most loads bring keys above all there are, or fill an empty table: one seek tells.
    if keys.first > keys.last or not kv.any_between(keys.first, keys.last + b"\0"):
        return
    get = kv.get
    for _, entries in keys.steps():
        for entry in entries:
            found = None if entry is None else get(entry)
            if entry is not None and found is not None:
                yield entry, unpack_seq(found)
