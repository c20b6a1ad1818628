"""Columns change under rows that are flushed, compacted, dropped, backed up and written by others meanwhile."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage import types as t
from storage.catalog_entries import Column, Role
from storage.engine import Storage, prepare_load
from storage.errors import Blocked, DefinitionChanged, SerializationFailure
from storage.eviction import evict
from storage.faults import FaultPoints
from storage.flush import plan_flush
from storage.formats import TableFormats
from storage.keys import KeyKind, key
from storage.layout import encode_missing
from storage.rows import table_from_rows
from storage.undrop import commit_undrop, prepare_undrop, require_undroppable
from tests.measuring import assert_measured, measures
from tests.storage.backups import back_up, restore
from tests.storage.harness import (
    SMALL_CACHES,
    compact,
    create_table,
    define,
    delete,
    delete_prepared,
    find,
    finish_flush,
    flush,
    insert,
    open_storage,
)
from tests.storage.layouts import adding, alter, alter_in, dropping, read, renaming, retyping
from tests.storage.segments import create_table_later, files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.storage.harness import ManualLoop

NEW = Column(0, "w", t.INTEGER)
INTEGER_AND_TEXT = (Column(1, "id", t.INTEGER, not_null=True), Column(2, "v", t.varchar(3)))


# Changing


@measures
def test_changing_a_table_with_many_hot_rows_takes_no_time_on_the_loop(storage: Storage) -> None:
    """A million rows, some as tuples: less than ten milliseconds of its thread, and no file is written or touched."""
    table = create_table(storage, key=())
    insert(storage, table, *[(n, "v") for n in range(1_000)])
    flush(storage, table)
    data = table_from_rows([(n, "v") for n in range(1_000_000)], table.columns)
    transaction = storage.begin()
    transaction.insert(table.oid, prepare_load(storage, table, data))
    storage.commit(transaction).result()
    insert(storage, table, *[(n, "v") for n in range(4_000)])
    before = {path: path.stat().st_mtime_ns for path in files(storage)}
    taken_s = []
    for change in (adding(NEW, 7), renaming(2, "r"), retyping(1, t.NUMERIC), dropping(2)):
        transaction = storage.begin()
        transaction.begin_statement()
        started = time.thread_time()
        alter_in(transaction, table.oid, change)
        storage.commit(transaction)
        taken_s.append(time.thread_time() - started)
    assert_measured(min(taken_s) < 0.005, taken_s)
    assert_measured(sorted(taken_s)[1] < 0.01, taken_s)
    assert {path: path.stat().st_mtime_ns for path in files(storage)} == before
    assert storage.snapshot(table.oid).fetch(2_000) == (999, 7)


def test_compaction_writes_the_layout_of_now(storage: Storage) -> None:
    """Segments of several layouts become one of the current one; rows that die meanwhile are dead in it."""
    table = create_table(storage)
    for change in (adding(NEW, 1), dropping(2), retyping(3, t.BIGINT)):
        rows = [
            (n, *[f"{n}" if column.number == 2 else n for column in table.columns[1:]])
            for n in range(table.layout * 10, table.layout * 10 + 5)
        ]
        insert(storage, table, *rows)
        flush(storage, table)
        table = alter(storage, table.oid, change)
    delete(storage, table, 11)
    expected = read(storage.snapshot(table.oid))
    assert {segment.layout for segment in storage.snapshot(table.oid).segments} == {1, 2, 3}
    assert compact(storage, table) == 1
    (segment,) = storage.snapshot(table.oid).segments
    assert segment.layout == table.layout == 4
    assert read(storage.snapshot(table.oid)) == expected


def test_a_flush_that_was_planned_before_writes_what_its_plan_says(storage: Storage) -> None:
    """It commits after the change, and its segments say the earlier layout."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    plan = plan_flush(storage, table.oid)
    assert plan is not None
    table = alter(storage, table.oid, dropping(2), adding(NEW, 3))
    insert(storage, table, (2, 4))
    (segment,) = finish_flush(storage, plan)
    assert segment.layout == 1
    assert read(storage.snapshot(table.oid)) == [(1, 3), (2, 4)]
    (later,) = flush(storage, table)
    assert later.layout == 3


def test_a_large_deletion_reads_keys_through_layouts(storage: Storage) -> None:
    """Keys that were widened since, hot and cold: the index has nothing left of them."""
    table = create_table(storage, INTEGER_AND_TEXT)
    insert(storage, table, *[(n, "a") for n in range(10)])
    flush(storage, table)
    insert(storage, table, *[(n, "a") for n in range(10, 20)])
    table = alter(storage, table.oid, retyping(1, t.BIGINT), dropping(2))
    insert(storage, table, *[(n,) for n in range(20, 30)])
    transaction = storage.begin()
    transaction.begin_statement()
    delete_prepared(transaction, table.oid, range(1, 31))
    storage.commit(transaction).result()
    assert read(storage.snapshot(table.oid)) == []
    assert not list(storage.visible.kv.scan(key(KeyKind.INDEX, table.oid)))


# Transactions


def test_rows_of_a_transaction_keep_their_place_when_it_changes_the_table(storage: Storage) -> None:
    """Inserted before and after, found and deleted; taken back, all is as it was."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    transaction = storage.begin()
    transaction.begin_statement()
    transaction.insert(table.oid, [(2, "b")])
    transaction.insert(table.oid, table_from_rows([(n, "t") for n in range(100, 700)], table.columns))
    mark = transaction.begin_statement()
    changed = alter_in(transaction, table.oid, adding(NEW, 9), dropping(2))
    transaction.insert(table.oid, [(3, 30)])
    rows = [(1, 9), (2, 9), *[(n, 9) for n in range(100, 700)], (3, 30)]
    assert read(transaction.snapshot(table.oid)) == rows
    assert [transaction.find(table.oid, storage.key_of(table, (n,)))[0] for n in (1, 2, 3, 100)] == [
        (1, 9),
        (2, 9),
        (3, 30),
        (100, 9),
    ]  # type: ignore[index]
    transaction.undo_to(mark)
    transaction.begin_statement()
    assert read(transaction.snapshot(table.oid))[:2] == [(1, "a"), (2, "b")]
    transaction.insert(table.oid, [(4, "d")])
    assert transaction.catalog.tables[table.oid] == table
    again = alter_in(transaction, table.oid, adding(NEW, 8), dropping(2))
    assert (again.layout, changed.layout) == (3, 3)
    storage.commit(transaction).result()
    assert read(storage.snapshot(table.oid)) == [(1, 8), (2, 8), *[(n, 8) for n in range(100, 700)], (4, 8)]
    assert find(storage, again, 2) == (2, 8)


def test_a_table_can_be_created_filled_and_changed_in_one_transaction(storage: Storage) -> None:
    """Nobody has seen it with its first columns, and yet its rows have them."""
    transaction = storage.begin()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    transaction.insert(table.oid, [(1, "a")])
    alter_in(transaction, table.oid, adding(NEW, 5))
    transaction.insert(table.oid, [(2, "b", 6)])
    assert read(transaction.snapshot(table.oid)) == [(1, "a", 5), (2, "b", 6)]
    storage.commit(transaction).result()
    assert read(storage.snapshot(table.oid)) == [(1, "a", 5), (2, "b", 6)]


def test_who_has_written_keeps_out_who_changes_columns(storage: Storage) -> None:
    """And the other way round: a writer waits, and has to look at the table again."""
    table = create_table(storage)
    writer, other = storage.begin(), storage.begin()
    writer.insert(table.oid, [(1, "a")])
    other.begin_statement()
    with pytest.raises(Blocked):
        alter_in(other, table.oid, adding(NEW))
    storage.commit(writer).result()
    late = storage.begin()
    late.begin_statement()
    other.undo_to(0)
    other.begin_statement()
    alter_in(other, table.oid, adding(NEW))
    with pytest.raises(Blocked):
        late.insert(table.oid, [(2, "b")])
    storage.commit(other).result()
    late.undo_to(0)
    late.begin_statement()
    late.insert(table.oid, [(2, "b", 1)])
    storage.commit(late).result()
    assert read(storage.snapshot(table.oid)) == [(1, "a", None), (2, "b", 1)]


def test_a_load_for_another_definition_is_refused(storage: Storage) -> None:
    """Its rows were made for columns that the table no longer has."""
    table = create_table(storage)
    load = prepare_load(storage, table, table_from_rows([(1, "a")], table.columns))
    alter(storage, table.oid, renaming(2, "w"))
    transaction = storage.begin()
    transaction.begin_statement()
    with pytest.raises(DefinitionChanged):
        transaction.insert(table.oid, load)


def test_a_repeatable_snapshot_is_read_under_the_definition_of_now(storage: Storage) -> None:
    """Of before the change it has the rows, of now the columns; and a later one is read under an earlier one."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    reader = storage.begin("repeatable read")
    reader.begin_statement()
    before = storage.snapshot(table.oid)
    changed = alter(storage, table.oid, adding(NEW, 2))
    insert(storage, table, (2, "b", 3))
    reader.begin_statement()
    assert read(reader.snapshot(table.oid)) == [(1, "a", 2)]
    assert reader.find(table.oid, storage.key_of(table, (1,))) == ((1, "a", 2), 1)
    assert read(before) == [(1, "a")]
    assert read(before.as_of(changed)) == [(1, "a", 2)]
    assert read(storage.snapshot(table.oid).as_of(table)) == [(1, "a"), (2, "b")]
    alter(storage, table.oid, dropping(2))
    with pytest.raises(DefinitionChanged):
        storage.snapshot(table.oid).as_of(table)


def test_a_commit_of_rows_of_another_layout_is_refused(storage: Storage) -> None:
    """Should a lock ever fail to keep them apart, the rows do not come in under a definition they were not made for."""
    table = create_table(storage)
    writer = storage.begin()
    writer.insert(table.oid, [(1, "a")])
    writer.held.release_since(0)
    alter(storage, table.oid, adding(NEW))
    with pytest.raises(SerializationFailure):
        storage.commit(writer)
    assert read(storage.snapshot(table.oid)) == []


def test_the_change_and_its_rows_become_visible_together(looped: Storage, loop: ManualLoop) -> None:
    """A commit that has been written and is not durable shows neither."""
    table = create_table_later(looped, loop)
    transaction = looped.begin()
    transaction.begin_statement()
    changed = alter_in(transaction, table.oid, adding(NEW))
    transaction.insert(table.oid, [(1, "a", 2)])
    commit = looped.commit(transaction)
    assert read(looped.snapshot(table.oid)) == []
    assert looped.snapshot(table.oid).table == table
    loop.finish(commit)
    assert read(looped.snapshot(table.oid)) == [(1, "a", 2)]
    assert looped.snapshot(table.oid).table == changed


class Photograph(FaultPoints):
    """Copies the folder when a large commit is about to become real: what a crash there would leave."""

    def __init__(self, folder: Path, image: Path) -> None:
        super().__init__()
        self._folder, self._image = folder, image

    def reach(self, name: str) -> None:
        """Called by storage."""
        if name == "load.before_end":
            shutil.copytree(self._folder, self._image)


def test_a_large_commit_with_a_change_of_columns_is_all_or_nothing(tmp_path: Path) -> None:
    """After a crash neither is there: of rows of the layout that nobody knows of the index entries are gone, too."""
    options = replace(SMALL_CACHES, faults=Photograph(tmp_path / "data", tmp_path / "image"))
    storage = Storage.open(tmp_path / "data", options)
    table = create_table(storage, key=(2,))
    insert(storage, table, (0, "first"))
    transaction = storage.begin()
    transaction.begin_statement()
    transaction.insert(table.oid, table_from_rows([(n, f"{n}") for n in range(3_000)], table.columns))
    changed = alter_in(transaction, table.oid, dropping(1), adding(NEW, 4))
    rows = table_from_rows([(f"{n}", n) for n in range(3_000, 6_000)], changed.columns)
    transaction.insert(table.oid, rows)
    storage.commit(transaction).result()
    expected = [("first", 4), *[(f"{n}", 4 if n < 3_000 else n) for n in range(6_000)]]
    assert read(storage.snapshot(table.oid)) == expected
    storage.close()
    again = open_storage(tmp_path / "data")
    assert read(again.snapshot(table.oid)) == expected
    again.close()
    crashed = open_storage(tmp_path / "image")
    assert read(crashed.snapshot(table.oid)) == [(0, "first")]
    assert len(list(crashed.visible.kv.scan(key(KeyKind.INDEX, table.oid)))) == 1
    crashed.close()


# Other stores, other ways in and out


def test_every_row_store_of_a_user_table_is_redefined(storage: Storage) -> None:
    """Those of all roles, also one that is made later."""
    table = create_table(storage, options={"type": "user"})
    roles = [Role(20_001 + number, name) for number, name in enumerate(("alice", "bob", "carol"))]
    stores = {}
    for role in roles[:2]:
        transaction = storage.begin()
        stores[role.name] = transaction.partition(table.oid, role)
        transaction.insert(stores[role.name], [(1, role.name)])
        storage.commit(transaction).result()
    alter(storage, table.oid, adding(NEW, 4))
    transaction = storage.begin()
    stores["carol"] = transaction.partition(table.oid, roles[2])
    transaction.insert(stores["carol"], [(1, "carol", 5)])
    storage.commit(transaction).result()
    assert [read(storage.snapshot(stores[role.name])) for role in roles] == [
        [(1, "alice", 4)],
        [(1, "bob", 4)],
        [(1, "carol", 5)],
    ]


def test_rows_of_a_stream_are_evicted_through_layouts(tmp_path: Path) -> None:
    """Their keys are found among the columns that they were written with."""
    now_us = 1_700_000_000_000_000
    storage = open_storage(tmp_path, now_us=lambda: now_us)
    table = create_table(storage, key=(2,), options={"type": "stream", "ttl": "10s"})
    insert(storage, table, (1, "a"), (2, "b"))
    table = alter(storage, table.oid, dropping(1), adding(NEW, 1))
    insert(storage, table, ("c", 3))
    assert read(storage.snapshot(table.oid)) == [("a", 1), ("b", 1), ("c", 3)]
    now_us += 20_000_000
    assert evict(storage, table.oid, lambda done, total: None) == 3
    assert not list(storage.visible.kv.scan(key(KeyKind.INDEX, table.oid)))
    storage.close()


def test_a_dropped_table_comes_back_with_its_layouts(storage: Storage) -> None:
    """Rows of all of them are there."""
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    flush(storage, table)
    table = alter(storage, table.oid, adding(NEW, 4), dropping(2))
    insert(storage, table, (2, 5))
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(transaction).result()
    commit_undrop(storage, prepare_undrop(storage, require_undroppable(storage, "public", "t"))).result()
    assert read(storage.snapshot(table.oid)) == [(1, 4), (2, 5)]


def test_a_backup_has_the_layouts(tmp_path: Path) -> None:
    """What is restored from it is read as before, and so it is by a server that is started anew."""
    storage = open_storage(tmp_path / "data")
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    flush(storage, table)
    table = alter(storage, table.oid, adding(NEW, 4), renaming(2, "r"))
    insert(storage, table, (2, "b", 5))
    table = alter(storage, table.oid, dropping(2))
    insert(storage, table, (3, 6))
    folder = tmp_path / "backups"
    folder.mkdir()
    assert back_up(storage, folder).rows == 3
    insert(storage, table, (4, 7))
    restore(storage, folder)
    (restored,) = storage.catalog.tables.values()
    assert read(storage.snapshot(restored.oid)) == [(1, 4), (2, 5), (3, 6)]
    storage.close()
    again = open_storage(tmp_path / "data")
    assert read(again.snapshot(restored.oid)) == [(1, 4), (2, 5), (3, 6)]
    again.close()


def test_formats_of_other_definitions_of_one_layout_share_what_they_made() -> None:
    """A table that was renamed, say, converts nothing anew."""
    table = adding(NEW)(define(1))
    formats = TableFormats(table)
    renamed = replace(table, name="other")
    other = formats.under(renamed)
    assert other.table is renamed
    assert other.conversion(1) is formats.conversion(1)


def test_encode_missing_of_null_is_nothing() -> None:
    """NULL needs no value."""
    assert encode_missing(t.INTEGER, None) is None
