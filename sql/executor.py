"""Runs plans: one `match`. What need not wait gives its result at once; the rest gives an awaitable."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sql.copy_statements import copy_from, copy_to
from sql.definition import command_of, run_definition
from sql.explain import explain
from sql.job_statements.running import run_job_command
from sql.plan import (
    Configure,
    CopyFrom,
    CopyTo,
    DeleteQuery,
    Empty,
    Explain,
    InsertQuery,
    InsertValues,
    JobCommand,
    KeyDelete,
    KeyLookup,
    KeyUpdate,
    QueryPlan,
    UpdateQuery,
    Utility,
)
from sql.prepared_statements import deallocate, prepare_statement, statement_to_execute
from sql.queries import run_query
from sql.result import Command
from sql.session_statements import configure, run_session_statement
from sql.statements import Commit, Deallocate, Execute, Prepare, Rollback
from sql.writes import run_at_once, run_write

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from sql.prepared import Prepared
    from sql.result import Result
    from sql.session_state import SessionState
    from sql.statements import OwnStatement

POINT_COMMANDS = {InsertValues: "INSERT", KeyUpdate: "UPDATE", KeyDelete: "DELETE"}


def execute(session: SessionState, prepared: Prepared, parameters: Sequence[object]) -> Result | Awaitable[Result]:
    """Run a planned statement for a session. Raises `SqlError` and what storage and jobs raise."""
    match prepared.plan:
        case Utility(statement):
            return _execute_utility(session, statement)
        case KeyLookup():
            block, run = session.block, prepared.run
            block.begin_statement()
            assert run is not None, "point plans are compiled when they are made"
            return run(block, parameters)
        case InsertValues() | KeyUpdate() | KeyDelete():
            block, run = session.block, prepared.run
            block.begin_statement()
            assert run is not None, "point plans are compiled when they are made"
            return run_at_once(session, POINT_COMMANDS[type(prepared.plan)], partial(run, block, parameters))
        case QueryPlan() as query:
            session.block.begin_statement()
            return run_query(session, query, parameters)
        case Configure() as wanted:
            session.block.begin_statement()
            configure(session, wanted, parameters)
            return run_query(session, wanted.query, parameters)
        case InsertQuery() | UpdateQuery() | DeleteQuery() as write:
            session.block.begin_statement()
            return run_write(session, write, parameters)
        case CopyFrom() as copy:
            session.block.begin_statement()
            return copy_from(session, copy)
        case CopyTo() as copy:
            session.block.begin_statement()
            return copy_to(session, copy)
        case Explain() as wanted:
            session.block.begin_statement()
            return explain(session, wanted, parameters)
        case JobCommand() as command:
            session.block.begin_statement()
            return run_job_command(command, session, parameters)
        case Empty():
            return Command("")


def ends_block(statement: object) -> bool:
    """Whether a statement may run in a failed transaction block: it ends the block."""
    return isinstance(statement, Commit | Rollback)


def _execute_utility(session: SessionState, statement: OwnStatement) -> Result | Awaitable[Result]:
    if not ends_block(statement):
        session.block.begin_statement()
    match statement:
        case Prepare():
            return prepare_statement(statement, session)
        case Execute():
            return execute(session, *statement_to_execute(statement, session))
        case Deallocate():
            return deallocate(statement, session)
    result = run_session_statement(statement, session)
    if result is not None:
        return result
    return run_at_once(session, command_of(statement), partial(run_definition, statement, session))
