"""What the tests of backups share: a database with something of everything, and what can be seen of one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from storage.backup import backup
from storage.byte_progress import ByteProgress
from storage.catalog_entries import Namespace, Role, Table
from storage.flush import plan_flush
from storage.restore import commit_restore, open_backup, prepare_restore, stage_restore
from tests.storage.harness import KEY_AND_TEXT, create_table, define, delete, finish_flush, flush, insert, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from storage.backup_manifest import BackupManifest
    from storage.engine import Storage
    from storage.restore import StagedRestore
    from storage.syncer import Commit


def unwatched() -> ByteProgress:
    """The progress of what nobody watches."""
    return ByteProgress(lambda done, total: None)


def back_up(storage: Storage, folder: Path, name: str = "b") -> BackupManifest:
    """Make a backup."""
    return backup(storage, folder, name, "test", unwatched())


def stage(storage: Storage, folder: Path, name: str = "b") -> StagedRestore:
    """Do all of a restore but its commit."""
    opened = open_backup(folder, name, unwatched())
    try:
        return stage_restore(storage, opened, prepare_restore(storage, opened), unwatched())
    finally:
        opened.close()


def restore(storage: Storage, folder: Path, name: str = "b") -> Commit:
    """Restore a backup."""
    commit = commit_restore(storage, stage(storage, folder, name))
    commit.result()
    return commit


def change_catalog(storage: Storage, *entries: Namespace | Role | Table) -> None:
    """Put entries into the catalog."""
    transaction = storage.begin()
    for entry in entries:
        match entry:
            case Namespace():
                transaction.change_catalog(lambda catalog, entry=entry: catalog.with_namespace(entry))
            case Role():
                transaction.change_catalog(lambda catalog, entry=entry: catalog.with_role(entry))
            case Table():
                transaction.change_catalog(lambda catalog, entry=entry: catalog.with_table(entry))
    storage.commit(transaction).result()


def make_role(storage: Storage, name: str, **fields: Any) -> Role:
    """Create a role."""
    role = Role(storage.visible.new_oid(), name, **fields)
    change_catalog(storage, role)
    return role


def make_user_table(storage: Storage, name: str = "u") -> Table:
    """Create a user table."""
    table = replace(define(storage.visible.new_oid(), name=name), options={"type": "user"})
    change_catalog(storage, table)
    return table


def insert_as(storage: Storage, table: Table, role: Role, *rows: tuple[Any, ...]) -> int:
    """Insert a role's rows into a user table. Returns the store."""
    transaction = storage.begin()
    store_oid = transaction.partition(table.oid, role)
    transaction.insert(store_oid, rows)
    storage.commit(transaction).result()
    return store_oid


def fill(storage: Storage) -> None:
    """Something of everything: hot, cold and dead rows, namespaces, roles, defaults, user tables."""
    table = create_table(storage)
    insert(storage, table, *[(n, f"v{n}") for n in range(100)]).result()
    delete(storage, table, 3, 4).result()
    flush(storage, table)
    insert(storage, table, *[(n, f"v{n}") for n in range(100, 150)]).result()
    delete(storage, table, 5, 120).result()
    bob = make_role(storage, "bob", login=True, verifier="SCRAM-SHA-256$bob")
    amy = make_role(storage, "amy", member_of=(bob.oid, 6001))
    change_catalog(storage, Namespace(storage.visible.new_oid(), "sales", "bob"))
    column = replace(KEY_AND_TEXT[1], default="'none'")
    keyless = replace(define(storage.visible.new_oid(), (KEY_AND_TEXT[0], column), (), "keyless"), namespace="sales")
    change_catalog(storage, keyless)
    insert(storage, keyless, (1, None), (1, "again")).result()
    users = make_user_table(storage)
    for role in (bob, amy):
        flush_store(storage, insert_as(storage, users, role, *[(n, role.name) for n in range(10)]))
        insert_as(storage, users, role, *[(n, role.name) for n in range(10, 15)])


def flush_store(storage: Storage, store_oid: int) -> None:
    """Flush a store that has hot rows."""
    plan = plan_flush(storage, store_oid)
    assert plan is not None
    finish_flush(storage, plan)


def content(storage: Storage) -> dict[str, Any]:
    """All that can be seen of a database, in the terms of names: oids are another matter."""
    catalog = storage.catalog
    roles = {role.oid: role.name for role in catalog.roles.values()}
    return {
        "namespaces": {name: each.owner for name, each in catalog.namespaces.items()},
        "roles": {
            name: replace(role, oid=0, created_at=0, member_of=tuple(sorted(roles[oid] for oid in role.member_of)))
            for name, role in catalog.roles.items()
        },
        "tables": {
            (table.namespace, table.name): (replace(table, oid=0), tables_content(storage, table))
            for table in catalog.tables.values()
        },
        "dropped roles": sorted((each.name, each.dropped_at) for each in storage.dropped_roles()),
    }


def tables_content(storage: Storage, table: Table) -> dict[str | None, Any]:
    """The rows of each owner, what look-ups by key find of them, and what the next row's seq will be."""
    owners = {each.oid: each.owner for each in storage.partitions(table.oid)}
    return {owners.get(store): store_content(storage, table, store) for store in storage.stores(table.oid)}


def store_content(storage: Storage, table: Table, store_oid: int) -> tuple[Any, ...]:
    """The same of one store."""
    rows = rows_of(storage.snapshot(store_oid))
    found: Iterable[Any] = ()
    if table.primary_key is not None:
        found = [storage.find(store_oid, storage.key_of(table, _key(table, row))) for row in rows]
        # As text, because NaN is not equal to itself.
        assert repr([each and each[0] for each in found]) == repr(rows)
    return rows, list(found), storage.statistics(store_oid), storage.last_seq(store_oid)


def _key(table: Table, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(row[position] for position in table.key_positions)


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copy_of(folder: Path, target: Path) -> Path:
    """A copy that shares no file."""
    return shutil.copytree(folder, target)
