"""Runs plans: one `match`. What need not wait gives its result at once; the rest gives an awaitable."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING

from sql.alter.statement import alter
from sql.alter_syntax import AlterNamespace, AlterRelation, AlterTable
from sql.cold_rows import look_up
from sql.compiled import compile_plan
from sql.composite import run_composite
from sql.copy_statements import copy_from, copy_to
from sql.create_table_as import run_create_table_as
from sql.cursor_statements import fetch, open_cursor
from sql.definition import command_of, run_definition
from sql.explain import explain
from sql.foreign_keys.deferred import set_constraints
from sql.index_syntax import CreateIndex, DropIndex
from sql.indexes import run_index_statement
from sql.job_statements.running import run_job_command
from sql.lock_statement import lock_tables
from sql.lock_waits import run_at_once
from sql.long_statements import plan_again, takes_worker
from sql.merge import run_merge
from sql.plan import (
    AsUser,
    Composite,
    CopyFrom,
    CopyTo,
    CreateTableAs,
    DeleteQuery,
    Empty,
    Explain,
    InsertQuery,
    InsertValues,
    JobCommand,
    KeyDelete,
    KeyLookup,
    KeyUpdate,
    LockingQuery,
    MergeQuery,
    OpenCursor,
    PointPlan,
    QueryPlan,
    RowCalls,
    SequenceCalls,
    UpdateQuery,
    Utility,
)
from sql.prepared_statements import deallocate, prepare_statement, statement_to_execute
from sql.preparing import planned_again
from sql.queries import run_query
from sql.result import Command
from sql.row_calls import run_row_calls
from sql.row_locking import run_locking_query
from sql.sequence_functions import run_sequence_calls
from sql.session_statements import run_session_statement
from sql.statements import (
    Commit,
    Deallocate,
    DropTable,
    Execute,
    Fetch,
    LockTables,
    Prepare,
    Rollback,
    RollbackTo,
    SetConstraints,
    TruncateTable,
)
from sql.tables_first import run_with_tables
from sql.waiting import until_settled
from sql.write_statements import run_write
from storage.errors import DefinitionChanged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from sql.compiled import Run
    from sql.plan import Plan
    from sql.prepared import Prepared
    from sql.result import Result
    from sql.session_state import SessionState
    from sql.statements import OwnStatement
    from storage.catalog_entries import Role

POINT_COMMANDS = {InsertValues: "INSERT", KeyUpdate: "UPDATE", KeyDelete: "DELETE"}


def execute(session: SessionState, prepared: Prepared, parameters: Sequence[object]) -> Result | Awaitable[Result]:
    """Run a planned statement for a session. Raises `SqlError` and what storage and jobs raise.

    One that writes is planned again whenever the definition of what it writes to turns out to be another one.
    """
    if session.misses_own_rows:
        return _execute_once_seen(session, prepared, parameters)
    if _was_planned_before_a_change(session, prepared):
        prepared = planned_again(session, prepared)
    while True:
        try:
            result = _execute(session, prepared.plan, prepared.run, parameters)
        except DefinitionChanged:
            if takes_worker(session, prepared.statement):
                return _plan_again_and_execute(session, prepared, parameters)
            prepared = planned_again(session, prepared)
            continue
        if inspect.isawaitable(result) and not isinstance(prepared.plan, JobCommand):
            return _until_it_holds(session, prepared, parameters, result)
        return result


async def _execute_once_seen(session: SessionState, prepared: Prepared, parameters: Sequence[object]) -> Result:
    if session.unseen is not None:
        await until_settled(session.unseen)
    result = execute(session, prepared, parameters)
    return await result if inspect.isawaitable(result) else result


def _was_planned_before_a_change(session: SessionState, prepared: Prepared) -> bool:
    session.block.see_definitions()
    return prepared.catalog is not session.catalog and not isinstance(prepared.plan, Utility | AsUser)


async def _until_it_holds(
    session: SessionState, prepared: Prepared, parameters: Sequence[object], result: Awaitable[Result]
) -> Result:
    while True:
        try:
            if inspect.iscoroutine(result) and _was_planned_before_a_change(session, prepared):
                # It begins only now, and a change of the catalog has come between.
                result.close()
                raise DefinitionChanged
            return await result
        except DefinitionChanged:
            prepared = await plan_again(session, prepared)
        again = execute(session, prepared, parameters)
        if not inspect.isawaitable(again):
            return again
        result = again


async def _plan_again_and_execute(session: SessionState, prepared: Prepared, parameters: Sequence[object]) -> Result:
    result = execute(session, await plan_again(session, prepared), parameters)
    return await result if inspect.isawaitable(result) else result


def _execute(
    session: SessionState, plan: Plan, run: Run | None, parameters: Sequence[object]
) -> Result | Awaitable[Result]:
    match plan:
        case Utility(statement):
            return _execute_utility(session, statement)
        case KeyLookup():
            block = session.block
            block.begin_statement()
            assert run is not None, "point plans are compiled when they are made"
            return look_up(session, partial(run, block, parameters))
        case InsertValues() | KeyUpdate() | KeyDelete():
            block = session.block
            block.begin_statement()
            assert run is not None, "point plans are compiled when they are made"
            return run_at_once(session, POINT_COMMANDS[type(plan)], partial(run, block, parameters))
        case QueryPlan() as query:
            session.block.begin_statement()
            return run_query(session, query, parameters)
        case OpenCursor() as cursor:
            session.block.begin_statement()
            return open_cursor(session, cursor, parameters)
        case MergeQuery() as merge:
            session.block.begin_statement()
            return run_merge(session, merge, parameters)
        case Composite() as composite:
            session.block.begin_statement()
            return run_composite(session, composite, parameters)
        case LockingQuery() as locking:
            session.block.begin_statement()
            return run_locking_query(session, locking, parameters)
        case SequenceCalls() as calls:
            session.block.begin_statement()
            return run_sequence_calls(session, calls, parameters)
        case RowCalls() as calls:
            session.block.begin_statement()
            return run_row_calls(session, calls, parameters)
        case InsertQuery() | UpdateQuery() | DeleteQuery() as write:
            session.block.begin_statement()
            return run_write(session, write, parameters)
        case CopyFrom() as copy:
            session.block.begin_statement()
            return copy_from(session, copy)
        case CreateTableAs() as creation:
            session.block.begin_statement()
            return run_create_table_as(session, creation, parameters)
        case CopyTo() as copy:
            session.block.begin_statement()
            return copy_to(session, copy)
        case Explain() as wanted:
            session.block.begin_statement()
            return explain(session, wanted, parameters)
        case JobCommand() as command:
            session.block.begin_statement()
            return run_job_command(command, session, parameters)
        case AsUser():
            return _execute_as_user(session, plan, parameters)
        case Empty():
            return Command("")


def _execute_as_user(session: SessionState, plan: AsUser, parameters: Sequence[object]) -> Result | Awaitable[Result]:
    """Run a plan as another role, which the session is again its own when the statement has given its result."""
    # Its rights are looked at anew: the plan may have been made before they were taken away.
    role, inner = session.role_to_become(plan.user), plan.plan
    run = compile_plan(inner, session.codecs) if isinstance(inner, PointPlan) else None
    with session.roles.acting_as(role):
        result = _execute(session, inner, run, parameters)
    return _awaited_as(session, role, result) if inspect.isawaitable(result) else result


async def _awaited_as(session: SessionState, role: Role, result: Awaitable[Result]) -> Result:
    with session.roles.acting_as(role):
        return await result


def ends_block(statement: object) -> bool:
    """Whether a statement may run in a failed transaction block: it ends the block, or its failure."""
    return isinstance(statement, Commit | Rollback | RollbackTo)


def _execute_utility(session: SessionState, statement: OwnStatement) -> Result | Awaitable[Result]:
    if not ends_block(statement):
        session.block.begin_statement(reads=False)
    match statement:
        case Fetch():
            return fetch(session, statement)
        case LockTables():
            return lock_tables(session, statement)
        case SetConstraints():
            return set_constraints(statement, session)
        case Prepare():
            return prepare_statement(statement, session)
        case Execute():
            return execute(session, *statement_to_execute(statement, session))
        case Deallocate():
            return deallocate(statement, session)
        case AlterTable() | AlterRelation() | AlterNamespace():
            return alter(statement, session)
        case CreateIndex() | DropIndex():
            return run_index_statement(statement, session)
    result = run_session_statement(statement, session)
    if result is not None:
        return result
    change = partial(run_definition, statement, session)
    if isinstance(statement, DropTable | TruncateTable):
        return run_with_tables(session, command_of(statement), statement, change)
    return run_at_once(session, command_of(statement), change)
