"""A data folder in which nothing is damaged has no problems, whatever it holds and however its server ended."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec.structs import replace

from storage import types as t
from storage.catalog_entries import Column, Index, Partition
from storage.engine import Storage, prepare_deletion
from storage.flush import plan_flush, write_segments
from storage.kv import new_batch
from storage.layout import encode_missing, replace_column
from storage.records import add_partition
from storage.restore_marks import mark_restore
from storage.staging import STAGED_FROM_ROWS
from tests.checking import findings_of, problems_of
from tests.storage.backups import make_role
from tests.storage.harness import SMALL_CACHES, columns_of, create_table, define, delete, flush, insert, open_storage
from tests.storage.layouts import SAMPLES, adding, alter, dropping, renaming, retyping
from tests.storage.test_stray_stores import CopyAt

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table

MANY = STAGED_FROM_ROWS + 1_000


def create_unique(storage: Storage) -> Table:
    """A table with a primary key and a unique index over two columns, of which one may be NULL."""
    table = create_table(storage, (*define(0).columns, Column(3, "w", t.INTEGER)))
    transaction = storage.begin()
    index = Index(transaction.new_oid(), "t_v_w", (2, 3), unique=True)
    table = replace(table, indexes=(index,))
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(transaction).result()
    return table


def rows(first: int, count: int) -> list[tuple[int, str, int | None]]:
    """Rows of that table."""
    return [(n, f"v{n // 2}", n if n % 3 else None) for n in range(first, first + count)]


def test_layouts(tmp_path: Path) -> None:
    """Hot and cold rows of several layouts, with columns that were added, dropped, renamed, widened and replaced."""
    storage = open_storage(tmp_path)
    table = create_table(storage, (*define(0).columns, Column(3, "n", t.SMALLINT), Column(4, "x", t.REAL)))
    changes = (
        adding(Column(0, "added", t.TEXT), "was not there"),
        retyping(3, t.numeric(9, 2)),
        renaming(2, "renamed"),
        dropping(4),
        lambda table: replace_column(table, Column(3, "n", t.TEXT, missing=encode_missing(t.TEXT, "new"))),
    )
    for number, change in enumerate(changes):
        values = {"n": number, "x": 0.5}
        row = tuple(values.get(column.name, f"v{number}") for column in table.columns[1:])
        insert(storage, table, *[(number * 100 + n, *row) for n in range(20)]).result()
        flush(storage, table)
        insert(storage, table, *[(number * 100 + 50 + n, *row) for n in range(20)]).result()
        table = alter(storage, table.oid, change) if number != 1 else alter(storage, table.oid, retyping(1, t.BIGINT))
    storage.close()
    assert findings_of(tmp_path) == []


@pytest.mark.parametrize("sql_type", SAMPLES, ids=str)
def test_values_of_every_type(tmp_path: Path, sql_type: t.SqlType) -> None:
    """Hot and cold, and as keys."""
    storage = open_storage(tmp_path)
    plain = create_table(storage, columns_of(sql_type), key=())
    keyed = create_table(storage, columns_of(sql_type), name="keyed")
    for value in SAMPLES[sql_type]:
        insert(storage, plain, (value,), (None,)).result()
        insert(storage, keyed, (value,)).result()
        if value == SAMPLES[sql_type][0]:
            flush(storage, plain)
            flush(storage, keyed)
    storage.close()
    assert findings_of(tmp_path) == []


def test_a_stream_with_expired_rows(tmp_path: Path) -> None:
    """Whose keys are other rows' by now; later more rows have expired, which no problem is either."""
    now_us = 1_000_000_000
    storage = open_storage(tmp_path, now_us=lambda: now_us)
    table = create_table(storage, options={"type": "stream", "ttl": "10s"})
    insert(storage, table, (1, "a"), (2, "b")).result()
    now_us += 11_000_000
    insert(storage, table, (1, "again")).result()
    storage.close()
    assert findings_of(tmp_path, now_us) == []
    assert findings_of(tmp_path, now_us + 60_000_000) == []
    assert findings_of(tmp_path, 0) == []


@pytest.mark.parametrize("point", ["load.after_markers", "load.after_slice", "load.before_end", "delete.after_slice"])
def test_a_commit_that_was_cut_short(tmp_path: Path, point: str) -> None:
    """Rows and deletions that were written ahead are told of, and no problem: neither now nor after the next start."""
    faults = CopyAt(point, tmp_path / "running", tmp_path / "killed")
    storage = Storage.open(tmp_path / "running", replace(SMALL_CACHES, faults=faults))
    table = create_unique(storage)
    for first in range(0, MANY, MANY // 2):
        insert(storage, table, *rows(first, MANY // 2)).result()
        if not first:
            flush(storage, table)
    transaction = storage.begin()
    deletion = prepare_deletion(transaction.snapshot(table.oid), table.oid, np.arange(1, MANY + 1))
    transaction.delete_locked(deletion, transaction.lock_deletion(deletion)())
    transaction.insert(table.oid, rows(0, MANY))
    storage.commit(transaction).result()
    storage.close()
    assert findings_of(tmp_path / "running") == []
    found = findings_of(tmp_path / "killed")
    assert any("of a commit that was cut short" in line for line in found)
    assert all(line.startswith("note: public.t: ") for line in found)
    open_storage(tmp_path / "killed").close()
    assert findings_of(tmp_path / "killed") == []


def test_a_table_that_was_never_committed(tmp_path: Path) -> None:
    """Its rows are notes, until the next start."""
    faults = CopyAt("load.before_end", tmp_path / "running", tmp_path / "killed")
    storage = Storage.open(tmp_path / "running", replace(SMALL_CACHES, faults=faults))
    transaction = storage.begin()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    transaction.insert(table.oid, [(n, "x") for n in range(MANY)])
    storage.commit(transaction).result()
    storage.close()
    found = findings_of(tmp_path / "killed")
    assert found
    assert all(f"store {table.oid}: " in line and line.startswith("note: ") for line in found)
    open_storage(tmp_path / "killed").close()
    assert findings_of(tmp_path / "killed") == []


def test_a_flush_that_was_cut_short(tmp_path: Path) -> None:
    """Its file is a note."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, *[(n, "v") for n in range(100)]).result()
    delete(storage, table, 7).result()
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    (segment,) = write_segments(plan, lambda done, total: None)
    storage.close()
    (note,) = findings_of(tmp_path)
    assert note.startswith(f"note: {segment.path.relative_to(tmp_path)}: no table has this file")


def test_a_dropped_table_is_checked_until_it_is_reclaimed(tmp_path: Path) -> None:
    """For it may come back."""
    storage = open_storage(tmp_path)
    make_role(storage, "ann")
    table = create_unique(storage)
    insert(storage, table, *rows(0, 100)).result()
    (segment,) = flush(storage, table)
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(transaction).result()
    storage.close()
    assert findings_of(tmp_path) == []
    shutil.move(segment.path, tmp_path / "elsewhere")
    (problem,) = findings_of(tmp_path)
    assert problem.startswith(f"problem: public.t (dropped): segment {segment.path.name}")


def test_a_restore_that_was_cut_short(tmp_path: Path) -> None:
    """Rows of roles in tables that a restore has not brought back yet are no problem: the next start removes them."""
    storage = open_storage(tmp_path / "data")
    partition = Partition(oid=2_000_001, table_oid=2_000_000, owner_oid=10, owner="ann")
    mark_restore(storage.visible.kv, range(2_000_000, 2_000_002))
    batch = new_batch()
    add_partition(batch, partition, 2_000_002)
    storage.visible.kv.write(batch)
    storage.close()
    assert problems_of(tmp_path / "data") == []
