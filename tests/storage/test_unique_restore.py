"""Unique indexes in backups: they are there after a restore, under oids of that server, and no others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Column, Index
from storage.errors import UniqueViolation
from storage.keys import KeyKind, key
from tests.storage.backups import back_up, restore
from tests.storage.harness import create_table, flush, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from storage.engine import Storage

COLUMNS = (Column(1, "id", types.BIGINT, not_null=True), Column(2, "a", types.INTEGER), Column(3, "b", types.TEXT))


def test_keys_are_unique_after_a_restore(storage: Storage, tmp_path: Path) -> None:
    """Each index has its entries, in a server that has given its oids to others."""
    table = create_table(storage, COLUMNS)
    transaction = storage.begin()
    indexes = (
        Index(transaction.new_oid(), "t_a", (2,), unique=True),
        Index(transaction.new_oid(), "t_b", (3,), unique=True),
    )
    transaction.change_catalog(lambda catalog: catalog.with_table(replace(table, indexes=indexes)))
    storage.commit(transaction).result()
    insert(storage, table, (1, 1, "x"), (2, None, "y")).result()
    flush(storage, table)
    insert(storage, table, (3, 3, None)).result()
    back_up(storage, tmp_path / "backups")
    other = open_storage(tmp_path / "other")
    for name in ("p", "q", "r"):
        create_table(other, name=name)
    restore(other, tmp_path / "backups").result()
    for _ in range(2):
        restored = other.catalog.table("public", "t")
        assert restored is not None
        assert not {index.oid for index in restored.indexes} & {index.oid for index in indexes}
        assert len(list(other.scan(key(KeyKind.UNIQUE, restored.oid)))) == 4
        for index, values, row in zip(restored.indexes, ((3,), ("x",)), ((3, 3, None), (1, 1, "x")), strict=True):
            found = other.find(restored.oid, other.key_of(restored, values, index.oid), None, index.oid)
            assert found is not None
            assert found[0] == row
        for taken in ((9, 1, None), (9, None, "y")):
            transaction = other.begin()
            with pytest.raises(UniqueViolation):
                transaction.insert(restored.oid, [taken])
            other.rollback(transaction)
        other.close()
        other = open_storage(tmp_path / "other")
    other.close()
