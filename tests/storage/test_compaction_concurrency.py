"""Compaction while others write, read, flush, load, drop and compact."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from storage.compaction import commit_compaction, plan_compaction, write_compaction
from storage.engine import Storage, prepare_load
from storage.errors import CompactionConflict, TableGone
from storage.flush import discard, plan_flush
from storage.rows import table_from_rows
from storage.staging import STAGED_FROM_ROWS
from tests.storage.harness import (
    FULL,
    SMALL_CACHES,
    ManualLoop,
    compact,
    delete,
    find,
    finish_flush,
    flush,
    insert,
    open_storage,
    rows_of,
)
from tests.storage.segments import (
    HeldLoads,
    create_table_later,
    files,
    finish_flush_later,
    flushed,
    nothing,
    planned,
    shape,
)


def test_rows_that_die_while_a_compaction_runs_stay_dead(tmp_path: Path, loop: ManualLoop) -> None:
    """Whether their death is durable before the compaction commits, on its way, or after it: here and after a
    restart. What was hot stays hot.
    """
    storage = open_storage(tmp_path, loop.call_soon)
    table = create_table_later(storage, loop)
    for start in (0, 5):
        loop.finish(insert(storage, table, *[(n, "v") for n in range(start, start + 5)]))
        flushing = plan_flush(storage, table.oid)
        assert flushing is not None
        loop.finish(finish_flush_later(storage, flushing))
    loop.finish(insert(storage, table, (10, "hot"), (11, "hot")))
    loop.finish(delete(storage, table, 0, 9))
    plan = planned(storage, table)
    loop.finish(delete(storage, table, 1, 10))
    compacted = write_compaction(plan, nothing)
    on_its_way = delete(storage, table, 2)
    compacting = commit_compaction(storage, plan, compacted)
    after_the_batch = delete(storage, table, 7)
    assert not on_its_way.done
    assert not compacting.done
    loop.finish(after_the_batch)
    expected = [(3, "v"), (4, "v"), (5, "v"), (6, "v"), (8, "v"), (11, "hot")]
    assert shape(storage, table) == [(2, 9, 8)]
    assert rows_of(storage.snapshot(table.oid)) == expected
    assert storage.statistics(table.oid).dead_rows == 4
    storage.close()
    storage = open_storage(tmp_path)
    assert rows_of(storage.snapshot(table.oid)) == expected
    assert storage.statistics(table.oid).dead_rows == 4
    assert [find(storage, table, n) for n in (0, 1, 2, 3)] == [None, None, None, (3, "v")]
    compact(storage, table)
    assert (shape(storage, table), storage.statistics(table.oid).dead_rows) == ([(4, 9, 5)], 1)
    storage.close()


def test_a_flush_while_a_compaction_runs(storage: Storage) -> None:
    """Both keep what they did, whichever ends first."""
    table = flushed(storage, 3, 3)
    plan = planned(storage, table)
    compacted = write_compaction(plan, nothing)
    insert(storage, table, (7, "v7"), (8, "v8"))
    flush(storage, table)
    insert(storage, table, (9, "v9"))
    flushing = plan_flush(storage, table.oid)
    assert flushing is not None
    commit_compaction(storage, plan, compacted).result()
    finish_flush(storage, flushing)
    assert shape(storage, table) == [(1, 6, 6), (7, 8, 2), (9, 9, 1)]
    assert rows_of(storage.snapshot(table.oid)) == [(n, f"v{n}") for n in range(1, 10)]


def test_a_load_under_way_keeps_its_neighbours_apart(tmp_path: Path, loop: ManualLoop) -> None:
    """Segments before and after its seqs are never merged across it: neither while it is written nor while it is hot;
    once it is flushed, all are merged.
    """
    faults = HeldLoads()
    looped = Storage.open(tmp_path, replace(SMALL_CACHES, faults=faults), loop.call_soon)
    table = create_table_later(looped, loop)

    def flush_now() -> None:
        plan = plan_flush(looped, table.oid)
        assert plan is not None
        loop.finish(finish_flush_later(looped, plan))

    loop.finish(insert(looped, table, (1, "before")))
    flush_now()
    loading = looped.begin()
    rows = [(n, "load") for n in range(10, 10 + STAGED_FROM_ROWS + 1)]
    loading.insert(table.oid, prepare_load(looped, table, table_from_rows(rows, table.columns)))
    load = looped.commit(loading)
    loop.finish(insert(looped, table, (2, "after")))
    flush_now()
    last_seq = looped.last_seq(table.oid)
    assert shape(looped, table) == [(1, 1, 1), (last_seq, last_seq, 1)]
    assert not load.done
    assert plan_compaction(looped, table.oid, FULL) is None
    faults.let_go.set()
    loop.finish(load)
    assert plan_compaction(looped, table.oid, FULL) is None
    loop.finish(delete(looped, table, 10))
    assert looped.statistics(table.oid).dead_rows == 1
    flush_now()
    plan = planned(looped, table)
    assert plan.rows == len(rows) + 1
    loop.finish(commit_compaction(looped, plan, write_compaction(plan, nothing)))
    assert shape(looped, table) == [(1, last_seq, len(rows) + 1)]
    looped.close()


def test_a_table_dropped_while_it_is_compacted(storage: Storage) -> None:
    """The commit raises `TableGone`; once discarded, only the old files are there, for whoever reclaims the table."""
    table = flushed(storage, 3, 3)
    before = files(storage)
    plan = planned(storage, table)
    compacted = write_compaction(plan, nothing)
    assert len(files(storage)) == 3
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(dropping).result()
    with pytest.raises(TableGone):
        commit_compaction(storage, plan, compacted)
    discard(compacted.segments)
    assert files(storage) == before


def test_two_compactions_of_a_store_exclude_each_other(looped: Storage, loop: ManualLoop) -> None:
    """Of two that were planned together the second one raises; so does one planned while the first became durable."""
    table = create_table_later(looped, loop)
    for n in range(2):
        loop.finish(insert(looped, table, (n, "v")))
        flushing = plan_flush(looped, table.oid)
        assert flushing is not None
        loop.finish(finish_flush_later(looped, flushing))
    first, second = planned(looped, table), planned(looped, table)
    written = [write_compaction(plan, nothing) for plan in (first, second)]
    committing = commit_compaction(looped, first, written[0])
    third = planned(looped, table)
    written.append(write_compaction(third, nothing))
    with pytest.raises(CompactionConflict):
        commit_compaction(looped, second, written[1])
    with pytest.raises(CompactionConflict):
        commit_compaction(looped, third, written[2])
    loop.finish(committing)
    for plan, compacted in ((second, written[1]), (third, written[2])):
        with pytest.raises(CompactionConflict):
            commit_compaction(looped, plan, compacted)
        discard(compacted.segments)
    assert rows_of(looped.snapshot(table.oid)) == [(0, "v"), (1, "v")]


def test_old_snapshots_keep_their_files(storage: Storage) -> None:
    """A snapshot from before a compaction reads what it read; the old files go with the last one that names them."""
    table = flushed(storage, 3, 3)
    delete(storage, table, 1)
    snapshot = storage.snapshot(table.oid)
    before = rows_of(snapshot)
    compact(storage, table)
    insert(storage, table, (7, "v7"))
    assert rows_of(snapshot) == before
    assert len(files(storage)) == 3
    scan = snapshot.scan()
    del snapshot
    assert len(files(storage)) == 3
    del scan
    assert len(files(storage)) == 1


def test_a_file_that_went_is_not_kept_open(storage: Storage) -> None:
    """A look-up opens a segment's file; once compacted away, the process has it open no more: its space is free."""
    table = flushed(storage, 3, 3)
    assert find(storage, table, 2) == (2, "v2")
    compact(storage, table)
    assert find(storage, table, 2) == (2, "v2")
    opened = [os.path.realpath(path) for path in Path("/proc/self/fd").iterdir()]
    assert not [path for path in opened if path.startswith(str(storage.cold_folder)) and path.endswith("(deleted)")]
