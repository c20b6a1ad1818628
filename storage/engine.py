"""`Storage`: the one owner of the data folder and of everything in it."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from msgspec import Struct, field

from storage.advisory import LockParty
from storage.cold import ColdReader, RowsAhead
from storage.committer import Committer
from storage.deletion_work import prepare_deletion
from storage.disk_room import DiskRoom
from storage.errors import WriteFailed
from storage.faults import FaultPoints
from storage.hot_memory import NO_LIMIT, HotMemory
from storage.keys import prefix_end
from storage.kv import Delete, DeleteRange, Mutation, Put
from storage.last_written import keep_last_written
from storage.leftovers import Leftovers
from storage.load import PreparedLoad, prepare
from storage.opening import open_records
from storage.orphans import sweep_orphans
from storage.point_write import PointWrite
from storage.reaper import Reaper
from storage.records import read_dropped, read_dropped_roles
from storage.recovery import recover
from storage.restore_marks import undo_restores
from storage.segment_verifier import SegmentVerifier
from storage.segment_writer import sync_path
from storage.sequences import Sequences, stale_records
from storage.steady_clock import SteadyClock
from storage.syncer import Commit, Syncer
from storage.transaction import Transaction
from storage.unique_keys import find_key, index_prefix, row_keys
from storage.visible import Visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from storage.catalog import Catalog, CatalogChange
    from storage.catalog_entries import DroppedRole, DroppedTable, Partition, Table
    from storage.deletion import PreparedDeletion
    from storage.errors import Blocked
    from storage.kv import KeyValueStore
    from storage.locks import LockShown
    from storage.rows import Row
    from storage.snapshot import TableSnapshot
    from storage.syncer import CallSoon
    from storage.table_state import TableState
    from storage.taken_snapshots import Isolation

__all__ = [
    "Commit",
    "Delete",
    "DeleteRange",
    "Mutation",
    "Put",
    "Storage",
    "StorageOptions",
    "prepare_deletion",
    "prepare_load",
]


T = TypeVar("T")


class StorageOptions(Struct, frozen=True):
    """What can be chosen when a data folder is opened."""

    block_cache_bytes: int = 256 << 20
    """Memory for RocksDB's blocks."""
    cold_cache_bytes: int = 256 << 20
    """Memory for decoded columns of row groups, for look-ups of single cold rows."""
    faults: FaultPoints = field(default_factory=FaultPoints)
    drop_retention_s: float = 0.0
    """How long a dropped table can be brought back, unless its own option says otherwise."""
    hot_memory_limit_bytes: int = NO_LIMIT
    """Memory for hot rows: while more is held nobody can insert any."""
    disk_reserve_bytes: int = 0
    """Room to be kept on the disk of the hot rows: when less is free nobody can insert any."""
    verifier: SegmentVerifier = SegmentVerifier()
    """Whether segments are held to their checksums before they are read."""
    on_write_failure: Callable[[WriteFailed], None] | None = None
    """Told, in whatever thread finds it, of the error after which nothing more is written."""
    on_unremoved_file: Callable[[Path, OSError], None] | None = None
    """Told, in whatever thread, of each file that nothing names any more and that cannot be removed."""
    now_us: Callable[[], int] = field(default_factory=SteadyClock)
    """The time, in microseconds since the epoch: when rows die and tables are dropped."""


class TableStatistics(NamedTuple):
    """Sizes of a row store or a table, as visible now. Hot bytes are those of the encoded rows."""

    hot_rows: int
    cold_rows: int
    dead_rows: int
    hot_bytes: int
    cold_bytes: int
    segments: int
    last_flushed_at: int | None
    """When a flush was last committed, in microseconds since the epoch."""


class Storage:
    """A data folder, open. Everything here runs on the loop's thread and never waits, unless it says otherwise.

    `visible`, `committer`, `cold_folder`, `reaper`, `drop_lock` and `options` are for other modules of this package.
    """

    def __init__(self, data_dir: Path, options: StorageOptions, kv: KeyValueStore, call_soon: CallSoon | None) -> None:
        self.options = options
        self.cold_folder = data_dir / "cold"
        cold = ColdReader(options.cold_cache_bytes, options.verifier)
        self.reaper = Reaper(cold.forget, options.on_unremoved_file)
        self.visible = Visible(kv, Syncer(kv.sync, call_soon, options.on_write_failure), cold, options.now_us)
        self.visible.leftovers = Leftovers(call_soon)
        self.visible.hot_memory = HotMemory(options.hot_memory_limit_bytes)
        self.visible.disk_room = DiskRoom(data_dir / "hot", options.disk_reserve_bytes)
        self.committer = Committer(self.visible, call_soon, options.faults)
        self.sequences = Sequences(kv, self.write)
        self.visible.catalog_listeners.append(self.sequences.forget)
        self.drop_lock = threading.Lock()
        """Held, for moments, by whoever decides whether a dropped table comes back or is reclaimed."""
        self._kv = kv
        self._transactions = 0

    @classmethod
    def open(cls, data_dir: Path, options: StorageOptions | None = None, call_soon: CallSoon | None = None) -> Storage:
        """Open a data folder, which is made if it is not there, and recover what it holds. Blocks while it does.

        `call_soon` runs a function on the loop's thread, in order, and may be called from any thread: the loop's
        `call_soon_threadsafe`. Without it every commit is synced inline.
        Raises `DataFolderInUse`, `DataFolderVersion`, `StorageError`.
        """
        options = options or StorageOptions()
        kv = open_records(data_dir, options.block_cache_bytes, options.faults)
        try:
            storage = cls(data_dir, options, kv, call_soon)
            storage.cold_folder.mkdir(exist_ok=True)
            sync_path(data_dir)
            undo_restores(kv)
            recover(storage.visible, storage.cold_folder, storage.reaper)
            dropped = (sequence for table in storage.dropped() for sequence in table.sequences)
            storage.write(stale_records(kv, (*storage.catalog.sequences.values(), *dropped)))
            if kv.damage is None:
                sweep_orphans(kv, storage.cold_folder, options.on_unremoved_file)
        except BaseException:
            with suppress(WriteFailed):
                kv.close()
            raise
        return storage

    def close(self) -> None:
        """Sync what was written and close. Blocks. Commits that have not settled may never do so."""
        self.committer.close()
        self.reaper.close()
        try:
            with closing(self._kv), closing(self.visible.syncer):
                if not self.is_read_only:
                    self.write(self.sequences.exact_values())
                    keep_last_written(self._kv, self.cold_folder.parent)
        except WriteFailed as error:
            self.visible.syncer.fail(error)

    @property
    def damage(self) -> str | None:
        """What was wrong with the end of the write-ahead log when it was opened. Nothing behind that is there.

        So it is after a loss of power, for what was not acknowledged. Files that nobody names stay until the next start
        then: if it was more, they may be all that is left of rows.
        """
        return self._kv.damage

    @property
    def is_read_only(self) -> bool:
        """Whether a failed write or sync has stopped all writing."""
        return self.visible.syncer.failure is not None

    @property
    def hot_memory(self) -> HotMemory:
        """How much memory hot rows take, and may take."""
        return self.visible.hot_memory

    # Reading

    @property
    def catalog(self) -> Catalog:
        """The visible catalog."""
        return self.visible.catalog

    def stores(self, table_oid: int) -> tuple[int, ...]:
        """The ids of a table's row stores: its own oid; of a user table those of its partitions. Raises `TableGone`."""
        return tuple([state.store_oid for state in self.visible.stores_of(table_oid)])

    def partitions(self, table_oid: int) -> tuple[Partition, ...]:
        """The partitions of a user table: one for each role that has written to it; of another table none."""
        return tuple(self.visible.partitions.get(table_oid, {}).values())

    def partition(self, table_oid: int, owner_oid: int) -> int | None:
        """The id of a role's row store in a user table; `None` if it has never written to it.

        The store with the table's own oid is empty and can be read in its place.
        """
        found = self.visible.partitions.get(table_oid, {}).get(owner_oid)
        return None if found is None else found.oid

    def snapshot(self, store_oid: int) -> TableSnapshot:
        """What is visible of a row store now. Raises `TableGone`."""
        return self.visible.store(store_oid).snapshot()

    def find(
        self, store_oid: int, key: bytes, columns: Sequence[int] | None = None, index_oid: int | None = None
    ) -> tuple[Row, int] | None:
        """The visible row with a key, or some of its columns by position, and its seq.

        The key is of the primary key, or of a unique index. Takes microseconds for a hot row and for a cold one whose
        row group is cached, milliseconds for another one. Raises `TableGone`, `CorruptSegment`.
        """
        visible = self.visible
        state = visible.stores.get(store_oid) or visible.store(store_oid)
        prefix = state.index_prefix if index_oid is None else index_prefix(store_oid, index_oid)
        return visible.find(store_oid, prefix + key, columns)

    def from_cache(self, call: Callable[..., T], *arguments: object, ahead: RowsAhead | None = None) -> T:
        """What a call gives that reads no cold row: `NotCached` is raised for one in neither cache nor `ahead`."""
        cold = self.visible.cold
        cold.cached_only_in, cold.ahead = threading.get_ident(), {} if ahead is None else ahead
        try:
            return call(*arguments)
        finally:
            cold.cached_only_in, cold.ahead = None, {}

    def key_of(self, table: Table, values: tuple[object, ...], index_oid: int | None = None) -> bytes:
        """The values of a table's primary key, or of a unique index, in its order, as the bytes that `find` takes."""
        state = self.visible.stores.get(table.oid)
        keys = state.keys if state is not None and state.table is table else row_keys(table, table.oid)
        return find_key(keys, index_oid).of_values(values)

    def statistics(self, store_oid: int) -> TableStatistics:
        """The sizes of a row store. Raises `TableGone`."""
        return _statistics((self.visible.store(store_oid),))

    def table_statistics(self, table_oid: int) -> TableStatistics:
        """The sizes of a table, of all its row stores together. Raises `TableGone`."""
        return _statistics(self.visible.stores_of(table_oid))

    def last_seq(self, store_oid: int) -> int:
        """The highest seq that a commit so far has given: a flush through it covers every row committed until now."""
        return self.visible.store(store_oid).next_seq - 1

    def last_commit(self, table_oid: int) -> int:
        """The number of the last visible commit that has changed rows of a table. Numbers rise, over restarts, too."""
        return max((state.version for state in self.visible.stores_of(table_oid)), default=0)

    @property
    def last_visible_commit(self) -> int:
        """The number of the last commit of rows that is visible, of whatever table: all before it are, too."""
        return self.visible.last_visible

    def dropped(self) -> tuple[DroppedTable, ...]:
        """Dropped tables whose space has not been reclaimed, by oid. Any thread."""
        return read_dropped(self._kv)

    def dropped_roles(self) -> tuple[DroppedRole, ...]:
        """Dropped roles whose rows in user tables have not been removed, by oid. Any thread."""
        return read_dropped_roles(self._kv)

    def on_catalog_change(self, listener: Callable[[CatalogChange], None]) -> Callable[[], None]:
        """Have `listener` called on the loop after each change of the catalog. Returns what ends that."""
        self.visible.catalog_listeners.append(listener)
        return partial(self.visible.catalog_listeners.remove, listener)

    def measure(self, name: str) -> int:
        """A figure that RocksDB keeps of itself: see `KeyValueStore.measure`. Any thread."""
        return self._kv.measure(name)

    # Writing

    def begin(self, isolation: Isolation = "read committed", party: LockParty | None = None) -> Transaction:
        """Begin a transaction, which waits for locks as `party`. End it with `commit` or `rollback`."""
        self._transactions += 1
        return Transaction(self.visible, self._transactions, isolation, party)

    def begin_point(self, party: LockParty) -> PointWrite:
        """Begin a statement about single rows that commits at once, before anything else runs on the loop."""
        self._transactions += 1
        return PointWrite(self.visible, self._transactions, party)

    def lock_party(self) -> LockParty:
        """Who locks and waits as one over many transactions. `release_all` it at the end."""
        return LockParty(self.visible.locks)

    def commit(self, transaction: Transaction, mutations: Iterable[Mutation] = ()) -> Commit:
        """Write a transaction's changes, and the mutations, all or nothing.

        Of a transaction that inserts many rows (`staging.STAGED_FROM_ROWS`) the rows are written ahead by a thread, and
        its place in the order of commits is where that has ended.
        Raises, after rolling back: `SerializationFailure`, `TableGone`, `WriteFailed`.
        """
        return self.committer.commit(transaction, mutations)

    def rollback(self, transaction: Transaction) -> None:
        """Forget a transaction's changes and free its locks. Nothing happens if it has ended or is being committed."""
        if transaction.is_open:
            self.committer.rollback(transaction)

    def wait_begins(self, waiter: Transaction | LockParty, blocked: Blocked, wake: Callable[[], None]) -> None:
        """`waiter` is about to wait for what it was blocked by; `wake` is called when it should try again.

        Raises `DeadlockDetected` if that would never be.
        """
        self.visible.locks.wait_begins(waiter, blocked, wake)

    def wait_ends(self, waiter: Transaction | LockParty) -> None:
        """`waiter` waits no longer, for whatever reason."""
        self.visible.locks.wait_ends(waiter)

    def locks_shown(self) -> list[LockShown]:
        """Who holds or waits for tables and advisory locks, for pg_locks."""
        return self.visible.locks.shown()

    # Records of other packages

    def write(self, mutations: Iterable[Mutation]) -> Commit:
        """Write records, all or nothing. `get` and `scan` see them at once. Raises `WriteFailed`."""
        return self.committer.write(mutations)

    def get(self, key: bytes) -> bytes | None:
        """A record. Any thread."""
        return self._kv.get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Records whose keys start with a prefix, in order, as of now. Any thread."""
        return self._kv.scan(prefix)

    def scan_range(self, start: bytes, end: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Records from `start`, up to and without `end` (the end of its prefix), in order, as of now. Any thread."""
        return self._kv.scan_range(start, prefix_end(start) if end is None else end)

    def scan_range_backwards(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The same from the last one to the first."""
        return self._kv.scan_range_backwards(start, end)


def prepare_load(
    storage: Storage,
    table: Table,
    data: pa.Table,
    after: Sequence[PreparedLoad] = (),
    store_oid: int | None = None,
    deleted: Sequence[PreparedDeletion] = (),
) -> PreparedLoad:
    """Prepare many rows for `Transaction.insert`: encode and sort their keys, search the index for them. In a worker.

    They are for the row store of that id; without one, for the table's own.

    `data` has the table's columns in their order, in Arrow types that can be cast to the stored ones; 100,000 to a
    million rows are a good size. `after` are the loads that the same transaction has inserted into the table before:
    keys in common with them are found here, not on the loop. `deleted` are its large deletions: their keys are free.
    Raises `UniqueViolation` for a key that `data` has twice; other ones are found when it is inserted.
    """
    visible = storage.visible
    store_oid = table.oid if store_oid is None else store_oid
    state = visible.stores.get(store_oid)
    watches = None if state is None else state.watches
    return prepare(table, store_oid, data, watches, visible.kv, after, deleted)


def _statistics(states: Sequence[TableState]) -> TableStatistics:
    if len(states) == 1:
        # Nearly every table: of a thousand at once on the loop it counts.
        (state,) = states
        segments, cold_dead = state.segments, len(state.cold_dead)
        return TableStatistics(
            state.live_hot_rows,
            segments.row_count - cold_dead,
            len(state.hot_dead) + cold_dead,
            state.hot.byte_count,
            sum([segment.bytes for segment in segments.segments]),
            len(segments.segments),
            state.last_flushed_at,
        )
    flushes = [state.last_flushed_at for state in states if state.last_flushed_at is not None]
    return TableStatistics(
        hot_rows=sum(state.live_hot_rows for state in states),
        cold_rows=sum(state.segments.row_count - len(state.cold_dead) for state in states),
        dead_rows=sum(len(state.hot_dead) + len(state.cold_dead) for state in states),
        hot_bytes=sum(state.hot.byte_count for state in states),
        cold_bytes=sum(segment.bytes for state in states for segment in state.segments.segments),
        segments=sum(len(state.segments.segments) for state in states),
        last_flushed_at=max(flushes, default=None),
    )
