"""The catalog in RocksDB: one key an entry, so that a change writes only what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from storage.catalog import BUILT_IN_ROLES, FIRST_OID, Catalog, bootstrap
from storage.catalog_entries import (
    CatalogEntry,
    DroppedRole,
    DroppedTable,
    Namespace,
    Partition,
    Role,
    SequenceGenerator,
    Table,
    View,
)
from storage.data_format import add_format, is_new, upgrade_format
from storage.errors import CorruptRecords
from storage.keys import KeyKind, key, pack_seq, unpack_seq
from storage.kv import new_batch
from storage.record_names import name_of
from storage.sequences import record_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from storage.catalog import CatalogChange
    from storage.kv import Batch, KeyValueStore

R = TypeVar("R")

NEXT_OID_KEY: Final = key(KeyKind.META, "next oid")
"""Where the next free oid is."""

ENTRY_KINDS: Final[Mapping[type[CatalogEntry], KeyKind]] = {
    Namespace: KeyKind.NAMESPACE,
    Role: KeyKind.ROLE,
    Table: KeyKind.TABLE,
    View: KeyKind.VIEW,
    SequenceGenerator: KeyKind.SEQUENCE,
}
"""Where the entries of each class are, by their oids."""


def prepare_folder(kv: KeyValueStore, data_dir: Path, found: Collection[str]) -> None:
    """Make a new data folder one of this server's format, or an older one. Raises `DataFolderVersion` for others.

    `found` are the files that RocksDB had before it was opened.
    """
    if not is_new(kv, data_dir, found):
        upgrade_format(kv, data_dir)
        return
    batch = new_batch()
    add_format(batch)
    batch.put(NEXT_OID_KEY, pack_seq(FIRST_OID))
    add_catalog_change(batch, Catalog(), Catalog().change_to(bootstrap()), FIRST_OID, 0)
    kv.write(batch)
    kv.sync()


def read_catalog(kv: KeyValueStore) -> tuple[Catalog, int]:
    """The catalog, and the next free oid."""
    entries = [
        decode_record(entry_key, value, kind)
        for kind, key_kind in ENTRY_KINDS.items()
        for entry_key, value in kv.scan(key_kind.value)
    ]
    next_oid = kv.read(NEXT_OID_KEY)
    # Behind the built-in roles, which a folder may have been made without, what is stored of them counts.
    return Catalog.of((*BUILT_IN_ROLES, *entries)), FIRST_OID if next_oid is None else unpack_seq(next_oid)


def decode_record(record_key: bytes, value: bytes, record_type: type[R]) -> R:
    """What a record holds. Raises `CorruptRecords`, which names it."""
    try:
        return msgspec.msgpack.decode(value, type=record_type)
    except msgspec.MsgspecError as error:
        raise CorruptRecords(f"{name_of(record_key)} cannot be decoded: {error}") from error


def read_dropped(kv: KeyValueStore) -> tuple[DroppedTable, ...]:
    """Tables that were dropped and not reclaimed yet, by oid."""
    return tuple(decode_record(*record, DroppedTable) for record in kv.scan(KeyKind.DROPPED.value))


def read_dropped_roles(kv: KeyValueStore) -> tuple[DroppedRole, ...]:
    """Roles that were dropped and whose rows have not been removed yet, by oid."""
    return tuple(decode_record(*record, DroppedRole) for record in kv.scan(KeyKind.DROPPED_ROLE.value))


def read_partitions(kv: KeyValueStore, table_oid: int) -> tuple[Partition, ...]:
    """The partitions of a user table, by the oid of their owner."""
    return tuple(decode_record(*record, Partition) for record in kv.scan(key(KeyKind.PARTITION, table_oid)))


def add_partition(batch: Batch, partition: Partition, next_oid: int) -> None:
    """Append a partition, and that its oid is taken."""
    batch.put(key(KeyKind.PARTITION, partition.table_oid, partition.owner_oid), msgspec.msgpack.encode(partition))
    batch.put(NEXT_OID_KEY, pack_seq(next_oid))


def _forget_store(batch: Batch, before: SequenceGenerator | None, after: SequenceGenerator) -> None:
    """A RESTART has given a sequence another record."""
    if before is not None and before.store != after.store:
        batch.delete(record_key(before))


def _going_with_tables(before: Catalog, change: CatalogChange) -> dict[int, list[SequenceGenerator]]:
    """The sequences that go together with the tables whose columns own them, by the oids of these."""
    going: dict[int, list[SequenceGenerator]] = {}
    for (kind, oid), entry in change.entries.items():
        sequence = before.sequences.get(oid) if kind is SequenceGenerator and entry is None else None
        if sequence is not None and sequence.owned_by is not None:
            table = (Table, sequence.owned_by[0])
            if table in change.entries and change.entries[table] is None:
                going.setdefault(table[1], []).append(sequence)
    return going


def add_catalog_change(batch: Batch, before: Catalog, change: CatalogChange, next_oid: int, now_us: int) -> None:
    """Append what a change writes. A removed table becomes a dropped one, a removed role a dropped one."""
    going = _going_with_tables(before, change)
    for (kind, oid), entry in change.entries.items():
        entry_key = key(ENTRY_KINDS[kind], oid)
        if entry is not None:
            batch.put(entry_key, msgspec.msgpack.encode(entry))
            if isinstance(entry, SequenceGenerator):
                _forget_store(batch, before.sequences.get(oid), entry)
            continue
        batch.delete(entry_key)
        match before.entry(kind, oid):
            case Table() as table:
                owner = before.role(table.owner)
                owner_oid = None if owner is None else owner.oid
                record = DroppedTable(table, now_us, owner_oid=owner_oid, sequences=tuple(going.get(oid, ())))
                batch.put(key(KeyKind.DROPPED, oid), msgspec.msgpack.encode(record))
            case Role(name=name):
                dropped = msgspec.msgpack.encode(DroppedRole(oid, name, now_us))
                batch.put(key(KeyKind.DROPPED_ROLE, oid), dropped)
            case SequenceGenerator(owned_by=owned_by) as sequence if owned_by is None or owned_by[0] not in going:
                batch.delete(record_key(sequence))
    batch.put(NEXT_OID_KEY, pack_seq(next_oid))
