"""What the catalog holds: everything that has a name, as immutable values."""

from __future__ import annotations

from typing import Any, Literal, cast

from msgspec import Struct, field

from storage.types import SqlType  # noqa: TC001 - msgspec resolves the annotation
from storage.units import parse_duration

TableType = Literal["shared", "user", "stream"]


class Grant(Struct, frozen=True):
    """Privileges on an object that were granted to a role, or to all: `grantee` is 0 then.

    `privileges` are PostgreSQL's letters (`arwdDxt` …), each followed by `*` where it may be granted on. `grantor` is
    the oid of the role in whose name it was granted.
    """

    grantee: int
    privileges: str
    grantor: int


class Namespace(Struct, frozen=True):
    """A schema. `owner` names a role."""

    oid: int
    name: str
    owner: str
    comment: str | None = None
    grants: tuple[Grant, ...] = ()


class Role(Struct, frozen=True):
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
    comment: str | None = None
    created_at: int = 0
    """In microseconds since the epoch. What is older and belongs to a role of its name belongs to a dropped one."""


class Column(Struct, frozen=True):
    """A column of a table.

    `number` is attnum and the Parquet field id; it is never used again in its table. `default` is canonical SQL text.
    """

    number: int
    name: str
    type: SqlType
    not_null: bool = False
    default: str | None = None
    missing: bytes | None = None
    """What rows have that were written before it was added: a hot value of one row of one value. `None`: NULL."""
    identity: Literal["always", "by default"] | None = None
    """GENERATED … AS IDENTITY: its default takes the next value of a sequence that the column owns."""
    comment: str | None = None
    generated: str | None = None
    """GENERATED ALWAYS AS (this) STORED: the text of an expression of other columns of the row."""


class PrimaryKey(Struct, frozen=True):
    """The primary key's constraint name and the numbers of its columns, in the key's order."""

    name: str
    columns: tuple[int, ...]
    comment: str | None = None
    oid: int | None = None
    """Of one that was added to a table: its entries are kept as those of an index of that oid are. `None` of one that
    the table was made with."""


class Index(Struct, frozen=True):
    """An index besides the primary key: a unique one is enforced, another one is only recorded.

    `columns` are numbers, in the index's order. Its name is one of the relations of the table's namespace.
    """

    oid: int
    name: str
    columns: tuple[int, ...]
    unique: bool
    constraint: bool = False
    """Whether it came with a UNIQUE constraint, which has its name."""
    definition: str | None = None
    """The text behind USING, where that says more than the columns do, with `\\0number\\0` in the place of columns."""
    comment: str | None = None


class Check(Struct, frozen=True):
    """A CHECK constraint. `expression` is canonical SQL text; `columns` are the numbers of those that it names."""

    oid: int
    name: str
    expression: str
    columns: tuple[int, ...]
    comment: str | None = None


ReferentialAction = Literal["no action", "restrict", "cascade", "set null", "set default"]
"""What becomes of rows that refer to a key when it is gone."""


class ForeignKey(Struct, frozen=True):
    """A FOREIGN KEY constraint of the table that has it, the *referencing* one.

    `columns` are numbers of its columns, `referenced_columns` those of the columns of `referenced_table` (an oid; it
    may be the table itself) in the same order, which are a key of that: the primary key, whose `referenced_index` is
    `None`, or the unique index of that oid.
    """

    oid: int
    name: str
    columns: tuple[int, ...]
    referenced_table: int
    referenced_columns: tuple[int, ...]
    referenced_index: int | None = None
    on_delete: ReferentialAction = "no action"
    on_update: ReferentialAction = "no action"
    set_columns: tuple[int, ...] = ()
    """Of `columns` those that ON DELETE SET NULL or SET DEFAULT sets; none named: all."""
    match_full: bool = False
    """MATCH FULL: all columns are NULL, or none is. Otherwise, MATCH SIMPLE, one NULL is enough to refer to nothing."""
    deferrable: bool = False
    deferred: bool = False
    """INITIALLY DEFERRED: tested when the transaction is committed, unless SET CONSTRAINTS says otherwise."""
    validated: bool = True
    """Whether every row was tested. Not so when it was added NOT VALID: then only what is written since was."""
    comment: str | None = None


class LayoutColumn(Struct, frozen=True):
    """A column as it was written once: its number, and its type and name then."""

    number: int
    type: SqlType
    name: str = ""


class Table(Struct, frozen=True):
    """A table. `namespace` and `owner` are names; `created_at` is in microseconds since the epoch.

    `version` counts the changes of its definition. `options` is what CREATE TABLE … WITH said.

    A *layout* is which columns, of which types, a row was written with. Every hot value and every segment says which
    one it has. `layout` is that of rows that are written now, the `columns` as they are; `layouts` has earlier ones.
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
    layout: int = 1
    layouts: dict[int, tuple[LayoutColumn, ...]] = field(default_factory=dict)
    last_column: int = 0
    """The highest column number that was ever used; 0: that of the last of its columns."""
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    grants: tuple[Grant, ...] = ()
    comment: str | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    referenced_by: tuple[int, ...] = ()
    """The oids of the tables, ascending, that have foreign keys to it; its own, if it refers to itself."""

    @property
    def next_column_number(self) -> int:
        """The number of the next column that is added."""
        return max(self.last_column, *(column.number for column in self.columns), 0) + 1

    @property
    def index_names(self) -> tuple[tuple[str, str], ...]:
        """The names of its indexes, that of the primary key included, each with the namespace."""
        key = () if self.primary_key is None else (self.primary_key.name,)
        return tuple((self.namespace, name) for name in (*key, *(index.name for index in self.indexes)))

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


class Partition(Struct, frozen=True):
    """The rows of one role in a user table: a row store, whose id is `oid`. `owner` is the role's name."""

    oid: int
    table_oid: int
    owner_oid: int
    owner: str


class DroppedTable(Struct, frozen=True):
    """A table that is gone for everyone and whose space has not been reclaimed yet."""

    table: Table
    dropped_at: int
    """In microseconds since the epoch."""
    reclaiming: bool = False
    """Whether it has been begun to reclaim its space, so that it can no longer be brought back."""
    owner_oid: int | None = None
    """Which role its owner's name meant: one made anew with that name is another. `None` where that is not known."""
    sequences: tuple[SequenceGenerator, ...] = ()
    """Those that its columns own, dropped with it: what they have given stays recorded as long as the table is kept."""


class DroppedRole(Struct, frozen=True):
    """A role that is gone and whose rows in user tables have not been removed yet."""

    oid: int
    name: str
    dropped_at: int
    """In microseconds since the epoch."""


class ViewColumn(Struct, frozen=True):
    """A column of a view's result."""

    name: str
    type: SqlType
    comment: str | None = None


class View(Struct, frozen=True):
    """A view: a query under a name. `text` is the query, with names qualified by the search path it was made with.

    Its query is run with the rights of `owner`. `uses` has what the query reads, so that this is not dropped or changed
    under it: oids of relations with the numbers of columns; number 0 is the relation as such.
    """

    oid: int
    namespace: str
    name: str
    owner: str
    text: str
    columns: tuple[ViewColumn, ...]
    uses: tuple[tuple[int, int], ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    comment: str | None = None
    created_at: int = 0
    version: int = 1


class SequenceGenerator(Struct, frozen=True):
    """A sequence (SQL's standard calls it a sequence generator). What it has given so far is not in the catalog.

    `owned_by` is the table (oid) and column (number) with which it goes. `store` tells apart what it gave before and
    after a RESTART; behind one, `first` is the first number that it gives (`None`: `start`).
    """

    oid: int
    namespace: str
    name: str
    owner: str
    type: SqlType
    start: int
    increment: int
    minimum: int
    maximum: int
    cycle: bool = False
    cache: int = 1
    owned_by: tuple[int, int] | None = None
    store: int = 0
    first: int | None = None
    grants: tuple[Grant, ...] = ()
    comment: str | None = None
    created_at: int = 0
    version: int = 1


Relation = Table | View | SequenceGenerator
"""What shares the names of a namespace, together with the indexes of its tables."""

CatalogEntry = Namespace | Role | Relation
