"""Long statements are parsed and planned in workers, so that the loop goes on meanwhile.

A worker plans for a copy of the session's state (`SessionState.for_planning`): whoever cancels the statement has its
session back at once, and what the worker still does, until it finds that it was interrupted, concerns nobody.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import statements
from sql.dialect import parse_script
from sql.merge_syntax import Merge
from sql.preparing import keep, parameters_declared, planned, planned_again, prepare, require_same_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.prepared import Prepared
    from sql.session_state import SessionState
    from sql.statements import ParsedStatement

LONG_CHARACTERS: Final = 2048
"""Parsing and planning take a few microseconds a character."""
ATTEMPTS: Final = 5
"""How often a worker plans a statement when a definition is changed each time meanwhile."""

_PLANNED: Final = (
    exp.Expr,
    Merge,
    statements.CopyStatement,
    statements.CreateTableAsStatement,
    statements.DeclareCursor,
    statements.ExecuteAsUser,
    statements.ExplainStatement,
)
"""Trees with queries in them. Other plans are their statement."""


def is_long(text: str) -> bool:
    """Whether it is for a worker to parse a text, and to plan what was parsed."""
    return len(text) > LONG_CHARACTERS


def takes_worker(session: SessionState, statement: ParsedStatement) -> bool:
    """Whether it is for a worker to plan a statement."""
    if isinstance(statement.tree, statements.Execute):
        return needs_renewal(session, statement.tree.name)
    return is_long(statement.text) and isinstance(statement.tree, _PLANNED)


def needs_renewal(session: SessionState, name: str) -> bool:
    """Whether the statement prepared under a name has to be planned again, which is for a worker to do."""
    prepared = session.statements.get(name)
    if prepared is None or not takes_worker(session, prepared.statement):
        return False
    return prepared.catalog is not session.catalog or prepared.key.basis != session.plan_basis


async def parse_in_worker(text: str) -> list[ParsedStatement]:
    """`parse_script`. Raises `SqlSyntaxError`."""
    return await asyncio.get_running_loop().run_in_executor(None, parse_script, text)


async def plan_in_worker(
    session: SessionState, statement: ParsedStatement, declared: Sequence[int], text: str | None = None
) -> Prepared:
    """`prepare`. Raises what the statement is wrong in."""
    if isinstance(statement.tree, statements.Execute):
        await renew(session, statement.tree.name)
        return prepare(session, statement, declared, text)
    loop = asyncio.get_running_loop()
    for _ in range(ATTEMPTS):
        copy = session.for_planning()
        try:
            prepared = await loop.run_in_executor(None, planned, copy, statement, declared, text)
        except asyncio.CancelledError:
            copy.interruption.is_set = True
            raise
        if prepared.catalog is session.catalog:
            return keep(session, prepared)
    return prepare(session, statement, declared, text)


async def plan_again(session: SessionState, prepared: Prepared) -> Prepared:
    """`planned_again`, in a worker where that is for one. Raises `CachedPlanChanged`."""
    if not takes_worker(session, prepared.statement):
        return planned_again(session, prepared)
    fresh = await plan_in_worker(session, prepared.statement, parameters_declared(prepared))
    require_same_types(fresh, prepared)
    return fresh


async def renew(session: SessionState, name: str) -> None:
    """Plan a prepared statement again for the catalog, the role and the search path of now, where there is need to."""
    if needs_renewal(session, name):
        session.statements[name] = await plan_again(session, session.statements[name])
