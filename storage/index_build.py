"""A key is added to a table with rows: its entries are written ahead, and are real once the table has the key.

`plan_index_build` (loop, with the table locked against writers) fixes the rows; `build_index` (worker) compares their
keys and writes the entries, which nobody looks at as long as the table, as the catalog has it, does not have the key.
The commit that gives it the key makes them real. Entries of keys that their table does not have are removed when the
transaction is rolled back or undone, when the key is taken away, and at start-up (`sweep_entries`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from msgspec import Struct

from storage.errors import DuplicateKeys, WriteFailed
from storage.keys import KeyKind, key, pack_seq, prefix_end, unpack_seq
from storage.kv import new_batch
from storage.load_keys import LoadKeys, encoded_keys
from storage.rows import SEQ_COLUMN, plain
from storage.segment_file import open_segment, reading
from storage.snapshot import PROVISIONAL_SEQ
from storage.unique_keys import RowKey, find_key, index_prefix, row_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.catalog_entries import Table
    from storage.dead import Seqs
    from storage.faults import FaultPoints
    from storage.formats import TableFormats
    from storage.kv import Batch, KeyValueStore
    from storage.overlay import TableOverlay
    from storage.segment import Segment
    from storage.snapshot import TableSnapshot
    from storage.table_state import TableState
    from storage.transaction import Transaction
    from storage.visible import Visible

SLICE_ENTRIES: Final = 2_000
"""Entries written at once, with the GIL held: about a millisecond."""

ROWS_A_STEP: Final = 100_000
"""Cold rows that are read at once."""


class BuildStopped(Exception):
    """the building of an index was stopped"""


class StoreBuild(Struct, frozen=True):
    """What is to be done in one row store."""

    key: RowKey
    snapshot: TableSnapshot
    overlay: TableOverlay | None
    """What the transaction has changed there: it gets entries, too, but in memory."""
    formats: TableFormats
    keys: tuple[RowKey, ...]


class IndexBuild(Struct, frozen=True):
    """What is to be done for one key of a table."""

    kv: KeyValueStore
    stores: tuple[StoreBuild, ...]


def plan_index_build(transaction: Transaction, visible: Visible, table: Table, index_oid: int | None) -> IndexBuild:
    """Plan it: `table` is the definition with the key. On the loop; nobody else may write to the table until the end.

    What is written is removed again when the transaction does not come to give the table the key.
    """
    stores = []
    for store_oid in transaction.stores(table.oid):
        state = transaction.own.state(store_oid)
        overlay = transaction.overlays.get(store_oid)
        snapshot = state.snapshot()
        # As the transaction sees them: what it has created and defined anew so far counts.
        formats = transaction.own.definition(state).formats.under(table)
        snapshot = (snapshot if overlay is None else snapshot.with_overlay(overlay.view())).as_of(table)
        keys = row_keys(table, store_oid)
        stores.append(StoreBuild(find_key(keys, index_oid), snapshot, overlay, formats, keys))
    prefixes = tuple([each.key.prefix for each in stores])
    remove = partial(_remove_unless_kept, visible, table.oid, prefixes)
    transaction.on_undo(remove)
    transaction.on_end(remove)
    return IndexBuild(visible.kv, tuple(stores))


def build_index(build: IndexBuild, is_stopped: Callable[[], bool], faults: FaultPoints) -> None:
    """Compare the keys of all rows and write their entries. In a worker.

    Raises `DuplicateKeys`, `BuildStopped`, `CorruptSegment`, `WriteFailed`.
    """
    for store in build.stores:
        seqs, keys = _read(store, is_stopped)
        duplicate = keys.duplicate()
        if duplicate is not None:
            values = store.snapshot.fetch(seqs.item(duplicate), store.key.positions)
            assert values is not None, "the row was just read"
            raise DuplicateKeys(store.key.table_oid, store.key.name, values, store.key.columns)
        # RocksDB takes them faster so.
        seqs, keys = keys.in_order(seqs)
        for start in range(0, len(seqs), SLICE_ENTRIES):
            if is_stopped():
                raise BuildStopped
            batch = new_batch()
            slice_seqs = seqs[start : start + SLICE_ENTRIES].tolist()
            for seq, entry in zip(slice_seqs, keys.entries(start, SLICE_ENTRIES), strict=True):
                if entry is not None and seq < PROVISIONAL_SEQ:
                    batch.put(entry, pack_seq(seq))
            build.kv.write(batch)
            faults.reach("index.after_slice")
        if store.overlay is not None:
            store.overlay.prepare_keys(store.formats, store.keys)


def _read(store: StoreBuild, is_stopped: Callable[[], bool]) -> tuple[Seqs, LoadKeys]:
    seqs: list[Seqs] = [np.empty(0, np.int64)]
    keys: list[pa.Array[Any]] = []

    def step() -> None:
        if is_stopped():
            raise BuildStopped

    for found, columns in _pieces(store.snapshot, store.key.positions, step):
        step()
        seqs.append(found)
        keys.append(encoded_keys(store.key.types, columns))
    of_rows = pa.concat_arrays(keys) if keys else pa.array([], pa.binary())
    return np.concatenate(seqs), LoadKeys(store.key.prefix, of_rows)


def _pieces(
    snapshot: TableSnapshot, positions: Sequence[int], step: Callable[[], None]
) -> Iterator[tuple[Seqs, list[Any]]]:
    """The seqs of all live rows and, for each, these columns."""
    scan = snapshot.scan()
    if scan.hot is not None and scan.hot.num_rows:
        hot = scan.hot.combine_chunks()
        columns = [plain(hot.column(position)).combine_chunks() for position in positions]
        yield hot.column(SEQ_COLUMN).to_numpy(), columns
    dead = scan.dead.to_numpy()
    segments = (*scan.clean, *scan.dirty)
    snapshot.require_whole(segments, step)
    for segment in segments:
        seqs = np.setdiff1d(_seqs_of(segment), dead, assume_unique=True)
        for start in range(0, len(seqs), ROWS_A_STEP):
            some = seqs[start : start + ROWS_A_STEP]
            yield some, snapshot.take(some, positions)


def _seqs_of(segment: Segment) -> Seqs:
    with open_segment(segment) as file, reading(segment):
        found: Seqs = file.read(columns=[SEQ_COLUMN]).column(0).to_numpy()
    return found


def forget_entries(visible: Visible, before: Table, after: Table) -> None:
    """Remove the entries of keys that a table has had and has not any more, as the catalog says by now. On the loop."""
    gone = _index_oids(before) - _index_oids(after)
    if gone:
        stores = [before.oid, *(each.oid for each in visible.partitions.get(before.oid, {}).values())]
        _remove(visible, [_prefix(store_oid, oid) for store_oid in stores for oid in gone])


def sweep_entries(kv: KeyValueStore, state: TableState) -> None:
    """Remove the entries of keys that the table of a row store does not have. At start-up; may be repeated."""
    known = {row_key.prefix for row_key in state.keys}
    batch = new_batch()
    primary = key(KeyKind.INDEX, state.store_oid)
    if primary not in known:
        batch.delete_range(primary, prefix_end(primary))
    all_of_store = key(KeyKind.UNIQUE, state.store_oid)
    start, end = all_of_store, prefix_end(all_of_store)
    while (found := next(kv.scan_range(start, end), None)) is not None:
        at = len(all_of_store)
        prefix = index_prefix(state.store_oid, unpack_seq(found[0][at : at + 8]))
        start = prefix_end(prefix)
        if prefix not in known:
            batch.delete_range(prefix, start)
    kv.write(batch)


def _index_oids(table: Table) -> set[int | None]:
    """What tells the entries of a table's keys apart: `None` for those of the primary key that it was made with."""
    oids: set[int | None] = {index.oid for index in table.indexes if index.unique}
    return oids if table.primary_key is None else oids | {table.primary_key.oid}


def _prefix(store_oid: int, oid: int | None) -> bytes:
    return key(KeyKind.INDEX, store_oid) if oid is None else index_prefix(store_oid, oid)


def _remove_unless_kept(visible: Visible, table_oid: int, prefixes: Sequence[bytes]) -> None:
    state = visible.stores.get(table_oid)
    partitions = visible.partitions.get(table_oid, {}).values()
    stores = [] if state is None else [state, *(visible.stores[each.oid] for each in partitions)]
    kept = {row_key.prefix for store in stores for row_key in store.keys}
    _remove(visible, [prefix for prefix in prefixes if prefix not in kept])


def _remove(visible: Visible, prefixes: Sequence[bytes]) -> None:
    if not prefixes or visible.syncer.failure is not None:
        return
    batch: Batch = new_batch()
    for prefix in prefixes:
        batch.delete_range(prefix, prefix_end(prefix))
    try:
        visible.kv.write(batch)
    except WriteFailed as error:
        # Nobody looks at them, and the next start removes them: but a store that cannot write must say so.
        visible.syncer.fail(error)
