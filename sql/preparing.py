"""Statements made ready to run: planned, compiled where they can be, and kept for the next time they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors, statements
from sql.compiled import compile_plan
from sql.explain import EXPLAIN_COLUMNS
from sql.job_statements.columns import result_columns
from sql.plan import (
    AsUser,
    Composite,
    DeleteQuery,
    Explain,
    InsertQuery,
    InsertValues,
    JobCommand,
    KeyDelete,
    KeyLookup,
    KeyUpdate,
    LockingQuery,
    PointPlan,
    QueryPlan,
    RowCalls,
    SequenceCalls,
    UpdateQuery,
    Utility,
    parameter_types_of,
)
from sql.planner import plan_statement
from sql.prepared import PlanKey, Prepared
from sql.session_statements import columns_of
from sql.types.object_name import names_objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import Plan
    from sql.result import ResultColumn
    from sql.session_state import SessionState
    from sql.statements import ParsedStatement
    from storage.types import SqlType


def cached(session: SessionState, text: str, declared: tuple[int, ...] = ()) -> Prepared | None:
    """The plan made before for this text, if it still holds: by the definitions of now."""
    session.block.see_definitions()
    return session.shared.plans.find(_key(session, text, declared), session.catalog)


def prepare(
    session: SessionState, statement: ParsedStatement, declared: Sequence[int], text: str | None = None
) -> Prepared:
    """Plan a statement for a session, with the parameter types (oids; 0 is unknown) that its client declared.

    The plan is kept under `text`, where that is all the client sent.
    """
    return keep(session, planned(session, statement, declared, text))


def keep(session: SessionState, prepared: Prepared) -> Prepared:
    """Keep a plan for the next time that the statement is sent."""
    if prepared.catalog is session.shared.storage.catalog and not _is_of_session(prepared.plan):
        session.shared.plans.keep(prepared)
    return prepared


def planned(
    session: SessionState, statement: ParsedStatement, declared: Sequence[int], text: str | None = None
) -> Prepared:
    """As `prepare`, and nothing is kept: a worker may plan a statement for a copy of the session's state."""
    key = _key(session, statement.text if text is None else text, tuple(declared))
    catalog = session.catalog
    plan = plan_statement(statement, session, key.declared)
    run = None
    if isinstance(plan, PointPlan):
        run = compile_plan(plan, session.codecs)
    parameter_types, columns = parameter_types_of(plan), _result_columns(plan, session)
    naming = names_objects([*parameter_types, *(column.type for column in columns or ())])
    return Prepared(key, statement, plan, catalog, parameter_types, columns, run, naming)


def current_statement(session: SessionState, name: str) -> Prepared:
    """The prepared statement of that name, planned anew if the catalog, the role or the search path changed.

    Raises `UndefinedPreparedStatement` and `CachedPlanChanged`.
    """
    session.block.see_definitions()
    prepared = session.statements.get(name)
    if prepared is None:
        what = f'prepared statement "{name}"' if name else "unnamed prepared statement"
        raise errors.UndefinedPreparedStatement(f"{what} does not exist")
    if prepared.catalog is session.catalog and prepared.key.basis == session.plan_basis:
        return prepared
    fresh = session.statements[name] = planned_again(session, prepared)
    return fresh


def planned_again(session: SessionState, prepared: Prepared) -> Prepared:
    """A prepared statement, planned for the catalog, the role and the search path of now. Raises `CachedPlanChanged`.

    Its parameters keep their types: those that its client has given have been read as such.
    """
    fresh = prepare(session, prepared.statement, parameters_declared(prepared))
    require_same_types(fresh, prepared)
    return fresh


def parameters_declared(prepared: Prepared) -> tuple[int, ...]:
    """With which types of parameters (oids) a prepared statement is planned again."""
    return tuple(known.oid for known in prepared.parameter_types) or prepared.key.declared


def require_same_types(fresh: Prepared, prepared: Prepared) -> None:
    """Raise `CachedPlanChanged` where a statement that was planned again gives other columns."""
    if _types(fresh) != _types(prepared):
        raise errors.CachedPlanChanged


def _is_of_session(plan: Plan) -> bool:
    """Whether a plan says something of what this session alone has under a name."""
    return isinstance(plan, Utility) and isinstance(plan.statement, statements.Execute | statements.Fetch)


def _types(prepared: Prepared) -> list[tuple[str, SqlType]] | None:
    """What a client was told of the result, and relies on: the names and types of its columns."""
    return None if prepared.columns is None else [(column.name, column.type) for column in prepared.columns]


def _key(session: SessionState, text: str, declared: tuple[int, ...]) -> PlanKey:
    return PlanKey(text, declared, session.plan_basis)


def _result_columns(plan: Plan, session: SessionState) -> tuple[ResultColumn, ...] | None:
    """The columns of a plan's result; `None` where it gives no rows."""
    match plan:
        case QueryPlan() | KeyLookup() | LockingQuery():
            return plan.columns
        case RowCalls() | SequenceCalls():
            return plan.columns
        case InsertValues() | InsertQuery() | KeyUpdate() | UpdateQuery() | KeyDelete() | DeleteQuery():
            return None if plan.returning is None else plan.returning.columns
        case Explain():
            return EXPLAIN_COLUMNS
        case Composite(plan=last):
            return _result_columns(last, session)
        case AsUser(_, inner):
            return _result_columns(inner, session)
        case Utility(statements.Execute(name)):
            return current_statement(session, name).columns
        case Utility(statements.Fetch() as fetch):
            return None if fetch.move else session.cursors.find(fetch.cursor).columns
        case JobCommand(statement):
            return result_columns(statement, session.shared.relations)
        case Utility(statement):
            return columns_of(statement)
        case _:
            return None
