"""The catalog: namespaces, tables and roles, as immutable values.

A catalog change is a function from one `Catalog` to the next. What two catalogs differ in is a `CatalogChange`: that is
what a transaction holds, what its commit writes, and what is applied to the visible catalog once it is durable.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, cast

from storage.types import SqlType  # noqa: TC001 - msgspec resolves the annotation
from storage.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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


@dataclass(frozen=True, slots=True)
class DroppedRole:
    """A role that is gone and whose rows in user tables have not been removed yet."""

    oid: int
    name: str
    dropped_at: int
    """In microseconds since the epoch."""


CatalogEntry = Namespace | Role | Table


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """What one catalog has that another one has not: entries put, by class and oid, and entries removed (`None`)."""

    entries: Mapping[tuple[type[CatalogEntry], int], CatalogEntry | None]


@dataclass(frozen=True)
class Catalog:
    """Everything that has a name, at one moment. The mappings must not be changed."""

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    """By name."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """By name."""
    tables: Mapping[int, Table] = field(default_factory=dict)
    """By oid."""
    _tables_by_name: Mapping[tuple[str, str], Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {(table.namespace, table.name): table for table in self.tables.values()}
        object.__setattr__(self, "_tables_by_name", MappingProxyType(by_name))

    def namespace(self, name: str) -> Namespace | None:
        """The namespace of that name."""
        return self.namespaces.get(name)

    def namespace_by_oid(self, oid: int) -> Namespace | None:
        """The namespace with that oid."""
        return next((namespace for namespace in self.namespaces.values() if namespace.oid == oid), None)

    def role(self, name: str) -> Role | None:
        """The role of that name."""
        return self.roles.get(name)

    def role_by_oid(self, oid: int) -> Role | None:
        """The role with that oid."""
        return next((role for role in self.roles.values() if role.oid == oid), None)

    def memberships(self, role: Role) -> frozenset[str]:
        """The names of all roles that a role is in, directly or through others, and its own."""
        by_oid = {each.oid: each for each in self.roles.values()}
        found, left = {role.oid: role}, [role]
        while left:
            for oid in left.pop().member_of:
                if oid in by_oid and oid not in found:
                    found[oid] = by_oid[oid]
                    left.append(by_oid[oid])
        return frozenset(each.name for each in found.values())

    def table(self, namespace: str, name: str) -> Table | None:
        """The table of that name in a namespace."""
        return self._tables_by_name.get((namespace, name))

    def table_by_oid(self, oid: int) -> Table | None:
        """The table with that oid."""
        return self.tables.get(oid)

    def tables_in(self, namespace: str) -> tuple[Table, ...]:
        """The tables of a namespace, by name."""
        tables = [table for table in self.tables.values() if table.namespace == namespace]
        return tuple(sorted(tables, key=lambda table: table.name))

    def with_namespace(self, namespace: Namespace) -> Catalog:
        """With this namespace, new or changed."""
        return replace(self, namespaces={**self.namespaces, namespace.name: namespace})

    def without_namespace(self, name: str) -> Catalog:
        """Without that namespace. Its tables must have been removed."""
        assert not self.tables_in(name), name
        return replace(self, namespaces={n: v for n, v in self.namespaces.items() if n != name})

    def with_role(self, role: Role) -> Catalog:
        """With this role, new or changed."""
        return replace(self, roles={**self.roles, role.name: role})

    def without_role(self, name: str) -> Catalog:
        """Without that role."""
        return replace(self, roles={n: v for n, v in self.roles.items() if n != name})

    def with_table(self, table: Table) -> Catalog:
        """With this table, new or changed."""
        return replace(self, tables={**self.tables, table.oid: table})

    def without_table(self, oid: int) -> Catalog:
        """Without that table."""
        return replace(self, tables={o: v for o, v in self.tables.items() if o != oid})

    def entry(self, kind: type[CatalogEntry], oid: int) -> CatalogEntry | None:
        """The entry of that kind and oid."""
        if kind is Table:
            return self.tables.get(oid)
        return self.namespace_by_oid(oid) if kind is Namespace else self.role_by_oid(oid)

    def named(self, entry: CatalogEntry) -> CatalogEntry | None:
        """The entry here that has the name of that one."""
        match entry:
            case Table():
                return self.table(entry.namespace, entry.name)
            case Namespace():
                return self.namespaces.get(entry.name)
            case Role():
                return self.roles.get(entry.name)

    def change_to(self, after: Catalog) -> CatalogChange:
        """What must change in this catalog to make it the other one."""
        entries: dict[tuple[type[CatalogEntry], int], CatalogEntry | None] = {}
        before_entries = dict(self._entries())
        after_entries = dict(after._entries())
        entries.update(dict.fromkeys(before_entries.keys() - after_entries.keys()))
        entries.update(
            {identity: entry for identity, entry in after_entries.items() if before_entries.get(identity) is not entry}
        )
        return CatalogChange(entries)

    def apply(self, change: CatalogChange) -> Catalog:
        """This catalog with a change made."""
        if not change.entries:
            return self
        entries = dict(self._entries())
        for identity, entry in change.entries.items():
            if entry is None:
                entries.pop(identity, None)
            else:
                entries[identity] = entry
        return Catalog.of(entries.values())

    @classmethod
    def of(cls, entries: Iterable[CatalogEntry]) -> Catalog:
        """The catalog that has these entries."""
        namespaces: dict[str, Namespace] = {}
        roles: dict[str, Role] = {}
        tables: dict[int, Table] = {}
        for entry in entries:
            match entry:
                case Namespace():
                    namespaces[entry.name] = entry
                case Role():
                    roles[entry.name] = entry
                case Table():
                    tables[entry.oid] = entry
        return cls(namespaces, roles, tables)

    def _entries(self) -> Iterator[tuple[tuple[type[CatalogEntry], int], CatalogEntry]]:
        for namespace in self.namespaces.values():
            yield (Namespace, namespace.oid), namespace
        for role in self.roles.values():
            yield (Role, role.oid), role
        for table in self.tables.values():
            yield (Table, table.oid), table


BUILT_IN_ROLES: Final = (Role(6001, "job_operator"), Role(6002, "job_viewer"))
"""Roles to be granted: members control, or see, the jobs of all. Every catalog has them."""


def bootstrap() -> Catalog:
    """What a new data folder has: namespace `public` and superuser `admin`, with the oids PostgreSQL gives them."""
    admin = Role(10, "admin", superuser=True, login=True)
    return Catalog.of((admin, *BUILT_IN_ROLES, Namespace(2200, "public", "admin")))
