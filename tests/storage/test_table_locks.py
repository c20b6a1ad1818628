"""Table locks and advisory locks: modes, queues, and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import locks
from storage.errors import Blocked, DeadlockDetected, DefinitionChanged, TooManyLocks
from storage.locks import HeldLocks, LockTable
from storage.table_locks import CONFLICTS, LockMode, LockTag
from tests.storage.harness import create_table

if TYPE_CHECKING:
    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.transaction import Transaction

WRITES = LockMode.ROW_EXCLUSIVE
ALONE = LockMode.ACCESS_EXCLUSIVE
TAG = LockTag("advisory", 7)


def waits(storage: Storage, waiter: Transaction, table: Table, mode: LockMode, woken: list[Transaction]) -> Blocked:
    """Have a transaction wait for a lock; once it has it, it is on the list."""
    with pytest.raises(Blocked) as blocked:
        waiter.lock_table(table.oid, mode)
    storage.wait_begins(waiter, blocked.value, lambda: woken.append(waiter))
    return blocked.value


def test_conflicts_are_mutual_and_those_of_the_manual() -> None:
    """The table of PostgreSQL's manual, "Table-Level Locks": a mode conflicts with what it is listed for."""
    letters = dict(zip("aRWUSXEA", LockMode, strict=True))
    rows = ["A", "EA", "SXEA", "USXEA", "WUXEA", "WUSXEA", "RWUSXEA", "aRWUSXEA"]
    for mode, row in zip(LockMode, rows, strict=True):
        assert {other for other in LockMode if CONFLICTS[mode] >> other & 1} == {letters[letter] for letter in row}


def test_writers_go_together_and_keep_out_who_wants_the_table_alone(storage: Storage) -> None:
    """Who waits for several holders has the lock when the last one has ended."""
    table = create_table(storage)
    first, second, alone = (storage.begin() for _ in range(3))
    first.insert(table.oid, [(1, "a")])
    second.insert(table.oid, [(2, "b")])
    woken: list[Transaction] = []
    assert waits(storage, alone, table, ALONE, woken).holder is first
    storage.commit(first).result()
    assert woken == []
    storage.rollback(second)
    assert woken == [alone]
    storage.wait_ends(alone)
    alone.lock_table(table.oid, ALONE)


def test_nobody_overtakes_who_waits(storage: Storage) -> None:
    """Writers that come after somebody who waits to have a table alone wait behind him, but one who writes already."""
    table = create_table(storage)
    writer, alone, late = (storage.begin() for _ in range(3))
    writer.lock_table(table.oid, WRITES)
    woken: list[Transaction] = []
    waits(storage, alone, table, ALONE, woken)
    assert waits(storage, late, table, WRITES, woken).holder is alone
    writer.lock_table(table.oid, LockMode.SHARE_UPDATE_EXCLUSIVE)
    storage.commit(writer).result()
    assert woken == [alone]
    storage.rollback(alone)
    assert woken == [alone, late]


def test_who_gives_up_lets_the_others_pass(storage: Storage) -> None:
    """Whoever waits behind somebody who no longer wants the lock has it at once."""
    table = create_table(storage)
    writer, alone, late = (storage.begin() for _ in range(3))
    writer.lock_table(table.oid, WRITES)
    woken: list[Transaction] = []
    waits(storage, alone, table, ALONE, woken)
    waits(storage, late, table, WRITES, woken)
    storage.wait_ends(alone)
    assert woken == [late]


def test_what_is_undone_releases_its_lock_and_wakes(storage: Storage) -> None:
    """Locks go back to a mark, of tables and of rows, and whoever waits for them is told then, not only at the end."""
    table = create_table(storage)
    writer, alone, same_key = (storage.begin() for _ in range(3))
    mark = writer.mark()
    writer.insert(table.oid, [(1, "a")])
    woken: list[Transaction] = []
    begun = same_key.mark()
    with pytest.raises(Blocked) as blocked:
        same_key.insert(table.oid, [(1, "b")])
    same_key.undo_to(begun)
    storage.wait_begins(same_key, blocked.value, lambda: woken.append(same_key))
    waits(storage, alone, table, ALONE, woken)
    writer.undo_to(mark)
    assert woken == [alone, same_key]


def test_a_lock_freed_before_the_waiting_begins_is_not_waited_for(storage: Storage) -> None:
    """Between meeting a lock and waiting for it the holder may let go: nobody would wake the waiter later."""
    table = create_table(storage)
    holder, waiter = storage.begin(), storage.begin()
    mark = holder.mark()
    holder.insert(table.oid, [(1, "a")])
    with pytest.raises(Blocked) as blocked:
        waiter.insert(table.oid, [(1, "b")])
    holder.undo_to(mark)
    woken: list[bool] = []
    storage.wait_begins(waiter, blocked.value, lambda: woken.append(True))
    assert woken == [True]


def test_two_who_want_more_of_the_same_table_are_a_deadlock(storage: Storage) -> None:
    """Both hold it in a mode that keeps the other one out: the second one to ask is told."""
    table = create_table(storage)
    first, second = storage.begin(), storage.begin()
    woken: list[Transaction] = []
    first.lock_table(table.oid, LockMode.SHARE)
    second.lock_table(table.oid, LockMode.SHARE)
    waits(storage, first, table, ALONE, woken)
    with pytest.raises(DeadlockDetected):
        waits(storage, second, table, ALONE, woken)
    storage.rollback(second)
    assert woken == [first]


def test_a_deadlock_over_a_row_and_a_table(storage: Storage) -> None:
    """The graph has all kinds of locks, and every one of several holders."""
    one, other = create_table(storage), create_table(storage, name="other")
    bystander, first, second = (storage.begin() for _ in range(3))
    woken: list[Transaction] = []
    bystander.lock_table(other.oid, WRITES)
    second.insert(other.oid, [(1, "a")])
    first.insert(one.oid, [(1, "a")])
    waits(storage, first, other, ALONE, woken)
    with pytest.raises(Blocked) as blocked:
        second.insert(one.oid, [(1, "b")])
    with pytest.raises(DeadlockDetected):
        storage.wait_begins(second, blocked.value, lambda: None)


def test_a_circle_that_only_a_queue_closes_is_no_deadlock(storage: Storage) -> None:
    """As in PostgreSQL the queue is put in another order: who could have the lock at once has it."""
    table, other = create_table(storage), create_table(storage, name="other")
    reader, alone, third = (storage.begin() for _ in range(3))
    woken: list[Transaction] = []
    reader.lock_table(table.oid, LockMode.ROW_SHARE)
    third.lock_table(other.oid, ALONE)
    waits(storage, alone, table, ALONE, woken)
    waits(storage, third, table, LockMode.ROW_SHARE, woken)
    waits(storage, reader, other, WRITES, woken)
    assert woken == [third]


def test_a_table_altered_since_the_statement_began(storage: Storage) -> None:
    """Its writer is told to plan again, even where it did not have to wait."""
    table = create_table(storage)
    writer, altering = storage.begin(), storage.begin()
    writer.begin_statement()
    altering.change_catalog(lambda catalog: catalog.with_table(replace(table, options={"fillfactor": "70"}, version=2)))
    storage.commit(altering).result()
    with pytest.raises(DefinitionChanged):
        writer.insert(table.oid, [(1, "a")])
    writer.begin_statement()
    writer.insert(table.oid, [(1, "a")])


def test_advisory_locks_of_a_session_and_of_its_transactions(storage: Storage) -> None:
    """A session is never in its own way; each kind is given back by itself; others wait for both."""
    mine, theirs = storage.lock_party(), storage.lock_party()
    transaction = storage.begin(party=mine)
    mine.take(TAG, LockMode.EXCLUSIVE)
    mine.take(TAG, LockMode.EXCLUSIVE)
    transaction.lock_advisory(TAG, LockMode.SHARE)
    with pytest.raises(Blocked) as blocked:
        theirs.take(TAG, LockMode.EXCLUSIVE)
    woken: list[str] = []
    storage.wait_begins(theirs, blocked.value, lambda: woken.append("theirs"))
    assert mine.release(TAG, LockMode.EXCLUSIVE)
    assert mine.release(TAG, LockMode.EXCLUSIVE)
    assert not mine.release(TAG, LockMode.EXCLUSIVE)
    assert woken == []
    storage.commit(transaction).result()
    assert woken == ["theirs"]
    theirs.release_all()
    assert storage.locks_shown() == []


def test_a_session_and_its_transaction_wait_as_one(storage: Storage) -> None:
    """A deadlock over an advisory lock of one session and a row of the other one is found."""
    table = create_table(storage)
    mine, theirs = storage.lock_party(), storage.lock_party()
    here, there = storage.begin(party=mine), storage.begin(party=theirs)
    mine.take(TAG, LockMode.EXCLUSIVE)
    there.insert(table.oid, [(1, "a")])
    with pytest.raises(Blocked) as blocked:
        theirs.take(TAG, LockMode.SHARE)
    storage.wait_begins(theirs, blocked.value, lambda: None)
    with pytest.raises(Blocked) as row:
        here.insert(table.oid, [(1, "b")])
    with pytest.raises(DeadlockDetected):
        storage.wait_begins(here, row.value, lambda: None)


class Owner:
    """One that takes locks, as a transaction does."""

    is_open = True

    def __init__(self, table: LockTable) -> None:
        self.party = self
        self.held = HeldLocks(table, self)
        self.waits = False

    def wake(self) -> None:
        """It has what it waited for."""
        self.waits = False


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | st.sampled_from(list(LockMode))), max_size=40))
def test_no_two_ever_hold_modes_that_conflict_and_nobody_waits_for_nothing(
    steps: list[tuple[int, LockMode | None]],
) -> None:
    """Whatever is taken and released, in whatever order; `None` ends an owner's transaction."""
    table = LockTable()
    owners = [Owner(table) for _ in range(4)]
    for number, mode in steps:
        owner = owners[number]
        if mode is None:
            table.wait_ends(owner)
            owner.waits = False
            owner.held.release_since(0)
        elif not owner.waits:
            take(table, owner, mode)
        for lock in table.modes.values():
            held = [(each, mode) for each, modes in lock.holders.items() for mode in modes]
            assert not any(a is not b and CONFLICTS[m] >> n & 1 for a, m in held for b, n in held)
            assert {request.owner for request in lock.queue} == {each for each in owners if each.waits}
            assert all(any(lock.obstacles(each.owner, each.mode)) for each in lock.queue)
    for owner in owners:
        table.wait_ends(owner)
        owner.held.release_since(0)
    assert all(lock.is_free for lock in table.modes.values())
    assert table.waits.by_party == {}


def take(table: LockTable, owner: Owner, mode: LockMode) -> None:
    """Take the one lock, or wait for it; whoever closes a circle ends."""
    try:
        owner.held.take_table(1, mode)
    except Blocked as blocked:
        owner.waits = True
        try:
            table.wait_begins(owner, blocked, owner.wake)
        except DeadlockDetected:
            owner.waits = False
            owner.held.release_since(0)


def test_there_are_only_so_many_advisory_locks(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is refused to sessions and transactions; those that are held may be taken again, and tables always."""
    monkeypatch.setattr(locks, "MODES_MAX", 3)
    table, party = create_table(storage), storage.lock_party()
    transaction = storage.begin(party=party)
    for number in range(3):
        party.take(LockTag("advisory", number), LockMode.SHARE)
    party.take(LockTag("advisory", 1), LockMode.SHARE)
    for take in (party.take, transaction.lock_advisory):
        with pytest.raises(TooManyLocks):
            take(LockTag("advisory", 3), LockMode.SHARE)
    party.release(LockTag("advisory", 0), LockMode.SHARE)
    party.take(LockTag("advisory", 3), LockMode.SHARE)
    transaction.lock_table(table.oid, WRITES)
    storage.rollback(transaction)
    party.release_all()
