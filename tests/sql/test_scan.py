"""A scan of several row stores of one table, whose seqs are the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from sql.query_scans import TableScan
from sql.scan import scan_cte
from storage.catalog_entries import Role
from storage.flush import commit_flushes, hot_stores, plan_flush, write_plans
from storage.snapshot import Predicate
from tests.storage.harness import KEY_AND_TEXT, create_table, open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from storage.catalog_entries import Table
    from storage.engine import Storage

ROLES = [Role(20_001 + number, name) for number, name in enumerate(("alice", "bob", "carol"))]


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A new data folder, open."""
    opened = open_storage(tmp_path)
    yield opened
    opened.close()


def rows(storage: Storage, table: Table, predicates: Sequence[Predicate] = ()) -> list[tuple[object, ...]]:
    """What DuckDB reads of all row stores."""
    connection = duckdb.connect()

    def register(data: pa.Table) -> str:
        name = f"registered {len(names)}"
        names.append(name)
        connection.register(name, data)
        return name

    names: list[str] = []
    scan = TableScan(table.oid, "t", (1, 2), tuple(predicates))
    snapshots = [storage.snapshot(store) for store in storage.stores(table.oid)] or [storage.snapshot(table.oid)]
    cte = scan_cte(scan, snapshots, (), register, lambda: None)
    return sorted(connection.sql(f"WITH {cte} SELECT id, v FROM t").fetchall())


def change(storage: Storage, table: Table, role: Role, inserted: range, deleted: Sequence[int] = ()) -> None:
    """Commit a role's changes."""
    transaction = storage.begin()
    store = transaction.partition(table.oid, role)
    transaction.insert(store, [(n, role.name) for n in inserted])
    for n in deleted:
        transaction.delete(store, [transaction.find(store, storage.key_of(table, (n,)))[1]])
    storage.commit(transaction).result()


def flush_all(storage: Storage, table: Table) -> None:
    """Settle the rows of every store."""
    plans = [plan_flush(storage, store.store_oid) for store in hot_stores(storage, table.oid)]
    commit_flushes(storage, write_plans(plans, lambda done, total: None)).result()


def test_no_store_has_no_rows(storage: Storage) -> None:
    """Of a user table that nobody has written to the table's own store is read: it is empty."""
    assert rows(storage, create_table(storage, KEY_AND_TEXT, options={"type": "user"})) == []


@pytest.mark.parametrize("dirty", [0, 1, 2, 3])
def test_dead_rows_are_those_of_their_own_store(storage: Storage, dirty: int) -> None:
    """A row that is dead in one store does not hide the row with its seq in another one, hot and cold."""
    table = create_table(storage, KEY_AND_TEXT, options={"type": "user"})
    expected = set()
    for number, role in enumerate(ROLES):
        change(storage, table, role, range(6))
        expected |= {(n, role.name) for n in range(6)}
        if number == 0:
            flush_all(storage, table)
            change(storage, table, role, range(6, 9))
            expected |= {(n, role.name) for n in range(6, 9)}
    flush_all(storage, table)
    for number, role in enumerate(ROLES[:dirty]):
        change(storage, table, role, range(100 + number, 101 + number), (number, number + 3))
        expected -= {(number, role.name), (number + 3, role.name)}
        expected.add((100 + number, role.name))
    assert rows(storage, table) == sorted(expected)
    assert {n for n, _ in rows(storage, table, [Predicate(1, ">=", 50)])} >= set(range(100, 100 + dirty))
