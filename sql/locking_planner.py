"""SELECT … FOR UPDATE, NO KEY UPDATE, SHARE and KEY SHARE → plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sqlglot import exp

from sql.binder import bind_locking_query
from sql.binding.locked_rows import LockedRows, check_lockable, clause_of
from sql.binding.tree import position_at, refuse
from sql.duckdb_types import session_placeholder
from sql.errors import FeatureNotSupported
from sql.plan import LockingQuery
from sql.plan_parts import RowLock
from sql.privileges import require_privilege
from sql.scalar import ScalarContext, build_scalar, convert
from storage import types as t

if TYPE_CHECKING:
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from storage.types import SqlType

ROW_LIMIT: Final = "row_limit"
"""The value that limits how many rows the query gives, where locked ones are left out."""


def plan_locking_query(tree: exp.Expr, session: SessionState, declared: tuple[SqlType | None, ...]) -> LockingQuery:
    """The plan of a query with FOR UPDATE or its like. Raises `SqlError`."""
    check_lockable(tree)
    assert isinstance(tree, exp.Select), "it was checked"
    tree = tree.copy()
    context = ScalarContext({}, session.codecs, list(declared))
    limit = offset = None
    text = ""
    if any(_policy_of(lock) == "skip" for lock in tree.args["locks"]) and tree.args.get("limit") is not None:
        limit = _count(tree, "limit", context)
        offset = None if tree.args.get("offset") is None else _count(tree, "offset", context)
        text = f" LIMIT CAST(${session_placeholder(ROW_LIMIT)} AS BIGINT)"
    query, locked = bind_locking_query(tree, session.bind_context(tuple(context.parameter_types)), text)
    columns = query.columns[: len(query.columns) - len(locked)]
    command = f"SELECT {clause_of(tree.args['locks'][0])}"
    return LockingQuery(query, tuple(_row_lock(each, session) for each in locked), columns, command, limit, offset)


def _count(tree: exp.Select, which: str, context: ScalarContext) -> Scalar | None:
    """The number of rows that a LIMIT or OFFSET says, which is taken away: it counts rows that could be locked."""
    clause = tree.args[which]
    if not isinstance(clause, exp.Limit | exp.Offset):
        raise refuse("FETCH FIRST with SKIP LOCKED", clause)
    scalar = build_scalar(clause.expression, context, t.BIGINT)
    converted = None if scalar is None else convert(scalar, t.BIGINT, context.codecs)
    if converted is None:
        raise refuse(f"an expression as {which.upper()} with SKIP LOCKED", clause.expression)
    tree.set(which, None)
    return converted


def _policy_of(lock: exp.Lock) -> Literal["wait", "nowait", "skip"]:
    wait = lock.args.get("wait")
    return "wait" if wait is None else "nowait" if wait else "skip"


def _row_lock(locked: LockedRows, session: SessionState) -> RowLock:
    table = session.catalog.table_by_oid(locked.table_oid)
    assert table is not None, "the binder found it"
    require_privilege(session.role, table, "UPDATE")
    clause = clause_of(locked.lock)
    if table.type == "user" and session.role.reads_rows_of_all:
        raise FeatureNotSupported(
            f'{clause} of user table "{table.name}" is not supported for a role that reads the rows of all roles',
            hint="Use EXECUTE AS USER to lock those of one role.",
            position=position_at(locked.lock),
        )
    return RowLock(table, locked.name, _policy_of(locked.lock))
