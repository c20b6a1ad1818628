"""UNDROP: what was dropped comes back as it was, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage.catalog_entries import Namespace
from storage.compaction import commit_compaction, plan_compaction, write_compaction
from storage.drop import find_dropped, reclaim, reclaim_from_us
from storage.engine import Storage, prepare_load
from storage.errors import (
    BeingReclaimed,
    Blocked,
    NamespaceGone,
    NameTaken,
    NotDropped,
    SerializationFailure,
    StorageError,
    TableGone,
)
from storage.flush import commit_flush, discard, plan_flush, write_segments
from storage.keys import KeyKind
from storage.rows import table_from_rows
from storage.staging import STAGED_FROM_ROWS
from storage.undrop import commit_undrop, latest_dropped, prepare_undrop, require_undroppable
from tests.storage.crash_writer import ROWS
from tests.storage.crashes import crash
from tests.storage.harness import (
    FULL,
    SMALL_CACHES,
    ManualLoop,
    compact,
    create_table,
    define,
    delete,
    find,
    flush,
    insert,
    open_storage,
    rows_of,
    undrop,
)
from tests.storage.segments import HeldLoads, create_table_later, nothing

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table


def drop(storage: Storage, table: Table) -> None:
    """Drop a table and commit that."""
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(dropping).result()


def some_table(storage: Storage) -> Table:
    """A table with cold, dead cold, hot and dead hot rows."""
    table = create_table(storage)
    for start in (0, 5):
        insert(storage, table, *[(n, f"v{n}") for n in range(start, start + 5)])
        flush(storage, table)
    insert(storage, table, (10, "hot"), (11, "hot"))
    delete(storage, table, 2, 11)
    return table


def everything(storage: Storage) -> dict[bytes, bytes]:
    """All that RocksDB has, but for the counter of oids."""
    return {key: value for key, value in storage.scan_range(b"\0", b"\xff") if not key.startswith(KeyKind.META.value)}


@pytest.mark.parametrize("restart", ["", "before", "after", "before and after"])
def test_all_is_as_it_was(tmp_path: Path, restart: str) -> None:
    """Rows, segments, the dead and when they died, keys and the next seq; with a restart before the undrop or after."""
    storage = open_storage(tmp_path)
    table = some_table(storage)
    rows, statistics = rows_of(storage.snapshot(table.oid)), storage.statistics(table.oid)
    before, last_seq = everything(storage), storage.last_seq(table.oid)
    drop(storage, table)
    assert table.oid not in storage.catalog.tables
    if "before" in restart:
        storage.close()
        storage = open_storage(tmp_path)
    assert undrop(storage) == table
    if "after" in restart:
        storage.close()
        storage = open_storage(tmp_path)
    assert storage.catalog.tables == {table.oid: table}
    assert storage.dropped() == ()
    assert everything(storage) == before
    assert rows_of(storage.snapshot(table.oid)) == rows
    assert storage.statistics(table.oid) == statistics
    assert [find(storage, table, n) for n in (1, 2, 10, 11)] == [(1, "v1"), None, (10, "hot"), None]
    assert storage.last_seq(table.oid) == last_seq
    insert(storage, table, (2, "again"))
    delete(storage, table, 7)
    flush(storage, table)
    compact(storage, table)
    assert rows_of(storage.snapshot(table.oid)) == [row for row in rows if row[0] != 7] + [(2, "again")]
    storage.close()


def test_the_last_dropped_table_of_the_name_comes_back(storage: Storage) -> None:
    """Of two tables dropped under one name it is the later one; then, once that has another name, the earlier one."""
    first = create_table(storage)
    insert(storage, first, (1, "first"))
    drop(storage, first)
    second = create_table(storage)
    insert(storage, second, (1, "second"))
    with pytest.raises(NameTaken, match='"t" already exists'):
        require_undroppable(storage, "public", "t")
    drop(storage, second)
    assert undrop(storage) == second
    with pytest.raises(NameTaken):
        require_undroppable(storage, "public", "t")
    renaming = storage.begin()
    renaming.change_catalog(lambda catalog: catalog.with_table(replace(second, name="u")))
    storage.commit(renaming).result()
    assert undrop(storage) == first
    assert rows_of(storage.snapshot(first.oid)) == [(1, "first")]
    assert rows_of(storage.snapshot(second.oid)) == [(1, "second")]


def test_what_cannot_be_brought_back(storage: Storage) -> None:
    """Never dropped, reclaimed, being reclaimed, without its schema: each says which."""
    with pytest.raises(NotDropped, match=r'no dropped table "public\.t"'):
        require_undroppable(storage, "public", "t")
    table = create_table(storage)
    with pytest.raises(NotDropped):
        require_undroppable(storage, "public", "t")
    drop(storage, table)
    prepared = prepare_undrop(storage, require_undroppable(storage, "public", "t"))

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        reclaim(storage, table.oid, stop)
    for attempt in (lambda: require_undroppable(storage, "public", "t"), lambda: commit_undrop(storage, prepared)):
        with pytest.raises(BeingReclaimed, match="is being reclaimed"):
            attempt()
    reclaim(storage, table.oid, nothing)
    assert latest_dropped(storage, "public", "t") is None
    for attempt in (lambda: require_undroppable(storage, "public", "t"), lambda: commit_undrop(storage, prepared)):
        with pytest.raises(NotDropped):
            attempt()


def test_a_table_whose_schema_is_gone(storage: Storage) -> None:
    """It waits for the schema to be there again."""
    creation = storage.begin()
    table = replace(define(creation.new_oid()), namespace="n")
    namespace = Namespace(creation.new_oid(), "n", "admin")
    creation.change_catalog(lambda catalog: catalog.with_namespace(namespace).with_table(table))
    storage.commit(creation).result()
    dropping = storage.begin()
    dropping.change_catalog(lambda catalog: catalog.without_table(table.oid).without_namespace("n"))
    storage.commit(dropping).result()
    with pytest.raises(NamespaceGone, match='schema "n" does not exist'):
        require_undroppable(storage, "n", "t")
    creation = storage.begin()
    creation.change_catalog(lambda catalog: catalog.with_namespace(replace(namespace, oid=creation.new_oid())))
    storage.commit(creation).result()
    commit_undrop(storage, prepare_undrop(storage, require_undroppable(storage, "n", "t"))).result()
    assert storage.catalog.table("n", "t") == table


def test_a_name_that_somebody_is_about_to_take(storage: Storage) -> None:
    """An open transaction that has created a table of the name must end first; the undrop has changed nothing then."""
    table = some_table(storage)
    drop(storage, table)
    prepared = prepare_undrop(storage, require_undroppable(storage, "public", "t"))
    other = storage.begin()
    other.change_catalog(lambda catalog: catalog.with_table(define(other.new_oid())))
    before = everything(storage)
    with pytest.raises(Blocked) as blocked:
        commit_undrop(storage, prepared)
    assert blocked.value.holder is other
    assert everything(storage) == before
    storage.rollback(other)
    commit_undrop(storage, prepared).result()
    assert storage.catalog.table("public", "t") == table


def test_a_drop_that_is_not_durable_yet_is_none(looped: Storage, loop: ManualLoop) -> None:
    """Until the drop is visible the table is there, and there is nothing to bring back."""
    table = create_table_later(looped, loop)
    dropping = looped.begin()
    dropping.change_catalog(lambda catalog: catalog.without_table(table.oid))
    commit = looped.commit(dropping)
    assert not commit.done
    assert latest_dropped(looped, "public", "t") is None
    loop.finish(commit)
    assert latest_dropped(looped, "public", "t") is not None


def test_what_was_planned_before_the_drop_ends_with_it(storage: Storage) -> None:
    """A flush and a compaction that were under way when the table was dropped do not touch it when it is back."""
    table = some_table(storage)
    before = rows_of(storage.snapshot(table.oid))
    flushing, compacting = plan_flush(storage, table.oid), plan_compaction(storage, table.oid, FULL)
    assert flushing is not None
    assert compacting is not None
    segments, compacted = write_segments(flushing, nothing), write_compaction(compacting, nothing)
    drop(storage, table)
    undrop(storage)
    with pytest.raises(TableGone):
        commit_flush(storage, flushing, segments)
    with pytest.raises(TableGone):
        commit_compaction(storage, compacting, compacted)
    discard((*segments, *compacted.segments))
    assert rows_of(storage.snapshot(table.oid)) == before


def test_snapshots_from_before_the_drop_keep_their_files(storage: Storage) -> None:
    """They read on while the table is brought back and its segments are compacted away."""
    table = some_table(storage)
    snapshot = storage.snapshot(table.oid)
    before = rows_of(snapshot)
    drop(storage, table)
    undrop(storage)
    compact(storage, table)
    assert rows_of(snapshot) == before
    del snapshot
    left = {segment.path for segment in storage.snapshot(table.oid).segments}
    assert set(storage.cold_folder.rglob("*.parquet")) == left


def test_transactions_that_were_open_meanwhile(storage: Storage) -> None:
    """A serializable one that has read, and then writes, cannot commit."""
    table = some_table(storage)
    reading = storage.begin("serializable")
    reading.begin_statement()
    reading.snapshot(table.oid)
    drop(storage, table)
    undrop(storage)
    reading.begin_statement()
    reading.insert(table.oid, [(99, "x")])
    with pytest.raises(SerializationFailure):
        storage.commit(reading)


def test_a_load_prepared_before_the_drop(storage: Storage) -> None:
    """It has not seen which keys were committed since: it is refused, and no key is there twice."""
    table = some_table(storage)
    load = prepare_load(storage, table, table_from_rows([(n, "load") for n in range(100, 700)], table.columns))
    drop(storage, table)
    undrop(storage)
    insert(storage, table, (100, "taken"))
    loading = storage.begin()
    with pytest.raises(TableGone):
        loading.insert(table.oid, load)


def test_a_load_under_way_must_end_first(tmp_path: Path, loop: ManualLoop) -> None:
    """A large commit goes on writing: the drop waits for it, and after an undrop its rows are there."""
    faults = HeldLoads()
    storage = Storage.open(tmp_path, replace(SMALL_CACHES, faults=faults), loop.call_soon)
    table = create_table_later(storage, loop)
    loading = storage.begin()
    rows = table_from_rows([(n, "load") for n in range(STAGED_FROM_ROWS + 1)], table.columns)
    loading.insert(table.oid, prepare_load(storage, table, rows))
    load = storage.commit(loading)
    dropping = storage.begin()
    with pytest.raises(Blocked):
        dropping.change_catalog(lambda catalog: catalog.without_table(table.oid))
    faults.let_go.set()
    loop.finish(load)
    dropping.undo_to(0)
    dropping.change_catalog(lambda catalog: catalog.without_table(table.oid))
    loop.finish(storage.commit(dropping))
    loop.finish(commit_undrop(storage, prepare_undrop(storage, require_undroppable(storage, "public", "t"))))
    assert storage.statistics(table.oid).hot_rows == STAGED_FROM_ROWS + 1
    storage.close()


def test_the_rows_of_all_users_come_back(tmp_path: Path) -> None:
    """Of a user table all row stores are there again, each role's with its own rows."""
    storage = open_storage(tmp_path)
    creation = storage.begin()
    table = replace(define(creation.new_oid()), options={"type": "user"})
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(creation).result()
    stores = {}
    for name in ("admin", "job_operator"):
        role = storage.catalog.role(name)
        assert role is not None
        writing = storage.begin()
        stores[role.oid] = writing.partition(table.oid, role)
        writing.insert(stores[role.oid], [(1, name)])
        storage.commit(writing).result()
    drop(storage, table)
    undrop(storage)
    for _ in range(2):
        assert sorted(storage.stores(table.oid)) == sorted(stores.values())
        for name in ("admin", "job_operator"):
            role = storage.catalog.role(name)
            assert role is not None
            store = storage.partition(table.oid, role.oid)
            assert store == stores[role.oid]
            assert rows_of(storage.snapshot(store)) == [(1, name)]
        storage.close()
        storage = open_storage(tmp_path)
    storage.close()


@pytest.mark.parametrize(
    ("retention", "option", "wait_s"),
    [(0.0, None, None), (600.0, None, 600), (600.0, "1h", 3600), (600.0, "0s", None), (0.0, "90s", 90)],
)
def test_how_long_a_dropped_table_is_kept(
    tmp_path: Path, retention: float, option: str | None, wait_s: int | None
) -> None:
    """As long as its own option says, or else storage's, from the drop on; without a wait it may go at once."""
    options = replace(SMALL_CACHES, drop_retention_s=retention, now_us=lambda: 5_000_000)
    storage = Storage.open(tmp_path, options)
    creation = storage.begin()
    table = replace(define(creation.new_oid()), options={} if option is None else {"drop_retention": option})
    creation.change_catalog(lambda catalog: catalog.with_table(table))
    storage.commit(creation).result()
    drop(storage, table)
    dropped = find_dropped(storage, table.oid)
    assert dropped is not None
    assert reclaim_from_us(storage, dropped) == (None if wait_s is None else 5_000_000 + wait_s * 1_000_000)
    storage.close()


def test_a_table_that_is_back_is_not_reclaimed(storage: Storage) -> None:
    """Whoever was about to reclaim it is told that it has not been dropped, and nothing is lost."""
    table = some_table(storage)
    before = rows_of(storage.snapshot(table.oid))
    drop(storage, table)
    undrop(storage)
    with pytest.raises(StorageError, match="has not been dropped"):
        reclaim(storage, table.oid, nothing)
    assert rows_of(storage.snapshot(table.oid)) == before


@pytest.mark.parametrize(("fault", "is_back"), [("undrop.before_batch", False), ("undrop.after_batch", True)])
def test_a_crash_in_an_undrop(tmp_path: Path, fault: str, *, is_back: bool) -> None:
    """The table is dropped, and can be brought back, or it is there; with all its rows."""
    crash(tmp_path, "undrop", fault)
    storage = open_storage(tmp_path)
    assert len(storage.catalog.tables) == is_back
    assert len(storage.dropped()) == (not is_back)
    if not is_back:
        undrop(storage)
    (table,) = storage.catalog.tables.values()
    assert rows_of(storage.snapshot(table.oid)) == [(n, f"v{n}") for n in range(2, ROWS)]
    (sequence,) = storage.catalog.sequences.values()
    assert storage.sequences.next(sequence) == ROWS + 1
    storage.close()


def test_a_crash_in_a_reclaim_cannot_be_taken_back(tmp_path: Path) -> None:
    """From the mark on the table cannot be brought back, after a restart neither."""
    crash(tmp_path, "drop", "drop.after_mark")
    storage = open_storage(tmp_path)
    with pytest.raises(BeingReclaimed):
        require_undroppable(storage, "public", "t")
    (dropped,) = storage.dropped()
    reclaim(storage, dropped.table.oid, nothing)
    assert storage.dropped() == ()
    assert list(storage.scan(KeyKind.SEQUENCE_VALUE.value)) == []
    storage.close()
