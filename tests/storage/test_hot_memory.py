"""What the hot tier's memory is counted to be: it goes up and down with what is held, and returns to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storage.drop import reclaim
from storage.engine import Storage, prepare_load
from storage.errors import HotTierFull
from storage.hot_memory import HotMemory
from storage.hot_tables import hot_tables
from tests.storage.harness import SMALL_CACHES, create_table, flush, insert

if TYPE_CHECKING:
    from pathlib import Path


def load_of(count: int) -> pa.Table:
    """So many rows of the small table."""
    return pa.table({"id": pa.array(range(count), pa.int64()), "v": ["x" * 50] * count})


def test_rows_count_until_they_are_flushed(tmp_path: Path) -> None:
    """Committed rows are held, by whatever way they came; a flush frees them; a restart counts the same again."""
    storage = Storage.open(tmp_path, SMALL_CACHES)
    table = create_table(storage)
    assert storage.hot_memory.held_bytes == 0
    insert(storage, table, *((number, "x" * 100) for number in range(1000)))
    of_tuples = storage.hot_memory.held_bytes
    assert 100 * 1000 < of_tuples < 500 * 1000
    transaction = storage.begin()
    data = pa.table({"id": pa.array(range(1000, 21_000), pa.int64()), "v": ["y" * 100] * 20_000})
    transaction.insert(table.oid, prepare_load(storage, table, data))
    storage.commit(transaction).result()
    held = storage.hot_memory.held_bytes
    assert 100 * 20_000 < held - of_tuples < 150 * 20_000
    assert [each.table.name for each in hot_tables(storage)] == ["t"]
    assert hot_tables(storage)[0].held_bytes == held
    storage.close()
    storage = Storage.open(tmp_path, SMALL_CACHES)
    assert storage.hot_memory.held_bytes == pytest.approx(held, rel=0.2)
    flush(storage, table)
    assert (storage.hot_memory.held_bytes, hot_tables(storage)) == (0, [])
    storage.close()


def test_a_dropped_table_counts_no_more(tmp_path: Path) -> None:
    """Its rows are let go with the commit that drops it; what ends later changes nothing."""
    storage = Storage.open(tmp_path, SMALL_CACHES)
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    assert storage.hot_memory.held_bytes > 0
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(transaction).result()
    assert storage.hot_memory.held_bytes == 0
    reclaim(storage, table.oid, lambda done, total: None)
    assert storage.hot_memory.held_bytes == 0
    storage.close()


@settings(max_examples=15, deadline=None)
@given(
    steps=st.lists(st.sampled_from(["rows", "load", "mark", "undo", "statement"]), max_size=12), commits=st.booleans()
)
def test_what_a_transaction_holds_is_freed_with_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], commits: bool
) -> None:
    """Whatever it inserts and takes back, nothing of it is counted once it has ended and its rows are flushed."""
    storage = Storage.open(tmp_path_factory.mktemp("data"), SMALL_CACHES)
    table = create_table(storage, key=())
    transaction = storage.begin()
    marks: list[tuple[int, int]] = []
    for step in steps:
        match step:
            case "rows":
                transaction.insert(table.oid, [(number, "ä" * number) for number in range(5)])
            case "load":
                transaction.insert(table.oid, prepare_load(storage, table, load_of(600)))
            case "mark":
                transaction.begin_statement()
                marks.append((transaction.mark(), storage.hot_memory.held_bytes))
            case "undo" if marks:
                mark, held = marks.pop()
                transaction.undo_to(mark)
                transaction.begin_statement()
                assert storage.hot_memory.held_bytes == held
            case "statement":
                transaction.begin_statement()
    if commits:
        storage.commit(transaction).result()
        if storage.statistics(table.oid).hot_rows:
            flush(storage, table)
    else:
        storage.rollback(transaction)
    assert storage.hot_memory.held_bytes == 0
    storage.close()


def test_nothing_is_inserted_into_a_full_hot_tier(tmp_path: Path) -> None:
    """Inserts fail, everything else goes on, and an open transaction's own rows count from its next statement on."""
    storage = Storage.open(tmp_path, replace(SMALL_CACHES, hot_memory_limit_bytes=100_000))
    table = create_table(storage)
    transaction = storage.begin()
    transaction.insert(table.oid, [(number, "x" * 1000) for number in range(100)])
    transaction.begin_statement()
    with pytest.raises(HotTierFull):
        transaction.insert(table.oid, [(1000, "a")])
    storage.commit(transaction).result()
    other = storage.begin()
    with pytest.raises(HotTierFull):
        other.insert(table.oid, [(1000, "a")])
    found = storage.find(table.oid, storage.key_of(table, (7,)))
    assert found is not None
    other.delete(table.oid, [found[1]])
    storage.commit(other).result()
    flush(storage, table)
    insert(storage, table, (1000, "a"))
    storage.close()


def test_waiting_for_room() -> None:
    """Who waits is woken once there is room for as much as it needs; whoever flushes is told that somebody waits."""
    memory, told = HotMemory(100), []
    memory.on_high(lambda: told.append("high"))
    memory.change(79)
    assert (told, memory.is_high) == ([], False)
    memory.change(1)
    assert (told, memory.excess_bytes) == (["high"], 30)
    memory.change(40)
    assert told == ["high"]
    for name, needed_bytes in (("first", 0), ("gone", 0), ("large", 90), ("second", 0)):
        stop = memory.wait(lambda name=name: told.append(name), needed_bytes)
        if name == "gone":
            stop()
    assert told == ["high"] * 5
    told.clear()
    memory.change(-20)
    assert told == []
    memory.change(-1)
    assert told == ["first", "second"]
    memory.change(-60)
    assert (memory.held_bytes, memory.is_high, memory.excess_bytes) == (39, True, 29)
    memory.change(-30)
    assert told == ["first", "second", "large"]
    assert not memory.is_high
