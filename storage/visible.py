"""Everything that is visible, and what guards it: what transactions, commits and readers share. On the loop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from storage.catalog import FIRST_OID, Catalog
from storage.catalog_entries import Partition
from storage.disk_room import DiskRoom
from storage.errors import TableGone, WriteFailed
from storage.hot_memory import HotMemory
from storage.kv import new_batch
from storage.leftovers import Leftovers
from storage.locks import LockTable
from storage.records import add_partition
from storage.stream import StreamState
from storage.superseded import Superseded
from storage.table_state import TableState
from storage.unique_keys import have_same_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.catalog import CatalogChange
    from storage.catalog_entries import Role, Table
    from storage.cold import ColdReader
    from storage.growth import TableGrowth
    from storage.kv import KeyValueStore
    from storage.rows import Row
    from storage.syncer import Syncer


class Visible(Struct):
    """The visible state of the database."""

    kv: KeyValueStore
    syncer: Syncer
    cold: ColdReader
    now_us: Callable[[], int]
    """The time, in microseconds since the epoch."""
    catalog: Catalog = field(default_factory=Catalog)
    written_catalog: Catalog = field(default_factory=Catalog)
    """With the changes of commits that are under way."""
    stores: dict[int, TableState] = field(default_factory=dict)
    """The row stores by their ids. Every table has one with its own oid: of a user table it stays empty."""
    partitions: dict[int, dict[int, Partition]] = field(default_factory=dict)
    """The other row stores of user tables: by table oid and owner oid."""
    growth: dict[int, TableGrowth] = field(default_factory=dict)
    """By table oid, what counts the rows that commits add, for tables with a flush policy."""
    catalog_listeners: list[Callable[[CatalogChange], None]] = field(default_factory=list)
    """Called on the loop once a change of the catalog is visible."""
    locks: LockTable = field(default_factory=LockTable)
    next_oid: int = FIRST_OID
    last_written: int = 0
    """The number of the last commit of rows that was written. They start at the time of opening, in microseconds, so
    that all are greater than those of earlier openings."""
    last_visible: int = 0
    """The number of the last commit of rows that is visible: all before it are, too."""
    repeatable_since_us: dict[int, int] = field(default_factory=dict)
    """Open transactions with one snapshot for all statements, by id, and since when they have it; the oldest first."""
    superseded: Superseded = field(default_factory=Superseded)
    """For those: what keys led to. Empty when there are none."""
    leftovers: Leftovers = field(default_factory=Leftovers)
    hot_memory: HotMemory = field(default_factory=HotMemory)
    disk_room: DiskRoom = field(default_factory=lambda: DiskRoom(Path(), 0))

    def store(self, store_oid: int) -> TableState:
        """The state of a row store. Raises `TableGone`."""
        state = self.stores.get(store_oid)
        if state is None:
            raise TableGone
        return state

    def stores_of(self, table_oid: int) -> list[TableState]:
        """The row stores with a table's rows. Raises `TableGone`."""
        state = self.store(table_oid)
        if state.table.type != "user":
            return [state]
        return [self.stores[partition.oid] for partition in self.partitions.get(table_oid, {}).values()]

    def new_state(self, table: Table, partition: Partition | None = None) -> TableState:
        """An empty row store of a table, not known to anyone yet. Any thread."""
        if table.type == "stream":
            return StreamState(table, self.cold, self.now_us)
        return TableState(table, self.cold, partition)

    def make_partition(self, table_oid: int, role: Role) -> Partition:
        """Make the row store of a role in a user table, at once. Raises `TableGone`, `WriteFailed`.

        RocksDB recovers a prefix of what was written: whatever is written into it later has it there.
        """
        table = self.store(table_oid).table
        partition = Partition(self.new_oid(), table_oid, role.oid, role.name)
        batch = new_batch()
        add_partition(batch, partition, self.next_oid)
        try:
            self.kv.write(batch)
        except WriteFailed as error:
            self.syncer.fail(error)
            raise
        self.attach(self.new_state(table, partition))
        return partition

    def attach(self, state: TableState) -> None:
        """A row store is there from now on."""
        self.stores[state.store_oid] = state
        if state.partition is not None:
            self.partitions.setdefault(state.table.oid, {})[state.partition.owner_oid] = state.partition
        self.recount(state)

    def recount(self, state: TableState) -> None:
        """The hot rows of a row store have changed: count what they take now. Of one that has gone nothing counts."""
        if self.stores.get(state.store_oid) is state:
            held_bytes = state.hot_bytes_held
            grown_bytes, state.counted_bytes = held_bytes - state.counted_bytes, held_bytes
            self.hot_memory.change(grown_bytes)

    def _detach(self, store_oid: int) -> None:
        state = self.stores.pop(store_oid, None)
        if state is not None:
            self.hot_memory.change(-state.counted_bytes)
            state.counted_bytes = 0

    def detach_table(self, table_oid: int) -> None:
        """A table is gone, with all its row stores."""
        self._detach(table_oid)
        for partition in self.partitions.pop(table_oid, {}).values():
            self._detach(partition.oid)

    def detach_partition(self, partition: Partition) -> None:
        """The row store of a role is gone."""
        self._detach(partition.oid)
        self.partitions.get(partition.table_oid, {}).pop(partition.owner_oid, None)

    def redefine(self, table: Table) -> None:
        """A table's definition has changed: that of all its row stores."""
        formats = self.stores[table.oid].formats.under(table)
        same_keys = have_same_keys(self.stores[table.oid].table, table)
        for store_oid in (table.oid, *(each.oid for each in self.partitions.get(table.oid, {}).values())):
            self.stores[store_oid].redefine(formats, same_keys=same_keys)

    def seq_of(self, state: TableState, entry: bytes) -> int | None:
        """The seq that an index has for an entry: a visible row's, or one's that is not visible yet."""
        if state.pending_keys:
            pending = state.pending_keys.get(entry)
            if pending is not None:
                return pending
        if state.deletions:
            for deletion in state.deletions:
                pending = deletion.seq_of(entry)
                if pending is not None:
                    return pending
        found = self.kv.get(entry)
        return None if found is None else int.from_bytes(found, "big")

    def row_of(self, entries: Sequence[bytes]) -> int | None:
        """The seq of the row that has the first of these index entries now, none of which is locked."""
        found = self.kv.get(entries[0]) if entries else None
        return None if found is None else int.from_bytes(found, "big")

    def find(self, store_oid: int, entry: bytes, columns: Sequence[int] | None) -> tuple[Row, int] | None:
        """The visible row with an index entry, and its seq."""
        state = self.stores.get(store_oid)
        if state is None:
            raise TableGone
        seq = self.seq_of(state, entry)
        if seq is None:
            return None
        row = (state._snapshot or state.snapshot()).fetch(seq, columns)
        return None if row is None else (row, seq)

    def new_oid(self) -> int:
        """An oid that was never used."""
        oid = self.next_oid
        self.next_oid = oid + 1
        return oid

    def new_oids(self, count: int) -> range:
        """So many oids that were never used."""
        first = self.next_oid
        self.next_oid = first + count
        return range(first, first + count)

    def require_room(self, row_bytes: int) -> None:
        """Raise `DiskAlmostFull` or `HotTierFull` unless rows can be inserted: a few, or a load of so many bytes."""
        self.disk_room.require(row_bytes)
        self.hot_memory.require_room(row_bytes)

    def require_writable(self) -> None:
        """Raise `WriteFailed` if a write or sync has failed before."""
        if self.syncer.failure is not None:
            raise type(self.syncer.failure)
