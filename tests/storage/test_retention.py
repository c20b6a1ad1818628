"""When rows died is known for as long as they are on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.keys import KeyKind, key
from storage.kv import Put
from storage.retention import expired_segments, has_old_deaths, has_old_hot_deaths, plan_rewrite
from tests.storage.harness import (
    create_table,
    delete,
    finish_compaction,
    flush,
    insert,
    open_storage,
)
from tests.storage.segments import (
    flushed,
    planned,
    shape,
)

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage


def test_times_of_deaths_survive(tmp_path: Path) -> None:
    """Each row's time of death is the same after flushes, compactions and restarts; an entry without one is old."""
    times = iter(range(100, 200))
    storage = open_storage(tmp_path, now_us=lambda: next(times))
    table = flushed(storage, 4)
    insert(storage, table, (5, "hot"))
    delete(storage, table, 2, 5)
    died = died_at(storage, table)
    plan = planned(storage, table)
    delete(storage, table, 3)
    finish_compaction(storage, plan)
    assert died_at(storage, table) == {5: died[5], 3: max(died_at(storage, table).values())}
    storage.close()
    storage = open_storage(tmp_path)
    expected = died_at(storage, table)
    storage.write([Put(key(KeyKind.DEAD, table.oid, 4), b"")]).result()
    storage.close()
    storage = open_storage(tmp_path)
    assert died_at(storage, table) == {**expected, 4: 0}
    storage.close()


def died_at(storage: Storage, table: Table) -> dict[int, int]:
    """The time of death of each dead row, as memory and disk agree on it."""
    state = storage.visible.store(table.oid)
    logs = (state.hot_dead.since(0), state.cold_dead.since(0))
    known = {seq: us for seqs, times in logs for seq, us in zip(seqs.tolist(), times.tolist(), strict=True)}
    entries = storage.scan(key(KeyKind.DEAD, table.oid))
    assert {int.from_bytes(name[-8:], "big"): int.from_bytes(value, "big") for name, value in entries} == known
    return known


def test_segments_with_old_deaths_are_found_and_rewritten(tmp_path: Path) -> None:
    """Those with a row that died before the time, and no others; one that is gone meanwhile is passed over."""
    clock = [100]
    storage = open_storage(tmp_path, now_us=lambda: clock[0])
    table = flushed(storage, 3, 3, 3)
    delete(storage, table, 1)
    clock[0] = 200
    delete(storage, table, 2, 4)
    assert not has_old_deaths(storage, table.oid, 100)
    assert has_old_deaths(storage, table.oid, 101)
    snapshot = storage.snapshot(table.oid)
    assert expired_segments(snapshot, 100) == ()
    assert expired_segments(snapshot, 101) == snapshot.segments[:1]
    assert expired_segments(snapshot, 201) == snapshot.segments[:2]
    wanted = expired_segments(snapshot, 201)
    plan = plan_rewrite(storage, table.oid, wanted)
    assert plan is not None
    assert (plan.rows, plan.dead_rows, plan.rows_after) == (3, 2, 3)
    finish_compaction(storage, plan)
    assert not has_old_deaths(storage, table.oid, 200)
    plan = plan_rewrite(storage, table.oid, wanted)
    assert plan is not None
    finish_compaction(storage, plan)
    assert plan_rewrite(storage, table.oid, wanted) is None
    assert shape(storage, table) == [(3, 3, 1), (5, 6, 2), (7, 9, 3)]
    assert not has_old_deaths(storage, table.oid, 1000)
    storage.close()


def test_hot_rows_with_old_deaths(tmp_path: Path) -> None:
    """They are told apart from cold ones; a flush forgets them."""
    storage = open_storage(tmp_path, now_us=lambda: 100)
    table = create_table(storage)
    insert(storage, table, (1, "a"), (2, "b"))
    delete(storage, table, 1)
    assert has_old_hot_deaths(storage, table.oid, 101)
    assert not has_old_deaths(storage, table.oid, 101)
    flush(storage, table)
    assert not has_old_hot_deaths(storage, table.oid, 101)
    storage.close()
