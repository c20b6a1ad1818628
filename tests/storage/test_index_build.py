"""Unique indexes of tables with rows: built ahead, real with the commit, and gone without a trace otherwise."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Column, Index
from storage.engine import prepare_load
from storage.errors import DuplicateKeys, UniqueViolation
from storage.index_build import build_index, plan_index_build
from storage.keys import KeyKind, key
from storage.rows import table_from_rows
from tests.storage.harness import compact, create_table, delete, flush, insert, open_storage, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.transaction import Transaction

COLUMNS = (
    Column(1, "id", types.BIGINT, not_null=True),
    Column(2, "email", types.TEXT),
    Column(3, "a", types.INTEGER),
    Column(4, "b", types.TEXT),
)


def add_index(storage: Storage, transaction: Transaction, table_oid: int, *columns: int) -> Index:
    """Add a unique index in a transaction, as SQL does."""
    table = transaction.catalog.tables[table_oid]
    index = Index(transaction.new_oid(), f"i{len(table.indexes)}", columns, unique=True)
    changed = replace(table, indexes=(*table.indexes, index))
    build = plan_index_build(transaction, storage.visible, changed, index.oid)
    build_index(build, lambda: False, storage.options.faults)
    transaction.change_catalog(lambda catalog: catalog.with_table(changed))
    return index


def indexed(storage: Storage, table: Table, *columns: int) -> Index:
    """Add one and commit that."""
    transaction = storage.begin()
    transaction.begin_statement()
    index = add_index(storage, transaction, table.oid, *columns)
    storage.commit(transaction).result()
    return index


def found(storage: Storage, table: Table, index: Index, *values: Any) -> tuple[Any, ...] | None:
    """The row with these values of an index."""
    now = storage.catalog.tables[table.oid]
    row = storage.find(table.oid, storage.key_of(now, values, index.oid), None, index.oid)
    return None if row is None else row[0]


def refused(storage: Storage, table: Table, row: tuple[Any, ...]) -> None:
    """A key of the row is taken."""
    transaction = storage.begin()
    with pytest.raises(UniqueViolation):
        transaction.insert(table.oid, [row])
    storage.rollback(transaction)


def entries(storage: Storage, table: Table) -> int:
    """How many entries there are in unique indexes of the table."""
    return len(list(storage.scan(key(KeyKind.UNIQUE, table.oid))))


def filled(storage: Storage, count: int = 3_000) -> Table:
    """A table with cold rows, dead ones among them, and hot ones."""
    table = create_table(storage, COLUMNS)
    rows = [(n, f"m{n}" if n % 10 else None, n // 2, f"b{n % 2}") for n in range(count)]
    insert(storage, table, *rows[: count // 2]).result()
    flush(storage, table)
    insert(storage, table, *rows[count // 2 :]).result()
    delete(storage, table, 1, count - 1).result()
    return table


def test_rows_hot_and_cold_are_found_and_kept_unique(tmp_path: Path) -> None:
    """By an index of one nullable column and one of two, after a flush, a compaction and a restart."""
    storage = open_storage(tmp_path)
    table = filled(storage)
    email, both = indexed(storage, table, 2), indexed(storage, table, 3, 4)
    for turn in range(2):
        assert found(storage, table, email, "m7") == (7, "m7", 3, "b1")
        assert found(storage, table, both, 3, "b1") == (7, "m7", 3, "b1")
        assert found(storage, table, email, "m1") is None
        for taken in ((-1, "m7", None, None), (-1, None, 3, "b1"), (7, None, 10_000, None)):
            refused(storage, table, taken)
        flush(storage, table)
        compact(storage, table)
        storage.close()
        storage = open_storage(tmp_path)
        insert(storage, table, (-5 - turn, None, None, "x"), (-15 - turn, None, 1, None)).result()
    insert(storage, table, (1, "m1", 0, "b1")).result()
    assert found(storage, table, email, "m1") == (1, "m1", 0, "b1")
    storage.close()


def test_duplicates_are_named_and_leave_nothing(storage: Storage) -> None:
    """Whether both rows are cold, or one is hot, or the transaction's own."""
    table = filled(storage)
    for columns in ((3,), (4,)):
        with pytest.raises(DuplicateKeys) as error:
            indexed(storage, table, *columns)
        assert error.value.columns == columns
    transaction = storage.begin()
    transaction.begin_statement()
    transaction.insert(table.oid, [(-1, "m7", None, None)])
    with pytest.raises(DuplicateKeys) as error:
        add_index(storage, transaction, table.oid, 2)
    assert error.value.key == ("m7",)
    storage.rollback(transaction)
    assert entries(storage, table) == 0


def test_what_is_rolled_back_undone_dropped_or_left_by_a_crash_has_no_entries(tmp_path: Path) -> None:
    """And nobody minds its keys."""
    storage = open_storage(tmp_path)
    table = filled(storage)
    transaction = storage.begin()
    mark = transaction.begin_statement()
    add_index(storage, transaction, table.oid, 2)
    assert entries(storage, table) > 2_000
    transaction.undo_to(mark)
    assert entries(storage, table) == 0
    transaction.begin_statement()
    add_index(storage, transaction, table.oid, 2)
    storage.rollback(transaction)
    assert entries(storage, table) == 0
    insert(storage, table, (-1, "m7", None, None)).result()
    delete(storage, table, -1).result()
    indexed(storage, table, 2)
    transaction = storage.begin()
    transaction.begin_statement()
    transaction.change_catalog(lambda catalog: catalog.with_table(replace(catalog.tables[table.oid], indexes=())))
    storage.commit(transaction).result()
    assert entries(storage, table) == 0
    unfinished = storage.begin()
    unfinished.begin_statement()
    add_index(storage, unfinished, table.oid, 2)
    storage.close()
    storage = open_storage(tmp_path)
    assert entries(storage, table) == 0
    insert(storage, table, (-1, "m7", None, None)).result()
    storage.close()


def test_rows_of_the_transaction_itself_get_entries_when_it_commits(storage: Storage) -> None:
    """Rows that it inserted before and after, one by one and as a load, and rows that it has deleted."""
    table = create_table(storage, COLUMNS)
    insert(storage, table, (0, "m0", 0, None)).result()
    transaction = storage.begin()
    transaction.begin_statement()
    transaction.insert(table.oid, [(1, "m1", 1, None), (2, "m0", 2, None)])
    data = table_from_rows([(n, f"m{n}", n, None) for n in range(10, 1_000)], COLUMNS)
    transaction.insert(table.oid, prepare_load(storage, storage.catalog.tables[table.oid], data))
    transaction.delete(table.oid, [transaction.find(table.oid, storage.key_of(table, (0,)))[1]])
    index = add_index(storage, transaction, table.oid, 2)
    now = transaction.catalog.tables[table.oid]
    own = transaction.find(table.oid, storage.key_of(now, ("m500",), index.oid), (0,), index.oid)
    assert own is not None
    assert own[0] == (500,)
    mark = transaction.begin_statement()
    for taken in ("m0", "m1", "m999"):
        with pytest.raises(UniqueViolation):
            transaction.insert(table.oid, [(-1, taken, None, None)])
        transaction.undo_to(mark)
    transaction.insert(table.oid, [(3, "m3", None, None)])
    storage.commit(transaction).result()
    for email, row_id in (("m0", 2), ("m1", 1), ("m3", 3), ("m500", 500)):
        row = found(storage, table, index, email)
        assert row is not None
        assert row[0] == row_id
    assert entries(storage, table) == len(rows_of(storage.snapshot(table.oid)))


def test_a_load_minds_all_keys(storage: Storage) -> None:
    """A hundred thousand rows with one key twice, or one that a row has; NULLs are never twice."""
    table = filled(storage)
    email = indexed(storage, table, 2)
    now = storage.catalog.tables[table.oid]
    emails: list[str | None] = [f"n{n}" if n % 3 else None for n in range(100_000)]
    random.Random(1).shuffle(emails)

    def data(with_emails: list[str | None]) -> Any:
        rows = [(10_000 + n, text, None, None) for n, text in enumerate(with_emails)]
        return table_from_rows(rows, COLUMNS)

    with pytest.raises(UniqueViolation) as within:
        prepare_load(storage, now, data([*emails, "n1"]))
    assert within.value.key == ("n1",)
    transaction = storage.begin()
    with pytest.raises(UniqueViolation) as there:
        transaction.insert(table.oid, prepare_load(storage, now, data([*emails, "m7"])))
    assert there.value.key == ("m7",)
    assert there.value.constraint == "i0"
    storage.rollback(transaction)
    transaction = storage.begin()
    transaction.insert(table.oid, prepare_load(storage, now, data(emails)))
    storage.commit(transaction).result()
    assert found(storage, table, email, "n50000") is not None
    refused(storage, table, (-1, "n50000", None, None))
