"""Flush: the same rows before and after, whole or not at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from storage import flush as flush_module
from storage import types
from storage.catalog_entries import Column
from storage.drop import reclaim
from storage.errors import StorageError, TableGone
from storage.flush import commit_flush, discard, plan_flush, write_segments
from storage.kv import Put
from tests.storage.harness import (
    KEY_AND_TEXT,
    ManualLoop,
    create_table,
    define,
    delete,
    find,
    finish_flush,
    flush,
    insert,
    open_storage,
    rows_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from storage.engine import Storage


def files(storage: Storage) -> list[str]:
    """The names of all files in the cold folder."""
    return sorted(path.name for path in storage.cold_folder.rglob("*") if path.is_file())


def test_rows_are_the_same_hot_and_cold(storage: Storage) -> None:
    """Scans and look-ups give the same before and after; the segment is in its table's folder, named by its seqs."""
    table = create_table(storage)
    insert(storage, table, *[(n, f"v{n}") for n in range(10)])
    delete(storage, table, 0, 5)
    before = rows_of(storage.snapshot(table.oid))
    (segment,) = flush(storage, table)
    assert rows_of(storage.snapshot(table.oid)) == before
    assert [find(storage, table, n) for n in (0, 4, 5, 9)] == [None, (4, "v4"), None, (9, "v9")]
    assert (segment.rows, segment.min_seq, segment.max_seq) == (8, 2, 10)
    assert segment.path.parent.relative_to(storage.cold_folder).as_posix() == f"public/t-{table.oid}"
    assert segment.path.name.startswith("2-10-")
    assert segment.bytes == segment.path.stat().st_size
    statistics = storage.statistics(table.oid)
    assert (statistics.hot_rows, statistics.cold_rows, statistics.dead_rows) == (0, 8, 0)
    assert statistics.hot_bytes == 0
    assert plan_flush(storage, table.oid) is None


def test_a_segment_carries_field_ids_and_row_groups(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Column numbers are field ids; several row groups and segments are written where one is full, all findable."""
    monkeypatch.setattr("storage.segment_writer.GROUP_ROWS_MAX", 100)
    monkeypatch.setattr(flush_module, "GROUP_ROWS_MAX", 64)
    monkeypatch.setattr(flush_module, "SEGMENT_ROWS_MAX", 1000)
    table = create_table(storage, (*KEY_AND_TEXT, Column(7, "n", types.numeric(10, 2))))
    insert(storage, table, *[(n, f"v{n}", None) for n in range(2500)])
    delete(storage, table, *range(0, 2500, 7))
    segments = flush(storage, table)
    file = pq.ParquetFile(segments[0].path)
    fields = {field.name: field.metadata[b"PARQUET:field_id"] for field in file.schema_arrow}
    assert fields == {"id": b"1", "v": b"2", "n": b"7", "_seq": b"2147483540"}
    assert len(segments) == 3
    assert [file.metadata.row_group(n).num_rows for n in range(2)] == [100, 100]
    for n in range(2500):
        assert find(storage, table, n) == (None if n % 7 == 0 else (n, f"v{n}", None))


def test_rows_that_die_while_a_flush_runs_are_dead_cold_rows(tmp_path: Path, loop: ManualLoop) -> None:
    """Whether their death is durable before the flush commits, or on its way: they stay dead, after a restart too."""
    storage = open_storage(tmp_path, loop.call_soon)
    creation = storage.begin()
    table = define(creation.new_oid())
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(storage.commit(creation))
    loop.finish(insert(storage, table, *[(n, "v") for n in range(6)]))
    loop.finish(delete(storage, table, 0))
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    loop.finish(delete(storage, table, 1))
    segments = write_segments(plan, lambda done, total: None)
    on_its_way = delete(storage, table, 2)
    flushing = commit_flush(storage, plan, segments)
    after_the_batch = delete(storage, table, 3)
    assert not on_its_way.done
    assert not flushing.done
    loop.finish(after_the_batch)
    expected = [(4, "v"), (5, "v")]
    assert rows_of(storage.snapshot(table.oid)) == expected
    assert storage.statistics(table.oid).dead_rows == 3
    storage.close()
    storage = open_storage(tmp_path)
    assert rows_of(storage.snapshot(table.oid)) == expected
    assert storage.statistics(table.oid).dead_rows == 3
    assert [find(storage, table, n) for n in range(6)] == [None] * 4 + expected
    storage.close()


def test_rows_that_come_while_a_flush_runs_stay_hot(storage: Storage) -> None:
    """Also when so many come that chunks are sealed and merged meanwhile; the next flush takes them."""
    table = create_table(storage, key=())
    insert(storage, table, *[(n, "old") for n in range(5000)])
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    for start in range(0, 20_000, 4000):
        insert(storage, table, *[(n, "new") for n in range(start, start + 4000)])
    finish_flush(storage, plan)
    statistics = storage.statistics(table.oid)
    assert (statistics.hot_rows, statistics.cold_rows) == (20_000, 5000)
    assert len(rows_of(storage.snapshot(table.oid))) == 25_000
    flush(storage, table)
    assert storage.statistics(table.oid).cold_rows == 25_000


def test_old_snapshots_keep_their_rows_and_their_files(storage: Storage) -> None:
    """A snapshot from before a flush, and one from before a drop and its reclaim, see what they saw."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    hot = storage.snapshot(table.oid)
    flush(storage, table)
    cold = storage.snapshot(table.oid)
    delete(storage, table, 1)
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(dropping).result()
    reclaim(storage, table.oid, lambda done, total: None)
    for snapshot in (hot, cold):
        assert rows_of(snapshot) == [(1, "a"), (2, "b")]
    assert len(files(storage)) == 1
    scan = cold.scan()
    del cold, snapshot
    assert len(files(storage)) == 1, "a scan still names the segment"
    del scan
    assert files(storage) == []


def test_seqs_are_not_used_again_when_every_row_was_dead(tmp_path: Path) -> None:
    """A flush of dead rows only writes no segment; after a restart new rows get higher seqs than the old ones had."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    delete(storage, table, 1, 2)
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    assert finish_flush(storage, plan) == ()
    assert plan_flush(storage, table.oid) is None
    storage.close()
    storage = open_storage(tmp_path)
    insert(storage, table, (1, "c"))
    found = storage.find(table.oid, storage.key_of(table, (1,)))
    assert found == ((1, "c"), 3)
    storage.close()


def test_the_callers_records_are_written_in_the_same_batch(storage: Storage) -> None:
    """The job's record says that it is done exactly when the rows are cold."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    segments = write_segments(plan, lambda done, total: None)
    assert storage.get(b"jj1") is None
    commit_flush(storage, plan, segments, [Put(b"jj1", b"done")]).result()
    assert storage.get(b"jj1") == b"done"


class Cancelled(Exception):
    """raised by a checkpoint"""


def test_a_checkpoint_that_raises_stops_the_writing_and_leaves_nothing(storage: Storage) -> None:
    """No file is left, all rows are hot, and a new flush completes. Progress never goes back or beyond the total."""
    table = create_table(storage, key=())
    for start in range(0, 300_000, 4000):
        insert(storage, table, *[(n, "v") for n in range(start, start + 4000)])
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    seen: list[int] = []

    def stop_half_way(done: int, total: int) -> None:
        seen.append(done)
        assert total == 300_000
        if done >= 100_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_segments(plan, stop_half_way)
    assert seen == sorted(seen)
    assert files(storage) == []
    assert storage.statistics(table.oid).hot_rows == 300_000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("siltdb-flush")]
    flush(storage, table)
    assert storage.statistics(table.oid).cold_rows == 300_000


def test_an_error_of_the_disk_leaves_everything_as_it_was(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows stay hot, no file is left, and a retry succeeds."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    plan = plan_flush(storage, table.oid)
    assert plan is not None

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr("os.fsync", full)
        write_segments(plan, lambda done, total: None)
    assert files(storage) == []
    assert rows_of(storage.snapshot(table.oid)) == [(1, "a")]
    flush(storage, table)
    assert rows_of(storage.snapshot(table.oid)) == [(1, "a")]


def test_a_flush_of_a_table_dropped_meanwhile_does_not_commit(storage: Storage) -> None:
    """It is told so, and removes its segments."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    segments = write_segments(plan, lambda done, total: None)
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(dropping).result()
    with pytest.raises(TableGone):
        commit_flush(storage, plan, segments)
    discard(segments)
    assert files(storage) == []


def test_of_two_flushes_planned_at_once_only_one_commits(storage: Storage) -> None:
    """The second one would write the rows twice."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    plans = [plan_flush(storage, table.oid) for _ in range(2)]
    assert plans[0] is not None
    assert plans[1] is not None
    finish_flush(storage, plans[0])
    segments = write_segments(plans[1], lambda done, total: None)
    with pytest.raises(StorageError, match="another flush"):
        commit_flush(storage, plans[1], segments)
    discard(segments)
    assert rows_of(storage.snapshot(table.oid)) == [(1, "a")]


def test_a_plan_through_a_seq_is_for_those_who_need_it_covered(storage: Storage) -> None:
    """Nothing hot up to that seq: there is nothing to do. Otherwise all that is visible is flushed."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    target = storage.last_seq(table.oid)
    insert(storage, table, (2, "b"))
    plan = plan_flush(storage, table.oid, target)
    assert plan is not None
    assert plan.through_seq == 2
    finish_flush(storage, plan)
    insert(storage, table, (3, "c"))
    assert plan_flush(storage, table.oid, target) is None


@pytest.mark.parametrize("name", ["a/b", "..", ".", "ü" * 63, "x\0y", "sp ace%41"])
def test_a_tables_name_may_be_anything(storage: Storage, name: str) -> None:
    """Its folder is inside the cold folder all the same."""
    table = create_table(storage, name=name)
    insert(storage, table, (1, "a"))
    (segment,) = flush(storage, table)
    assert segment.path.resolve().parent.parent == (storage.cold_folder / "public").resolve()
    assert rows_of(storage.snapshot(table.oid)) == [(1, "a")]
