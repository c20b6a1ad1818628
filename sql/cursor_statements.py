"""DECLARE, FETCH, MOVE and CLOSE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql import errors
from sql.binder import bind_query
from sql.clock import now_us
from sql.cursors import Cursor
from sql.plan import OpenCursor
from sql.queries import session_values, sources_of
from sql.result import Command, Stream
from sql.statement_steps import writes_in_with

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from sql.session_state import SessionState
    from sql.statements import DeclareCursor, Fetch
    from storage.types import SqlType


def plan_declare(statement: DeclareCursor, session: SessionState, declared: tuple[SqlType | None, ...]) -> OpenCursor:
    """The plan of a DECLARE."""
    tree = statement.query.tree
    if not isinstance(tree, exp.Query | exp.Values):
        raise errors.SqlSyntaxError("a cursor is declared for a query", position=statement.query.offset + 1)
    if writes_in_with(tree):
        raise errors.FeatureNotSupported("DECLARE CURSOR must not contain data-modifying statements in WITH")
    if tree.args.get("locks"):
        raise errors.FeatureNotSupported(
            "a cursor that locks the rows that it reads (FOR UPDATE, or one of its like) is not supported",
            hint="Lock rows by a SELECT … FOR UPDATE of their own.",
            position=statement.query.offset + 1,
        )
    return OpenCursor(statement, bind_query(tree, session.bind_context(declared)))


def open_cursor(session: SessionState, plan: OpenCursor, parameters: Sequence[object]) -> Command:
    """DECLARE: its snapshots are taken now."""
    declared = plan.statement
    if not declared.hold and session.block.status == "I":
        raise errors.NoActiveTransaction("DECLARE CURSOR can only be used in transaction blocks")
    session.cursors.require_new(declared.name)
    query = plan.query
    values = session_values(session, query)
    batches = session.shared.engine.stream(query, sources_of(session, query), parameters, values)
    text = session.current_statement.strip()
    session.cursors.open(Cursor(declared, text, query.columns, batches, now_us()))
    return Command("DECLARE CURSOR")


def fetch(session: SessionState, statement: Fetch) -> Stream | Awaitable[Command]:
    """FETCH, or MOVE."""
    cursor = session.cursors.find(statement.cursor)
    if statement.move:
        return _move(cursor, statement)
    batches = cursor.fetch(statement.direction, statement.count)
    return Stream(cursor.columns, batches, "FETCH", is_binary=cursor.is_binary)


async def _move(cursor: Cursor, statement: Fetch) -> Command:
    rows = 0
    async for part in cursor.fetch(statement.direction, statement.count):
        rows += part.num_rows
    return Command(f"MOVE {rows}")
