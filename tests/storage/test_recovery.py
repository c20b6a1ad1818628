"""After a crash at any point, or damage, a start finds every committed row exactly once, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage.drop import reclaim
from storage.engine import Storage
from storage.errors import CorruptSegment, DataFolderInUse, WriteFailed
from storage.keys import KeyKind
from storage.kv import Put
from storage.segment import Predicate
from storage.segment_verifier import SegmentVerifier
from tests.storage.crash_writer import ROWS
from tests.storage.crashes import crash
from tests.storage.harness import SMALL_CACHES, create_table, find, flush, insert, open_storage, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table

EXPECTED = [(n, f"v{n}") for n in range(2, ROWS)]


def the_table(storage: Storage) -> Table:
    """The only one."""
    (table,) = storage.catalog.tables.values()
    return table


def files(storage: Storage) -> set[Path]:
    """All files in the cold folder."""
    return {path for path in storage.cold_folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("fault", "cold"),
    [
        ("flush.before_write", False),
        ("flush.after_temporary_file", False),
        ("flush.after_rename", False),
        ("flush.after_batch", True),
        ("flush.before_cleanup", True),
    ],
)
def test_a_crash_at_any_step_of_a_flush(tmp_path: Path, fault: str, *, cold: bool) -> None:
    """The rows are all hot or all cold; no file is there that the manifest does not name; a flush then succeeds."""
    crash(tmp_path, "flush", fault)
    storage = open_storage(tmp_path)
    table = the_table(storage)
    assert rows_of(storage.snapshot(table.oid)) == EXPECTED
    assert files(storage) == {segment.path for segment in storage.snapshot(table.oid).segments}
    assert (storage.statistics(table.oid).cold_rows > 0) == cold
    insert(storage, table, (0, "again"))
    flush(storage, table)
    assert rows_of(storage.snapshot(table.oid)) == [*EXPECTED, (0, "again")]
    assert [find(storage, table, n) for n in (0, 1, 2)] == [(0, "again"), None, (2, "v2")]
    storage.close()


@pytest.mark.parametrize("fault", ["load.after_markers", "load.after_slice", "load.after_slice:3", "load.before_end"])
def test_a_crash_in_a_load_undoes_it(tmp_path: Path, fault: str) -> None:
    """No row, index entry or marker of it is left, and its keys are free."""
    crash(tmp_path, "load", fault)
    storage = open_storage(tmp_path)
    table = the_table(storage)
    assert rows_of(storage.snapshot(table.oid)) == EXPECTED
    assert list(storage.scan(KeyKind.LOAD.value)) == []
    assert len(list(storage.scan(KeyKind.INDEX.value))) == len(EXPECTED)
    insert(storage, table, (ROWS, "free"), (0, "free")).result()
    storage.close()
    storage = open_storage(tmp_path)
    assert rows_of(storage.snapshot(table.oid)) == [*EXPECTED, (ROWS, "free"), (0, "free")]
    storage.close()


@pytest.mark.parametrize("fault", ["drop.after_file", "drop.before_batch"])
def test_a_crash_in_a_reclaim_is_made_good_by_the_next_one(tmp_path: Path, fault: str) -> None:
    """The table stays dropped, and reclaiming again from there removes everything."""
    crash(tmp_path, "drop", fault)
    storage = open_storage(tmp_path)
    assert storage.catalog.tables == {}
    (dropped,) = storage.dropped()
    reclaim(storage, dropped.table.oid, lambda done, total: None)
    assert storage.dropped() == ()
    assert files(storage) == set()
    for kind in (KeyKind.HOT, KeyKind.DEAD, KeyKind.INDEX, KeyKind.MANIFEST, KeyKind.HIGH_WATER):
        assert list(storage.scan(kind.value)) == []
    storage.close()


def test_a_data_folder_in_use_is_refused(tmp_path: Path) -> None:
    """A second opening says so, and does not disturb the first."""
    storage = open_storage(tmp_path)
    with pytest.raises(DataFolderInUse, match=str(tmp_path)):
        open_storage(tmp_path)
    create_table(storage)
    storage.close()
    open_storage(tmp_path).close()


def test_catalog_and_next_oid_survive(tmp_path: Path) -> None:
    """The catalog is the same after a restart, and an oid is never given twice."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    catalog = storage.catalog
    storage.close()
    storage = open_storage(tmp_path)
    assert storage.catalog == catalog
    assert storage.begin().new_oid() == table.oid + 1
    storage.close()


@pytest.mark.parametrize("damage", ["missing", "truncated", "overwritten"])
def test_a_damaged_segment_fails_only_those_who_read_it(tmp_path: Path, damage: str) -> None:
    """The server starts, and says so; other tables work, as do reads that the statistics keep away from the segment."""
    storage = open_storage(tmp_path)
    table, healthy = create_table(storage), create_table(storage, name="healthy")
    insert(storage, table, (1, "a"))
    insert(storage, healthy, (1, "a"))
    (segment,) = flush(storage, table)
    flush(storage, healthy)
    insert(storage, table, (2, "b"))
    storage.close()
    content = segment.path.read_bytes()
    if damage == "missing":
        segment.path.unlink()
    else:
        segment.path.write_bytes(content[:-10] if damage == "truncated" else b"\0" * len(content))
    told: list[tuple[Path, str]] = []
    verifier = SegmentVerifier(on_damage=lambda segment, fault: told.append((segment.path, fault)))
    storage = Storage.open(tmp_path, replace(SMALL_CACHES, verifier=verifier))
    ((path, fault),) = told
    assert path == segment.path
    assert fault
    assert rows_of(storage.snapshot(healthy.oid)) == [(1, "a")]
    for read in (lambda: storage.snapshot(table.oid).scan(), lambda: find(storage, table, 1)):
        with pytest.raises(CorruptSegment, match=segment.path.name):
            read()
    assert find(storage, table, 2) == (2, "b")
    assert storage.snapshot(table.oid).scan([Predicate(1, ">", 1)]).hot is not None
    assert storage.snapshot(table.oid).row_count == 2
    storage.close()


def test_after_a_failed_sync_storage_refuses_writes_and_reads_on(storage: Storage) -> None:
    """What failed is not visible, by scan or key, though the index has it; every later write raises."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b")).result()

    def broken() -> None:
        raise WriteFailed("the disk is gone")

    storage.visible.syncer._sync = broken
    update = storage.begin()
    for value in (1, 2):
        found = update.find(table.oid, storage.key_of(table, (value,)))
        assert found is not None
        update.delete(table.oid, [found[1]])
    update.insert(table.oid, [(1, "A"), (3, "c")])
    commit = storage.commit(update)
    assert isinstance(commit.error, WriteFailed)
    assert storage.is_read_only
    assert rows_of(storage.snapshot(table.oid)) == [(1, "a"), (2, "b")]
    assert [find(storage, table, n) for n in (1, 2, 3)] == [(1, "a"), (2, "b"), None]
    writer = storage.begin()
    with pytest.raises(WriteFailed):
        writer.insert(table.oid, [(9, "x")])
    with pytest.raises(WriteFailed):
        writer.delete(table.oid, [1])
    with pytest.raises(WriteFailed):
        writer.change_catalog(lambda catalog: catalog.without_table(table.oid))
    with pytest.raises(WriteFailed):
        storage.write([Put(b"jjx", b"")])
    assert storage.commit(storage.begin()).done
