"""Plans: what a statement will do, as data. The planner makes them, the executor's one `match` runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sql.result import ResultColumn
    from storage.snapshot import Predicate
    from storage.types import SqlType


@dataclass(frozen=True, slots=True)
class ParameterPredicate:
    """A predicate whose value is a parameter of the statement: `column op $parameter` (parameters count from 1)."""

    column_number: int
    op: str
    parameter: int


@dataclass(frozen=True, slots=True)
class TableScan:
    """A table that a query reads.

    The query's text names it `alias`, unique in the query. The engine makes a view of that name out of a snapshot: hot rows,
    segments, dead rows. `columns` are the numbers of the columns that the query can see. `predicates` prune segments:
    conjuncts that hold for every row that can matter; they never replace the query's own WHERE.
    """

    table_oid: int
    alias: str
    columns: tuple[int, ...]
    predicates: tuple[Predicate | ParameterPredicate, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationScan:
    """A system relation that a query reads: `sql.relations` computes it as an Arrow table, registered as `alias`."""

    namespace: str
    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class RowsScan:
    """Rows that the executor hands in: the new rows for a RETURNING, registered as `alias`."""

    alias: str


Scan = TableScan | RelationScan | RowsScan


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """A query for DuckDB, in text that the binder generated.

    `sql` names client parameters `$p1` … `$pN` (each inside a CAST to its type) and values of the session `$s_<name>`,
    for which `session_values` lists the names: `current_user`, `session_user`, `current_schema`, `current_schemas`,
    `backend_pid`, `now` (start of the transaction), `statement_timestamp`, `time_zone` …
    The columns that DuckDB gives back are already in the Arrow types of `columns` (numeric may have another scale).
    """

    sql: str
    scans: tuple[Scan, ...]
    parameter_types: tuple[SqlType, ...]
    session_values: tuple[str, ...]
    columns: tuple[ResultColumn, ...]
