"""Large deletions: the same as many small ones, by one lock and one staged commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from storage.engine import Storage, prepare_deletion, prepare_load
from storage.errors import Blocked, RowChanged, SerializationFailure
from storage.flush import commit_flush, plan_flush, write_segments
from storage.rows import table_from_rows
from storage.unique_keys import row_keys
from tests.storage.harness import (
    SMALL_CACHES,
    ManualLoop,
    compact,
    create_table,
    define,
    delete,
    delete_prepared,
    find,
    finish_flush,
    flush,
    insert,
    open_storage,
    rows_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.deletion import PreparedDeletion
    from storage.engine import Commit

COUNT = 3_000
"""Rows: some slices of them."""


def fill(storage: Storage) -> Table:
    """A table whose rows are cold, hot in Arrow, and hot as tuples, with a key of text in the order of the seqs."""
    table = create_table(storage)
    rows = [(number, f"v{number}") for number in range(COUNT)]
    insert(storage, table, *rows[:1_000])
    flush(storage, table)
    transaction = storage.begin()
    transaction.begin_statement()
    load = prepare_load(storage, table, table_from_rows(rows[1_000:2_000], table.columns))
    transaction.insert(table.oid, load)
    storage.commit(transaction).result()
    insert(storage, table, *rows[2_000:])
    return table


def prepared(storage: Storage, table: Table, *seqs: int) -> PreparedDeletion:
    """The deletion of some visible rows."""
    return prepare_deletion(storage.snapshot(table.oid), table.oid, np.array(seqs))


def test_keys_of_cold_and_hot_rows_are_read(storage: Storage) -> None:
    """In the order of the seqs, each row once; a table without a primary key has none."""
    table = fill(storage)
    deletion = prepared(storage, table, 2_500, 1, 1_500, 1)
    assert deletion.seqs.tolist() == [1, 1_500, 2_500]
    (key,) = row_keys(table, table.oid)
    assert [deletion.seq_of(key.prefix + key.of_values((n,))) for n in (0, 1_499, 2_499, 7)] == [1, 1_500, 2_500, None]
    keyless = create_table(storage, key=(), name="keyless")
    insert(storage, keyless, (1, "a"))
    assert not prepared(storage, keyless, 1).keys


def test_a_large_deletion_and_its_undoing(storage: Storage) -> None:
    """The transaction sees the rows gone, and there again after it has gone back to a mark; nobody else does."""
    table = fill(storage)
    transaction = storage.begin()
    mark = transaction.begin_statement()
    delete_prepared(transaction, table.oid, range(1, COUNT))
    assert rows_of(transaction.snapshot(table.oid)) == [(COUNT - 1, f"v{COUNT - 1}")]
    assert transaction.snapshot(table.oid).row_count == 1
    assert transaction.find(table.oid, storage.key_of(table, (5,))) is None
    assert storage.snapshot(table.oid).row_count == COUNT
    transaction.undo_to(mark)
    assert transaction.snapshot(table.oid).row_count == len(rows_of(transaction.snapshot(table.oid))) == COUNT
    delete(storage, table, 5)


@pytest.mark.parametrize("settled", [False, True])
def test_a_large_update_is_durable(tmp_path: Path, settled: bool) -> None:
    """Rows, keys and counts are right when it is committed, after a flush and a compaction, and after a restart."""
    storage = Storage.open(tmp_path, SMALL_CACHES)
    table = fill(storage)
    transaction = storage.begin()
    transaction.begin_statement()
    delete_prepared(transaction, table.oid, range(1, 2_801))
    new = [(number, "new") for number in range(500, 1_500)]
    transaction.insert(table.oid, prepare_load(storage, table, table_from_rows(new, table.columns)))
    storage.commit(transaction).result()
    if settled:
        flush(storage, table)
        compact(storage, table)
    expected = sorted([*new, *((number, f"v{number}") for number in range(2_800, COUNT))])
    for _ in range(2):
        assert sorted(rows_of(storage.snapshot(table.oid))) == expected
        assert storage.snapshot(table.oid).row_count == len(expected)
        assert [find(storage, table, key) for key in (0, 499, 2_799)] == [None, None, None]
        assert [find(storage, table, key) for key in (500, 1_499)] == [(500, "new"), (1_499, "new")]
        storage.close()
        storage = Storage.open(tmp_path, SMALL_CACHES)
    insert(storage, table, (0, "again"), (499, "again"))
    storage.close()


def test_rows_of_a_large_deletion_are_locked_with_their_keys(storage: Storage) -> None:
    """Against those who change one of them or take its key, against another large deletion, and the other way round."""
    table = fill(storage)
    first, second = storage.begin(), storage.begin()
    first.begin_statement()
    mark = second.begin_statement()
    delete_prepared(first, table.oid, range(10, 20))
    second.delete(table.oid, [9])
    for blocked in (
        lambda: second.delete(table.oid, [15]),
        lambda: second.insert(table.oid, [(15, "key of a deleted row")]),
        lambda: second.lock_deletion(prepared(storage, table, 19, 20)),
        lambda: first.lock_deletion(prepared(storage, table, 8, 9)),
    ):
        with pytest.raises(Blocked):
            blocked()
    second.lock_deletion(prepared(storage, table, 8, 30))
    second.undo_to(mark)
    storage.commit(first).result()
    second.begin_statement()
    second.insert(table.oid, [(15, "free")])
    storage.commit(second).result()


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_row_that_has_died_since_is_noticed(storage: Storage, forgotten: bool) -> None:
    """Also when a flush has forgotten it; a statement runs again, REPEATABLE READ cannot."""
    table = fill(storage)
    for isolation, error in (("read committed", RowChanged), ("repeatable read", SerializationFailure)):
        transaction = storage.begin(isolation)  # type: ignore[arg-type]  # one of the literals
        transaction.begin_statement()
        seqs = [seq for _, seq in [find_seq(storage, table, key) for key in (2_100, 2_200)]]
        assert transaction.snapshot(table.oid).row_count
        delete(storage, table, 2_100)
        if forgotten:
            flush(storage, table)
        with pytest.raises(error):
            delete_prepared(transaction, table.oid, seqs)
        transaction.undo_to(0)
        storage.rollback(transaction)
        insert(storage, table, (2_100, "again"))


def find_seq(storage: Storage, table: Table, key: int) -> tuple[object, int]:
    """The visible row with a key, and its seq."""
    found = storage.find(table.oid, storage.key_of(table, (key,)))
    assert found is not None
    return found


def test_a_snapshot_from_before_finds_the_rows_by_their_keys(storage: Storage) -> None:
    """REPEATABLE READ sees what a large deletion has deleted since, and cannot insert the keys again."""
    table = fill(storage)
    reader, deleter = storage.begin("repeatable read"), storage.begin()
    reader.begin_statement()
    deleter.begin_statement()
    delete_prepared(deleter, table.oid, range(1, 2_001))
    storage.commit(deleter).result()
    found = reader.find(table.oid, storage.key_of(table, (7,)))
    assert found is not None
    assert found[0] == (7, "v7")
    with pytest.raises(SerializationFailure):
        reader.insert(table.oid, [(8, "twice")])
    with pytest.raises(SerializationFailure):
        data = table_from_rows([(number, "twice") for number in range(1_000)], table.columns)
        reader.insert(table.oid, prepare_load(storage, table, data))


def create_later(storage: Storage, loop: ManualLoop) -> Table:
    """The small table, where commits settle when the loop turns."""
    creation = storage.begin()
    table = define(creation.new_oid())
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(storage.commit(creation)).result()
    return table


def test_rows_are_visible_until_a_large_deletion_is_durable(looped: Storage, loop: ManualLoop) -> None:
    """While its slices are written, keys lead to them; the commits of others go on."""
    table = create_later(looped, loop)
    loop.finish(insert_later(looped, table, *[(number, "old") for number in range(COUNT)]))
    transaction = looped.begin()
    transaction.begin_statement()
    delete_prepared(transaction, table.oid, range(1, COUNT))
    commit = looped.commit(transaction)
    other = insert_later(looped, table, (COUNT, "other"))
    while not commit.done:
        assert find(looped, table, 17) == (17, "old")
        assert looped.snapshot(table.oid).row_count in (COUNT, COUNT + 1)
        loop.turn_once()
    loop.finish(other)
    assert find(looped, table, 17) is None
    assert rows_of(looped.snapshot(table.oid)) == [(COUNT - 1, "old"), (COUNT, "other")]


def insert_later(storage: Storage, table: Table, *rows: tuple[object, ...]) -> Commit:
    """Insert rows and commit them; the commit is not waited for."""
    transaction = storage.begin()
    transaction.begin_statement()
    transaction.insert(table.oid, rows)
    return storage.commit(transaction)


def test_deaths_that_a_flush_removes_while_they_are_written_ahead_are_written_again(
    loop: ManualLoop, tmp_path: Path
) -> None:
    """A flush forgets dead rows by a range; those of a deletion under way in it are there after a restart."""
    looped = open_storage(tmp_path, loop.call_soon)
    table = create_later(looped, loop)
    loop.finish(insert_later(looped, table, *[(number, "old") for number in range(COUNT)]))
    early = looped.begin()
    early.begin_statement()
    delete_prepared(early, table.oid, range(1, 1_001))
    loop.finish(looped.commit(early))
    plan = plan_flush(looped, table.oid)
    assert plan is not None
    segments = write_segments(plan, lambda done, total: None)
    late = looped.begin()
    late.begin_statement()
    delete_prepared(late, table.oid, range(1_001, 2_001))
    deletion = looped.commit(late)
    settling = commit_flush(looped, plan, segments)
    loop.finish(deletion)
    loop.finish(settling)
    expected = [(number, "old") for number in range(2_000, COUNT)]
    assert rows_of(looped.snapshot(table.oid)) == expected
    looped.close()
    again = Storage.open(tmp_path, SMALL_CACHES)
    assert rows_of(again.snapshot(table.oid)) == expected
    assert again.snapshot(table.oid).row_count == len(expected)
    again.close()


def test_a_large_deletion_after_a_flush_was_planned(storage: Storage) -> None:
    """Its rows are in the flush's segments, dead: after the flush, too, and after a restart."""
    table = create_table(storage)
    insert(storage, table, *[(number, "old") for number in range(COUNT)])
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    transaction = storage.begin()
    transaction.begin_statement()
    delete_prepared(transaction, table.oid, range(1, 2_001))
    storage.commit(transaction).result()
    finish_flush(storage, plan)
    assert storage.snapshot(table.oid).row_count == len(rows_of(storage.snapshot(table.oid))) == COUNT - 2_000
