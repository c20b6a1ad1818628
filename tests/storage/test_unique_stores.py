"""Several keys where rows are not just rows of a table: streams, the rows of roles, restored tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Column, Index, Role
from storage.errors import Blocked, UniqueViolation
from storage.eviction import evict
from storage.keys import KeyKind, key
from tests.storage.harness import create_table, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage

COLUMNS = (Column(1, "id", types.BIGINT, not_null=True), Column(2, "a", types.INTEGER), Column(3, "b", types.INTEGER))


def with_indexes(storage: Storage, options: dict[str, str]) -> Table:
    """A table whose second and third columns are unique."""
    table = create_table(storage, COLUMNS, options=options)
    transaction = storage.begin()
    indexes = tuple(Index(transaction.new_oid(), f"t_{n}", (n,), unique=True) for n in (2, 3))
    changed = replace(table, indexes=indexes)
    transaction.change_catalog(lambda catalog: catalog.with_table(changed))
    storage.commit(transaction).result()
    return changed


def add(storage: Storage, store_oid: int, *rows: tuple[Any, ...]) -> None:
    """Insert rows and commit them."""
    transaction = storage.begin()
    try:
        transaction.insert(store_oid, rows)
    except BaseException:
        storage.rollback(transaction)
        raise
    storage.commit(transaction).result()


def entries(storage: Storage, store_oid: int) -> int:
    """How many index entries there are."""
    return sum(len(list(storage.scan(key(kind, store_oid)))) for kind in (KeyKind.INDEX, KeyKind.UNIQUE))


def test_an_expired_row_gives_all_its_keys_away_with_the_first(tmp_path: Path) -> None:
    """Whoever takes another one of them meanwhile waits; then there is nothing left of the row."""
    now_us = [1_000_000_000]
    storage = open_storage(tmp_path, now_us=lambda: now_us[0])
    table = with_indexes(storage, {"type": "stream", "ttl": "60s"})
    add(storage, table.oid, (1, 1, 1), (2, 2, 2))
    with pytest.raises(UniqueViolation):
        add(storage, table.oid, (3, 1, None))
    now_us[0] += 61_000_000
    one, other = storage.begin(), storage.begin()
    one.insert(table.oid, [(3, 1, None)])
    with pytest.raises(Blocked):
        other.insert(table.oid, [(4, None, 1)])
    storage.rollback(other)
    storage.commit(one).result()
    add(storage, table.oid, (1, None, 1))
    assert storage.snapshot(table.oid).row_count == 2
    assert entries(storage, table.oid) == 4 + 3
    evict(storage, table.oid, lambda done, total: None)
    assert entries(storage, table.oid) == 4
    storage.close()
    storage = open_storage(tmp_path, now_us=lambda: now_us[0])
    found = storage.find(table.oid, storage.key_of(table, (1,), table.indexes[0].oid), None, table.indexes[0].oid)
    assert found is not None
    assert found[0] == (3, 1, None)
    storage.close()


def test_each_role_has_its_own_keys(storage: Storage) -> None:
    """The same values may be there once for each role."""
    table = with_indexes(storage, {"type": "user"})
    transaction = storage.begin()
    stores = [transaction.partition(table.oid, Role(oid, f"r{oid}")) for oid in (101, 102)]
    storage.rollback(transaction)
    for store in stores:
        add(storage, store, (1, 1, None))
        with pytest.raises(UniqueViolation) as error:
            add(storage, store, (2, 1, None))
        assert error.value.columns == (2,)
        assert entries(storage, store) == 2


def test_the_first_key_that_is_taken_is_named(storage: Storage) -> None:
    """The primary key before others, these in the order of their oids, row by row."""
    table = with_indexes(storage, {})
    add(storage, table.oid, (1, 1, 1), (2, 2, 2))
    for rows, constraint in (
        ([(1, 1, 1)], "t_pkey"),
        ([(3, 2, 1)], "t_2"),
        ([(3, 3, 1), (1, 4, 4)], "t_3"),
        ([(3, 3, 3), (4, 4, 3)], "t_3"),
    ):
        with pytest.raises(UniqueViolation) as error:
            add(storage, table.oid, *rows)
        assert error.value.constraint == constraint
