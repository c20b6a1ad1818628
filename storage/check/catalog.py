"""The records of the catalog: each can be decoded, and is what its key says."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from storage.catalog import BUILT_IN_ROLES
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
from storage.errors import CorruptRecords
from storage.keys import KeyKind, key, unpack_seq
from storage.record_names import name_of
from storage.records import ENTRY_KINDS, NEXT_OID_KEY, decode_record
from storage.restore_marks import restores_begun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.catalog_entries import Relation
    from storage.check.findings import Findings
    from storage.kv import KeyValueStore

R = TypeVar("R")


class FoundCatalog(Struct, frozen=True):
    """What the catalog has, as far as it can be read."""

    namespaces: tuple[Namespace, ...]
    roles: tuple[Role, ...]
    tables: tuple[Table, ...]
    views: tuple[View, ...]
    sequences: tuple[SequenceGenerator, ...]
    dropped: tuple[DroppedTable, ...]
    dropped_roles: tuple[DroppedRole, ...]
    partitions: tuple[Partition, ...]
    next_oid: int | None
    is_whole: bool
    """Whether all of it could be read: what seems to be missing is missing, then."""

    @property
    def relations(self) -> tuple[Relation, ...]:
        """Everything that shares the names of a namespace, but indexes."""
        return (*self.tables, *self.views, *self.sequences)

    @property
    def kept_tables(self) -> tuple[Table, ...]:
        """The tables, and those that can be brought back."""
        return (*self.tables, *(each.table for each in self.dropped if not each.reclaiming))


def read_found_catalog(kv: KeyValueStore, findings: Findings) -> FoundCatalog:
    """Read all of it, and tell what cannot be read."""
    before = findings.problems

    def entries(entry_type: type[R], kind: KeyKind) -> tuple[R, ...]:
        return tuple(_decoded(kv, findings, entry_type, kind))

    # What a restore that was killed has written the next start takes back.
    restores = restores_begun(kv)
    stored = {entry_type: entries(entry_type, kind) for entry_type, kind in ENTRY_KINDS.items()}
    roles = {role.oid: role for role in (*BUILT_IN_ROLES, *_only(Role, stored[Role]))}
    return FoundCatalog(
        namespaces=_only(Namespace, stored[Namespace]),
        roles=tuple(roles.values()),
        tables=_only(Table, stored[Table]),
        views=_only(View, stored[View]),
        sequences=_only(SequenceGenerator, stored[SequenceGenerator]),
        dropped=entries(DroppedTable, KeyKind.DROPPED),
        dropped_roles=entries(DroppedRole, KeyKind.DROPPED_ROLE),
        partitions=tuple(
            partition
            for partition in entries(Partition, KeyKind.PARTITION)
            if not any(partition.table_oid in oids for oids in restores)
        ),
        next_oid=_next_oid(kv, findings),
        is_whole=findings.problems == before,
    )


def _only(entry_type: type[R], entries: tuple[CatalogEntry, ...]) -> tuple[R, ...]:
    return tuple(entry for entry in entries if isinstance(entry, entry_type))


def _decoded(kv: KeyValueStore, findings: Findings, entry_type: type[R], kind: KeyKind) -> Iterator[R]:
    with findings.guarding("catalog"):
        for record_key, value in kv.scan(kind.value):
            try:
                entry = decode_record(record_key, value, entry_type)
            except CorruptRecords as error:
                findings.problem("catalog", str(error))
                continue
            if record_key != _key_of(entry, kind):
                findings.problem("catalog", f"{name_of(record_key)} is the record of another one: {entry}")
                continue
            yield entry


def _key_of(entry: object, kind: KeyKind) -> bytes:
    match entry:
        case Partition():
            return key(kind, entry.table_oid, entry.owner_oid)
        case DroppedTable():
            return key(kind, entry.table.oid)
        case Namespace() | Role() | Table() | View() | SequenceGenerator() | DroppedRole():
            return key(kind, entry.oid)
        case _:
            raise AssertionError(entry)


def _next_oid(kv: KeyValueStore, findings: Findings) -> int | None:
    found = None
    with findings.guarding("catalog"):
        found = kv.read(NEXT_OID_KEY)
    if found is None or len(found) != 8:
        findings.problem("catalog", "the next free oid is not recorded")
        return None
    return unpack_seq(found)
