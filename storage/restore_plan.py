"""What a restore will put in the place of everything: the backup's catalog, under oids of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from storage.catalog import Catalog
from storage.catalog_entries import Role
from storage.errors import RestoreConflict
from storage.moved_entries import Moves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from storage.catalog_entries import CatalogEntry, DroppedRole, Namespace, Partition, SequenceGenerator, Table

ADMIN_OID: Final = 10
"""The superuser that every data folder is made with."""


class StoreMove(Struct, frozen=True):
    """A row store of the backup, and what it becomes. `partition` is `None` for a table's own store."""

    old_oid: int
    table: Table
    partition: Partition | None
    index_oids: Mapping[int, int]
    """From the oids of the table's indexes in the backup to those that they have here."""

    @property
    def new_oid(self) -> int:
        """The id of the row store here."""
        return self.table.oid if self.partition is None else self.partition.oid

    @property
    def owner(self) -> str | None:
        """The role whose rows these are, if the table is split by roles."""
        return None if self.partition is None else self.partition.owner


class RestorePlan(Struct, frozen=True):
    """The catalog after the restore, and the row stores to copy.

    A role or namespace that is here by the same name keeps the oid that it has here: what was granted or belongs to it
    stays so. All else gets new oids, the tables always: what was here remains beside them until it is reclaimed.
    """

    oids: range
    """The new ones."""
    catalog: Catalog
    roles: Mapping[int, int]
    """From the oids of the backup's roles, dropped ones included, to those that they have here."""
    dropped_roles: tuple[DroppedRole, ...]
    """Roles of the backup whose rows have still to be removed."""
    moves: tuple[StoreMove, ...]
    sequences: tuple[tuple[SequenceGenerator, SequenceGenerator], ...] = ()
    """Those of the backup, and what they become."""

    def catalog_over(self, current: Catalog) -> Catalog:
        """The catalog to take the place of that one. Raises `RestoreConflict` if roles or namespaces have changed.

        What is equal is the same object. `admin` keeps its password if the backup has none for it.
        """
        named: list[CatalogEntry] = [*self.catalog.namespaces.values(), *self.catalog.roles.values()]
        return Catalog.of((*(self._over(entry, current) for entry in named), *self.catalog.relations()))

    def _over(self, entry: CatalogEntry, current: Catalog) -> CatalogEntry:
        found = current.named(entry)
        if found is None:
            if entry.oid not in self.oids:
                raise RestoreConflict
            return entry
        if found.oid != entry.oid:
            raise RestoreConflict
        if isinstance(entry, Role) and isinstance(found, Role) and entry.oid == ADMIN_OID:
            entry = replace(entry, verifier=entry.verifier or found.verifier)
        return found if found == entry else entry


def plan_restore(
    backup: Catalog,
    partitions: Sequence[Partition],
    dropped_roles: Iterable[DroppedRole],
    current: Catalog,
    take_oids: Callable[[int], range],
    now_us: int,
) -> RestorePlan:
    """Plan it. `take_oids(count)` gives so many oids that were never used.

    Roles that are not here are made now: jobs of this server that have an owner of such a name are not theirs.
    """
    dropped_roles = tuple(dropped_roles)
    count = len(backup.namespaces) + len(backup.roles) + len(dropped_roles) + len(backup.tables) + len(partitions)
    count += sum(len(_index_oids(table)) + len(_constraint_oids(table)) for table in backup.tables.values())
    count += len(backup.views) + len(backup.sequences)
    oids = take_oids(count)
    unused = iter(oids)

    def oid_of(entry: Namespace | Role) -> int:
        found = current.named(entry)
        if found is not None:
            return found.oid
        return next(unused)

    namespaces = [replace(each, oid=oid_of(each)) for each in backup.namespaces.values()]
    roles = {role.oid: oid_of(role) for role in backup.roles.values()}
    dropped = {role.oid: next(unused) for role in dropped_roles}
    moved_roles = [
        replace(
            role,
            oid=roles[role.oid],
            member_of=tuple(roles[oid] for oid in role.member_of if oid in roles),
            created_at=now_us if (here := current.role(role.name)) is None else here.created_at,
        )
        for role in backup.roles.values()
    ]
    # The order of the indexes stays as it is: it is that in which their keys are checked.
    indexes = {table.oid: {oid: next(unused) for oid in _index_oids(table)} for table in backup.tables.values()}
    owners = {**dropped, **roles}
    constraints = (oid for table in backup.tables.values() for oid in _constraint_oids(table))
    objects = {oid: next(unused) for oid in (*(each.oid for each in backup.relations()), *constraints)}
    for of_table in indexes.values():
        objects |= of_table
    # By name: each is here, or is made.
    objects |= {backup.namespaces[each.name].oid: each.oid for each in namespaces}
    moved = Moves(objects, owners)
    tables = {table.oid: moved.table(table) for table in backup.tables.values()}
    sequences = {oid: moved.sequence(sequence) for oid, sequence in backup.sequences.items()}
    moves = [StoreMove(old_oid, table, None, indexes[old_oid]) for old_oid, table in tables.items()]
    for partition in partitions:
        table, oid = tables[partition.table_oid], next(unused)
        # Rows of a role of which nothing is known any more are nobody's here, either: no role will have that oid.
        owner_oid = owners.get(partition.owner_oid, oid)
        own = replace(partition, oid=oid, table_oid=table.oid, owner_oid=owner_oid)
        moves.append(StoreMove(partition.oid, table, own, indexes[partition.table_oid]))
    return RestorePlan(
        oids=oids,
        catalog=Catalog.of(
            (
                *(moved.granted(namespace) for namespace in namespaces),
                *moved_roles,
                *tables.values(),
                *(moved.view(view) for view in backup.views.values()),
                *sequences.values(),
            )
        ),
        roles=owners,
        dropped_roles=tuple(replace(role, oid=dropped[role.oid]) for role in dropped_roles),
        moves=tuple(moves),
        sequences=tuple((sequence, sequences[oid]) for oid, sequence in backup.sequences.items()),
    )


def _index_oids(table: Table) -> list[int]:
    """The oids of its indexes, ascending; that of the primary key with them, if it has one."""
    primary = table.primary_key
    own = [] if primary is None or primary.oid is None else [primary.oid]
    return sorted([*own, *(index.oid for index in table.indexes)])


def _constraint_oids(table: Table) -> list[int]:
    """The oids of the constraints that have no index."""
    return [*(check.oid for check in table.checks), *(each.oid for each in table.foreign_keys)]
