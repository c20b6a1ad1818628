"""Start-up: what RocksDB holds becomes the visible state, and what a crash has left half done is undone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from storage.dead import DIED_LONG_AGO, pack_death
from storage.hot import TAIL_ROWS
from storage.index_build import sweep_entries
from storage.keys import KeyKind, key, unpack_seq
from storage.kv import new_batch
from storage.records import read_catalog, read_partitions
from storage.segment import SegmentList, decode_manifest_entry
from storage.staging import undo_deletions, undo_loads, undo_segment_loads
from storage.stray_stores import sweep_stray_stores
from storage.stream import StreamState

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Partition, Table
    from storage.kv import KeyValueStore
    from storage.reaper import Reaper
    from storage.rows import Row
    from storage.table_state import TableState
    from storage.visible import Visible


_DIED_LONG_AGO: Final = pack_death(DIED_LONG_AGO)
"""Entries of older servers have no time."""


def recover(visible: Visible, cold_folder: Path, reaper: Reaper) -> None:
    """Fill the visible state. Of a segment that is missing or damaged the verifier tells; reading it will raise."""
    visible.catalog, visible.next_oid = read_catalog(visible.kv)
    visible.written_catalog = visible.catalog
    visible.last_written = visible.last_visible = visible.now_us()
    sweep_stray_stores(visible.kv, visible.catalog.tables)
    for table in visible.catalog.tables.values():
        for state in load_stores(visible, table, cold_folder, reaper):
            visible.attach(state)
            for segment in state.segments.segments:
                if segment.fault is not None:
                    visible.cold.verifier.tell(segment, segment.fault)


def load_stores(visible: Visible, table: Table, cold_folder: Path, reaper: Reaper) -> tuple[TableState, ...]:
    """All row stores of a table, out of RocksDB: its own and those of its partitions. Any thread.

    For a table that is not there yet, or no longer, and is about to be (`Transaction.adopt`): nobody else writes to it.
    """
    partitions = read_partitions(visible.kv, table.oid) if table.type == "user" else ()
    return tuple([load_state(visible, table, each, cold_folder, reaper) for each in (None, *partitions)])


def load_state(
    visible: Visible, table: Table, partition: Partition | None, cold_folder: Path, reaper: Reaper
) -> TableState:
    """One row store, as it is in RocksDB, without the loads that were never committed. Any thread."""
    kv, state = visible.kv, visible.new_state(table, partition)
    undo_loads(kv, state, partial(visible.new_state, partition=partition))
    undo_segment_loads(kv, state.store_oid)
    undo_deletions(kv, state)
    sweep_entries(kv, state)
    _recover_segments(kv, state, cold_folder, reaper)
    _recover_hot_rows(kv, state)
    if isinstance(state, StreamState):
        batch = new_batch()
        state.read_marks(kv, batch)
        kv.write(batch)
    _recover_deaths(kv, state)
    return state


def _recover_segments(kv: KeyValueStore, state: TableState, cold_folder: Path, reaper: Reaper) -> None:
    entries = kv.scan(key(KeyKind.MANIFEST, state.store_oid))
    segments = (decode_manifest_entry(value, cold_folder, state.table, state.owner) for _, value in entries)
    state.segments = SegmentList(reaper.watch(segment) for segment in segments)
    high_water = kv.get(key(KeyKind.HIGH_WATER, state.store_oid))
    state.next_seq = 1 if high_water is None else unpack_seq(high_water) + 1
    flushed = kv.get(key(KeyKind.FLUSHED, state.store_oid))
    state.last_flushed_at = None if flushed is None else unpack_seq(flushed)


def _recover_deaths(kv: KeyValueStore, state: TableState) -> None:
    seqs, times_us = bytearray(), bytearray()
    for dead_key, died in kv.scan(state.dead_prefix):
        seqs += dead_key[-8:]
        times_us += died or _DIED_LONG_AGO
    if seqs:
        state.recover_deaths(*(np.frombuffer(each, ">i8").astype(np.int64) for each in (seqs, times_us)))


def _recover_hot_rows(kv: KeyValueStore, state: TableState) -> None:
    hot, decode = state.hot, state.formats.decode
    run: list[Row] = []
    """Rows with consecutive seqs up to the next one: values of single rows are many, and taken in together."""
    run_bytes, next_seq, run_format = 0, state.next_seq, state.formats.current
    for hot_key, value in kv.scan(state.hot_prefix):
        first_seq = int.from_bytes(hot_key[-8:], "big")
        row_format, rows = decode(value)
        is_next = first_seq == next_seq and row_format is run_format and len(run) < TAIL_ROWS
        if run and not (is_next and isinstance(rows, list)):
            hot.append(next_seq - len(run), run, run_bytes, run_format)
            run, run_bytes = [], 0
        if isinstance(rows, list):
            run += rows
            run_bytes += len(value)
        else:
            hot.append_table(first_seq, rows, len(value), row_format)
        next_seq, run_format = first_seq + len(rows), row_format
    if run:
        hot.append(next_seq - len(run), run, run_bytes, run_format)
    state.next_seq = max(state.next_seq, next_seq)
