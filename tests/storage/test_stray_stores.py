"""A table that was never committed leaves nothing behind, above all not to the next table, which gets its oid."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage.catalog_entries import Index
from storage.engine import Storage
from storage.faults import FaultPoints
from storage.keys import STORE_KINDS, KeyKind
from storage.staging import STAGED_FROM_ROWS
from tests.storage.backups import content, fill, make_role
from tests.storage.harness import SMALL_CACHES, define, find, insert, open_storage, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table


class CopyAt(FaultPoints):
    """Copies the data folder when a point is first reached: the copy is what a kill there would leave."""

    def __init__(self, name: str, data_dir: Path, target: Path) -> None:
        super().__init__()
        self._point = name
        self._data_dir = data_dir
        self._target = target

    def reach(self, name: str) -> None:
        """Called by storage."""
        if name == self._point and not self._target.exists():
            shutil.copytree(self._data_dir, self._target)


def make_with_rows(storage: Storage, rows: int, options: dict[str, str]) -> Table:
    """A table with a unique index and rows, all in one transaction."""
    admin = make_role(storage, "ann")
    transaction = storage.begin()
    table = define(transaction.new_oid(), options=options)
    table = replace(table, indexes=(Index(transaction.new_oid(), "t_v", (2,), unique=True),))
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    store_oid = transaction.partition(table.oid, admin) if table.type == "user" else table.oid
    transaction.insert(store_oid, [(n, f"v{n}") for n in range(rows)])
    storage.commit(transaction).result()
    return table


@pytest.mark.parametrize("options", [{}, {"type": "user"}, {"type": "stream", "ttl": "1h"}], ids=str)
@pytest.mark.parametrize("point", ["load.after_markers", "load.after_slice", "load.before_end"])
def test_a_table_that_never_was_leaves_nothing(tmp_path: Path, point: str, options: dict[str, str]) -> None:
    """Neither rows, nor entries, nor marks; the next table, with its oid, has what is put into it, and keeps it."""
    faults = CopyAt(point, tmp_path / "running", tmp_path / "killed")
    running = Storage.open(tmp_path / "running", replace(SMALL_CACHES, faults=faults))
    first = make_with_rows(running, STAGED_FROM_ROWS + 1, options)
    running.close()
    storage = open_storage(tmp_path / "killed")
    assert not any(list(storage.scan(kind.value)) for kind in (*STORE_KINDS, KeyKind.PARTITION))
    table = replace(define(first.oid), indexes=first.indexes)
    transaction = storage.begin()
    assert transaction.new_oid() == first.oid
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(transaction).result()
    insert(storage, table, (1, "v1"), (2, "v2")).result()
    storage.close()
    storage = open_storage(tmp_path / "killed")
    assert rows_of(storage.snapshot(table.oid)) == [(1, "v1"), (2, "v2")]
    assert find(storage, table, 2) == (2, "v2")
    storage.close()


def test_what_belongs_to_something_stays(tmp_path: Path) -> None:
    """Of tables of all kinds, and of dropped ones, which may come back."""
    storage = open_storage(tmp_path)
    fill(storage)
    for table in list(storage.catalog.tables.values())[1:]:
        transaction = storage.begin()
        transaction.change_catalog(lambda catalog, oid=table.oid: catalog.without_table(oid))
        storage.commit(transaction).result()
    before = content(storage), [list(storage.scan(kind.value)) for kind in STORE_KINDS]
    storage.close()
    storage = open_storage(tmp_path)
    assert (content(storage), [list(storage.scan(kind.value)) for kind in STORE_KINDS]) == before
    storage.close()
