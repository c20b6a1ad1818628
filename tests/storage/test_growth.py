"""Counting what was committed to a table since its last flush."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from storage.catalog_entries import Column, Table
from storage.engine import Storage
from storage.flush import commit_flush, plan_flush, write_segments
from storage.flush_policy import FlushPolicy
from storage.growth import TableGrowth
from storage.growth_watch import count_growth, unwatch_growth, watch_growth
from storage.types import BIGINT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.catalog import CatalogChange


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A fresh data folder; every commit is synced inline."""
    opened = Storage.open(tmp_path / "data")
    yield opened
    opened.close()


def create(storage: Storage) -> Table:
    """A table of one column, without a key."""
    tx = storage.begin()
    table = Table(tx.new_oid(), "public", "t", "alice", (Column(1, "id", BIGINT),))
    tx.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(tx).result()
    return table


def insert(storage: Storage, table: Table, count: int) -> None:
    """Commit so many rows."""
    tx = storage.begin()
    tx.insert(table.oid, [(number,) for number in range(count)])
    storage.commit(tx).result()


def watch(storage: Storage, table: Table, policy: str) -> tuple[TableGrowth, list[str]]:
    """What counts the table, and what it has told."""
    told: list[str] = []
    growth = TableGrowth(FlushPolicy.parse(policy), lambda: told.append("first"), lambda: told.append("reached"))
    watch_growth(storage, table.oid, growth)
    return growth, told


def test_a_limit_of_rows_is_told_once(storage: Storage) -> None:
    """The commit that reaches it tells; those after it do not, until the table is counted again."""
    table = create(storage)
    growth, told = watch(storage, table, "rows:10")
    insert(storage, table, 9)
    assert told == ["first"]
    insert(storage, table, 1)
    assert (told, growth.rows, growth.is_reached) == (["first", "reached"], 10, True)
    insert(storage, table, 10)
    assert told == ["first", "reached"]


def test_a_limit_of_bytes_is_told(storage: Storage) -> None:
    """Bytes are those of the encoded rows, as `statistics` has them."""
    table = create(storage)
    growth, told = watch(storage, table, "bytes:300B")
    while "reached" not in told:
        assert growth.bytes < 300
        insert(storage, table, 5)
    assert growth.bytes == storage.statistics(table.oid).hot_bytes >= 300


def test_a_staged_load_counts(storage: Storage) -> None:
    """Rows that a thread writes ahead count like others, with their bytes."""
    table = create(storage)
    growth, told = watch(storage, table, "rows:6000")
    tx = storage.begin()
    tx.insert(table.oid, pa.table({"id": pa.array(range(6_000), pa.int64())}))
    storage.commit(tx).result()
    assert told == ["first", "reached"]
    assert growth.bytes == storage.statistics(table.oid).hot_bytes > 0


def test_deleting_and_rolling_back_adds_nothing(storage: Storage) -> None:
    """Only rows that were committed count."""
    table = create(storage)
    insert(storage, table, 3)
    growth, told = watch(storage, table, "rows:4")
    tx = storage.begin()
    tx.insert(table.oid, [(1,), (2,)])
    storage.rollback(tx)
    tx = storage.begin()
    tx.delete(table.oid, [1])
    storage.commit(tx).result()
    assert (growth.rows, told) == (3, [])


def test_counting_again_after_a_flush(storage: Storage) -> None:
    """What was committed while the flush ran counts for the next one."""
    table = create(storage)
    growth, told = watch(storage, table, "rows:10")
    insert(storage, table, 10)
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    insert(storage, table, 4)
    commit_flush(storage, plan, write_segments(plan, lambda done, total: None)).result()
    count_growth(storage, table.oid, growth)
    assert (growth.rows, growth.is_reached) == (4, False)
    insert(storage, table, 6)
    assert told == ["first", "reached", "reached"]


def test_what_is_hot_already_is_counted_when_watching_begins(storage: Storage) -> None:
    """A limit that was reached before says so, and tells nobody."""
    table = create(storage)
    insert(storage, table, 10)
    growth, told = watch(storage, table, "rows:10")
    assert (growth.rows, growth.is_reached, told) == (10, True, [])
    unwatch_growth(storage, table.oid)
    insert(storage, table, 1)
    assert growth.rows == 10


def test_changes_of_the_catalog_are_told(storage: Storage) -> None:
    """A listener hears of a change once it is visible, until it wants no more."""
    heard: list[CatalogChange] = []
    end = storage.on_catalog_change(heard.append)
    table = create(storage)
    assert [dict(change.entries) for change in heard] == [{(Table, table.oid): table}]
    end()
    create_other = storage.begin()
    create_other.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(create_other).result()
    assert len(heard) == 1
