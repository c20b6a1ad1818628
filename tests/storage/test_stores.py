"""Row stores of user tables: each role has its own rows, keys and files, and nobody else's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
import pytest

from storage.catalog_entries import Role
from storage.drop import reclaim
from storage.engine import prepare_load
from storage.errors import TableGone, UniqueViolation
from storage.flush import commit_flushes, hot_stores, measure_flush, plan_flush, write_plans
from storage.keys import STORE_KINDS, KeyKind, key
from storage.recovery import load_stores
from storage.users import overdue, remove_files, remove_store
from tests.measuring import assert_measured, measures
from tests.storage.harness import KEY_AND_TEXT, create_table, define, finish_flush, open_storage, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage
    from tests.storage.harness import ManualLoop

ALICE, BOB = Role(20_001, "alice"), Role(20_002, "bob")
USER = {"type": "user"}


def create_user_table(storage: Storage, name: str = "t", key: tuple[int, ...] = (1,)) -> Table:
    """A user table with a key and a text."""
    return create_table(storage, KEY_AND_TEXT, key, name, USER)


def write(storage: Storage, table: Table, role: Role, *rows: tuple[Any, ...]) -> int:
    """Commit rows of a role; the id of its store."""
    transaction = storage.begin()
    store = transaction.partition(table.oid, role)
    transaction.insert(store, rows)
    storage.commit(transaction).result()
    return store


def rows(storage: Storage, table: Table, role: Role) -> list[tuple[Any, ...]]:
    """What a role has."""
    return rows_of(storage.snapshot(storage.partition(table.oid, role.oid) or table.oid))


def flush_all(storage: Storage, table: Table) -> None:
    """Flush every store, in one step."""
    hot = hot_stores(storage, table.oid)
    plans = [plan for store in hot if (plan := plan_flush(storage, store.store_oid)) is not None]
    commit_flushes(storage, write_plans(plans, lambda done, total: None)).result()


def keys_left(storage: Storage, *stores: int) -> int:
    """How many keys RocksDB has of the stores."""
    return sum(1 for kind in STORE_KINDS for store in stores for _ in storage.scan(key(kind, store)))


def test_each_role_has_its_own_rows(storage: Storage) -> None:
    """The same key may be in two roles' rows, and is unique in each; seqs of two stores are the same ones."""
    table = create_user_table(storage)
    assert storage.stores(table.oid) == ()
    assert rows(storage, table, ALICE) == []
    alice = write(storage, table, ALICE, (1, "alice's"))
    bob = write(storage, table, BOB, (1, "bob's"), (2, "bob's"))
    assert storage.stores(table.oid) == (alice, bob)
    assert [(each.oid, each.owner) for each in storage.partitions(table.oid)] == [(alice, "alice"), (bob, "bob")]
    assert (storage.last_seq(alice), storage.last_seq(bob)) == (1, 2)
    assert rows(storage, table, ALICE) == [(1, "alice's")]
    assert rows(storage, table, BOB) == [(1, "bob's"), (2, "bob's")]
    encoded = storage.key_of(table, (1,))
    assert [storage.find(store, encoded)[0][1] for store in (alice, bob)] == ["alice's", "bob's"]
    transaction = storage.begin()
    with pytest.raises(UniqueViolation):
        transaction.insert(alice, [(1, "again")])
    storage.rollback(transaction)
    assert storage.table_statistics(table.oid).hot_rows == 3
    assert storage.statistics(bob).hot_rows == 2


def test_a_shared_table_is_one_store(storage: Storage) -> None:
    """Its id is the table's."""
    table = create_table(storage)
    assert storage.stores(table.oid) == (table.oid,)
    assert storage.partitions(table.oid) == ()
    assert storage.table_statistics(table.oid) == storage.statistics(table.oid)


def test_rows_of_a_user_table_have_an_owner(storage: Storage) -> None:
    """Nothing can be written into the store with the table's own id."""
    table = create_user_table(storage)
    with pytest.raises(AssertionError):
        storage.begin().insert(table.oid, [(1, "whose?")])


def test_a_partition_outlives_a_rollback(tmp_path: Path) -> None:
    """The first write of a role is rolled back: an empty store stays, and serves the next one, restart or not."""
    storage = open_storage(tmp_path)
    table = create_user_table(storage)
    transaction = storage.begin()
    store = transaction.partition(table.oid, ALICE)
    transaction.insert(store, [(1, "no")])
    storage.rollback(transaction)
    storage.close()
    storage = open_storage(tmp_path)
    assert storage.partition(table.oid, ALICE.oid) == store
    assert rows(storage, table, ALICE) == []
    assert storage.begin().new_oid() > store
    assert write(storage, table, ALICE, (1, "yes")) == store
    storage.close()


def test_two_first_writes_at_once(storage: Storage) -> None:
    """Two open transactions of one role write into the same store."""
    table = create_user_table(storage)
    first, second = storage.begin(), storage.begin()
    stores = {transaction.partition(table.oid, ALICE) for transaction in (first, second)}
    assert len(stores) == 1
    (store,) = stores
    first.insert(store, [(1, "first")])
    second.insert(store, [(2, "second")])
    storage.commit(second).result()
    storage.commit(first).result()
    assert rows(storage, table, ALICE) == [(2, "second"), (1, "first")]


def test_a_table_of_the_same_transaction(storage: Storage) -> None:
    """A user table can be written to before it is committed; undone, nothing of it stays, and committed, all of it."""
    for keep in (False, True):
        transaction = storage.begin()
        table = define(transaction.new_oid(), name="own", options=USER)
        mark = transaction.begin_statement()
        transaction.change_catalog(lambda catalog, table=table: catalog.with_table(table))
        assert transaction.stores(table.oid) == ()
        store = transaction.partition(table.oid, ALICE)
        assert transaction.find_partition(table.oid, ALICE.oid) == store
        assert transaction.partition(table.oid, ALICE) == store
        transaction.insert(store, [(1, "own")])
        assert rows_of(transaction.snapshot(store)) == [(1, "own")]
        assert transaction.stores(table.oid) == (store,)
        if not keep:
            transaction.undo_to(mark)
        storage.commit(transaction).result()
        if keep:
            assert rows(storage, table, ALICE) == [(1, "own")]
        else:
            with pytest.raises(TableGone):
                storage.stores(table.oid)
            assert list(storage.scan(KeyKind.PARTITION.value)) == []


def test_one_snapshot_sees_no_later_store(storage: Storage) -> None:
    """REPEATABLE READ sees nothing of a role that has written since, and its own first write."""
    table = create_user_table(storage)
    reader = storage.begin("repeatable read")
    reader.begin_statement()
    bob = write(storage, table, BOB, (1, "later"))
    assert rows_of(reader.snapshot(bob)) == []
    alice = reader.partition(table.oid, ALICE)
    reader.insert(alice, [(1, "own")])
    assert rows_of(reader.snapshot(alice)) == [(1, "own")]
    storage.rollback(reader)


def test_loads_into_one_store(storage: Storage) -> None:
    """A large load minds the keys of its own store only, staged or not."""
    table = create_user_table(storage)
    write(storage, table, ALICE, (5, "alice's"))
    data = pa.table({"id": pa.array(range(8_000), pa.int64()), "v": ["bulk"] * 8_000})
    for role, taken in ((BOB, False), (ALICE, True)):
        transaction = storage.begin()
        store = transaction.partition(table.oid, role)
        load = prepare_load(storage, table, data, store_oid=store)
        if taken:
            with pytest.raises(UniqueViolation):
                transaction.insert(store, load)
            storage.rollback(transaction)
        else:
            transaction.insert(store, load)
            storage.commit(transaction).result()
    assert (len(rows(storage, table, BOB)), len(rows(storage, table, ALICE))) == (8_000, 1)


def test_a_segment_holds_one_owner(storage: Storage, tmp_path: Path) -> None:
    """The files of a role are in a folder of its name, whatever that is, and say whose rows they hold."""
    table = create_user_table(storage)
    odd = Role(20_003, "../eve/ü.=")
    for role in (ALICE, odd):
        write(storage, table, role, (1, role.name))
    flush_all(storage, table)
    for role in (ALICE, odd):
        (segment,) = storage.snapshot(storage.partition(table.oid, role.oid)).segments
        namespace, name, folder, _ = segment.path.relative_to(storage.cold_folder).parts
        assert (namespace, name) == ("public", f"t-{table.oid}")
        assert unquote(folder) == f"user={role.name}"
        assert segment.owner == role.name
        assert rows(storage, table, role) == [(1, role.name)]
    assert storage.table_statistics(table.oid).last_flushed_at is not None


def test_a_flush_of_some_stores_is_one_step(storage: Storage) -> None:
    """A measure of it says what it then does, and changes nothing; rows that die meanwhile are dead afterwards."""
    table = create_user_table(storage)
    alice = write(storage, table, ALICE, (1, "a"), (2, "a"))
    write(storage, table, BOB, (1, "b"))
    assert measure_flush(storage, table.oid)[0::2] == (3, 2)
    plans = [plan_flush(storage, store.store_oid) for store in hot_stores(storage, table.oid)]
    written = write_plans(plans, lambda done, total: None)
    transaction = storage.begin()
    transaction.delete(alice, [2])
    storage.commit(transaction).result()
    write(storage, table, BOB, (2, "since"))
    commit_flushes(storage, written).result()
    assert (rows(storage, table, ALICE), rows(storage, table, BOB)) == ([(1, "a")], [(1, "b"), (2, "since")])
    assert [store.store_oid for store in hot_stores(storage, table.oid)] == [storage.partition(table.oid, BOB.oid)]


def test_a_drop_takes_all_stores(storage: Storage) -> None:
    """They are gone with the table, and a reclaim leaves nothing of them, neither keys nor files nor folders."""
    table = create_user_table(storage)
    stores = [write(storage, table, role, (1, "v")) for role in (ALICE, BOB)]
    flush_all(storage, table)
    write(storage, table, ALICE, (2, "hot"))
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(transaction).result()
    for store in stores:
        with pytest.raises(TableGone):
            storage.snapshot(store)
    reclaim(storage, table.oid, lambda done, total: None)
    assert keys_left(storage, table.oid, *stores) == 0
    assert list(storage.scan(KeyKind.PARTITION.value)) == []
    assert not list((storage.cold_folder / "public").rglob("*user=*"))


def test_stores_can_be_brought_back(storage: Storage) -> None:
    """`load_stores` builds the stores of a table that is not there, and `adopt` attaches them with its entry."""
    table = create_user_table(storage)
    alice = write(storage, table, ALICE, (1, "cold"))
    flush_all(storage, table)
    write(storage, table, ALICE, (2, "hot"))
    for change in (lambda catalog: catalog.without_table(table.oid), lambda catalog: catalog.with_table(table)):
        transaction = storage.begin()
        transaction.change_catalog(change)
        if table.oid in transaction.catalog.tables:
            transaction.adopt(load_stores(storage.visible, table, storage.cold_folder, storage.reaper))
        storage.commit(transaction).result()
    assert storage.stores(table.oid) == (alice,)
    assert rows(storage, table, ALICE) == [(1, "cold"), (2, "hot")]
    assert write(storage, table, ALICE, (3, "on")) == alice


def test_rows_of_a_dropped_role(storage: Storage) -> None:
    """They stay until they are overdue, then go with files and index, but for a reader that has them; only then the
    role is forgotten.
    """
    table = create_user_table(storage)
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.with_role(ALICE).with_role(BOB))
    storage.commit(transaction).result()
    alice, bob = (write(storage, table, role, (1, role.name)) for role in (ALICE, BOB))
    flush_all(storage, table)
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_role("alice"))
    storage.commit(transaction).result()
    (dropped,) = storage.dropped_roles()
    assert (dropped.oid, dropped.name) == (ALICE.oid, "alice")
    assert overdue(storage, dropped.dropped_at).partitions == ()
    (partition,) = overdue(storage, dropped.dropped_at + 1).partitions
    assert partition.oid == alice
    reader = storage.snapshot(alice)
    commit, removed = remove_store(storage, partition)
    commit.result()
    remove_files(storage, removed)
    assert rows_of(reader) == [(1, "alice")]
    path = reader.segments[0].path
    del reader, commit
    assert not path.exists()
    assert keys_left(storage, alice) == 0
    assert storage.stores(table.oid) == (bob,)
    assert rows(storage, table, BOB) == [(1, "bob")]
    assert remove_store(storage, partition) is None


def test_a_flush_meets_the_removal_of_a_store(storage: Storage) -> None:
    """A flush that was planned before fails as for a table that is gone."""
    table = create_user_table(storage)
    alice = write(storage, table, ALICE, (1, "v"))
    plan = plan_flush(storage, alice)
    remove_store(storage, storage.partitions(table.oid)[0])[0].result()
    with pytest.raises(TableGone):
        finish_flush(storage, plan)


@measures
@pytest.mark.long
def test_thousands_of_stores(tmp_path: Path) -> None:
    """Two thousand roles with a few rows each: written, flushed and recovered in seconds of processor time."""
    storage = open_storage(tmp_path)
    table = create_user_table(storage)
    roles = [Role(30_000 + number, f"user {number}") for number in range(2_000)]
    transaction = storage.begin()
    for role in roles:
        transaction.insert(transaction.partition(table.oid, role), [(n, role.name) for n in range(3)])
    storage.commit(transaction).result()
    storage.close()
    for cold in (False, True):
        started_s = time.process_time()
        storage = open_storage(tmp_path)
        opened_s = time.process_time() - started_s
        assert_measured(opened_s < 10, opened_s)
        assert storage.table_statistics(table.oid).hot_rows == (0 if cold else 6_000)
        assert rows(storage, table, roles[1234]) == [(n, "user 1234") for n in range(3)]
        if not cold:
            started_s = time.process_time()
            flush_all(storage, table)
            flushed_s = time.process_time() - started_s
            assert_measured(flushed_s < 30, flushed_s)
        assert storage.table_statistics(table.oid).segments == 2_000
        storage.close()


def test_commits_of_stores_are_in_one_order(looped: Storage, loop: ManualLoop) -> None:
    """The number of a table's last commit rises with every commit that is visible, whichever store it was to."""
    transaction = looped.begin()
    table = define(transaction.new_oid(), options=USER)
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(looped.commit(transaction))
    assert looped.last_commit(table.oid) == 0
    seen = [looped.last_visible_commit]
    for role in (ALICE, BOB, ALICE):
        transaction = looped.begin()
        transaction.insert(transaction.partition(table.oid, role), [(len(seen), "v")])
        commit = looped.commit(transaction)
        assert looped.last_visible_commit == seen[-1], "it is not visible yet"
        loop.finish(commit)
        seen.append(looped.last_commit(table.oid))
        assert looped.last_visible_commit == seen[-1]
    assert seen == sorted(set(seen))
