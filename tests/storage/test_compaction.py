"""Compaction: the same rows in fewer segments, whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.compaction import commit_compaction, plan_compaction, write_compaction
from storage.compaction_policy import CompactionPolicy
from storage.engine import Storage, prepare_load
from storage.errors import CompactionConflict, CorruptSegment, TableGone
from storage.faults import FaultPoints
from storage.flush import commit_flush, discard, plan_flush, write_segments
from storage.keys import KeyKind, key
from storage.kv import Put
from storage.rows import table_from_rows
from storage.staging import STAGED_FROM_ROWS
from tests.storage import crash_writer
from tests.storage.crash_writer import ROWS
from tests.storage.harness import (
    FULL,
    SMALL_CACHES,
    ManualLoop,
    columns_of,
    compact,
    create_table,
    define,
    delete,
    find,
    finish_compaction,
    finish_flush,
    flush,
    insert,
    open_storage,
    rows_of,
)
from tests.storage.values import VALUES

if TYPE_CHECKING:
    from storage.catalog import Table
    from storage.compaction import CompactionPlan
    from storage.flush import FlushPlan
    from storage.syncer import Commit

ROOT = Path(__file__).parents[2]


def nothing(done: int, total: int) -> None:
    """A checkpoint that never stops anything."""


def files(storage: Storage) -> set[Path]:
    """All files in the cold folder."""
    return {path for path in storage.cold_folder.rglob("*") if path.is_file()}


def flushed(storage: Storage, *sizes: int, table: Table | None = None) -> Table:
    """A table with segments of these sizes; keys and seqs ascend, from 1."""
    table = table or create_table(storage)
    first = storage.last_seq(table.oid) + 1
    for size in sizes:
        insert(storage, table, *[(n, f"v{n}") for n in range(first, first + size)])
        flush(storage, table)
        first += size
    return table


def create_table_later(storage: Storage, loop: ManualLoop) -> Table:
    """Create a table in a storage whose commits settle when the loop turns."""
    creation = storage.begin()
    table = define(creation.new_oid())
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(storage.commit(creation))
    return table


def finish_flush_later(storage: Storage, plan: FlushPlan) -> Commit:
    """Commit a flush; the commit settles when the loop turns."""
    return commit_flush(storage, plan, write_segments(plan, nothing))


def planned(storage: Storage, table: Table, policy: CompactionPolicy = FULL) -> CompactionPlan:
    """The plan of a compaction that has something to do."""
    plan = plan_compaction(storage, table.oid, policy)
    assert plan is not None
    return plan


def shape(storage: Storage, table: Table) -> list[tuple[int, int, int]]:
    """Lowest seq, highest seq and rows of each segment."""
    return [(segment.min_seq, segment.max_seq, segment.rows) for segment in storage.snapshot(table.oid).segments]


def test_rows_are_the_same_in_one_segment(tmp_path: Path) -> None:
    """Scans and look-ups give the same before and after, and after a restart; dead rows and old files are gone."""
    storage = open_storage(tmp_path)
    table = flushed(storage, 10, 5, 20)
    delete(storage, table, 1, 12, 35)
    before = rows_of(storage.snapshot(table.oid))
    assert compact(storage, table) == 1
    for _ in range(2):
        assert rows_of(storage.snapshot(table.oid)) == before
        assert shape(storage, table) == [(2, 34, 32)]
        assert [find(storage, table, n) for n in (1, 2, 12, 34, 35)] == [None, (2, "v2"), None, (34, "v34"), None]
        assert storage.statistics(table.oid).dead_rows == 0
        assert list(storage.scan(key(KeyKind.DEAD, table.oid))) == []
        assert files(storage) == {segment.path for segment in storage.snapshot(table.oid).segments}
        assert plan_compaction(storage, table.oid, FULL) is None
        storage.close()
        storage = open_storage(tmp_path)
    insert(storage, table, (99, "new"))
    assert storage.last_seq(table.oid) == 36
    storage.close()


def test_a_segment_whose_rows_are_all_dead_just_goes(tmp_path: Path) -> None:
    """Nothing is written for it, its neighbours are not touched, and its seqs are not used again."""
    storage = open_storage(tmp_path)
    table = flushed(storage, 10, 3, 2)
    untouched = storage.snapshot(table.oid).segments[0]
    delete(storage, table, *range(11, 16))
    plan = planned(storage, table, CompactionPolicy())
    assert (plan.rows, plan.dead_rows, plan.rows_after) == (5, 5, 0)
    assert finish_compaction(storage, plan) == ()
    assert storage.snapshot(table.oid).segments == (untouched,)
    del plan
    assert files(storage) == {untouched.path}
    storage.close()
    storage = open_storage(tmp_path)
    assert shape(storage, table) == [(1, 10, 10)]
    assert storage.last_seq(table.oid) == 15
    assert storage.statistics(table.oid).dead_rows == 0
    storage.close()


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


class HeldLoads(FaultPoints):
    """Holds loads up after their first slice until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def reach(self, name: str) -> None:
        """Called by storage."""
        if name == "load.after_slice":
            self.let_go.wait()


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


class Stop(Exception):
    """Raised by a checkpoint."""


def test_a_checkpoint_that_raises_leaves_no_file(storage: Storage) -> None:
    """At whichever call it raises: at the first, between row groups, at the last."""
    table = flushed(storage, 3, 3, 3)
    before = files(storage)
    plan = planned(storage, table)
    calls: list[tuple[int, int]] = []
    discard(write_compaction(plan, lambda done, total: calls.append((done, total))).segments)
    assert calls[-1] == (9, 9)
    assert calls == sorted(calls)
    for call in range(len(calls)):
        left = iter(range(call))

        def checkpoint(done: int, total: int) -> None:
            if next(left, None) is None:  # noqa: B023 - used before the next turn
                raise Stop

        with pytest.raises(Stop):
            write_compaction(plan, checkpoint)
        assert files(storage) == before
    assert rows_of(storage.snapshot(table.oid)) == [(n, f"v{n}") for n in range(1, 10)]


def test_a_damaged_segment_is_left_alone(tmp_path: Path) -> None:
    """One that is known to be damaged keeps its neighbours apart; damage found on the way raises; nothing is lost."""
    storage = open_storage(tmp_path)
    table = flushed(storage, 3, 3, 3, 3)
    paths = [segment.path for segment in storage.snapshot(table.oid).segments]
    storage.close()
    paths[1].write_bytes(b"?")
    storage = open_storage(tmp_path)
    plan = planned(storage, table)
    assert [segment.path for segment in plan.segments.segments] == paths[2:]
    content = bytearray(paths[2].read_bytes())
    content[4 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4)
    paths[2].write_bytes(content)
    with pytest.raises(CorruptSegment, match=paths[2].name):
        write_compaction(plan, nothing)
    assert files(storage) == set(paths)
    storage.close()


def test_memory_does_not_grow_with_the_rows(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of many row groups are merged holding a few row groups at a time."""
    monkeypatch.setattr("storage.segment_writer.GROUP_ROWS_MAX", 2_000)
    monkeypatch.setattr("storage.flush.GROUP_ROWS_MAX", 2_000)
    table = create_table(storage, key=())
    for start in (0, 50_000):
        loading = storage.begin()
        rows = [(n, f"{n:0200}") for n in range(start, start + 50_000)]
        loading.insert(table.oid, table_from_rows(rows, table.columns))
        storage.commit(loading).result()
        flush(storage, table)
    plan = planned(storage, table)
    before = pa.total_allocated_bytes()
    peak = 0

    def measure(done: int, total: int) -> None:
        nonlocal peak
        peak = max(peak, pa.total_allocated_bytes() - before)

    (segment,) = write_compaction(plan, measure).segments
    assert segment.rows == 100_000
    assert len(segment.group_starts) == 50
    # A group has 0.4 MB, all rows have 21 MB.
    assert peak < 4_000_000


def test_steady_small_flushes_keep_few_segments_and_rewrite_little(storage: Storage) -> None:
    """A hundred flushes of 10 rows, compacted after each: at most 9 small segments, each row rewritten three times."""
    policy = CompactionPolicy(target_rows=640)
    table = create_table(storage)
    rewritten = most = 0
    for turn in range(100):
        insert(storage, table, *[(n, "v") for n in range(turn * 10, turn * 10 + 10)])
        flush(storage, table)
        while (plan := plan_compaction(storage, table.oid, policy)) is not None:
            rewritten += sum(segment.rows for segment in finish_compaction(storage, plan))
        most = max(most, len(storage.snapshot(table.oid).segments))
    assert rewritten <= 3 * 1000
    assert most <= 9 + 1000 // 160
    assert len(rows_of(storage.snapshot(table.oid))) == 1000


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_values_of_every_type_survive(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Every stored value and NULL is the same after a flush and a compaction."""
    storage = open_storage(tmp_path_factory.mktemp("data"))
    table = create_table(storage, columns_of(*VALUES), key=())
    row = st.tuples(*[st.none() | values for values in VALUES.values()])
    for _ in range(2):
        insert(storage, table, *data.draw(st.lists(row, min_size=1, max_size=3)))
        flush(storage, table)
    before = rows_of(storage.snapshot(table.oid))
    compact(storage, table)
    assert repr(rows_of(storage.snapshot(table.oid))) == repr(before)
    storage.close()


def test_times_of_deaths_survive(tmp_path: Path) -> None:
    """Each row's time of death is the same after flushes, compactions and restarts; an entry without one is old."""
    times = iter(range(100, 200))
    storage = open_storage(tmp_path, now_us=lambda: next(times))
    table = flushed(storage, 4)
    insert(storage, table, (5, "hot"))
    delete(storage, table, 2, 5)
    died = died_at(storage, table)
    plan = planned(storage, table)
    delete(storage, table, 3)
    finish_compaction(storage, plan)
    assert died_at(storage, table) == {5: died[5], 3: max(died_at(storage, table).values())}
    storage.close()
    storage = open_storage(tmp_path)
    expected = died_at(storage, table)
    storage.write([Put(key(KeyKind.DEAD, table.oid, 4), b"")]).result()
    storage.close()
    storage = open_storage(tmp_path)
    assert died_at(storage, table) == {**expected, 4: 0}
    storage.close()


def died_at(storage: Storage, table: Table) -> dict[int, int]:
    """The time of death of each dead row, as memory and disk agree on it."""
    state = storage.visible.store(table.oid)
    known = dict([*state.hot_dead.since(0), *state.cold_dead.since(0)])
    entries = storage.scan(key(KeyKind.DEAD, table.oid))
    assert {int.from_bytes(name[-8:], "big"): int.from_bytes(value, "big") for name, value in entries} == known
    return known


@pytest.mark.parametrize(
    ("fault", "compacted"),
    [
        ("compact.before_write", False),
        ("compact.after_temporary_file", False),
        ("compact.after_rename", False),
        ("compact.after_batch", True),
        ("compact.before_cleanup", True),
        ("compact.after_cleanup", True),
    ],
)
def test_a_crash_at_any_step(tmp_path: Path, fault: str, *, compacted: bool) -> None:
    """The segments are the old ones or the new one; no file is there that the manifest does not name; the next
    compaction succeeds.
    """
    environment = {**os.environ, "SILTDB_FAULT": fault, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(Path(crash_writer.__file__)), str(tmp_path), "compact"]
    process = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    storage = open_storage(tmp_path)
    (table,) = storage.catalog.tables.values()
    expected = [(n, f"v{n}") for n in range(3, ROWS)] + [(0, "again")]
    for done in (compacted, True):
        assert rows_of(storage.snapshot(table.oid)) == expected
        assert files(storage) == {segment.path for segment in storage.snapshot(table.oid).segments}
        assert len(files(storage)) == (1 if done else 2)
        assert storage.statistics(table.oid).dead_rows == (0 if done else 1)
        assert [find(storage, table, n) for n in (0, 1, 2, 3)] == [(0, "again"), None, None, (3, "v3")]
        assert compact(storage, table) == (0 if done else 1)
    storage.close()


def test_a_compaction_of_a_users_rows_stays_among_them(storage: Storage) -> None:
    """Of a user table each role's segments are merged by themselves, in that role's folder."""
    creation = storage.begin()
    table = replace(define(creation.new_oid()), options={"type": "user"})
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(creation).result()
    roles = [storage.catalog.role(name) for name in ("admin", "job_operator")]
    for turn in range(2):
        for role in roles:
            assert role is not None
            writing = storage.begin()
            store = writing.partition(table.oid, role)
            writing.insert(store, [(turn, role.name)])
            storage.commit(writing).result()
            flushing = plan_flush(storage, store)
            assert flushing is not None
            finish_flush(storage, flushing)
    stores = storage.stores(table.oid)
    for store in stores:
        plan = plan_compaction(storage, store, FULL)
        assert plan is not None
        (segment,) = finish_compaction(storage, plan)
        ((_, owner), (_, other)) = rows_of(storage.snapshot(store))
        assert segment.owner == owner == other
        assert segment.path.parent.name == f"user={owner}"
    del plan
    assert len(files(storage)) == 2
