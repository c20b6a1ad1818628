"""Compaction: the same rows in fewer segments, whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storage.compaction import plan_compaction, write_compaction
from storage.compaction_policy import CompactionPolicy
from storage.errors import CorruptSegment
from storage.flush import discard, plan_flush
from storage.keys import KeyKind, key
from storage.rows import table_from_rows
from tests.storage.crash_writer import ROWS
from tests.storage.crashes import crash
from tests.storage.harness import (
    FULL,
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
from tests.storage.segments import (
    files,
    flushed,
    nothing,
    planned,
    shape,
)
from tests.storage.values import VALUES

if TYPE_CHECKING:
    from pathlib import Path

    from storage.engine import Storage


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
    crash(tmp_path, "compact", fault)
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
