"""Transactions: what they see, what they lock, and how they take things back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.engine import prepare_load
from storage.errors import (
    Blocked,
    DeadlockDetected,
    RowChanged,
    SerializationFailure,
    UniqueViolation,
)
from storage.rows import table_from_rows
from storage.snapshot import PROVISIONAL_SEQ
from storage.staging import STAGED_FROM_ROWS
from tests.storage.harness import ManualLoop, create_table, define, delete, find, flush, insert, rows_of

if TYPE_CHECKING:
    from storage.engine import Storage
    from storage.transaction import Transaction


def seq_of(storage: Storage, oid: int, key: bytes) -> int:
    """The seq of the visible row with that key."""
    found = storage.find(oid, key)
    assert found is not None
    return found[1]


def test_changes_are_seen_by_the_transaction_alone_until_it_commits(storage: Storage) -> None:
    """Scans and look-ups inside see snapshot plus overlay; others see the rows as they were."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    transaction = storage.begin()
    (row, seq) = transaction.find(table.oid, storage.key_of(table, (1,))) or ((), 0)
    assert row == (1, "a")
    transaction.delete(table.oid, [seq])
    provisional = transaction.insert(table.oid, [(1, "A"), (3, "c")])
    assert provisional.start >= PROVISIONAL_SEQ
    assert rows_of(transaction.snapshot(table.oid)) == [(2, "b"), (1, "A"), (3, "c")]
    assert transaction.find(table.oid, storage.key_of(table, (1,)), (1,)) == (("A",), provisional[0])
    assert rows_of(storage.snapshot(table.oid)) == [(1, "a"), (2, "b")]
    assert find(storage, table, 3) is None
    storage.commit(transaction).result()
    assert rows_of(storage.snapshot(table.oid)) == [(2, "b"), (1, "A"), (3, "c")]
    assert find(storage, table, 1) == (1, "A")


def test_own_rows_can_be_changed_again(storage: Storage) -> None:
    """A row that the transaction inserted can be deleted and its key used again; only what is left is committed."""
    table = create_table(storage)
    transaction = storage.begin()
    first = transaction.insert(table.oid, [(1, "a"), (2, "b")])
    transaction.delete(table.oid, [first[0]])
    transaction.insert(table.oid, [(1, "A")])
    assert rows_of(transaction.snapshot(table.oid)) == [(2, "b"), (1, "A")]
    storage.commit(transaction).result()
    assert rows_of(storage.snapshot(table.oid)) == [(2, "b"), (1, "A")]


def test_read_committed_sees_new_commits_at_each_statement_and_repeatable_read_never(storage: Storage) -> None:
    """Scans and look-ups of both levels, while others insert, update and delete."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    committed, repeatable = storage.begin(), storage.begin("repeatable read")
    for transaction in (committed, repeatable):
        transaction.begin_statement()
    delete(storage, table, 1, 2)
    insert(storage, table, (1, "A"), (3, "c"))
    expected = {committed: [(1, "A"), (3, "c")], repeatable: [(1, "a"), (2, "b")]}
    for transaction, rows in expected.items():
        transaction.begin_statement()
        assert sorted(rows_of(transaction.snapshot(table.oid))) == rows
        by_key = [transaction.find(table.oid, storage.key_of(table, (key,))) for key in (1, 2, 3)]
        assert [found[0] for found in by_key if found] == rows


def test_one_snapshot_is_of_all_tables(storage: Storage) -> None:
    """REPEATABLE READ: a table that is first read later shows the moment of the first statement."""
    one, other = create_table(storage, name="one"), create_table(storage, name="other")
    transaction = storage.begin("repeatable read")
    transaction.begin_statement()
    insert(storage, one, (1, "a"))
    insert(storage, other, (1, "a"))
    created = create_table(storage, name="created")
    insert(storage, created, (1, "a"))
    for table in (one, other, created):
        assert rows_of(transaction.snapshot(table.oid)) == []
        assert transaction.find(table.oid, storage.key_of(table, (1,))) is None


def test_a_locked_row_or_key_names_its_holder(storage: Storage) -> None:
    """Until the holder ends: writing the same row, or inserting the same key, is blocked."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    seq = seq_of(storage, table.oid, storage.key_of(table, (1,)))
    holder, waiter = storage.begin(), storage.begin()
    holder.delete(table.oid, [seq])
    holder.insert(table.oid, [(2, "b")])
    with pytest.raises(Blocked) as row:
        waiter.delete(table.oid, [seq])
    with pytest.raises(Blocked) as new_key:
        waiter.insert(table.oid, [(2, "mine")])
    with pytest.raises(Blocked) as old_key:
        waiter.insert(table.oid, [(1, "mine")])
    assert row.value.holder is new_key.value.holder is old_key.value.holder is holder
    woken: list[bool] = []
    holder.on_end(lambda: woken.append(holder.is_open))
    storage.rollback(holder)
    assert woken == [False]
    waiter.insert(table.oid, [(2, "mine")])
    storage.commit(waiter).result()
    assert find(storage, table, 2) == (2, "mine")


def test_who_asks_to_be_told_of_an_end_too_late_is_told_at_once(storage: Storage) -> None:
    """Between meeting a lock and waiting for it its holder may have ended: nobody would wake the waiter later."""
    table = create_table(storage)
    committed, rolled_back = storage.begin(), storage.begin()
    committed.insert(table.oid, [(1, "a")])
    storage.commit(committed).result()
    storage.rollback(rolled_back)
    woken: list[str] = []
    committed.on_end(lambda: woken.append("committed"))
    rolled_back.on_end(lambda: woken.append("rolled back"))
    assert woken == ["committed", "rolled back"]


def test_a_row_that_was_changed_meanwhile(storage: Storage) -> None:
    """READ COMMITTED is told to run again; REPEATABLE READ fails with a serialization failure."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    seq = seq_of(storage, table.oid, storage.key_of(table, (1,)))
    committed, repeatable = storage.begin(), storage.begin("repeatable read")
    repeatable.begin_statement()
    delete(storage, table, 1)
    mark = committed.begin_statement()
    with pytest.raises(RowChanged):
        committed.delete(table.oid, [seq])
    committed.undo_to(mark)
    with pytest.raises(SerializationFailure):
        repeatable.delete(table.oid, [seq])


def test_a_key_deleted_by_another_one_is_still_there_for_repeatable_read(storage: Storage) -> None:
    """Inserting it would show it twice in the one snapshot (and does in PostgreSQL): a serialization failure."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    committed, repeatable = storage.begin(), storage.begin("repeatable read")
    mark = repeatable.begin_statement()
    delete(storage, table, 1)
    with pytest.raises(SerializationFailure):
        repeatable.insert(table.oid, [(1, "new")])
    repeatable.undo_to(mark)
    load = prepare_load(storage, table, table_from_rows([(1, "new")], table.columns))
    with pytest.raises(SerializationFailure):
        repeatable.insert(table.oid, load)
    storage.rollback(repeatable)
    committed.insert(table.oid, [(1, "new")])


def test_undoing_takes_back_rows_keys_and_locks_since_the_mark(storage: Storage) -> None:
    """What was done before the mark stays, with its locks."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    seqs = {key: seq_of(storage, table.oid, storage.key_of(table, (key,))) for key in (1, 2)}
    transaction, other = storage.begin(), storage.begin()
    transaction.insert(table.oid, [(3, "c")])
    transaction.delete(table.oid, [seqs[1]])
    mark = transaction.begin_statement()
    transaction.delete(table.oid, [seqs[2]])
    transaction.insert(table.oid, [(1, "A"), (4, "d")])
    own = transaction.find(table.oid, storage.key_of(table, (3,)))
    assert own is not None
    transaction.delete(table.oid, [own[1]])
    transaction.undo_to(mark)
    assert rows_of(transaction.snapshot(table.oid)) == [(2, "b"), (3, "c")]
    assert transaction.find(table.oid, storage.key_of(table, (3,))) is not None
    assert transaction.find(table.oid, storage.key_of(table, (4,))) is None
    other.delete(table.oid, [seqs[2]])
    other.insert(table.oid, [(4, "other")])
    for blocked in ((1, "x"), (3, "x")):
        with pytest.raises(Blocked):
            other.insert(table.oid, [blocked])
    transaction.insert(table.oid, [(1, "again")])
    storage.commit(transaction).result()
    storage.commit(other).result()
    assert sorted(rows_of(storage.snapshot(table.oid))) == [(1, "again"), (3, "c"), (4, "other")]


def test_an_old_view_is_not_touched_by_undoing_and_inserting_again(storage: Storage) -> None:
    """A snapshot taken inside the transaction keeps its rows when the overlay is cut back and grows again."""
    table = create_table(storage, key=())
    transaction = storage.begin()
    transaction.insert(table.oid, [(1, "a")])
    mark = transaction.begin_statement()
    transaction.insert(table.oid, [(2, "b")])
    snapshot = transaction.snapshot(table.oid)
    transaction.undo_to(mark)
    transaction.insert(table.oid, [(3, "c")])
    assert rows_of(snapshot) == [(1, "a"), (2, "b")]


def test_a_duplicate_key_is_refused_wherever_its_twin_is(storage: Storage) -> None:
    """Committed, inserted earlier in the transaction, or in the same statement; not one that it has deleted."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    for rows in ([(1, "x")], [(2, "x"), (2, "y")]):
        transaction = storage.begin()
        with pytest.raises(UniqueViolation) as error:
            transaction.insert(table.oid, rows)
        assert (error.value.constraint, error.value.key) == ("t_pkey", rows[0][:1])
        storage.rollback(transaction)
    transaction = storage.begin()
    transaction.insert(table.oid, [(2, "b")])
    with pytest.raises(UniqueViolation):
        transaction.insert(table.oid, [(2, "c")])


def test_nothing_is_visible_and_everything_locked_until_the_commit_is_durable(
    looped: Storage, loop: ManualLoop
) -> None:
    """Between write and sync: readers see the old rows though the index has the new ones; writers are blocked."""
    transaction = looped.begin()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    creation = looped.commit(transaction)
    assert looped.catalog.table_by_oid(table.oid) is None
    loop.finish(creation)
    loop.finish(insert(looped, table, (1, "a"), (2, "b")))
    update = looped.begin()
    for key, value in ((1, "A"), (2, None)):
        found = update.find(table.oid, looped.key_of(table, (key,)))
        assert found is not None
        update.delete(table.oid, [found[1]])
        if value is not None:
            update.insert(table.oid, [(key, value)])
    update.insert(table.oid, [(3, "c")])
    commit = looped.commit(update)
    assert not commit.done
    assert [find(looped, table, key) for key in (1, 2, 3)] == [(1, "a"), (2, "b"), None]
    assert rows_of(looped.snapshot(table.oid)) == [(1, "a"), (2, "b")]
    for key in (1, 2, 3):
        with pytest.raises(Blocked) as blocked:
            looped.begin().insert(table.oid, [(key, "mine")])
        assert blocked.value.holder is update
    loop.finish(commit)
    assert [find(looped, table, key) for key in (1, 2, 3)] == [(1, "A"), None, (3, "c")]
    assert rows_of(looped.snapshot(table.oid)) == [(1, "A"), (3, "c")]


def test_serializable_fails_if_a_table_it_read_has_changed(looped: Storage, loop: ManualLoop) -> None:
    """Also by a commit that is written and not durable yet: two such transactions cannot both commit (write skew)."""
    one, other = define(20000, name="one"), define(20001, name="other")
    creation = looped.begin()
    creation.change_catalog(lambda catalog: catalog.with_table(one).with_table(other))
    loop.finish(looped.commit(creation))
    first, second = looped.begin("serializable"), looped.begin("serializable")
    for transaction, reads, writes in ((first, one, other), (second, other, one)):
        transaction.begin_statement()
        assert rows_of(transaction.snapshot(reads.oid)) == []
        transaction.insert(writes.oid, [(1, "a")])
    commit = looped.commit(first)
    with pytest.raises(SerializationFailure):
        looped.commit(second)
    loop.finish(commit).result()
    assert rows_of(looped.snapshot(one.oid)) == []


@pytest.mark.parametrize("row_count", [1, STAGED_FROM_ROWS + 1], ids=["small", "large"])
def test_serializable_fails_beside_a_large_commit_that_is_being_written(
    looped: Storage, loop: ManualLoop, row_count: int
) -> None:
    """A large commit counts from when it was checked, and not only once its last part is written."""
    one, other = define(20000, name="one"), define(20001, name="other")
    creation = looped.begin()
    creation.change_catalog(lambda catalog: catalog.with_table(one).with_table(other))
    loop.finish(looped.commit(creation))
    first, second = looped.begin("serializable"), looped.begin("serializable")
    for transaction, reads, writes in ((first, one, other), (second, other, one)):
        transaction.begin_statement()
        assert rows_of(transaction.snapshot(reads.oid)) == []
        count = STAGED_FROM_ROWS + 1 if transaction is first else row_count
        transaction.insert(writes.oid, [(number, "a") for number in range(count)])
    commit = looped.commit(first)
    with pytest.raises(SerializationFailure):
        looped.commit(second)
    loop.finish(commit).result()
    assert rows_of(looped.snapshot(one.oid)) == []


def test_a_row_that_died_and_was_forgotten_by_a_flush_has_changed(storage: Storage) -> None:
    """A statement that saw it before is told to run again, though no log of the dead names the row any more."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"), (3, "c"))
    transaction = storage.begin()
    transaction.begin_statement()
    assert transaction.snapshot(table.oid).row_count == 3
    delete(storage, table, 2)
    flush(storage, table)
    with pytest.raises(RowChanged):
        transaction.delete(table.oid, [2])
    transaction.undo_to(0)
    transaction.delete(table.oid, [1, 3])
    storage.commit(transaction).result()
    assert rows_of(storage.snapshot(table.oid)) == []


def test_waiting_in_a_circle_is_a_deadlock(storage: Storage) -> None:
    """The one who would close the circle is told; once somebody stops waiting there is none."""
    table = create_table(storage)
    first, second, third = (storage.begin() for _ in range(3))
    for key, transaction in enumerate((first, second, third)):
        transaction.insert(table.oid, [(key, "mine")])

    def waits(waiter: Transaction, key: int) -> None:
        with pytest.raises(Blocked) as blocked:
            waiter.insert(table.oid, [(key, "theirs")])
        storage.wait_begins(waiter, blocked.value, lambda: None)

    waits(first, 1)
    waits(second, 2)
    with pytest.raises(DeadlockDetected):
        waits(third, 0)
    storage.wait_ends(second)
    waits(third, 0)


def test_a_transaction_without_changes_is_done_at_once(looped: Storage) -> None:
    """Nothing is written and nothing waited for."""
    assert looped.commit(looped.begin()).done
