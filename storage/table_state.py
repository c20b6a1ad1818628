"""The visible state of one row store: changed by commits when they are durable, in their order. Lives on the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from storage.dead import DeadLog
from storage.formats import TableFormats
from storage.hot import HotRows
from storage.hot_memory import DEATH_BYTES
from storage.keys import KeyKind, key
from storage.load import KeyWatches
from storage.segment import SegmentList
from storage.snapshot import TableSnapshot
from storage.unique_keys import row_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.catalog_entries import Partition, Table
    from storage.cold import ColdReader
    from storage.dead import Seqs
    from storage.deletion import PreparedDeletion
    from storage.kv import Batch
    from storage.segment import Segment
    from storage.unique_keys import RowKey


class TableState:
    """What is visible of a row store, and what has been written for it and is not durable yet.

    A table is one, whose id is the table's own; each partition of a user table is one, too.
    """

    __slots__ = (
        "_cold",
        "_snapshot",
        "cold_dead",
        "compactions_visible",
        "compactions_written",
        "counted_bytes",
        "dead_prefix",
        "deletions",
        "flush_count",
        "formats",
        "hot",
        "hot_dead",
        "hot_prefix",
        "index_prefix",
        "keys",
        "last_flushed_at",
        "next_seq",
        "partition",
        "pending_deaths",
        "pending_keys",
        "segments",
        "staged",
        "store_oid",
        "table",
        "takes_rows",
        "version",
        "watches",
        "written_version",
    )

    def __init__(self, table: Table, cold: ColdReader, partition: Partition | None = None) -> None:
        self.table = table
        self.partition = partition
        """Whose rows of a user table these are."""
        self.store_oid = table.oid if partition is None else partition.oid
        """The first part of its keys in RocksDB."""
        self.takes_rows = partition is not None or table.type != "user"
        """Whether rows may be here: those of a user table are in the stores of its roles."""
        self.formats = TableFormats(table)
        self._define_keys(table)
        self.hot_prefix = key(KeyKind.HOT, self.store_oid)
        self.dead_prefix = key(KeyKind.DEAD, self.store_oid)
        self.hot = HotRows(self.formats.current)
        self.hot_dead = DeadLog()
        self.segments = SegmentList()
        self.cold_dead = DeadLog()
        self.next_seq = 1
        """What the next row gets. Ahead of what is visible by the commits that are under way."""
        self.pending_keys: dict[bytes, int] = {}
        """Index entries that a commit under way has overwritten or removed, and the seqs that are still visible."""
        self.pending_deaths: dict[int, int] = {}
        """Rows that a commit under way has killed, and when."""
        self.deletions: dict[PreparedDeletion, int | None] = {}
        """Large ones that are under way: their keys lead to rows that are still visible. And when these died, from the
        moment on that the commit has been written."""
        self.staged: set[tuple[int, int]] = set()
        """Ranges of seqs of loads that are under way."""
        self.last_flushed_at: int | None = None
        """When a flush was last committed, in microseconds since the epoch."""
        self.flush_count = 0
        """Flushes that were written since the server started."""
        self.compactions_written = 0
        self.compactions_visible = 0
        """Compactions since the server started."""
        self.written_version = 0
        self.version = 0
        """The number of the last commit that has changed it: written, and visible. See `Visible.commit_number`."""
        self.counted_bytes = 0
        """What `HotMemory` has counted of its hot rows."""
        self.watches = KeyWatches()
        """Who wants to know of keys that are written."""
        self._cold = cold
        self._snapshot: TableSnapshot | None = None

    def snapshot(self) -> TableSnapshot:
        """What is visible now. The same value until something changes."""
        snapshot = self._snapshot
        if snapshot is None:
            snapshot = self._snapshot = TableSnapshot(
                self.formats, self.version, self.hot, self.hot_dead, self.segments, self.cold_dead, self._cold
            )
        return snapshot

    def is_live(self, seq: int, seen: TableSnapshot | None) -> bool:
        """Whether a row is there and not dead. `seen` is a snapshot that has it. Raises `CorruptSegment`."""
        # What a snapshot had is there unless it is known to be dead, or was forgotten, dead, by a flush since.
        if seen is not None and seen.segment_list is self.segments:
            return seq not in self.hot_dead and seq not in self.cold_dead
        return self.snapshot().is_live(seq)

    def entries_of(self, seq: int, keys: Sequence[RowKey], table: Table) -> tuple[bytes, ...]:
        """The entries of a row that is there, expired or not, for the keys of a definition. Raises `CorruptSegment`."""
        snapshot = self.snapshot_with_expired().as_of(table)
        entries = []
        for row_key in keys:
            values = snapshot.fetch(seq, row_key.positions)
            assert values is not None, seq
            if None not in values:
                entries.append(row_key.prefix + row_key.of_values(values))
        return tuple(entries)

    def snapshot_with_expired(self) -> TableSnapshot:
        """What is visible now, and rows that are gone because of their age only."""
        return self.snapshot()

    @property
    def hot_bytes_held(self) -> int:
        """About what its hot rows, and the dead ones of them, take in memory."""
        return self.hot.held_bytes + len(self.hot_dead) * DEATH_BYTES

    @property
    def live_hot_rows(self) -> int:
        """Rows that are not in segments and not dead."""
        return self.hot.row_count - len(self.hot_dead)

    def has_expired(self, seq: int) -> bool:
        """Whether a row is gone because of its age: only those of streams go so."""
        return False

    def add_mark(self, batch: Batch, first_seq: int) -> None:
        """Append, to a batch that brings rows from this seq on, when they came: only streams want to know."""

    @property
    def owner(self) -> str | None:
        """The role whose rows these are, if the table is split by roles."""
        return None if self.partition is None else self.partition.owner

    def redefine(self, formats: TableFormats, *, same_keys: bool) -> None:
        """The table has another definition, perhaps other columns. The rows that are there are left as they are.

        It takes about a microsecond: a user table has a store for each of thousands of roles.
        """
        table = formats.table
        if table.layout != self.table.layout:
            self.hot.redefine(formats.current)
        self.formats = formats if table.layout != self.table.layout else self.formats.under(table)
        self.table = table
        if not same_keys:
            self._define_keys(table)
        self.changed()

    def _define_keys(self, table: Table) -> None:
        self.keys = row_keys(table, self.store_oid)
        """Of its rows: the primary key first, then the unique indexes."""
        has_primary = bool(self.keys) and self.keys[0].index_oid is None
        self.index_prefix = self.keys[0].prefix if has_primary else b""
        """What the entries of the primary key begin with."""

    def add_deaths(self, deaths: Iterable[tuple[int, int]]) -> None:
        """These rows are dead from now on, with the times of their deaths."""
        holding = self.segments.holding
        for seq, died_at_us in deaths:
            (self.hot_dead if holding(seq) is None else self.cold_dead).add(seq, died_at_us)

    def add_many_deaths(self, seqs: Seqs, died_at_us: int) -> None:
        """The same of many that died together, in ascending order; as fast for millions of them."""
        start = 0
        for segment in self.segments.segments:
            first, end = int(seqs.searchsorted(segment.min_seq)), int(seqs.searchsorted(segment.max_seq, "right"))
            if end > first:
                self.hot_dead.extend_ascending(seqs[start:first], died_at_us)
                self.cold_dead.extend_ascending(seqs[first:end], died_at_us)
                start = end
        self.hot_dead.extend_ascending(seqs[start:], died_at_us)

    def recover_deaths(self, seqs: Seqs, times_us: Seqs) -> None:
        """These rows, in ascending order, were dead when the server started."""
        cold = np.zeros(len(seqs), np.bool_)
        for segment in self.segments.segments:
            cold[seqs.searchsorted(segment.min_seq) : seqs.searchsorted(segment.max_seq, "right")] = True
        self.cold_dead.extend(seqs[cold], times_us[cold])
        self.hot_dead.extend(seqs[~cold], times_us[~cold])

    def deaths_since(self, dead: DeadLog, length: int) -> tuple[Seqs, Seqs]:
        """What has died since a log had that length, and what dies with commits that are written and not durable yet.

        And when.
        """
        seqs, times_us = dead.since(length)
        pending = np.fromiter(self.pending_deaths, np.int64, len(self.pending_deaths))
        pending_us = np.fromiter(self.pending_deaths.values(), np.int64, len(self.pending_deaths))
        written = [(each.seqs, np.full(len(each), us)) for each, us in self.deletions.items() if us is not None]
        return (
            np.concatenate([seqs, pending, *(each for each, _ in written)]),
            np.concatenate([times_us, pending_us, *(us for _, us in written)]),
        )

    @property
    def rewritten(self) -> tuple[int, int]:
        """Changes when something has removed entries of deaths, and written those again that it knew of."""
        return self.flush_count, self.compactions_written

    def settle(self, ranges: Sequence[tuple[int, int]], segments: Sequence[Segment], dead_length: int) -> None:
        """The hot rows in these ranges are in segments now, except those that were the first dead ones.

        Those are gone for good; of the others, rows that have died since are dead cold rows.
        """
        self.hot_dead, late = self.hot_dead.settled(ranges, dead_length)
        self.segments = self.segments.adding(segments)
        self.hot.settle(ranges)
        for seqs, times_us in late:
            self.cold_dead.extend(seqs, times_us)
        self.changed()

    def exchange(self, old: SegmentList, new: Sequence[Segment], dead: DeadLog, dead_length: int) -> None:
        """A compaction has put new segments into the place of old ones.

        `dead` are the cold rows that were the first dead ones, without those that are gone. It is kept.
        """
        dead.extend(*self.cold_dead.since(dead_length))
        self.cold_dead = dead
        self.segments = self.segments.exchanging(old.segments, new)
        self.compactions_visible += 1
        self.changed()

    def changed(self) -> None:
        """Something visible has changed: the next snapshot is another one."""
        self._snapshot = None
