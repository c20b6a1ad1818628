"""One row store: its segments, its hot rows, its dead rows and its indexes, and what they say of each other."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from msgspec import Struct, field

from storage.check.entries import EntryCheck
from storage.check.hot import HotValues, first_unexpired_seq
from storage.check.pending import Pending, read_pending
from storage.check.segment import read_segment
from storage.dead import between
from storage.errors import CorruptRecords, CorruptSegment
from storage.formats import TableFormats
from storage.keys import KeyKind, key, unpack_seq
from storage.load_keys import load_keys
from storage.rows import plain
from storage.segment import Segment, decode_manifest_entry
from storage.unique_keys import row_keys
from storage.units import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from storage.catalog_entries import Partition, Table
    from storage.check.findings import Findings
    from storage.dead import Flags, Seqs
    from storage.kv import KeyValueStore


class StoreSummary(Struct, frozen=True):
    """What was read of a row store."""

    segments: int
    rows: int
    """Live ones."""


class _Seen(Struct):
    """What the rows have shown so far."""

    dead: Seqs
    dead_found: Flags
    entries: list[EntryCheck]
    rows: int = 0
    unread: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of seqs whose rows could not be read."""


class StoreCheck:
    """The check of one row store. `where` is its name for people, `paths` whom each segment's file belongs to."""

    def __init__(
        self,
        kv: KeyValueStore,
        cold_folder: Path,
        table: Table,
        partition: Partition | None,
        where: str,
        findings: Findings,
        now_us: int,
    ) -> None:
        self._kv = kv
        self._cold_folder = cold_folder
        self._table = table
        self._owner = None if partition is None else partition.owner
        self._store_oid = table.oid if partition is None else partition.oid
        self._formats = TableFormats(table)
        self._keys = row_keys(table, self._store_oid)
        self._where = where
        self._findings = findings
        self._now_us = now_us

    def run(self, paths: dict[Path, str], step: Callable[[int, int], None]) -> StoreSummary:
        """Check it. `step(segments done, segments in all)` is called now and then."""
        segments: Sequence[Segment] = ()
        rows = 0
        with self._findings.guarding(self._where):
            pending = read_pending(self._kv, self._store_oid, self._keys)
            self._note(pending)
            segments = self._segments(paths)
            dead = self._dead(pending)
            entries = [EntryCheck(self._kv, self._table, row_key, pending) for row_key in self._keys]
            seen = _Seen(dead, np.zeros(len(dead), np.bool_), entries)
            for number, segment in enumerate(segments):
                step(number, len(segments))
                self._read_segment(segment, seen)
            self._read_hot(pending, segments, seen)
            self._finish(seen)
            rows = seen.rows
        return StoreSummary(len(segments), rows)

    def _note(self, pending: Pending) -> None:
        rows = sum(last - first + 1 for first, last in pending.loads.ranges)
        if rows:
            self._findings.note(
                self._where, f"{counted(rows, 'row')} of a commit that was cut short, to be removed by the next start"
            )
        if len(pending.living):
            deletions = counted(len(pending.living), "deletion")
            self._findings.note(
                self._where, f"{deletions} of a commit that was cut short, to be undone by the next start"
            )

    def _segments(self, paths: dict[Path, str]) -> list[Segment]:
        segments: list[Segment] = []
        for manifest_key, value in self._kv.scan(key(KeyKind.MANIFEST, self._store_oid)):
            first = unpack_seq(manifest_key[-8:])
            try:
                segment = decode_manifest_entry(value, self._cold_folder, self._table, self._owner)
            except (msgspec.MsgspecError, LookupError, ValueError, ArithmeticError) as error:
                raise CorruptRecords(f"the manifest entry of row {first} cannot be decoded: {error}") from error
            other = paths.setdefault(segment.path, self._where)
            if other is not self._where or any(each.path == segment.path for each in segments):
                self._findings.problem(self._where, f"segment {segment.path.name} is one of {other}, too")
            if segment.min_seq != first or not 1 <= segment.min_seq <= segment.max_seq:
                name = segment.path.name
                self._findings.problem(
                    self._where, f"segment {name} is under row {first}: {segment.min_seq} to {segment.max_seq}"
                )
            segments.append(segment)
        for one, other_segment in pairwise(segments):
            if one.max_seq >= other_segment.min_seq:
                names = f"segments {one.path.name} and {other_segment.path.name}"
                self._findings.problem(self._where, f"{names} overlap: rows up to {one.max_seq}")
        self._check_high_water(segments)
        return segments

    def _check_high_water(self, segments: Sequence[Segment]) -> None:
        found = self._kv.read(key(KeyKind.HIGH_WATER, self._store_oid))
        highest = max((segment.max_seq for segment in segments), default=0)
        if highest and (found is None or unpack_seq(found) < highest):
            what = "nothing" if found is None else f"up to row {unpack_seq(found)}"
            self._findings.problem(self._where, f"segments have rows up to {highest}, but {what} was ever flushed")

    def _dead(self, pending: Pending) -> Seqs:
        prefix = key(KeyKind.DEAD, self._store_oid)
        seqs = bytearray()
        for dead_key, died in self._kv.scan(prefix):
            if len(dead_key) != len(prefix) + 8 or len(died) not in (0, 8):
                self._findings.problem(self._where, f"a dead row cannot be decoded: 0x{dead_key.hex()}")
                continue
            seqs += dead_key[-8:]
        return np.setdiff1d(np.frombuffer(seqs, ">i8").astype(np.int64), pending.living, assume_unique=True)

    def _read_segment(self, segment: Segment, seen: _Seen) -> None:
        last = segment.min_seq - 1
        try:
            for seqs, rows in read_segment(segment, self._table):
                is_current = segment.layout == self._table.layout
                data = rows if is_current else self._formats.conversion(segment.layout).table(rows)
                self._take(seqs, data, seen)
                last = seqs.item(-1)
        except CorruptSegment as error:
            self._findings.problem(self._where, str(error))
            seen.unread.append((last + 1, segment.max_seq))

    def _read_hot(self, pending: Pending, segments: Sequence[Segment], seen: _Seen) -> None:
        hot = HotValues(self._kv, self._store_oid, self._formats, pending, self._where, self._findings)
        expired_before = 0
        if self._table.type == "stream":
            expired_before = first_unexpired_seq(self._kv, self._store_oid, self._table.ttl_us, self._now_us)
        for seqs, rows in hot.read():
            split = int(np.searchsorted(seqs, expired_before))
            self._take(seqs[:split], rows.slice(0, split), seen, may_be_gone=True)
            self._take(seqs[split:], rows.slice(split), seen)
        seen.unread += hot.unread
        for segment in segments:
            at = bisect_right(hot.ranges, segment.max_seq, key=itemgetter(0)) - 1
            if at >= 0 and hot.ranges[at][1] >= segment.min_seq:
                hot_rows = "hot rows {} to {}".format(*hot.ranges[at])
                self._findings.problem(self._where, f"{hot_rows} overlap with segment {segment.path.name}")

    def _take(self, seqs: Seqs, rows: pa.Table, seen: _Seen, *, may_be_gone: bool = False) -> None:
        """Rows, as the table has them now, dead ones included."""
        if not len(seqs):
            return
        dead = between(seen.dead, seqs.item(0), seqs.item(-1))
        if len(dead):
            here = np.isin(dead, seqs, assume_unique=True)
            start = int(np.searchsorted(seen.dead, dead[0]))
            seen.dead_found[start : start + len(dead)] |= here
            alive = ~np.isin(seqs, dead, assume_unique=True)
            seqs, rows = seqs[alive], rows.filter(alive)
        seen.rows += len(seqs)
        for check in seen.entries:
            columns = [plain(rows.column(position)).combine_chunks() for position in check.row_key.positions]
            if check.row_key.index_oid is None and any(column.null_count for column in columns):
                self._findings.problem(
                    self._where, f"rows from {seqs.item(0)} to {seqs.item(-1)} have NULL in the primary key"
                )
            check.rows(seqs, load_keys(check.row_key, columns).entries(0, len(seqs)), may_be_gone=may_be_gone)

    def _finish(self, seen: _Seen) -> None:
        for seq in seen.dead[~seen.dead_found].tolist():
            if not any(first <= seq <= last for first, last in seen.unread):
                what = f"row {seq} is recorded as dead, but no segment and no hot value has it"
                self._findings.problem(self._where, what, "dead rows that are not there")
        for check in seen.entries:
            with self._findings.guarding(self._where):
                check.finish(self._where, self._findings, seen.unread)
