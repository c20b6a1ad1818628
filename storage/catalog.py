"""The catalog: everything that has a name, at one moment, as an immutable value.

A catalog change is a function from one `Catalog` to the next. What two catalogs differ in is a `CatalogChange`: that is
what a transaction holds, what its commit writes, and what is applied to the visible catalog once it is durable.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from storage.catalog_entries import CatalogEntry, Index, Namespace, Relation, Role, SequenceGenerator, Table, View
from storage.persistent_map import PersistentMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, ValuesView

FIRST_OID: Final = 16384
"""Objects that users make have oids from here on, as in PostgreSQL."""

SYSTEM_NAMESPACES: Final = frozenset({"system", "pg_catalog", "information_schema"})
"""Namespaces whose relations are computed: they are reserved and never stored."""

E = TypeVar("E", bound=CatalogEntry)


class CatalogChange(Struct, frozen=True):
    """What one catalog has that another one has not: entries put, by class and oid, and entries removed (`None`)."""

    entries: Mapping[tuple[type[CatalogEntry], int], CatalogEntry | None]


class Entries(Generic[E]):
    """The catalog entries of one kind, by oid and by name. Immutable; see `PersistentMap` for what a change costs."""

    __slots__ = ("by_name", "by_oid")

    def __init__(
        self, by_oid: PersistentMap[int, E] | None = None, by_name: PersistentMap[Hashable, E] | None = None
    ) -> None:
        self.by_oid: PersistentMap[int, E] = PersistentMap() if by_oid is None else by_oid
        self.by_name: PersistentMap[Hashable, E] = PersistentMap() if by_name is None else by_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entries) and self.by_oid == other.by_oid

    __hash__ = None  # type: ignore[assignment]  # as of any collection that is compared by what is in it

    def changed(self, changes: Mapping[int, E | None]) -> Entries[E]:
        """With these entries put, by oid, and those removed that are `None`."""
        names: dict[Hashable, E | None] = {}
        for oid in changes:
            old = self.by_oid.get(oid)
            # Where two entries have taken each other's name, the name is somebody else's by now.
            if old is not None and self.by_name.get(_name_of(old)) is old:
                names[_name_of(old)] = None
        names.update({_name_of(entry): entry for entry in changes.values() if entry is not None})
        return Entries(self.by_oid.changed(changes), self.by_name.changed(names))


class ByName(Mapping[str, E], Generic[E]):
    """Entries as a mapping from their names, in the order of their oids."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Entries[E]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> E:
        return self._entries.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return (entry.name for entry in self._entries.by_oid.values())

    def __len__(self) -> int:
        return len(self._entries.by_oid)

    def values(self) -> ValuesView[E]:
        """The entries, without looking each one up."""
        return self._entries.by_oid.values()


def _name_of(entry: CatalogEntry) -> Hashable:
    return entry.name if isinstance(entry, Namespace | Role) else (entry.namespace, entry.name)


class Catalog(Struct, frozen=True):
    """Everything that has a name, at one moment. A change costs what it changes, not what there is."""

    _namespaces: Entries[Namespace] = field(default_factory=Entries)
    _roles: Entries[Role] = field(default_factory=Entries)
    _tables: Entries[Table] = field(default_factory=Entries)
    _views: Entries[View] = field(default_factory=Entries)
    _sequences: Entries[SequenceGenerator] = field(default_factory=Entries)
    _index_names: PersistentMap[Hashable, int] = field(default_factory=PersistentMap)
    """Of the indexes of tables, by namespace and name: the oid of the table."""

    @property
    def namespaces(self) -> Mapping[str, Namespace]:
        """By name."""
        return ByName(self._namespaces)

    @property
    def roles(self) -> Mapping[str, Role]:
        """By name."""
        return ByName(self._roles)

    @property
    def tables(self) -> Mapping[int, Table]:
        """By oid."""
        return self._tables.by_oid

    @property
    def views(self) -> Mapping[int, View]:
        """By oid."""
        return self._views.by_oid

    @property
    def sequences(self) -> Mapping[int, SequenceGenerator]:
        """By oid."""
        return self._sequences.by_oid

    def namespace(self, name: str) -> Namespace | None:
        """The namespace of that name."""
        return self._namespaces.by_name.get(name)

    def namespace_by_oid(self, oid: int) -> Namespace | None:
        """The namespace with that oid."""
        return self._namespaces.by_oid.get(oid)

    def role(self, name: str) -> Role | None:
        """The role of that name."""
        return self._roles.by_name.get(name)

    def role_by_oid(self, oid: int) -> Role | None:
        """The role with that oid."""
        return self._roles.by_oid.get(oid)

    def memberships(self, role: Role) -> frozenset[str]:
        """The names of all roles that a role is in, directly or through others, and its own."""
        found, left = {role.oid: role}, [role]
        while left:
            for oid in left.pop().member_of:
                group = self._roles.by_oid.get(oid)
                if group is not None and oid not in found:
                    found[oid] = group
                    left.append(group)
        return frozenset(each.name for each in found.values())

    def table(self, namespace: str, name: str) -> Table | None:
        """The table of that name in a namespace."""
        return self._tables.by_name.get((namespace, name))

    def table_by_oid(self, oid: int) -> Table | None:
        """The table with that oid."""
        return self._tables.by_oid.get(oid)

    def tables_in(self, namespace: str) -> tuple[Table, ...]:
        """The tables of a namespace, by name."""
        tables = [table for table in self.tables.values() if table.namespace == namespace]
        return tuple(sorted(tables, key=lambda table: table.name))

    def relation(self, namespace: str, name: str) -> Relation | None:
        """The table, view or sequence of that name in a namespace."""
        at = (namespace, name)
        return self._tables.by_name.get(at) or self._views.by_name.get(at) or self._sequences.by_name.get(at)

    def relation_by_oid(self, oid: int) -> Relation | None:
        """The table, view or sequence with that oid."""
        return self._tables.by_oid.get(oid) or self._views.by_oid.get(oid) or self._sequences.by_oid.get(oid)

    def relations(self) -> Iterator[Relation]:
        """All tables, views and sequences."""
        yield from self.tables.values()
        yield from self.views.values()
        yield from self.sequences.values()

    def relations_in(self, namespace: str) -> tuple[Relation, ...]:
        """The tables, views and sequences of a namespace, by name."""
        return tuple(
            sorted((each for each in self.relations() if each.namespace == namespace), key=lambda each: each.name)
        )

    def index(self, namespace: str, name: str) -> tuple[Table, Index] | None:
        """The index of that name, not of a primary key, in a namespace, and its table."""
        oid = self._index_names.get((namespace, name))
        table = None if oid is None else self._tables.by_oid.get(oid)
        if table is None:
            return None
        return next(((table, index) for index in table.indexes if index.name == name), None)

    def is_taken(self, namespace: str, name: str) -> bool:
        """Whether a table, view, sequence or index has that name; those of primary keys are indexes, too."""
        return self.relation(namespace, name) is not None or (namespace, name) in self._index_names

    def with_namespace(self, namespace: Namespace) -> Catalog:
        """With this namespace, new or changed."""
        return replace(self, _namespaces=self._namespaces.changed({namespace.oid: namespace}))

    def without_namespace(self, name: str) -> Catalog:
        """Without that namespace. Its tables must have been removed."""
        assert not self.relations_in(name), name
        return replace(self, _namespaces=self._namespaces.changed({self.namespaces[name].oid: None}))

    def with_role(self, role: Role) -> Catalog:
        """With this role, new or changed."""
        return replace(self, _roles=self._roles.changed({role.oid: role}))

    def without_role(self, name: str) -> Catalog:
        """Without that role."""
        return replace(self, _roles=self._roles.changed({self.roles[name].oid: None}))

    def with_table(self, table: Table) -> Catalog:
        """With this table, new or changed."""
        return self.apply(CatalogChange({(Table, table.oid): table}))

    def without_table(self, *oids: int) -> Catalog:
        """Without that table, or those tables."""
        return self.apply(CatalogChange({(Table, oid): None for oid in oids}))

    def with_relation(self, relation: Relation) -> Catalog:
        """With this table, view or sequence, new or changed."""
        return self.apply(CatalogChange({(type(relation), relation.oid): relation}))

    def without_relation(self, *relations: Relation) -> Catalog:
        """Without these."""
        return self.apply(CatalogChange({(type(each), each.oid): None for each in relations}))

    def entry(self, kind: type[CatalogEntry], oid: int) -> CatalogEntry | None:
        """The entry of that kind and oid."""
        return self._of_kind(kind).by_oid.get(oid)

    def named(self, entry: CatalogEntry) -> CatalogEntry | None:
        """The entry here that has the name of that one. The relations of a namespace share their names."""
        if isinstance(entry, Namespace | Role):
            return self._of_kind(type(entry)).by_name.get(_name_of(entry))
        return self.relation(entry.namespace, entry.name)

    def change_to(self, after: Catalog) -> CatalogChange:
        """What must change in this catalog to make it the other one."""
        entries: dict[tuple[type[CatalogEntry], int], CatalogEntry | None] = {}
        for kind in _KINDS:
            mine, others = self._of_kind(kind), after._of_kind(kind)
            if mine is not others:
                changes = mine.by_oid.changes_to(others.by_oid)
                entries.update({(kind, oid): entry for oid, entry in changes.items()})
        return CatalogChange(entries)

    def apply(self, change: CatalogChange) -> Catalog:
        """This catalog with a change made."""
        by_kind: dict[type[CatalogEntry], dict[int, Any]] = {}
        for (kind, oid), entry in change.entries.items():
            by_kind.setdefault(kind, {})[oid] = entry
        changed = {kind: self._of_kind(kind).changed(entries) for kind, entries in by_kind.items()}
        if not changed:
            return self
        fields: dict[str, Any] = {_KINDS[kind]: entries for kind, entries in changed.items()}
        if Table in by_kind:
            fields["_index_names"] = self._changed_index_names(by_kind[Table])
        return replace(self, **fields)

    @classmethod
    def of(cls, entries: Iterable[CatalogEntry]) -> Catalog:
        """The catalog that has these entries: of two of one kind with the same oid, the last."""
        return cls().apply(CatalogChange({(type(entry), entry.oid): entry for entry in entries}))

    def _changed_index_names(self, tables: Mapping[int, Table | None]) -> PersistentMap[Hashable, int]:
        names: dict[Hashable, int | None] = {}
        for oid in tables:
            old = self._tables.by_oid.get(oid)
            if old is not None:
                names.update({name: None for name in old.index_names if self._index_names.get(name) == oid})
        for oid, table in tables.items():
            if table is not None:
                names.update(dict.fromkeys(table.index_names, oid))
        return self._index_names.changed(names) if names else self._index_names

    def _of_kind(self, kind: type[CatalogEntry]) -> Entries[Any]:
        entries: Entries[Any] = getattr(self, _KINDS[kind])
        return entries


_KINDS: Final[Mapping[type[CatalogEntry], str]] = MappingProxyType(
    {Namespace: "_namespaces", Role: "_roles", Table: "_tables", View: "_views", SequenceGenerator: "_sequences"}
)
"""Where in a `Catalog` entries are."""

BUILT_IN_ROLES: Final = (Role(6001, "job_operator"), Role(6002, "job_viewer"))
"""Roles to be granted: members control, or see, the jobs of all. Every catalog has them."""


def bootstrap() -> Catalog:
    """What a new data folder has: namespace `public` and superuser `admin`, with the oids PostgreSQL gives them."""
    admin = Role(10, "admin", superuser=True, login=True)
    return Catalog.of((admin, *BUILT_IN_ROLES, Namespace(2200, "public", "admin")))
