"""What foreign keys ask of storage: reference locks, keys that are there now, and the newest rows."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from storage import references, types
from storage.catalog_entries import Column, ForeignKey, Index, PrimaryKey, Table
from storage.engine import prepare_load
from storage.errors import Blocked, SerializationFailure, TableGone
from storage.references import reference_encoder, referenced_key
from storage.rows import table_from_rows
from storage.table_locks import LockMode, LockTag
from tests.storage.harness import (
    ManualLoop,
    compact,
    create_table,
    define,
    delete,
    delete_prepared,
    flush,
    insert,
    rows_of,
)
from tests.storage.segments import create_table_later
from tests.storage.test_bulk_load import load

if TYPE_CHECKING:
    from storage.engine import Storage
    from storage.locks import LockTable
    from storage.transaction import Transaction

FOREIGN_KEY = 90_001
"""The oid of one: its locks need no more of it."""

Locking = tuple[str, bytes | None]


def refer(transaction: Transaction, entry: bytes | None, oid: int = FOREIGN_KEY) -> None:
    """Lock a reference to one key, or all."""
    if entry is None:
        transaction.references.lock(oid, LockMode.SHARE)
    else:
        transaction.references.lock(oid, LockMode.ROW_SHARE)
        transaction.references.lock(oid, LockMode.SHARE, entry)


def take_away(transaction: Transaction, entry: bytes | None, oid: int = FOREIGN_KEY) -> None:
    """Lock a key that goes, or all."""
    if entry is None:
        transaction.references.lock(oid, LockMode.EXCLUSIVE)
    else:
        transaction.references.lock(oid, LockMode.ROW_EXCLUSIVE)
        transaction.references.lock(oid, LockMode.EXCLUSIVE, entry)


ACTIONS = {"refer": refer, "take away": take_away}


@pytest.mark.parametrize("held", [("refer", b"a"), ("refer", None), ("take away", b"a"), ("take away", None)])
@pytest.mark.parametrize("wanted", [("refer", b"a"), ("refer", None), ("take away", b"a"), ("take away", None)])
def test_who_refers_and_who_takes_away_exclude_each_other(storage: Storage, held: Locking, wanted: Locking) -> None:
    """And two who take the same away; two who refer do not. Nobody waits for himself, nor for another foreign key."""
    one, other = storage.begin(), storage.begin()
    ACTIONS[held[0]](one, held[1])
    ACTIONS[wanted[0]](one, wanted[1])
    storage.rollback(one)
    one = storage.begin()
    ACTIONS[held[0]](one, held[1])
    ACTIONS[wanted[0]](other, wanted[1], FOREIGN_KEY + 1)  # type: ignore[call-arg]  # mypy has forgotten the default
    if held[0] == wanted[0] == "refer":
        ACTIONS[wanted[0]](other, wanted[1])
        return
    mark = other.mark()
    with pytest.raises(Blocked) as blocked:
        ACTIONS[wanted[0]](other, wanted[1])
    assert blocked.value.holder is one
    woken: list[str] = []
    storage.wait_begins(other, blocked.value, lambda: woken.append("other"))
    assert not woken
    storage.rollback(one)
    assert woken == ["other"]
    storage.wait_ends(other)
    ACTIONS[wanted[0]](other, wanted[1])
    other.undo_to(mark)
    ACTIONS[held[0]](storage.begin(), held[1])


def test_references_to_different_keys_do_not_meet(storage: Storage) -> None:
    """However they are locked, as long as it is key by key."""
    one, other, third = (storage.begin() for _ in range(3))
    refer(one, b"a")
    take_away(other, b"b")
    take_away(third, b"c")
    refer(third, b"a")


def test_locks_of_references_go_with_the_transaction(looped: Storage, loop: ManualLoop) -> None:
    """With a commit when it is durable; nothing of them stays in the table of locks."""
    table = create_table_later(looped, loop)
    transaction = looped.begin()
    transaction.insert(table.oid, [(1, "a")])
    take_away(transaction, b"a")
    refer(transaction, b"b")
    commit = looped.commit(transaction)
    other = looped.begin()
    with pytest.raises(Blocked):
        refer(other, b"a")
    looped.rollback(other)
    loop.finish(commit)
    assert not [tag for tag in looped.visible.locks.modes if tag.kind == "object"]
    refer(looped.begin(), b"a")


def test_a_transaction_that_locks_very_many_keys_locks_all(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """From some on it has the whole foreign key instead, and need not lock a key any more."""
    monkeypatch.setattr(references, "KEY_LOCKS_MAX", 4)
    many, other = storage.begin(), storage.begin()
    # What was taken back does not count.
    mark = many.mark()
    for number in range(3):
        refer(many, bytes([number]))
    many.undo_to(mark)
    for number in range(3):
        refer(many, bytes([number]))
    locks = storage.visible.locks.modes
    whole = LockTag("object", FOREIGN_KEY)
    assert LockMode.SHARE not in locks[whole].holders[many]
    for number in range(20):
        refer(many, bytes([number]))
    assert len(locks) == 4
    assert LockMode.SHARE in locks[whole].holders[many]
    refer(other, b"z")
    with pytest.raises(Blocked):
        take_away(storage.begin(), b"z")
    # To whoever takes keys away meanwhile it is as if it had each of them.
    storage.rollback(many)
    storage.rollback(other)
    taker, many = storage.begin(), storage.begin()
    take_away(taker, b"z")
    for number in range(3):
        refer(many, bytes([number]))
    with pytest.raises(Blocked) as blocked:
        refer(many, b"\3")
    assert blocked.value.holder is taker


def test_no_more_locks_of_keys_than_there_is_room_for(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole foreign key is locked then, whoever else has locks; and nobody is refused."""
    monkeypatch.setattr("storage.locks.MODES_MAX", 4)
    one, other = storage.begin(), storage.begin()
    for number in range(10):
        refer(one, bytes([number]))
        refer(other, bytes([number]), FOREIGN_KEY + 1)
    assert len(storage.visible.locks.modes) <= 5
    with pytest.raises(Blocked):
        take_away(storage.begin(), b"z", FOREIGN_KEY + 1)


def test_locks_of_references_are_shown(storage: Storage) -> None:
    """As locks of an object, granted and waited for."""
    one, other = storage.begin(), storage.begin()
    refer(one, b"a")
    with pytest.raises(Blocked) as blocked:
        take_away(other, b"a")
    storage.wait_begins(other, blocked.value, lambda: None)
    table: LockTable = storage.visible.locks
    shown = {(each.tag, each.mode, each.is_granted) for each in table.shown()}
    whole, key = LockTag("object", FOREIGN_KEY), LockTag("object", FOREIGN_KEY, b"a")
    assert shown == {
        (whole, LockMode.ROW_SHARE, True),
        (whole, LockMode.ROW_EXCLUSIVE, True),
        (key, LockMode.SHARE, True),
        (key, LockMode.EXCLUSIVE, False),
    }


def has(storage: Storage, transaction: Transaction, table: Table, *values: int) -> list[int]:
    """Those of some keys that are there for a transaction now. No cold row is read for that."""
    (key,) = transaction.keys(table.oid)
    found = storage.from_cache(
        lambda: [
            each for each in values if transaction.references.has_key(table.oid, key.prefix + key.of_values((each,)))
        ]
    )
    return list(found)


def test_keys_of_others_and_its_own(storage: Storage) -> None:
    """Cold ones, hot ones in Arrow and as tuples, its own of each kind, without those that it has deleted."""
    table = create_table(storage)
    insert(storage, table, *[(number, "cold") for number in range(10)])
    flush(storage, table)
    arrow = storage.begin()
    arrow.insert(
        table.oid, prepare_load(storage, table, table_from_rows([(n, "h") for n in range(10, 1_010)], table.columns))
    )
    storage.commit(arrow).result()
    insert(storage, table, (2_000, "hot"))
    delete(storage, table, 5, 15)
    transaction = storage.begin()
    transaction.begin_statement()
    assert has(storage, transaction, table, 4, 5, 14, 15, 1_009, 2_000, 2_001) == [4, 14, 1_009, 2_000]
    transaction.insert(table.oid, [(3_000, "own"), (3_001, "own")])
    transaction.insert(
        table.oid, prepare_load(storage, table, table_from_rows([(n, "o") for n in range(4_000, 5_000)], table.columns))
    )
    load(storage, transaction, table, range(6_000, 6_010))
    assert has(storage, transaction, table, 3_000, 3_001, 3_002, 4_000, 4_999, 5_000, 6_000, 6_009, 6_010) == [
        *(3_000, 3_001, 4_000, 4_999, 6_000, 6_009)
    ]
    mark = transaction.mark()
    for value in (4, 14, 2_000, 3_000, 4_000):
        found = transaction.find(table.oid, storage.key_of(table, (value,)))
        assert found is not None
        transaction.delete(table.oid, [found[1]])
    assert has(storage, transaction, table, 4, 14, 2_000, 3_000, 3_001, 4_000, 4_001) == [3_001, 4_001]
    other = storage.begin()
    assert has(storage, other, table, 4, 14, 2_000, 3_001, 4_001, 6_000) == [4, 14, 2_000]
    transaction.insert(table.oid, [(4, "again")])
    assert has(storage, transaction, table, 4) == [4]
    transaction.undo_to(mark)
    assert has(storage, transaction, table, 4, 14, 2_000, 3_000, 4_000) == [4, 14, 2_000, 3_000, 4_000]


def test_a_commit_under_way_is_not_there_yet(looped: Storage, loop: ManualLoop) -> None:
    """What it brings is not, and what it takes away still is, until it is durable: small ones and staged ones."""
    table = create_table_later(looped, loop)
    transaction = looped.begin()
    transaction.insert(table.oid, [(1, "a"), (2, "b")])
    loop.finish(looped.commit(transaction))
    for rows in ([(3, "c")], [(number, "c") for number in range(3, 9_000)]):
        transaction = looped.begin()
        found = transaction.find(table.oid, looped.key_of(table, (2,)))
        assert found is not None
        transaction.delete(table.oid, [found[1]])
        data = table_from_rows(rows, table.columns)
        transaction.insert(table.oid, rows if len(rows) == 1 else prepare_load(looped, table, data))
        commit = looped.commit(transaction)
        before, during = [1, 2], looped.begin()
        assert has(looped, during, table, 1, 2, 3, 8_999) == before
        loop.finish(commit)
        assert has(looped, during, table, 1, 2, 3) == [1, 3]
        restored = looped.begin()
        again = restored.find(table.oid, looped.key_of(table, (3,)))
        assert again is not None
        restored.delete(table.oid, [again[1]])
        restored.insert(table.oid, [(2, "b")])
        loop.finish(looped.commit(restored))


def test_a_table_of_its_own_has_its_keys_and_a_dropped_one_none(storage: Storage) -> None:
    """Keys of a table that the transaction has created are its own; a table that is gone is told of."""
    transaction = storage.begin()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    assert has(storage, transaction, table, 1) == []
    transaction.insert(table.oid, [(1, "a")])
    assert has(storage, transaction, table, 1, 2) == [1]
    assert rows_of(transaction.references.newest_snapshot(table.oid)) == [(1, "a")]
    with pytest.raises(TableGone):
        transaction.references.has_key(table.oid + 1, b"")
    with pytest.raises(TableGone):
        transaction.references.newest_snapshot(table.oid + 1)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_the_newest_is_seen_whatever_the_isolation(storage: Storage, isolation: str) -> None:
    """Keys and rows, with those that the transaction has changed; what it sees otherwise stays as it was."""
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"), (3, "c"))
    transaction = storage.begin(isolation)  # type: ignore[arg-type]  # it is one
    transaction.begin_statement()
    before = rows_of(transaction.snapshot(table.oid))
    delete(storage, table, 1)
    insert(storage, table, (4, "d"))
    flush(storage, table)
    assert has(storage, transaction, table, 1, 2, 3, 4) == [2, 3, 4]
    found = transaction.find(table.oid, storage.key_of(table, (2,)))
    assert found is not None
    transaction.delete(table.oid, [found[1]])
    transaction.insert(table.oid, [(5, "own")])
    compact(storage, table)
    assert has(storage, transaction, table, 1, 2, 3, 4, 5) == [3, 4, 5]
    newest = transaction.references.newest_snapshot(table.oid)
    assert rows_of(newest) == [(3, "c"), (4, "d"), (5, "own")]
    assert rows_of(storage.begin().references.newest_snapshot(table.oid)) == [(2, "b"), (3, "c"), (4, "d")]
    assert rows_of(transaction.snapshot(table.oid)) == [*before[:1], *before[2:], (5, "own")]
    with suppress(Exception):
        storage.commit(transaction).result()


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_a_key_that_is_gone_since_the_one_snapshot(storage: Storage, isolation: str) -> None:
    """Is told of as what it is: of cold and hot rows, deleted by others, and no others than those."""
    table = create_table(storage)
    insert(storage, table, (1, "cold"), (2, "cold"), (3, "cold"))
    flush(storage, table)
    insert(storage, table, (4, "hot"), (5, "hot"), (6, "hot"), (7, "hot"))
    delete(storage, table, 3, 6)
    transaction = storage.begin(isolation)  # type: ignore[arg-type]  # it is one
    transaction.begin_statement()
    transaction.snapshot(table.oid)
    for number in (2, 5):
        found = transaction.find(table.oid, storage.key_of(table, (number,)))
        assert found is not None
        transaction.delete(table.oid, [found[1]])
    delete(storage, table, 1, 4)
    insert(storage, table, (8, "new"))
    delete(storage, table, 8)
    many = storage.begin()
    delete_prepared(many, table.oid, [storage.find(table.oid, storage.key_of(table, (7,)))[1]])  # type: ignore[index]
    storage.commit(many).result()
    flush(storage, table)
    compact(storage, table)
    (key,) = transaction.keys(table.oid)
    lost = []
    for number in range(1, 10):
        try:
            storage.from_cache(partial(transaction.references.require_not_gone, table.oid, key.entry_of((number, ""))))
        except SerializationFailure:
            lost.append(number)
    assert lost == ([] if isolation == "read committed" else [1, 4, 7])
    assert has(storage, transaction, table, *range(1, 10)) == []


def test_entries_of_references(storage: Storage) -> None:
    """Values in the foreign key's order find the row whose key has another order; NULL refers to nothing."""
    columns = (
        Column(1, "a", types.INTEGER),
        Column(2, "b", types.TEXT),
        Column(3, "c", types.BIGINT, not_null=True),
    )
    index = Index(40_000, "t_b_a", (2, 1), unique=True)
    referenced = Table(30_000, "public", "t", "admin", columns, PrimaryKey("t_pkey", (3,)), indexes=(index,))
    of_index = ForeignKey(1, "f", (7, 8), 30_000, (1, 2), 40_000)
    key = referenced_key(referenced, of_index, 30_000)
    assert key.index_oid == 40_000
    encode = reference_encoder(referenced, of_index)
    assert encode((5, "x")) == key.entry_of((5, "x", 1))
    assert encode((None, "x")) is None
    assert encode((5, None)) is None
    swapped = reference_encoder(referenced, ForeignKey(1, "f", (8, 7), 30_000, (2, 1), 40_000))
    assert swapped(("x", 5)) == encode((5, "x"))
    of_primary = ForeignKey(2, "g", (7,), 30_000, (3,))
    single = reference_encoder(referenced, of_primary)
    assert single((6,)) == referenced_key(referenced, of_primary, 30_000).entry_of((5, "x", 6))
    assert single((None,)) is None
    # More than an integer has room for: an entry that no row has.
    assert encode((2**40, "x")) != encode((5, "x"))
