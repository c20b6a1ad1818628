"""What is written at once is what a transaction would have written, and nobody can tell the two apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import types
from storage.catalog_entries import Column, Index, PrimaryKey, Table
from storage.errors import Blocked, UniqueViolation
from storage.flush import plan_flush
from storage.keys import KeyKind, key
from storage.point_write import NotAtOnce, PointWrite
from storage.table_locks import LockMode
from tests.storage.harness import ManualLoop, create_table, define, find, finish_flush, insert, open_storage, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.engine import Storage
    from storage.transaction import Transaction

    Step = tuple[str, tuple[Any, ...]]

COLUMNS = (
    Column(1, "id", types.BIGINT, not_null=True),
    Column(2, "a", types.INTEGER),
    Column(3, "b", types.TEXT),
)
ROWS = st.tuples(st.integers(0, 5), st.none() | st.integers(0, 3), st.none() | st.text("xy", max_size=2))
STEPS = st.lists(st.tuples(st.sampled_from(["insert", "update", "delete", "flush"]), ROWS), max_size=12)
KINDS = (KeyKind.HOT, KeyKind.DEAD, KeyKind.INDEX, KeyKind.UNIQUE)


def _table(storage: Storage) -> Table:
    transaction = storage.begin()
    oid, index_oid = transaction.new_oid(), transaction.new_oid()
    indexes = (Index(index_oid, f"a{oid}", (2,), unique=True),)
    name = f"t{oid}"
    table = Table(oid, "public", name, "admin", COLUMNS, PrimaryKey(f"{name}_pkey", (1,)), indexes=indexes)
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(transaction).result()
    return table


def _flush(storage: Storage, table: Table) -> None:
    plan = plan_flush(storage, table.oid)
    if plan is not None:
        finish_flush(storage, plan)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Storage, Storage]]:
    """Two storages in which the same is done, and the time stands still."""
    one, other = (open_storage(tmp_path / name, now_us=lambda: 7) for name in ("one", "other"))
    yield one, other
    one.close()
    other.close()


def _point(storage: Storage) -> PointWrite:
    return storage.begin_point(storage.lock_party())


def _do(storage: Storage, table: Table, step: str, row: tuple[Any, ...], writer: PointWrite | Transaction) -> None:
    found = writer.find(table.oid, storage.key_of(table, row[:1]))
    if step in ("update", "delete") and found is not None:
        writer.delete(table.oid, (found[1],), (found[0],))
    if step == "insert" or (step == "update" and found is not None):
        writer.insert(table.oid, (row,))


def _at_once(storage: Storage, table: Table, step: str, row: tuple[Any, ...]) -> bool:
    """Whether it was done."""
    writer = _point(storage)
    try:
        _do(storage, table, step, row, writer)
        commit = writer.commit()
    except NotAtOnce:
        return False
    assert commit is None or commit.error is None
    return True


def _in_a_transaction(storage: Storage, table: Table, step: str, row: tuple[Any, ...]) -> bool:
    transaction = storage.begin()
    transaction.begin_statement()
    try:
        _do(storage, table, step, row, transaction)
    except UniqueViolation:
        storage.rollback(transaction)
        return False
    storage.commit(transaction).result()
    return True


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_it_writes_what_a_transaction_writes(pair: tuple[Storage, Storage], steps: list[Step]) -> None:
    """The same records, the same rows, the same counts; and it refuses what that refuses."""
    one, other = pair
    table, same = _table(one), _table(other)
    assert table == same
    for step, row in steps:
        if step == "flush":
            _flush(one, table)
            _flush(other, table)
            continue
        assert _at_once(one, table, step, row) == _in_a_transaction(other, table, step, row)
        assert rows_of(one.snapshot(table.oid)) == rows_of(other.snapshot(table.oid))
        assert one.statistics(table.oid)[:4] == other.statistics(table.oid)[:4]
        assert one.hot_memory.held_bytes == other.hot_memory.held_bytes
    for kind in KINDS:
        assert list(one.scan(key(kind, table.oid))) == list(other.scan(key(kind, table.oid)))


def test_until_it_is_durable_it_holds_its_locks(looped: Storage, loop: ManualLoop) -> None:
    """Others see nothing of it, meet it as the holder of its row, keys and table, and are woken when it is durable."""
    creator = looped.begin()
    table = define(creator.new_oid())
    creator.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(looped.commit(creator)).result()
    loop.finish(insert(looped, table, (1, "a"))).result()
    writer = _point(looped)
    found = writer.find(table.oid, looped.key_of(table, (1,)))
    assert found is not None
    writer.delete(table.oid, (found[1],), (found[0],))
    writer.insert(table.oid, ((2, "b"),))
    commit = writer.commit()
    assert commit is not None
    assert (find(looped, table, 1), find(looped, table, 2)) == ((1, "a"), None)
    other = looped.begin()
    for attempt in (
        lambda: other.delete(table.oid, [found[1]]),
        lambda: other.insert(table.oid, [(1, "mine")]),
        lambda: other.insert(table.oid, [(2, "mine")]),
        lambda: other.lock_table(table.oid, LockMode.SHARE),
    ):
        mark = other.begin_statement()
        with pytest.raises(Blocked) as blocked:
            attempt()
        assert blocked.value.holder is writer
        other.undo_to(mark)
    woken: list[str] = []
    looped.wait_begins(other, Blocked(writer), lambda: woken.append("waiter"))
    writer.on_end(lambda: woken.append("ended"))
    loop.finish(commit)
    assert sorted(woken) == ["ended", "waiter"]
    looped.wait_ends(other)
    assert (find(looped, table, 1), find(looped, table, 2)) == (None, (2, "b"))
    other.lock_table(table.oid, LockMode.SHARE)
    looped.rollback(other)
    assert not looped.locks_shown()


def test_what_is_locked_takes_a_transaction(storage: Storage) -> None:
    """A row, a key or a table that somebody else has locked: nothing is done then, and no lock is left."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    holder = storage.begin()
    found = holder.find(table.oid, storage.key_of(table, (1,)))
    assert found is not None
    holder.lock_row(table.oid, found[1])
    holder.insert(table.oid, [(2, "b")])
    with pytest.raises(NotAtOnce):
        _point(storage).delete(table.oid, (found[1],), (found[0],))
    with pytest.raises(NotAtOnce):
        _point(storage).insert(table.oid, ((2, "mine"),))
    storage.rollback(holder)
    locker = storage.begin()
    locker.lock_table(table.oid, LockMode.SHARE)
    writer = _point(storage)
    writer.insert(table.oid, ((3, "c"),))
    with pytest.raises(NotAtOnce):
        writer.commit()
    storage.rollback(locker)
    assert find(storage, table, 1) == (1, "a")
    assert find(storage, table, 3) is None
    insert(storage, table, (2, "b"), (3, "c")).result()


def test_a_snapshot_of_before_still_finds_what_it_replaces(storage: Storage) -> None:
    """REPEATABLE READ finds a row by its key although the index leads to the new one."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    reader = storage.begin("repeatable read")
    reader.begin_statement()
    writer = _point(storage)
    found = writer.find(table.oid, storage.key_of(table, (1,)))
    assert found is not None
    writer.delete(table.oid, (found[1],), (found[0],))
    writer.insert(table.oid, ((1, "b"),))
    assert writer.commit() is not None
    seen = reader.find(table.oid, storage.key_of(table, (1,)))
    assert seen is not None
    assert seen[0] == (1, "a")
    storage.rollback(reader)
    assert find(storage, table, 1) == (1, "b")


def test_streams_and_many_rows_take_a_transaction(storage: Storage) -> None:
    """What needs more than the rows themselves is not written at once."""
    stream = create_table(storage, name="s", options={"type": "stream", "ttl": "1h"})
    with pytest.raises(NotAtOnce):
        _point(storage).insert(stream.oid, ((1, "a"),))
    table = create_table(storage)
    with pytest.raises(NotAtOnce):
        _point(storage).insert(table.oid, [(number, "x") for number in range(2_000)])
    assert storage.snapshot(table.oid).row_count == 0
