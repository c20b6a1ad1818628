"""A commit that fails in the middle, for want of memory or by a disk that fails: nobody waits for ever.

Either nothing has happened, and all goes on; or only the next start can put it right, and until then nothing is
written.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage.compaction import commit_compaction, plan_compaction, write_compaction
from storage.drop import reclaim
from storage.engine import Storage
from storage.errors import WriteFailed
from storage.faults import FaultPoints
from storage.staging import STAGED_FROM_ROWS
from storage.table_commit import GATHERED_FROM_ROWS
from tests.checking import assert_whole
from tests.storage.harness import (
    FULL,
    SMALL_CACHES,
    ManualLoop,
    create_table,
    delete,
    find,
    flush,
    insert,
    open_storage,
    rows_of,
)
from tests.storage.segments import create_table_later

if TYPE_CHECKING:
    from pathlib import Path

ROWS = GATHERED_FROM_ROWS + STAGED_FROM_ROWS

NO_TEXT = "\ud800"
"""Half of a pair: it cannot be encoded."""


@pytest.mark.parametrize("point", ["load.after_markers", "delete.after_slice", "load.after_slice", "load.before_end"])
def test_a_large_commit_that_fails_half_way_is_taken_back_by_the_next_start(tmp_path: Path, point: str) -> None:
    """Its client is told at once, its locks are free, and nothing is written any more; reads go on."""
    loop = ManualLoop()
    switch = tmp_path / "broken"
    options = replace(SMALL_CACHES, faults=FaultPoints(point, error=errno.ENOMEM, switch=switch))
    storage = Storage.open(tmp_path / "data", options, loop.call_soon)
    table = create_table_later(storage, loop)
    rows = [(n, f"v{n}") for n in range(ROWS)]
    loop.finish(insert(storage, table, *rows))
    switch.touch()
    transaction = storage.begin()
    seqs = [transaction.find(table.oid, storage.key_of(table, (n,)))[1] for n in range(GATHERED_FROM_ROWS)]  # type: ignore[index]
    transaction.delete(table.oid, seqs)
    transaction.insert(table.oid, [(n, "again") for n in range(ROWS)][:GATHERED_FROM_ROWS])
    transaction.insert(table.oid, [(ROWS + n, "new") for n in range(STAGED_FROM_ROWS)])
    commit = loop.finish(storage.commit(transaction))
    with pytest.raises(WriteFailed, match="Cannot allocate memory"):
        commit.result()
    assert storage.is_read_only
    storage.begin().lock_row(table.oid, seqs[0])
    assert rows_of(storage.snapshot(table.oid)) == rows
    assert find(storage, table, 1) == rows[1]
    storage.close()
    switch.unlink()
    storage = open_storage(tmp_path / "data")
    assert rows_of(storage.snapshot(table.oid)) == rows
    assert find(storage, table, 1) == rows[1]
    insert(storage, table, (ROWS, "its key is free")).result()
    storage.close()
    assert_whole(tmp_path / "data")


def test_a_commit_that_cannot_be_encoded_lets_go_of_its_locks(storage: Storage) -> None:
    """Nothing has been written: its keys and rows are as they were, and all goes on."""
    table = create_table(storage)
    insert(storage, table, (1, "a")).result()
    transaction = storage.begin()
    found = transaction.find(table.oid, storage.key_of(table, (1,)))
    assert found is not None
    transaction.delete(table.oid, [found[1]])
    transaction.insert(table.oid, [(1, NO_TEXT), (2, NO_TEXT)])
    with pytest.raises(UnicodeEncodeError):
        storage.commit(transaction)
    assert not storage.is_read_only
    delete(storage, table, 1).result()
    insert(storage, table, (1, "b"), (2, "c")).result()
    assert rows_of(storage.snapshot(table.oid)) == [(1, "b"), (2, "c")]


def test_a_file_that_cannot_be_removed_keeps_nobody_waiting(tmp_path: Path, loop: ManualLoop) -> None:
    """The compaction that has replaced it is done, and it is told of."""
    told: list[Path] = []
    options = replace(SMALL_CACHES, on_unremoved_file=lambda path, error: told.append(path))
    storage = Storage.open(tmp_path, options, loop.call_soon)
    table = create_table_later(storage, loop)
    loop.finish(insert(storage, table, (1, "a"), (2, "b")))
    storage.close()
    storage = Storage.open(tmp_path, options)
    (segment,) = flush(storage, table)
    path = segment.path
    del segment
    delete(storage, table, 1).result()
    plan = plan_compaction(storage, table.oid, FULL)
    assert plan is not None
    compacted = write_compaction(plan, lambda done, total: None)
    path.unlink()
    path.mkdir()
    commit = commit_compaction(storage, plan, compacted)
    assert commit.done
    commit.result()
    del plan
    storage.visible.stores[table.oid].changed()
    assert told == [path]
    assert rows_of(storage.snapshot(table.oid)) == [(2, "b")]
    storage.close()


def test_a_sync_that_fails_in_a_worker_counts_for_all(tmp_path: Path) -> None:
    """What the kernel has dropped may be of any commit, and later syncs say nothing of it."""
    switch = tmp_path / "broken"
    options = replace(SMALL_CACHES, faults=FaultPoints("log.sync", error=errno.EIO, switch=switch))
    storage = Storage.open(tmp_path / "data", options)
    table, other = create_table(storage), create_table(storage, name="other")
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_relation(other))
    storage.commit(dropping).result()
    switch.touch()
    with pytest.raises(WriteFailed, match="cannot sync"):
        reclaim(storage, other.oid, lambda done, total: None)
    switch.unlink()
    with pytest.raises(WriteFailed, match="cannot sync"):
        insert(storage, table, (1, "a")).result()
    assert storage.is_read_only
    storage.close()
