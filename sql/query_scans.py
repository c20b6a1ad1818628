"""What a query reads: tables, system relations, and rows that are handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.snapshot import Predicate, TableSnapshot


class ParameterPredicate(Struct, frozen=True):
    """A predicate whose value is a parameter of the statement: `column op $parameter` (parameters count from 1)."""

    column_number: int
    op: str
    parameter: int


class TableScan(Struct, frozen=True):
    """A table that a query reads.

    The query's text names it `alias`, unique in the query. The engine makes a view of that name out of a snapshot: hot
    rows, segments, dead rows. `columns` are the numbers of the columns that the query can see. `predicates` prune
    segments: conjuncts that hold for every row that can matter; they never replace the query's own WHERE.
    """

    table_oid: int
    alias: str
    columns: tuple[int, ...]
    predicates: tuple[Predicate | ParameterPredicate, ...] = ()
    is_target: bool = False
    """Whether it is what an UPDATE or DELETE changes: of a user table the role's own rows only."""
    snapshots: tuple[TableSnapshot, ...] | None = None
    """What it reads where that is settled: all parts of a statement see the rows of when it began."""


class RelationCondition(Struct, frozen=True):
    """A conjunct of a query's WHERE over a system relation: `column op` any of `values`.

    `values` is a list in DuckDB's text, made of constants, parameters and session values only, so that it can be
    computed before the relation is. More than one value comes with `=` only.
    `texts` says the same where each value is a text constant or a text parameter (its number): nothing to compute.
    """

    column: str
    op: str
    values: str
    texts: tuple[str | int, ...] | None = None


class RelationFirst(Struct, frozen=True):
    """Of the rows for which all conditions of a scan hold, only the first so many matter: a LIMIT.

    `count` is DuckDB's text, as `RelationCondition.values`. They are the first by `column`, or, if that is `None`, any.
    """

    count: str
    column: str | None
    descending: bool
    rows: int | None = None
    """`count`, where it is a constant."""


class RelationScan(Struct, frozen=True):
    """A system relation that a query reads: `sql.relations` computes it as an Arrow table, registered as `alias`.

    `columns` are those that the query names (`None`: all). `conditions` hold for every row that can matter; as with a
    table, they never replace the query's own WHERE.
    """

    namespace: str
    name: str
    alias: str
    columns: tuple[str, ...] | None = None
    conditions: tuple[RelationCondition, ...] = ()
    first: RelationFirst | None = None


class RowsScan(Struct, frozen=True):
    """Rows that the executor hands in: the new rows for a RETURNING, registered as `alias`."""

    alias: str


class PartScan(Struct, frozen=True):
    """The rows that an earlier part of the statement has given: see `plan.Composite`. Its columns are c1, c2 …"""

    alias: str
    part: int
    rows: pa.Table | None = None
    """They are filled in when the statement runs."""


Scan = TableScan | RelationScan | RowsScan | PartScan
