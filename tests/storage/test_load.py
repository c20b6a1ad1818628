"""Large inserts: prepared in a worker, written ahead in slices, real all at once or not at all."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from storage import types
from storage.catalog_entries import Column
from storage.engine import Storage, prepare_load
from storage.errors import Blocked, UniqueViolation
from storage.flush import commit_flush, plan_flush, write_segments
from storage.keys import KeyKind
from storage.staging import SLICE_ROWS, STAGED_FROM_ROWS
from tests.storage.harness import (
    KEY_AND_TEXT,
    ManualLoop,
    create_table,
    define,
    delete,
    find,
    finish_flush,
    insert,
    open_storage,
    rows_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.load import PreparedLoad
    from storage.syncer import Commit

LARGE = STAGED_FROM_ROWS + SLICE_ROWS + 1


def keyed(keys: list[int]) -> pa.Table:
    """Rows with these keys."""
    return pa.table({"id": pa.array(keys, pa.int64()), "v": pa.array([f"v{key}" for key in keys])})


def prepared(storage: Storage, table: Table, keys: list[int], after: tuple[PreparedLoad, ...] = ()) -> PreparedLoad:
    """A load of rows with these keys."""
    return prepare_load(storage, table, keyed(keys), after)


def load(storage: Storage, table: Table, keys: list[int]) -> Commit:
    """Commit a load of rows with these keys."""
    transaction = storage.begin()
    transaction.insert(table.oid, prepared(storage, table, keys))
    return storage.commit(transaction)


@pytest.mark.parametrize("ascending", [True, False])
def test_a_load_is_like_any_insert(tmp_path: Path, *, ascending: bool) -> None:
    """Its rows are found by key and by scan, in the order given, after a restart too."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    keys = list(range(-10, LARGE))
    if not ascending:
        random.Random(1).shuffle(keys)
    load(storage, table, keys).result()
    for _ in range(2):
        assert rows_of(storage.snapshot(table.oid)) == [(key, f"v{key}") for key in keys]
        for key in (-10, 0, 77, LARGE - 1):
            assert find(storage, table, key) == (key, f"v{key}")
        assert find(storage, table, LARGE) is None
        storage.close()
        storage = open_storage(tmp_path)
    storage.close()


def test_many_rows_as_tuples_are_staged_too(storage: Storage) -> None:
    """How the rows came does not matter to the commit."""
    table = create_table(storage)
    rows = [(key, f"v{key}") for key in range(LARGE)]
    insert(storage, table, *rows).result()
    assert rows_of(storage.snapshot(table.oid)) == rows
    assert find(storage, table, LARGE - 1) == rows[-1]
    assert list(storage.scan(KeyKind.LOAD.value)) == []


def test_a_load_within_a_transaction_is_seen_found_and_changed_there(storage: Storage) -> None:
    """By scan and by key; its rows can be deleted again, and their keys used again."""
    table = create_table(storage)
    transaction = storage.begin()
    seqs = transaction.insert(table.oid, prepared(storage, table, [3, 1, 2]))
    found = transaction.find(table.oid, storage.key_of(table, (1,)))
    assert found == ((1, "v1"), seqs[1])
    transaction.delete(table.oid, [seqs[1]])
    assert transaction.find(table.oid, storage.key_of(table, (1,))) is None
    transaction.insert(table.oid, [(1, "again")])
    expected = [(3, "v3"), (2, "v2"), (1, "again")]
    assert rows_of(transaction.snapshot(table.oid)) == expected
    storage.commit(transaction).result()
    assert rows_of(storage.snapshot(table.oid)) == expected
    assert find(storage, table, 1) == (1, "again")


def test_keys_that_are_taken_are_refused(storage: Storage) -> None:
    """By a row of the load itself, a committed one, one inserted before, another load; with the key that is."""
    table = create_table(storage)
    insert(storage, table, (5, "old"))
    with pytest.raises(UniqueViolation) as within:
        prepared(storage, table, [1, 9, 4, 9])
    assert within.value.key == (9,)
    transaction = storage.begin()
    with pytest.raises(UniqueViolation) as committed:
        transaction.insert(table.oid, prepared(storage, table, [4, 5, 6]))
    assert committed.value.key == (5,)
    storage.rollback(transaction)
    transaction = storage.begin()
    transaction.insert(table.oid, [(7, "own")])
    with pytest.raises(UniqueViolation):
        transaction.insert(table.oid, prepared(storage, table, [6, 7]))
    transaction.undo_to(0)
    first = prepared(storage, table, [1, 3, 6])
    transaction.insert(table.oid, first)
    for second in (prepared(storage, table, [2, 3], (first,)), prepared(storage, table, [2, 3])):
        with pytest.raises(UniqueViolation) as earlier:
            transaction.insert(table.oid, second)
        assert earlier.value.key == (3,)
    with pytest.raises(UniqueViolation):
        transaction.insert(table.oid, [(6, "x")])
    transaction.insert(table.oid, prepared(storage, table, [2, 4], (first,)))
    storage.commit(transaction).result()
    assert [row[0] for row in rows_of(storage.snapshot(table.oid))] == [5, 1, 3, 6, 2, 4]


def test_keys_of_deleted_rows_can_be_loaded_again(storage: Storage) -> None:
    """Rows of an earlier load of the same transaction, and of another one's that was committed after the search."""
    table = create_table(storage)
    transaction = storage.begin()
    first = prepared(storage, table, [1, 5, 9])
    seqs = transaction.insert(table.oid, first)
    transaction.delete(table.oid, seqs[:2])
    transaction.insert(table.oid, prepared(storage, table, [5, 6], (first,)))
    transaction.insert(table.oid, prepared(storage, table, [1, 2]))
    with pytest.raises(UniqueViolation):
        transaction.insert(table.oid, prepared(storage, table, [8, 9], (first,)))
    storage.commit(transaction).result()
    assert [find(storage, table, key) for key in (1, 5, 9)] == [(1, "v1"), (5, "v5"), (9, "v9")]
    insert(storage, table, (15, "so that the index is searched"))
    fine, unlucky = prepared(storage, table, [10, 20]), prepared(storage, table, [11, 20])
    load(storage, table, [10, 11, 12]).result()
    delete(storage, table, 10)
    transaction = storage.begin()
    transaction.insert(table.oid, fine)
    storage.commit(transaction).result()
    delete(storage, table, 20)
    transaction = storage.begin()
    with pytest.raises(UniqueViolation) as error:
        transaction.insert(table.oid, unlucky)
    assert error.value.key == (11,)


def test_a_key_that_is_committed_after_the_search_is_noticed(storage: Storage) -> None:
    """Between preparing in a worker and inserting on the loop others may commit, and delete again."""
    table = create_table(storage)
    insert(storage, table, (5, "between the first and the last key"))
    unlucky, lucky = prepared(storage, table, [1, 2, 9]), prepared(storage, table, [0, 3, 9])
    insert(storage, table, (2, "quicker"), (3, "quicker"))
    delete(storage, table, 3)
    transaction = storage.begin()
    with pytest.raises(UniqueViolation) as error:
        transaction.insert(table.oid, unlucky)
    assert error.value.key == (2,)
    transaction.undo_to(0)
    transaction.insert(table.oid, lucky)
    storage.commit(transaction).result()


def test_loads_and_other_inserts_lock_each_others_keys(storage: Storage) -> None:
    """Whoever comes second is blocked until the first one ends."""
    table = create_table(storage)
    loader, single, other = (storage.begin() for _ in range(3))
    loader.insert(table.oid, prepared(storage, table, [1, 5, 9]))
    for blocked in ([(5, "x")], prepared(storage, table, [7, 8])):
        with pytest.raises(Blocked) as error:
            single.insert(table.oid, blocked)
        assert error.value.holder is loader
    single.insert(table.oid, [(6, "not in the load")])
    other.insert(table.oid, prepared(storage, table, [10, 11]))
    with pytest.raises(Blocked) as error:
        other.insert(table.oid, prepared(storage, table, [-1, 6]))
    storage.rollback(loader)
    storage.rollback(other)
    single.insert(table.oid, [(5, "x")])
    storage.commit(single).result()


def test_a_load_may_replace_rows_deleted_in_the_same_transaction(tmp_path: Path) -> None:
    """The old rows are there until the commit, the new ones afterwards, by scan and by key, after a restart too."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    keys = list(range(LARGE))
    load(storage, table, keys).result()
    transaction = storage.begin()
    transaction.delete(table.oid, range(1, 11))
    fresh = pa.table({"id": pa.array(range(10), pa.int64()), "v": pa.array(["new"] * 10)})
    more = keyed(list(range(LARGE, LARGE + STAGED_FROM_ROWS)))
    transaction.insert(table.oid, prepare_load(storage, table, pa.concat_tables([fresh, more])))
    assert find(storage, table, 3) == (3, "v3")
    storage.commit(transaction).result()
    for _ in range(2):
        assert [find(storage, table, key) for key in (3, 10)] == [(3, "new"), (10, "v10")]
        assert storage.snapshot(table.oid).row_count == LARGE + STAGED_FROM_ROWS
        storage.close()
        storage = open_storage(tmp_path)
    storage.close()


def test_other_commits_and_flushes_go_on_while_a_load_is_written_ahead(tmp_path: Path, loop: ManualLoop) -> None:
    """They get later seqs and are visible first; a flush leaves the load out and never writes a segment across it."""
    storage = open_storage(tmp_path, loop.call_soon)
    table = define(20000)
    creation = storage.begin()
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(storage.commit(creation))
    loop.finish(insert(storage, table, (-1, "before")))
    loading = load(storage, table, list(range(LARGE)))
    after = insert(storage, table, (-2, "after"))
    # The load ends on the loop, which has not turned since: it cannot be done, whatever its thread does.
    while not after.done:
        assert not loading.done
        loop.turn_once()
    if not loading.done:
        assert find(storage, table, 5) is None
        assert rows_of(storage.snapshot(table.oid)) == [(-1, "before"), (-2, "after")]
        plan = plan_flush(storage, table.oid)
        assert plan is not None
        assert [last - first for first, last in plan.ranges] == [0, 0]
        segments = write_segments(plan, lambda done, total: None)
        assert len(segments) == 2
        loop.finish(commit_flush(storage, plan, segments))
    loop.finish(loading).result()
    expected = {(-1, "before"), (-2, "after"), *((key, f"v{key}") for key in range(LARGE))}
    assert set(rows_of(storage.snapshot(table.oid))) == expected
    assert find(storage, table, 5) == (5, "v5")
    storage.close()
    storage = open_storage(tmp_path)
    assert set(rows_of(storage.snapshot(table.oid))) == expected
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    finish_flush(storage, plan)
    assert set(rows_of(storage.snapshot(table.oid))) == expected
    assert [find(storage, table, key) for key in (-1, -2, 5)] == [(-1, "before"), (-2, "after"), (5, "v5")]
    storage.close()


def test_data_is_cast_to_the_stored_types(storage: Storage) -> None:
    """DuckDB's Arrow types for the same values are accepted; columns are taken by position."""
    columns = (Column(1, "id", types.INTEGER), Column(2, "u", types.UUID), Column(3, "t", types.TEXT))
    table = create_table(storage, columns)
    data = pa.table(
        {
            "a": pa.chunked_array([[1], [2]], pa.int64()),
            "b": pa.array([b"u" * 16, None], pa.binary(16)),
            "c": pa.array(["x", None], pa.large_string()),
        }
    )
    transaction = storage.begin()
    transaction.insert(table.oid, data)
    storage.commit(transaction).result()
    assert rows_of(storage.snapshot(table.oid)) == [(1, b"u" * 16, "x"), (2, None, None)]


def test_keys_of_every_shape_are_found(storage: Storage) -> None:
    """Text keys and keys of two columns, unsorted, many enough to be staged."""
    columns = (*KEY_AND_TEXT, Column(3, "n", types.SMALLINT))
    table = create_table(storage, columns, key=(2, 1))
    numbers = list(range(LARGE))
    random.Random(2).shuffle(numbers)
    data = pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "v": pa.array([f"k{n % 100}" for n in numbers]),
            "n": pa.nulls(LARGE, pa.int16()),
        }
    )
    transaction = storage.begin()
    transaction.insert(table.oid, prepare_load(storage, table, data))
    assert transaction.find(table.oid, storage.key_of(table, ("k7", 107)), (0,)) is not None
    storage.commit(transaction).result()
    assert find(storage, table, "k7", 107) == (107, "k7", None)
    assert find(storage, table, "k8", 107) is None


def test_an_empty_load_changes_nothing(storage: Storage) -> None:
    """INSERT … SELECT of no rows."""
    table = create_table(storage)
    transaction = storage.begin()
    assert list(transaction.insert(table.oid, keyed([]))) == []
    assert not transaction.has_changes
    storage.commit(transaction).result()
