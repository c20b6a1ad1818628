"""CREATE TABLE … AS and SELECT … INTO: a table that is made of the columns and rows of a query.

The rows stream from the query into the transaction, some at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql import errors
from sql.binder import bind_insert_source, bind_query
from sql.bulk_insert import insert_pieces
from sql.clock import now_us
from sql.lock_waits import run_until_free
from sql.names import QualifiedName, fold, position_of
from sql.plan import CreateTableAs
from sql.resolve import creation_namespace
from sql.result import Command
from sql.row_stores import store_to_write
from sql.statements import CreateTableAsStatement, ParsedStatement
from sql.table_definition import MAX_COLUMNS
from sql.table_options import check_options
from storage import types as t
from storage.catalog_entries import Column, Table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from sql.result import Result
    from sql.session_state import SessionState
    from storage.transaction import Transaction
    from storage.types import SqlType


def plan_create_table_as(
    statement: CreateTableAsStatement, session: SessionState, declared: tuple[SqlType | None, ...]
) -> CreateTableAs:
    """The plan of CREATE TABLE … AS. Raises what PostgreSQL raises for columns that no table can have."""
    tree = statement.query.tree
    if not isinstance(tree, exp.Query | exp.Values):
        raise errors.FeatureNotSupported("CREATE TABLE … AS takes a query", position=statement.query.offset + 1)
    context = session.bind_context(declared)
    found = bind_query(tree, context)
    if len(statement.columns) > len(found.columns):
        raise errors.SqlSyntaxError("too many column names were specified")
    names = [*statement.columns, *(column.name for column in found.columns[len(statement.columns) :])]
    columns = _columns(names, [column.type for column in found.columns])
    # Who makes it, where and with which oid is known when it is run.
    table = Table(0, "", statement.table.name, "", columns)
    query = bind_insert_source(tree, table, tuple(range(len(columns))), {}, context)
    return CreateTableAs(statement, columns, query)


def select_into(tree: exp.Query | exp.Values) -> CreateTableAsStatement | None:
    """SELECT … INTO as the CREATE TABLE … AS that it stands for; `None` for another query."""
    leftmost: exp.Expr = tree
    while isinstance(leftmost, exp.SetOperation):
        leftmost = leftmost.this
    into = leftmost.args.get("into")
    if into is None:
        return None
    if into.args.get("temporary"):
        raise errors.FeatureNotSupported(
            "temporary tables are not supported",
            hint="Create an ordinary table, and drop it when it is no longer needed.",
            position=position_of(into.this),
        )
    if into.args.get("unlogged"):
        raise errors.FeatureNotSupported("SELECT INTO UNLOGGED TABLE is not supported")
    namespace = into.this.args.get("db")
    position = position_of(into.this) or 0
    table = QualifiedName(None if namespace is None else fold(namespace), fold(into.this.this), position)
    tree = tree.copy()
    leftmost = tree
    while isinstance(leftmost, exp.SetOperation):
        leftmost = leftmost.this
    leftmost.set("into", None)
    return CreateTableAsStatement(table, (), (), ParsedStatement(tree, "", 0))


def _columns(names: Sequence[str], types: Sequence[SqlType]) -> tuple[Column, ...]:
    if len(names) > MAX_COLUMNS:
        raise errors.TooManyColumns(f"tables can have at most {MAX_COLUMNS} columns")
    columns: list[Column] = []
    seen: set[str] = set()
    for number, (name, column_type) in enumerate(zip(names, types, strict=True), start=1):
        if name.lower() in seen:
            raise errors.DuplicateColumn(f'column "{name}" specified more than once')
        if name.lower() == "_seq":
            raise errors.ReservedName(f'column name "{name}" conflicts with a system column name')
        if column_type.oid in t.PSEUDO_TYPES:
            raise errors.InvalidTableDefinition(f'column "{name}" has pseudo-type {column_type}')
        seen.add(name.lower())
        columns.append(Column(number, name, column_type))
    return tuple(columns)


def run_create_table_as(
    session: SessionState, plan: CreateTableAs, parameters: Sequence[object]
) -> Result | Awaitable[Result]:
    """Make the table, and fill it."""
    statement = plan.statement
    transaction = session.block.for_writing("CREATE TABLE AS")
    namespace, name = creation_namespace(session, statement.table), statement.table.name
    if session.catalog.is_taken(namespace, name):
        if not statement.if_not_exists:
            raise errors.DuplicateTable(f'relation "{name}" already exists')
        session.notice(f'relation "{name}" already exists, skipping', sqlstate="42P07")
        return Command("CREATE TABLE AS")
    table = Table(
        oid=transaction.new_oid(),
        namespace=namespace,
        name=name,
        owner=session.role.name,
        columns=plan.columns,
        options=check_options(dict(statement.options), session.notice),
        created_at=now_us(),
    )

    async def attempt() -> Result:
        transaction.change_catalog(lambda catalog: catalog.with_table(table))
        if not statement.with_data:
            return Command("CREATE TABLE AS")
        count = await _fill(session, transaction, table, plan, parameters)
        return Command(f"SELECT {count}")

    return run_until_free(session, transaction, attempt)


async def _fill(
    session: SessionState, transaction: Transaction, table: Table, plan: CreateTableAs, parameters: Sequence[object]
) -> int:
    """Insert what the query gives. Returns how many rows that were."""
    store_oid = store_to_write(session, transaction, table)
    return await insert_pieces(session, transaction, table, store_oid, plan.query, parameters)
