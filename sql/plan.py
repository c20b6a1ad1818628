"""Plans: what a statement will do, as data. The planner makes them, the executor's one `match` runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from sql.copy import CopyOptions
    from sql.job_syntax import JobStatement
    from sql.plan_parts import Arbiters, KeptRows, ManyValues, PointConflict, RowLock
    from sql.query_scans import Scan
    from sql.result import ResultColumn
    from sql.scalar import Scalar
    from sql.statements import CreateTableAsStatement, DeclareCursor, OwnStatement
    from storage.catalog_entries import Column, Role, SequenceGenerator, Table
    from storage.types import SqlType


class Numbered(Struct, frozen=True):
    """A column of a query's result that takes the numbers of a sequence, once the rows are known, in their order.

    The query gives NULL for it. `rows` are those (from 0) that take one; `None`: all.
    """

    position: int
    sequence: SequenceGenerator
    rows: tuple[int, ...] | None = None


class QueryPlan(Struct, frozen=True):
    """A query for DuckDB, in text that the binder generated.

    `sql` names client parameters `$p1` … `$pN` (each inside a CAST to its type), lists of them `$l1` … (the numbers of
    their parameters are in `parameter_lists`) and values of the session `$s_<name>`, for which `session_values` lists
    the names: `current_user`, `session_user`, `current_schema`, `current_schemas`, `backend_pid`, `now` (start of the
    transaction), `statement_timestamp`, `server_start`, `time_zone` …
    The columns that DuckDB gives back are already in the Arrow types of `columns` (numeric may have another scale).
    """

    sql: str
    scans: tuple[Scan, ...]
    parameter_types: tuple[SqlType, ...]
    session_values: tuple[str, ...]
    columns: tuple[ResultColumn, ...]
    numbered: tuple[Numbered, ...] = ()
    direct: tuple[str, ...] | None = None
    """Where these columns of its one system relation, with the scan's conditions and first rows, are the result."""
    parameter_lists: tuple[tuple[int, ...], ...] = ()


class Returning(Struct, frozen=True):
    """What RETURNING gives of the rows that a statement wrote.

    `positions` where every item is a plain column; otherwise `query` over the rows, handed in as its one `RowsScan`.
    """

    columns: tuple[ResultColumn, ...]
    positions: tuple[int, ...] | None
    query: QueryPlan | None = None


class OnConflict(Struct, frozen=True):
    """ON CONFLICT. `update` gives the rows that DO UPDATE changes (`sql.binding.conflicts`); `None`: DO NOTHING."""

    arbiters: Arbiters
    update: QueryPlan | None


class PointKey(Struct, frozen=True):
    """The values of a key of a table, which at most one row has: the primary key, or a unique index."""

    name: str
    columns: tuple[int, ...]
    """The numbers of its columns, in its order."""
    values: tuple[Scalar, ...]
    index_oid: int | None = None
    """`None` of the primary key."""


class KeyLookup(Struct, frozen=True):
    """SELECT of plain columns of the row with a key: no DuckDB."""

    table: Table
    key: PointKey
    positions: tuple[int, ...]
    columns: tuple[ResultColumn, ...]
    parameter_types: tuple[SqlType, ...]
    owner: Role | None = None
    """Whose rows, in a user table."""


class LockingQuery(Struct, frozen=True):
    """SELECT … FOR UPDATE and its like. Behind `columns` the query gives the seq of the row of each of `locks`.

    Where locked rows are left out the query has not the LIMIT and OFFSET of the statement, but one more LIMIT, of the
    value `row_limit`: `limit` and `offset` count rows that could be locked.
    """

    query: QueryPlan
    locks: tuple[RowLock, ...]
    columns: tuple[ResultColumn, ...]
    command: str
    """`SELECT FOR UPDATE`."""
    limit: Scalar | None = None
    offset: Scalar | None = None


class InsertValues(Struct, frozen=True):
    """INSERT … VALUES of compiled expressions: `rows` hold a scalar for every column of the table."""

    table: Table
    rows: tuple[tuple[Scalar, ...], ...]
    returning: Returning | None
    parameter_types: tuple[SqlType, ...]
    owner: Role | None = None
    conflict: PointConflict | None = None


class InsertQuery(Struct, frozen=True):
    """INSERT of the rows of a query that gives every column of the table, cast as an assignment casts."""

    table: Table
    query: QueryPlan
    returning: Returning | None
    conflict: OnConflict | None = None
    values: ManyValues | None = None
    """Where the rows come from instead: the query is not run then."""


class KeyUpdate(Struct, frozen=True):
    """UPDATE of the row with a key by compiled expressions over that row: (position, scalar) pairs."""

    table: Table
    key: PointKey
    assignments: tuple[tuple[int, Scalar], ...]
    returning: Returning | None
    parameter_types: tuple[SqlType, ...]
    owner: Role | None = None


class UpdateQuery(Struct, frozen=True):
    """UPDATE by a query that gives `_seq` of each row to replace and then all its new values."""

    table: Table
    query: QueryPlan
    returning: Returning | None
    assigned: frozenset[int] | None = None
    """The numbers of the columns that may change; `None`: any."""


class KeyDelete(Struct, frozen=True):
    """DELETE of the row with a key."""

    table: Table
    key: PointKey
    returning: Returning | None
    parameter_types: tuple[SqlType, ...]
    owner: Role | None = None


class DeleteQuery(Struct, frozen=True):
    """DELETE by a query that gives `_seq` of each row, and all its values where RETURNING asks for them."""

    table: Table
    query: QueryPlan
    returning: Returning | None


class MergeQuery(Struct, frozen=True):
    """MERGE by a query that gives `_seq` or NULL, the number of an action (from 1), and all columns as they will be.

    `numbered`: which columns take numbers of sequences in the rows of which action.
    """

    table: Table
    query: QueryPlan
    kinds: tuple[Literal["update", "delete", "insert", "nothing"], ...]
    numbered: tuple[tuple[int, Numbered], ...]


class CreateTableAs(Struct, frozen=True):
    """CREATE TABLE … AS, or SELECT … INTO: a table of these columns, and the query that gives its rows."""

    statement: CreateTableAsStatement
    columns: tuple[Column, ...]
    query: QueryPlan


class ServerFile(Struct, frozen=True):
    """A file of the server, by its name in the folder of COPY or its whole path."""

    folder: Path
    name: str


class CopyFrom(Struct, frozen=True):
    """COPY table (columns) FROM STDIN or a file. `positions` in the table of the columns that the data has."""

    table: Table
    positions: tuple[int, ...]
    options: CopyOptions
    defaults: tuple[tuple[int, Scalar], ...]
    """What columns get that the data does not have, by position."""
    computed: tuple[tuple[int, ...], QueryPlan] | None = None
    """The positions of those whose defaults only a query can compute, and that query: one row of the whole table."""
    file: ServerFile | None = None


class CopyTo(Struct, frozen=True):
    """COPY of a query's rows TO STDOUT or a file."""

    query: QueryPlan
    options: CopyOptions
    file: ServerFile | None = None


class RowCall(Struct, frozen=True):
    """A call that is made for each row of a query, of a function of sequences or of sessions.

    `arguments` are positions in the row; the first one names the sequence where it needs one and `sequence` does not.
    Where there is a `guard` the call is made in those rows only in which it is true.
    """

    function: str
    arguments: tuple[int, ...]
    guard: int | None
    sequence: SequenceGenerator | None
    type: SqlType


class RowCalls(Struct, frozen=True):
    """A query and calls that are made for each of its rows. `shown`: which columns, those of the calls being last."""

    query: QueryPlan
    calls: tuple[RowCall, ...]
    shown: tuple[int, ...]
    columns: tuple[ResultColumn, ...]
    """Those that are shown."""
    kept: KeptRows | None = None
    """Where only the rows count for which all calls give true."""


class OpenCursor(Struct, frozen=True):
    """DECLARE: a query to be read by FETCH."""

    statement: DeclareCursor
    query: QueryPlan


class SequenceCall(Struct, frozen=True):
    """A call of nextval(), currval(), lastval() or setval(). `sequence` is a scalar where it is a parameter."""

    function: str
    sequence: SequenceGenerator | Scalar | None
    arguments: tuple[Scalar, ...]


class SequenceCalls(Struct, frozen=True):
    """A SELECT of nothing but such calls: no DuckDB."""

    calls: tuple[SequenceCall, ...]
    columns: tuple[ResultColumn, ...]
    parameter_types: tuple[SqlType, ...]


class Part(Struct, frozen=True):
    """A part of a statement, which is run once and to its end. What comes later knows its rows by its number."""

    number: int
    plan: PartPlan


class Composite(Struct, frozen=True):
    """A statement in parts: changes and locking queries in WITH and in subqueries, and then what they stand in.

    All see the rows of when the statement began. As in PostgreSQL, changes of which the last part, the statement
    proper, reads nothing are made after its own.
    """

    before: tuple[Part, ...]
    plan: PartPlan
    behind: tuple[Part, ...]
    parameter_types: tuple[SqlType, ...]
    command: str | None
    """What it is called where it may not write: `SELECT FOR UPDATE`. `None` of one that neither writes nor locks."""


class Explain(Struct, frozen=True):
    """EXPLAIN of a plan that reads; `analyze` runs it."""

    plan: Plan
    analyze: bool


class JobCommand(Struct, frozen=True):
    """A statement about jobs or schedules. `ids` finds the jobs of a … JOBS WHERE."""

    statement: JobStatement
    parameter_types: tuple[SqlType, ...]
    ids: QueryPlan | None = None


class AsUser(Struct, frozen=True):
    """EXECUTE AS USER: a plan that was made, and is run, with the rights of a role."""

    user: str
    plan: Plan


class Utility(Struct, frozen=True):
    """A statement that needs no planning beyond its own fields: definitions, settings, transactions."""

    statement: OwnStatement


class Empty(Struct, frozen=True):
    """No statement at all: white space or a comment."""


PointPlan = KeyLookup | InsertValues | KeyUpdate | KeyDelete
"""Plans that are compiled: no DuckDB."""
PartPlan = QueryPlan | RowCalls | LockingQuery | InsertQuery | UpdateQuery | DeleteQuery
"""What a statement in parts is made of."""
Write = InsertValues | InsertQuery | KeyUpdate | UpdateQuery | KeyDelete | DeleteQuery | MergeQuery
# fmt: off
Plan = (
    QueryPlan | KeyLookup | LockingQuery | Composite | OpenCursor | RowCalls | SequenceCalls | Write | CopyFrom | CopyTo
    | CreateTableAs | Explain | JobCommand | AsUser | Utility | Empty
)
# fmt: on


def parameter_types_of(plan: Plan) -> tuple[SqlType, ...]:
    """The types of the parameters that a plan takes."""
    match plan:
        case (
            QueryPlan()
            | KeyLookup()
            | InsertValues()
            | KeyUpdate()
            | KeyDelete()
            | JobCommand()
            | SequenceCalls()
            | Composite()
        ):
            return plan.parameter_types
        case (
            MergeQuery()
            | InsertQuery()
            | UpdateQuery()
            | DeleteQuery()
            | LockingQuery()
            | OpenCursor()
            | CopyTo()
            | RowCalls()
        ):
            return plan.query.parameter_types
        case Explain() | AsUser():
            return parameter_types_of(plan.plan)
        case _:
            return ()
