"""Bulk loads: rows of an open transaction in segments that only its commit makes those of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from storage.bulk_load import LoadStopped, reserve_segment, write_segment_load
from storage.engine import prepare_load
from storage.errors import Blocked, LoadedRowChanged, UniqueViolation
from storage.load_keys import load_keys
from storage.unique_keys import row_keys
from tests.storage.harness import (
    compact,
    create_table,
    define,
    delete,
    find,
    flush,
    insert,
    open_storage,
    rows_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.segment_load import SegmentLoad
    from storage.transaction import Transaction


def rows_with(ids: Iterable[int], text: str = "loaded") -> pa.Table:
    """Rows of the small table."""
    found = pa.array(ids, pa.int64())
    return pa.table({"id": found, "v": [text] * len(found)})


def load(storage: Storage, transaction: Transaction, table: Table, ids: Iterable[int]) -> SegmentLoad:
    """Write rows into a segment and insert that."""
    work = reserve_segment(storage, transaction, table.oid, rows_with(ids))
    written = write_segment_load(storage, work)
    transaction.insert(table.oid, written)
    return written


def files(folder: Path) -> list[Path]:
    """The files of segments, finished or not."""
    return [path for path in (folder / "cold").rglob("*") if path.is_file()]


def ids(storage: Storage, table: Table) -> list[int]:
    """The keys that are visible, in the order of their seqs."""
    return [row[0] for row in rows_of(storage.snapshot(table.oid))]


def test_loaded_rows_are_cold_with_the_commit(tmp_path: Path) -> None:
    """Nobody sees them before; then they are found by key and by scan, and again after a restart."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, (1, "hot"))
    transaction = storage.begin()
    load(storage, transaction, table, range(10, 20))
    load(storage, transaction, table, range(20, 40))
    assert ids(storage, table) == [1]
    assert find(storage, table, 15) is None
    storage.commit(transaction).result()
    insert(storage, table, (2, "later"))
    for _ in range(2):
        assert sorted(ids(storage, table)) == [1, 2, *range(10, 40)]
        assert find(storage, table, 15) == (15, "loaded")
        assert storage.statistics(table.oid).segments == 2
        flush_seqs = [segment.min_seq for segment in storage.snapshot(table.oid).segments]
        assert flush_seqs == [2, 12]
        storage.close()
        storage = open_storage(tmp_path)
    delete(storage, table, 15)
    flush(storage, table)
    compact(storage, table)
    assert sorted(ids(storage, table)) == [1, 2, *(each for each in range(10, 40) if each != 15)]
    insert(storage, table, (15, "again"))
    assert find(storage, table, 15) == (15, "again")
    storage.close()


def test_the_transaction_reads_what_it_has_loaded(tmp_path: Path) -> None:
    """By key and by scan, with what else it has inserted and deleted."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, (1, "hot"), (2, "hot"))
    transaction = storage.begin()
    seen = transaction.find(table.oid, storage.key_of(table, (1,)))
    assert seen is not None
    transaction.delete(table.oid, [seen[1]])
    written = load(storage, transaction, table, range(1, 2))
    load(storage, transaction, table, range(10, 15))
    transaction.insert(table.oid, [(3, "own")])
    assert transaction.find(table.oid, storage.key_of(table, (12,))) == ((12, "loaded"), written.last_seq + 3)
    assert sorted(rows_of(transaction.snapshot(table.oid))) == sorted(
        [(1, "loaded"), (2, "hot"), (3, "own"), *((each, "loaded") for each in range(10, 15))]
    )
    assert transaction.snapshot(table.oid).row_count == 8
    with pytest.raises(LoadedRowChanged):
        transaction.delete(table.oid, [written.first_seq])
    transaction.lock_row(table.oid, written.first_seq)
    storage.commit(transaction).result()
    assert find(storage, table, 1) == (1, "loaded")
    assert sorted(ids(storage, table)) == [1, 2, 3, *range(10, 15)]
    storage.close()


@pytest.mark.parametrize("how", ["rollback", "undo", "close"])
def test_nothing_is_left_of_a_load_that_is_not_committed(tmp_path: Path, how: str) -> None:
    """Neither files nor entries, nor locks; its seqs are nobody's."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    transaction = storage.begin()
    mark = transaction.begin_statement()
    load(storage, transaction, table, range(10))
    assert len(files(tmp_path)) == 1
    match how:
        case "rollback":
            storage.rollback(transaction)
        case "undo":
            transaction.undo_to(mark)
            load(storage, transaction, table, range(3))
            storage.commit(transaction).result()
            assert ids(storage, table) == [0, 1, 2]
        case "close":
            storage.close()
            storage = open_storage(tmp_path)
    insert(storage, table, (5, "free"))
    assert find(storage, table, 5) == (5, "free")
    storage.close()
    assert len(files(tmp_path)) == (how == "undo")


def test_keys_of_loads_are_compared_and_locked(tmp_path: Path) -> None:
    """With those of the table, of earlier loads, and of other transactions."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, (5, "there"))
    transaction = storage.begin()
    with pytest.raises(UniqueViolation, match="t_pkey"):
        load(storage, transaction, table, range(10))
    with pytest.raises(UniqueViolation, match="t_pkey"):
        load(storage, transaction, table, [20, 21, 20])
    load(storage, transaction, table, range(10, 20))
    with pytest.raises(UniqueViolation, match="t_pkey"):
        load(storage, transaction, table, range(19, 30))
    with pytest.raises(UniqueViolation, match="t_pkey"):
        transaction.insert(table.oid, [(12, "own")])
    with pytest.raises(UniqueViolation, match="t_pkey"):
        transaction.insert(table.oid, prepare_load(storage, table, rows_with(range(15, 900))))
    other = storage.begin()
    with pytest.raises(Blocked):
        other.insert(table.oid, [(11, "other")])
    storage.rollback(other)
    storage.rollback(transaction)
    insert(storage, table, (11, "other"))
    storage.close()


def test_others_go_on_while_rows_are_loaded(tmp_path: Path) -> None:
    """Rows that come and are flushed and compacted meanwhile get no segment that spans the seqs of the load."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, (1, "before"))
    transaction = storage.begin()
    load(storage, transaction, table, range(100, 110))
    insert(storage, table, (2, "between"))
    flush(storage, table)
    load(storage, transaction, table, range(110, 120))
    insert(storage, table, (3, "between"))
    flush(storage, table)
    compact(storage, table)
    ranges = [(each.min_seq, each.max_seq) for each in storage.snapshot(table.oid).segments]
    assert ranges == [(1, 1), (12, 12), (23, 23)]
    storage.commit(transaction).result()
    ranges = [(each.min_seq, each.max_seq) for each in storage.snapshot(table.oid).segments]
    assert ranges == [(1, 1), (2, 11), (12, 12), (13, 22), (23, 23)]
    compact(storage, table)
    assert sorted(ids(storage, table)) == [1, 2, 3, *range(100, 120)]
    assert find(storage, table, 117) == (117, "loaded")
    storage.close()


def test_a_table_of_the_transaction(tmp_path: Path) -> None:
    """It can be loaded, and defined anew: its rows keep seqs of their own."""
    storage = open_storage(tmp_path)
    transaction = storage.begin()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    load(storage, transaction, table, range(10))
    renamed = define(table.oid, name="u")
    transaction.change_catalog(lambda catalog: catalog.with_table(renamed))
    transaction.insert(table.oid, [(50, "own")])
    load(storage, transaction, renamed, range(10, 20))
    storage.commit(transaction).result()
    insert(storage, renamed, (60, "later"))
    assert sorted(ids(storage, renamed)) == [*range(20), 50, 60]
    seqs = [seq for segment in storage.snapshot(table.oid).segments for seq in (segment.min_seq, segment.max_seq)]
    assert seqs == [1, 10, 11, 20]
    assert storage.last_seq(table.oid) == 22
    storage.close()


def test_a_file_that_nobody_wants_any_more_is_not_kept(tmp_path: Path) -> None:
    """A worker that has not finished when its transaction ends stops, and leaves nothing."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    transaction = storage.begin()
    work = reserve_segment(storage, transaction, table.oid, rows_with(range(10)))
    storage.rollback(transaction)
    with pytest.raises(LoadStopped):
        write_segment_load(storage, work)
    storage.close()
    assert files(tmp_path) == []


@pytest.mark.parametrize("values", [[1, 2, 3], [3, None, 1, 2], [None], []])
def test_keys_in_a_file_are_the_same(tmp_path: Path, values: list[int | None]) -> None:
    """In any order, with rows that have none; the file has no name."""
    (key,) = row_keys(define(16384), 16384)
    keys = load_keys(key, [pa.array(values, pa.int64())])
    moved = keys.in_file(tmp_path / "keys.tmp")
    assert list(tmp_path.iterdir()) == []
    entries = keys.entries(0, len(values))
    assert (len(moved), moved.entries(0, len(values))) == (len(values), entries)
    assert [moved.position_of(entry) for entry in entries if entry is not None] == [
        place for place, entry in enumerate(entries) if entry is not None
    ]
    assert (moved.first, moved.last, moved.duplicate()) == (keys.first, keys.last, None)
