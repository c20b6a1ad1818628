"""Restores: what was there is there again, and until the commit nothing of it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storage import types
from storage.byte_progress import ByteProgress
from storage.catalog_entries import Namespace
from storage.errors import BackupDamaged, Blocked, NoSuchBackup, RestoreConflict, UniqueViolation
from storage.keys import KeyKind
from storage.kv import Put
from storage.orphans import sweep_orphans
from storage.restore import commit_restore, discard_restore, open_backup, prepare_restore, stage_restore
from storage.staging import STAGED_FROM_ROWS
from tests.storage.backups import (
    back_up,
    change_catalog,
    content,
    copy_of,
    files_of,
    fill,
    insert_as,
    make_role,
    make_user_table,
    restore,
    stage,
    store_content,
)
from tests.storage.harness import (
    ManualLoop,
    columns_of,
    create_table,
    define,
    delete,
    flush,
    insert,
    open_storage,
    rows_of,
)
from tests.storage.values import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage
    from storage.types import SqlType


class Stop(Exception):
    """the restore was told to stop"""


@pytest.fixture
def backups(storage: Storage, tmp_path: Path) -> Path:
    """A folder with a backup `b` of something of everything."""
    fill(storage)
    back_up(storage, tmp_path / "backups")
    return tmp_path / "backups"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Storage]:
    """Another data folder, without anything."""
    opened = open_storage(tmp_path / "other")
    yield opened
    opened.close()


def keys_of(storage: Storage) -> list[tuple[bytes, bytes]]:
    """Everything in RocksDB."""
    return list(storage.scan_range(b"", b"\xff"))


def test_an_empty_server_shows_all_that_the_other_one_did(storage: Storage, empty: Storage, backups: Path) -> None:
    """Rows hot and cold, the dead, keys, next seqs, namespaces, roles, defaults and owners are the same."""
    restore(empty, backups)
    assert content(empty) == content(storage)


def test_it_is_the_same_after_a_start(storage: Storage, backups: Path, tmp_path: Path) -> None:
    """What was restored is durable, and start-up sweeps none of it."""
    first = open_storage(tmp_path / "other")
    restore(first, backups)
    first.close()
    again = open_storage(tmp_path / "other")
    assert content(again) == content(storage)
    again.close()


def test_a_running_server_has_what_it_had_then(storage: Storage, backups: Path) -> None:
    """Tables, roles and namespaces that came, changed or went since the backup are as they were."""
    before = content(storage)
    table = storage.catalog.table("public", "t")
    users = storage.catalog.table("public", "u")
    assert table is not None
    assert users is not None
    insert(storage, table, (1000, "new")).result()
    delete(storage, table, 10).result()
    flush(storage, table)
    create_table(storage, name="later")
    change_catalog(storage, Namespace(storage.visible.new_oid(), "later", "admin"))
    insert_as(storage, users, make_role(storage, "eve"), (1, "eve"))
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_role("amy"))
    storage.commit(transaction).result()
    restore(storage, backups)
    after = content(storage)
    # Of the roles that went with the restore, and those that had gone before it, rows are left in dropped tables.
    assert [name for name, _ in after.pop("dropped roles")] == ["amy", "eve"]
    before.pop("dropped roles")
    assert after == before
    assert {dropped.table.oid for dropped in storage.dropped()} >= {table.oid, users.oid}


def test_a_restored_table_takes_rows(storage: Storage, backups: Path) -> None:
    """Its keys are unique as before, new rows get new seqs, and it can be flushed."""
    restore(storage, backups)
    table = storage.catalog.table("public", "t")
    assert table is not None
    for taken in (50, 130):
        with pytest.raises(UniqueViolation):
            insert(storage, table, (taken, "again"))
    insert(storage, table, (5, "again"), (500, "new")).result()
    flush(storage, table)
    rows = rows_of(storage.snapshot(table.oid))
    assert len(rows) == 148
    assert rows[-2:] == [(5, "again"), (500, "new")]


def test_the_backup_is_only_read(storage: Storage, empty: Storage, backups: Path) -> None:
    """It can be restored as often as one likes, and by several servers."""
    before = files_of(backups)
    restore(empty, backups)
    restore(storage, backups)
    restore(storage, backups)
    assert files_of(backups) == before
    assert content(empty)["tables"] == content(storage)["tables"]


def test_restored_files_are_not_those_of_the_dropped_tables(storage: Storage, backups: Path) -> None:
    """Each table has its own names for its files: reclaiming one leaves the other's."""
    restore(storage, backups)
    paths = list(storage.cold_folder.rglob("*.parquet"))
    assert len(paths) == 2 * 3
    sweep_orphans(storage.visible.kv, storage.cold_folder, None)
    assert set(storage.cold_folder.rglob("*.parquet")) == set(paths)


def test_loads_that_were_not_committed_are_left_out(tmp_path: Path, empty: Storage) -> None:
    """Of a large commit that was under way at the moment of the backup there are neither rows nor keys."""
    loop = ManualLoop()
    storage = open_storage(tmp_path / "data", loop.call_soon)
    transaction = storage.begin()
    table = create_table_on(storage, loop)
    storage.rollback(transaction)
    loop.finish(insert(storage, table, (1, "there")))
    rows = [(n, "load") for n in range(2, STAGED_FROM_ROWS + 10)]
    loading = insert(storage, table, *rows)
    storage.committer.close()
    back_up(storage, tmp_path / "backups")
    loop.finish(loading)
    storage.close()
    restore(empty, tmp_path / "backups")
    restored = empty.catalog.table("public", "t")
    assert restored is not None
    assert rows_of(empty.snapshot(restored.oid)) == [(1, "there")]
    assert len(list(empty.scan(KeyKind.INDEX.value))) == 1
    insert(empty, restored, *rows).result()


def create_table_on(storage: Storage, loop: ManualLoop) -> Table:
    """Create a table on a loop that turns by hand."""
    transaction = storage.begin()
    table = define(transaction.new_oid())
    transaction.change_catalog(lambda catalog: catalog.with_table(table))
    loop.finish(storage.commit(transaction))
    return table


def test_nothing_is_visible_before_the_commit(storage: Storage, backups: Path) -> None:
    """While it is staged everybody sees what was there."""
    before = content(storage)
    staged = stage(storage, backups)
    assert content(storage) == before
    discard_restore(storage, staged.plan)


def test_a_stopped_restore_leaves_nothing(storage: Storage, empty: Storage, backups: Path) -> None:
    """Whenever it is told to stop, at each of its steps, neither keys nor files of it remain."""
    before = keys_of(empty)
    stops = 0
    while True:
        left = stops

        def step(done: int, total: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Stop

        progress = ByteProgress(step)
        opened = None
        try:
            opened = open_backup(backups, "b", progress)
            staged = stage_restore(empty, opened, prepare_restore(empty, opened), progress)
        except Stop:
            stops += 1
            assert keys_of(empty) == before
            assert not any(path.is_file() for path in empty.cold_folder.rglob("*"))
        else:
            break
        finally:
            if opened is not None:
                opened.close()
    assert stops > 20
    commit_restore(empty, staged).result()
    assert content(empty) == content(storage)


def test_a_discarded_restore_leaves_nothing(empty: Storage, backups: Path) -> None:
    """One that was staged to its end and is not wanted any more."""
    before = keys_of(empty)
    discard_restore(empty, stage(empty, backups).plan)
    assert keys_of(empty) == before
    assert not any(path.is_file() for path in empty.cold_folder.rglob("*"))


@pytest.mark.parametrize("kind", ["cold/**/*.parquet", "checkpoint/*.sst", "checkpoint/MANIFEST-*", "manifest.json"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_backup_changes_nothing(
    empty: Storage, backups: Path, tmp_path: Path, kind: str, damage: str
) -> None:
    """It is refused before anything is written, with the name of the file."""
    copy = copy_of(backups, tmp_path / "copy")
    path = next((copy / "b").glob(kind))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    match damage:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-1])
        case "flipped":
            path.write_bytes(data)
        case "missing":
            path.unlink()
    before = keys_of(empty)
    unfinished = (kind, damage) == ("manifest.json", "missing")
    with pytest.raises(
        NoSuchBackup if unfinished else BackupDamaged, match="never finished" if unfinished else path.name
    ):
        restore(empty, copy)
    assert keys_of(empty) == before
    assert not any(empty.cold_folder.iterdir())


def test_a_backup_that_is_not_there(storage: Storage, backups: Path) -> None:
    """It says so; a folder without a manifest is one that was never finished."""
    with pytest.raises(NoSuchBackup, match=r'backup "c" does not exist$'):
        restore(storage, backups, "c")
    (backups / "c").mkdir()
    with pytest.raises(NoSuchBackup, match="never finished"):
        restore(storage, backups, "c")


def test_a_transaction_that_wrote_to_a_replaced_table_must_end_first(storage: Storage, backups: Path) -> None:
    """The commit is blocked until then; one that reads goes on with its snapshot."""
    table = storage.catalog.table("public", "t")
    assert table is not None
    writing, reading = storage.begin(), storage.begin("repeatable read")
    before = rows_of(reading.snapshot(table.oid))
    writing.insert(table.oid, [(1000, "lost")])
    staged = stage(storage, backups)
    with pytest.raises(Blocked) as blocked:
        commit_restore(storage, staged)
    assert blocked.value.holder is writing
    storage.rollback(writing)
    commit_restore(storage, staged).result()
    assert rows_of(reading.snapshot(table.oid)) == before
    storage.rollback(reading)


def test_it_waits_for_open_changes_of_the_catalog(storage: Storage, backups: Path) -> None:
    """While a transaction that alters a table is open the commit is blocked, and can be tried again afterwards."""
    table = storage.catalog.table("public", "t")
    assert table is not None
    altering = storage.begin()
    altering.change_catalog(lambda catalog: catalog.with_table(replace(table, owner="bob", version=2)))
    staged = stage(storage, backups)
    with pytest.raises(Blocked) as blocked:
        commit_restore(storage, staged)
    assert blocked.value.holder is altering
    storage.commit(altering).result()
    commit_restore(storage, staged).result()
    restored = storage.catalog.table("public", "t")
    assert restored is not None
    assert restored.owner == "admin"


def test_roles_that_change_meanwhile_are_a_conflict(storage: Storage, backups: Path) -> None:
    """The plan names the roles of then: with other ones it has to be made again."""
    staged = stage(storage, backups)
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_role("amy"))
    storage.commit(transaction).result()
    make_role(storage, "amy")
    with pytest.raises(RestoreConflict):
        commit_restore(storage, staged)
    discard_restore(storage, staged.plan)
    restore(storage, backups)


def test_roles_keep_their_rows_by_name(storage: Storage, empty: Storage, backups: Path) -> None:
    """A role that is here by the same name keeps its oid, and the backup's rows of it are its."""
    make_role(empty, "someone")
    amy = make_role(empty, "amy")
    restore(empty, backups)
    role = empty.catalog.role("amy")
    users = empty.catalog.table("public", "u")
    assert role is not None
    assert users is not None
    assert role.oid == amy.oid
    store = empty.partition(users.oid, role.oid)
    assert store is not None
    assert rows_of(empty.snapshot(store)) == [(n, "amy") for n in range(15)]
    assert [each.name for each in empty.dropped_roles()] == ["someone"]


def test_admin_keeps_a_password_that_the_backup_does_not_have(storage: Storage, empty: Storage, backups: Path) -> None:
    """Whoever could log in as admin still can; a password that the backup has takes its place."""
    admin = empty.catalog.role("admin")
    assert admin is not None
    change_catalog(empty, replace(admin, verifier="mine"))
    restore(empty, backups)
    assert empty.catalog.roles["admin"].verifier == "mine"
    change_catalog(storage, replace(storage.catalog.roles["admin"], verifier="theirs"))
    back_up(storage, backups, "c")
    restore(empty, backups, "c")
    assert empty.catalog.roles["admin"].verifier == "theirs"


def test_dropped_roles_are_brought_with_their_rows(storage: Storage, empty: Storage, tmp_path: Path) -> None:
    """Rows of a role that had been dropped are still there to be removed, under the oid that the record has."""
    eve, users = make_role(storage, "eve"), make_user_table(storage)
    insert_as(storage, users, eve, (1, "eve"))
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_role("eve"))
    storage.commit(transaction).result()
    back_up(storage, tmp_path / "backups")
    restore(empty, tmp_path / "backups")
    (dropped,) = empty.dropped_roles()
    table = empty.catalog.table("public", "u")
    assert table is not None
    (partition,) = empty.partitions(table.oid)
    assert (dropped.name, dropped.oid) == ("eve", partition.owner_oid)
    assert dropped.dropped_at == storage.dropped_roles()[0].dropped_at


def test_the_mutations_are_written_with_it(empty: Storage, backups: Path) -> None:
    """The record of the job is settled in the same batch."""
    commit_restore(empty, stage(empty, backups), [Put(b"jx", b"settled")]).result()
    assert empty.get(b"jx") == b"settled"
    assert list(empty.scan(KeyKind.RESTORE.value)) == []


@pytest.mark.parametrize("sql_type", VALUES, ids=str)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_values_of_every_type(tmp_path_factory: pytest.TempPathFactory, sql_type: SqlType, data: st.DataObject) -> None:
    """Whatever rows there are, hot, cold and dead, of whatever type: look-ups and scans find the same after it."""
    folder = tmp_path_factory.mktemp("values")
    one, other = open_storage(folder / "one"), open_storage(folder / "other")
    table = create_table(one, columns_of(types.BIGINT, sql_type), (1,))
    values = data.draw(st.lists(VALUES[sql_type] | st.none(), max_size=12))
    cold = data.draw(st.integers(0, len(values)))
    for number, value in enumerate(values):
        insert(one, table, (number, value)).result()
        if number + 1 == cold:
            flush(one, table)
    for number in data.draw(st.sets(st.sampled_from(range(len(values))))) if values else ():
        delete(one, table, number).result()
    back_up(one, folder / "backups")
    restore(other, folder / "backups")
    restored = other.catalog.table("public", "t")
    assert restored is not None
    assert repr(store_content(other, restored, restored.oid)) == repr(store_content(one, table, table.oid))
    one.close()
    other.close()
