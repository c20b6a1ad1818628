"""The catalog: namespaces, tables and roles, as immutable values.

A catalog change is a function from one `Catalog` to the next. What two catalogs differ in is a `CatalogChange`: that is
what a transaction holds, what its commit writes, and what is applied to the visible catalog once it is durable.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, cast

from storage.persistent_map import PersistentMap
from storage.types import SqlType  # noqa: TC001 - msgspec resolves the annotation
from storage.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, ValuesView

TableType = Literal["shared", "user", "stream"]

FIRST_OID: Final = 16384
"""Objects that users make have oids from here on, as in PostgreSQL."""

SYSTEM_NAMESPACES: Final = frozenset({"system", "pg_catalog", "information_schema"})
"""Namespaces whose relations are computed: they are reserved and never stored."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A schema. `owner` names a role."""

    oid: int
    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Role:
    """A user or group. `verifier` is a SCRAM-SHA-256 verifier as pg_authid has it; no password is ever kept."""

    oid: int
    name: str
    superuser: bool = False
    login: bool = False
    verifier: str | None = None
    create_role: bool = False
    connection_limit: int = -1
    member_of: tuple[int, ...] = ()
    """The oids of the roles that were granted to it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    `number` is attnum and the Parquet field id; it is never used again in its table. `default` is canonical SQL text.
    """

    number: int
    name: str
    type: SqlType
    not_null: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """The primary key's constraint name and the numbers of its columns, in the key's order."""

    name: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `namespace` and `owner` are names; `created_at` is in microseconds since the epoch.

    `version` counts the changes of its definition. `options` is what CREATE TABLE … WITH said.
    """

    oid: int
    namespace: str
    name: str
    owner: str
    columns: tuple[Column, ...]
    primary_key: PrimaryKey | None = None
    options: dict[str, str] = field(default_factory=dict)
    created_at: int = 0
    version: int = 1

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def key_positions(self) -> tuple[int, ...]:
        """Where in a row the values of the primary key stand, in the key's order; empty without one."""
        if self.primary_key is None:
            return ()
        positions = {column.number: position for position, column in enumerate(self.columns)}
        return tuple(positions[number] for number in self.primary_key.columns)

    def key_values(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values of the primary key in a row, in the key's order."""
        return tuple([row[position] for position in self.key_positions])

    @property
    def type(self) -> TableType:
        """`shared`: one set of rows for all; `user`: one for each role; `stream`: rows that go when they are old."""
        return cast("TableType", self.options.get("type", "shared"))

    @property
    def ttl_us(self) -> int:
        """How long the rows of a stream last, in microseconds."""
        return round(parse_duration(self.options["ttl"]) * 1e6)

    @property
    def drop_retention_s(self) -> float | None:
        """How long it can be brought back once it is dropped; `None`: as long as the server says."""
        text = self.options.get("drop_retention")
        return None if text is None else parse_duration(text)


@dataclass(frozen=True, slots=True)
class Partition:
    """The rows of one role in a user table: a row store, whose id is `oid`. `owner` is the role's name."""

    oid: int
    table_oid: int
    owner_oid: int
    owner: str


@dataclass(frozen=True, slots=True)
class DroppedTable:
    """A table that is gone for everyone and whose space has not been reclaimed yet."""

    table: Table
    dropped_at: int
    """In microseconds since the epoch."""
    reclaiming: bool = False
    """Whether it has been begun to reclaim its space, so that it can no longer be brought back."""
    owner_oid: int | None = None
    """Which role its owner's name meant: one made anew with that name is another. `None` where that is not known."""


@dataclass(frozen=True, slots=True)
class DroppedRole:
    """A role that is gone and whose rows in user tables have not been removed yet."""

    oid: int
    name: str
    dropped_at: int
    """In microseconds since the epoch."""


CatalogEntry = Namespace | Role | Table
E = TypeVar("E", bound=CatalogEntry)


@dataclass(frozen=True, slots=True)
class CatalogChange:
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
    return (entry.namespace, entry.name) if isinstance(entry, Table) else entry.name


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that has a name, at one moment. A change costs what it changes, not what there is."""

    _namespaces: Entries[Namespace] = field(default_factory=Entries)
    _roles: Entries[Role] = field(default_factory=Entries)
    _tables: Entries[Table] = field(default_factory=Entries)

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

    def with_namespace(self, namespace: Namespace) -> Catalog:
        """With this namespace, new or changed."""
        return replace(self, _namespaces=self._namespaces.changed({namespace.oid: namespace}))

    def without_namespace(self, name: str) -> Catalog:
        """Without that namespace. Its tables must have been removed."""
        assert not self.tables_in(name), name
        return replace(self, _namespaces=self._namespaces.changed({self.namespaces[name].oid: None}))

    def with_role(self, role: Role) -> Catalog:
        """With this role, new or changed."""
        return replace(self, _roles=self._roles.changed({role.oid: role}))

    def without_role(self, name: str) -> Catalog:
        """Without that role."""
        return replace(self, _roles=self._roles.changed({self.roles[name].oid: None}))

    def with_table(self, table: Table) -> Catalog:
        """With this table, new or changed."""
        return replace(self, _tables=self._tables.changed({table.oid: table}))

    def without_table(self, *oids: int) -> Catalog:
        """Without that table, or those tables."""
        return replace(self, _tables=self._tables.changed(dict.fromkeys(oids)))

    def entry(self, kind: type[CatalogEntry], oid: int) -> CatalogEntry | None:
        """The entry of that kind and oid."""
        return self._of_kind(kind).by_oid.get(oid)

    def named(self, entry: CatalogEntry) -> CatalogEntry | None:
        """The entry here that has the name of that one."""
        return self._of_kind(type(entry)).by_name.get(_name_of(entry))

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
        return replace(self, **{_KINDS[kind]: entries for kind, entries in changed.items()}) if changed else self

    @classmethod
    def of(cls, entries: Iterable[CatalogEntry]) -> Catalog:
        """The catalog that has these entries: of two of one kind with the same oid, the last."""
        return cls().apply(CatalogChange({(type(entry), entry.oid): entry for entry in entries}))

    def _of_kind(self, kind: type[CatalogEntry]) -> Entries[Any]:
        entries: Entries[Any] = getattr(self, _KINDS[kind])
        return entries


_KINDS: Final[Mapping[type[CatalogEntry], str]] = MappingProxyType(
    {Namespace: "_namespaces", Role: "_roles", Table: "_tables"}
)
"""Where in a `Catalog` entries are."""

BUILT_IN_ROLES: Final = (Role(6001, "job_operator"), Role(6002, "job_viewer"))
"""Roles to be granted: members control, or see, the jobs of all. Every catalog has them."""


def bootstrap() -> Catalog:
    """What a new data folder has: namespace `public` and superuser `admin`, with the oids PostgreSQL gives them."""
    admin = Role(10, "admin", superuser=True, login=True)
    return Catalog.of((admin, *BUILT_IN_ROLES, Namespace(2200, "public", "admin")))
