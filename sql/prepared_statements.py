"""PREPARE, EXECUTE and DEALLOCATE: SQL's way to the prepared statements that the protocol's Parse makes too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors
from sql.long_statements import plan_in_worker, takes_worker
from sql.plan import parameter_types_of
from sql.preparing import current_statement, prepare
from sql.result import Command
from sql.scalar import ScalarContext, build_assigned, compile_scalar

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from sql.prepared import Prepared
    from sql.session_state import SessionState
    from sql.statements import Deallocate, Execute, Prepare


def prepare_statement(statement: Prepare, session: SessionState) -> Command | Awaitable[Command]:
    """Run PREPARE: at once, unless a worker has to plan the statement."""
    if statement.name in session.statements:
        raise errors.DuplicatePreparedStatement(f'prepared statement "{statement.name}" already exists')
    declared = tuple(known.oid for known in statement.types)
    if takes_worker(session, statement.statement):
        return _prepare_in_worker(statement, session, declared)
    session.statements[statement.name] = prepare(session, statement.statement, declared)
    return Command("PREPARE")


async def _prepare_in_worker(statement: Prepare, session: SessionState, declared: tuple[int, ...]) -> Command:
    session.statements[statement.name] = await plan_in_worker(session, statement.statement, declared)
    return Command("PREPARE")


def statement_to_execute(statement: Execute, session: SessionState) -> tuple[Prepared, list[object]]:
    """What an EXECUTE runs, and with which parameters."""
    prepared = current_statement(session, statement.name)
    wanted = parameter_types_of(prepared.plan)
    if len(statement.arguments) != len(wanted):
        raise errors.SqlSyntaxError(
            f'wrong number of parameters for prepared statement "{statement.name}"',
            detail=f"Expected {len(wanted)} parameters but got {len(statement.arguments)}.",
        )
    context = ScalarContext({}, session.codecs)
    values = []
    for tree, parameter_type in zip(statement.arguments, wanted, strict=True):
        scalar = build_assigned(tree, parameter_type, context)
        if scalar is None or context.parameter_types:
            raise errors.FeatureNotSupported("EXECUTE takes constants as arguments")
        values.append(compile_scalar(scalar, session.codecs)((), (), session.block))
    return prepared, values


def deallocate(statement: Deallocate, session: SessionState) -> Command:
    """Run DEALLOCATE."""
    if statement.name is None:
        session.statements.clear()
        return Command("DEALLOCATE ALL")
    if session.statements.pop(statement.name, None) is None:
        raise errors.UndefinedPreparedStatement(f'prepared statement "{statement.name}" does not exist')
    return Command("DEALLOCATE")
