"""Start-up: what RocksDB holds becomes the visible state, and what a crash has left half done is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.dead import unpack_death
from storage.keys import KeyKind, key, unpack_seq
from storage.records import read_catalog
from storage.segment import SegmentList, decode_manifest_entry, manifest_path
from storage.staging import undo_loads
from storage.table_state import TableState

if TYPE_CHECKING:
    from pathlib import Path

    from storage.kv import KeyValueStore
    from storage.reaper import Reaper
    from storage.visible import Visible


def recover(visible: Visible, cold_folder: Path, reaper: Reaper) -> None:
    """Fill the visible state. A segment that is missing or damaged is noted; reading it will raise `CorruptSegment`."""
    visible.catalog, visible.next_oid = read_catalog(visible.kv)
    visible.written_catalog = visible.catalog
    for table in visible.catalog.tables.values():
        state = TableState(table, visible.cold)
        undo_loads(visible.kv, state)
        _recover_segments(visible.kv, state, cold_folder, reaper)
        _recover_hot_rows(visible.kv, state)
        state.add_deaths(
            (unpack_seq(dead[-8:]), unpack_death(died)) for dead, died in visible.kv.scan(state.dead_prefix)
        )
        visible.tables[table.oid] = state


def sweep_orphans(kv: KeyValueStore, cold_folder: Path) -> list[Path]:
    """Remove files of flushes that never committed, files that were retired just before a crash, and empty folders.

    Returns the paths of the files.
    """
    named = {manifest_path(value, cold_folder) for _, value in kv.scan(KeyKind.MANIFEST.value)}
    orphans = [
        path
        for pattern in ("*.tmp", "*.parquet")
        for path in cold_folder.rglob(pattern)
        if path.is_file() and path not in named
    ]
    for path in orphans:
        path.unlink()
    folders = [path for path in cold_folder.rglob("*") if path.is_dir()]
    for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return orphans


def _recover_segments(kv: KeyValueStore, state: TableState, cold_folder: Path, reaper: Reaper) -> None:
    entries = kv.scan(key(KeyKind.MANIFEST, state.table.oid))
    state.segments = SegmentList([decode_manifest_entry(value, cold_folder, state.table) for _, value in entries])
    for segment in state.segments.segments:
        reaper.watch(segment)
    flushed = kv.get(key(KeyKind.HIGH_WATER, state.table.oid))
    state.next_seq = 1 if flushed is None else unpack_seq(flushed) + 1


def _recover_hot_rows(kv: KeyValueStore, state: TableState) -> None:
    hot, decode = state.hot, state.format.decode
    for hot_key, value in kv.scan(state.hot_prefix):
        first_seq = unpack_seq(hot_key[-8:])
        rows = decode(value)
        if isinstance(rows, list):
            hot.append(first_seq, rows, len(value))
            state.next_seq = max(state.next_seq, first_seq + len(rows))
        else:
            hot.append_table(first_seq, rows, len(value))
            state.next_seq = max(state.next_seq, first_seq + rows.num_rows)
