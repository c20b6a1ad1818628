"""Statement → plan. What names a table, a column or a function is settled here; nothing has been run yet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import errors, statements
from sql.backend_functions import BACKEND_FUNCTIONS
from sql.binder import bind_query
from sql.binding.locked_rows import first_lock
from sql.composite_planner import plan_in_parts
from sql.copy_statements import plan_copy
from sql.create_table_as import plan_create_table_as, select_into
from sql.cursor_statements import plan_declare
from sql.job_statements.planning import plan_job_statement
from sql.job_syntax import ExplainFlush, FlushAllTables, FlushTable, JobStatement
from sql.locking_planner import plan_locking_query
from sql.merge_planner import plan_merge
from sql.merge_syntax import Merge
from sql.plan import AsUser, Empty, Explain, JobCommand, Utility
from sql.point import PointTarget, plan_key_lookup, point_target
from sql.privileges import reader
from sql.row_calls import acts_on_session
from sql.sequence_calls import SEQUENCE_FUNCTIONS
from sql.sequence_functions import plan_sequence_calls
from sql.write_planner import plan_delete, plan_insert, plan_update
from storage.types import SqlType

if TYPE_CHECKING:
    from sql.plan import Plan
    from sql.session_state import SessionState
    from sql.statements import ParsedStatement


NOT_AS_USER: Final = (
    statements.ExecuteAsUser,
    statements.Begin,
    statements.Commit,
    statements.Rollback,
    statements.Savepoint,
    statements.RollbackTo,
    statements.Release,
    statements.SetTransaction,
    statements.SetParameter,
    statements.ResetParameter,
    statements.Discard,
    statements.Prepare,
    statements.Execute,
    statements.Deallocate,
    statements.DeclareCursor,
    statements.Fetch,
    statements.CloseCursor,
    statements.Listen,
    statements.Notify,
    statements.Unlisten,
)
"""What would outlive the statement, or is the session's own."""


_IN_PARTS: Final = (exp.Insert, exp.Update, exp.Delete, exp.Query, exp.Values)
_MAY_HAVE_PARTS: Final = re.compile(
    rf"\b(with|for|{'|'.join([*SEQUENCE_FUNCTIONS, *BACKEND_FUNCTIONS])})\b", re.IGNORECASE
)
"""Words without which no statement is one in parts: the trees of most statements are not searched."""
_BULK_ROWS: Final = 1_000
"""Rows of VALUES that are not searched for parts, neither text nor tree: that would hold up the loop."""


def plan_statement(statement: ParsedStatement, session: SessionState, declared: tuple[int, ...]) -> Plan:
    """The plan of a statement. `declared` are the oids of its parameters' types, 0 where the client left it open.

    Raises `SqlError` with the position in the statement's text.
    """
    tree = statement.tree
    # There may be tens of thousands of them, of a few types.
    types = {oid: _declared_type(oid) for oid in set(declared)}
    known = tuple(map(types.__getitem__, declared))
    if isinstance(tree, _IN_PARTS) and _may_have_parts(statement.text, tree):
        plan = plan_sequence_calls(tree, session, known) or plan_in_parts(tree, session, known)
        if plan is not None:
            return plan
    match tree:
        case exp.Insert():
            return plan_insert(tree, session, known)
        case exp.Update():
            return plan_update(tree, session, known)
        case exp.Delete():
            return plan_delete(tree, session, known)
        case Merge():
            return plan_merge(tree, session, known)
        case statements.CreateTableAsStatement():
            return plan_create_table_as(tree, session, known)
        case exp.Query() | exp.Values():
            return _plan_query(tree, session, known)
        case statements.ExplainStatement():
            return _plan_explain(tree, session, declared)
        case statements.ExecuteAsUser():
            return _plan_as_user(tree, session, declared)
        case statements.CopyStatement():
            return plan_copy(tree, session)
        case statements.DeclareCursor():
            return plan_declare(tree, session, known)
        case None:
            return Empty()
        case exp.Expr():
            raise errors.FeatureNotSupported(f"{tree.key.upper()} is not supported")
        case _ if isinstance(tree, JobStatement):
            return plan_job_statement(tree, session, known)
        case _:
            return Utility(tree)


def _may_have_parts(text: str, tree: exp.Expr) -> bool:
    source = tree.args.get("expression")
    is_bulk = isinstance(source, exp.Values) and len(source.expressions) >= _BULK_ROWS
    if is_bulk or tree.args.get("rows") is not None:
        return tree.args.get("with_") is not None
    return _MAY_HAVE_PARTS.search(text) is not None


@lru_cache(maxsize=256)
def _declared_type(oid: int) -> SqlType | None:
    # 0 leaves it open, and so does 705, the pseudo-type unknown.
    return SqlType(oid) if oid not in (0, 705) else None


def _plan_query(tree: exp.Query | exp.Values, session: SessionState, declared: tuple[SqlType | None, ...]) -> Plan:
    into = select_into(tree)
    if into is not None:
        return plan_create_table_as(into, session, declared)
    if first_lock(tree) is not None:
        return plan_locking_query(tree, session, declared)
    if isinstance(tree, exp.Select):
        target = _only_table(tree, session, declared)
        lookup = None if target is None else plan_key_lookup(tree, target)
        if lookup is not None:
            return lookup
    return bind_query(tree, session.bind_context(declared))


def _only_table(select: exp.Select, session: SessionState, declared: tuple[SqlType | None, ...]) -> PointTarget | None:
    """The target of SELECT … FROM one table."""
    source = select.args.get("from_")
    if source is None or not isinstance(source.this, exp.Table):
        return None
    target = point_target(source.this, session, declared)
    if target is not None:
        reader(session.catalog, session.role)(target.table)
    return target


def _plan_as_user(statement: statements.ExecuteAsUser, session: SessionState, declared: tuple[int, ...]) -> AsUser:
    inner = statement.statement
    with session.roles.acting_as(session.role_to_become(statement.user)):
        plan = plan_statement(inner, session, declared)
    if acts_on_session(plan) or isinstance(inner.tree, NOT_AS_USER):
        raise errors.FeatureNotSupported(
            "EXECUTE AS USER takes one statement that is not about the session or its transaction",
            position=inner.offset + 1,
        )
    return AsUser(statement.user, plan)


def _plan_explain(statement: statements.ExplainStatement, session: SessionState, declared: tuple[int, ...]) -> Plan:
    for name, value in statement.options:
        if name in ("analyze", "verbose", "costs", "buffers", "timing", "summary", "settings", "wal"):
            continue
        if name == "format" and (value or "").lower() == "text":
            continue
        if name == "format":
            raise errors.FeatureNotSupported(f"EXPLAIN format {value} is not supported")
        raise errors.SqlSyntaxError(f'unrecognized EXPLAIN option "{name}"')
    explained = statement.statement.tree
    if isinstance(explained, FlushTable | FlushAllTables) and not statement.analyze:
        return plan_job_statement(ExplainFlush(explained), session, [_declared_type(oid) for oid in declared])
    plan = plan_statement(statement.statement, session, declared)
    if isinstance(plan, AsUser | JobCommand | Utility | Empty | Explain):
        raise errors.FeatureNotSupported("EXPLAIN takes a query, INSERT, UPDATE, DELETE or FLUSH")
    return Explain(plan, statement.analyze)
