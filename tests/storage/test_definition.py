"""Definitions are transactional, as rows are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.catalog_entries import Namespace
from storage.errors import Blocked, RowChanged, SerializationFailure, TableGone
from tests.storage.harness import create_table, define, find, rows_of

if TYPE_CHECKING:
    from storage.engine import Storage


def test_a_table_can_be_created_filled_and_dropped_in_one_transaction(storage: Storage) -> None:
    """Its rows are there after the commit; created and dropped, nothing is left, not even a dropped table."""
    transaction = storage.begin()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    transaction.insert(table.oid, [(1, "a")])
    assert rows_of(transaction.snapshot(table.oid)) == [(1, "a")]
    assert transaction.find(table.oid, storage.key_of(table, (1,))) is not None
    with pytest.raises(TableGone):
        storage.snapshot(table.oid)
    storage.commit(transaction).result()
    assert find(storage, table, 1) == (1, "a")
    passing = storage.begin()
    short_lived = define(passing.new_oid(), name="short_lived")
    passing.change_catalog(lambda catalog: catalog.with_table(short_lived))
    passing.insert(short_lived.oid, [(1, "a")])
    passing.change_catalog(lambda catalog: catalog.without_table(short_lived.oid))
    storage.commit(passing).result()
    assert storage.dropped() == ()
    assert list(storage.catalog.tables) == [table.oid]


def test_definitions_of_the_same_name_exclude_each_other(storage: Storage) -> None:
    """The second one is blocked, and after the first has committed sees it."""
    first, second = storage.begin(), storage.begin()
    first.change_catalog(lambda catalog: catalog.with_table(define(20000)))
    mark = second.begin_statement()
    with pytest.raises(Blocked):
        second.change_catalog(lambda catalog: catalog.with_table(define(20001)))
    second.undo_to(mark)
    second.change_catalog(lambda catalog: catalog.with_table(define(20002, name="other")))
    storage.commit(first).result()
    with pytest.raises(RowChanged):
        second.change_catalog(lambda catalog: catalog.with_table(define(20001)))
    second.begin_statement()
    assert second.catalog.table("public", "t") == define(20000)
    assert second.catalog.table("public", "other") is not None
    storage.commit(second).result()
    assert {table.name for table in storage.catalog.tables.values()} == {"t", "other"}


def test_undoing_a_definition_takes_it_back(storage: Storage) -> None:
    """The catalog is as it was, the name is free, and nothing is written."""
    transaction = storage.begin()
    mark = transaction.begin_statement()
    transaction.change_catalog(lambda catalog: catalog.with_table(define(20000)))
    transaction.insert(20000, [(1, "a")])
    transaction.undo_to(mark)
    assert transaction.catalog.tables == {}
    other = storage.begin()
    other.change_catalog(lambda catalog: catalog.with_table(define(20001)))
    storage.rollback(other)
    storage.commit(transaction).result()
    assert storage.catalog.tables == {}


def test_a_table_cannot_land_in_a_namespace_that_was_dropped(storage: Storage) -> None:
    """Neither of the two transactions saw the other: the second commit fails."""
    creation = storage.begin()
    creation.change_catalog(lambda catalog: catalog.with_namespace(Namespace(20000, "ns", "admin")))
    storage.commit(creation).result()
    first, second = storage.begin(), storage.begin()
    first.change_catalog(lambda catalog: catalog.without_namespace("ns"))
    table = define(20001)
    in_namespace = type(table)(table.oid, "ns", "t", "admin", table.columns, table.primary_key)
    second.change_catalog(lambda catalog: catalog.with_table(in_namespace))
    storage.commit(first).result()
    with pytest.raises(SerializationFailure):
        storage.commit(second)
    assert not second.is_open


def test_a_table_is_dropped_once_its_writers_have_ended_and_is_gone_then(storage: Storage) -> None:
    """Who has written to it keeps it from being dropped; who comes later finds none."""
    table = create_table(storage)
    writer, dropper, late = storage.begin(), storage.begin(), storage.begin()
    writer.insert(table.oid, [(1, "a")])
    with pytest.raises(Blocked) as blocked:
        dropper.change_catalog(lambda catalog: catalog.without_table(table.oid))
    assert blocked.value.holder is writer
    storage.commit(writer).result()
    dropper.undo_to(0)
    dropper.change_catalog(lambda catalog: catalog.without_table(table.oid))
    with pytest.raises(Blocked):
        late.insert(table.oid, [(1, "a")])
    storage.commit(dropper).result()
    late.undo_to(0)
    with pytest.raises(TableGone):
        storage.begin().insert(table.oid, [(1, "a")])
    with pytest.raises(TableGone):
        storage.find(table.oid, b"")
