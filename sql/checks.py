"""CHECK constraints: made with a table, and tested over new rows, whatever statement they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

from sql import errors
from sql.binder import bind_checks
from sql.names import fold
from sql.queries import query_table
from sql.relation_names import choose_constraint_name
from sql.row_checks import check_tree, in_order, violation
from storage.catalog_entries import Check
from storage.rows import row_at

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sql.plan import QueryPlan
    from sql.session_state import SessionState
    from sql.table_syntax import CheckDefinition
    from storage.catalog_entries import Table


def define_checks(session: SessionState, table: Table, definitions: Sequence[CheckDefinition]) -> tuple[Check, ...]:
    """New checks of a table, with names as PostgreSQL makes them.

    Raises what PostgreSQL raises for what cannot be a check, and `DuplicateObject`.
    """
    there = constraint_names(table)
    checks: list[Check] = []
    for definition in definitions:
        bind_checks([definition.expression], table, session.bind_context(()))
        numbers = _columns_named(definition.expression, table)
        if definition.name is not None:
            if definition.name in {check.name for check in checks}:
                raise errors.DuplicateObject(f'check constraint "{definition.name}" already exists')
            if definition.name in there:
                raise errors.DuplicateObject(
                    f'constraint "{definition.name}" for relation "{table.name}" already exists'
                )
            name = definition.name
        else:
            alone = next((each.name for each in table.columns if numbers == (each.number,)), None)
            name = choose_constraint_name(table.name, alone, "check", {*there, *(check.name for check in checks)})
        oid = session.block.for_writing("CREATE TABLE").new_oid()
        checks.append(Check(oid, name, definition.text, numbers))
    return tuple(checks)


def require_meaning(session: SessionState, table: Table, retyped: Set[int]) -> None:
    """Raise what PostgreSQL raises where a check means nothing for the new types of columns, which are numbers."""
    trees = [check_tree(check.expression).copy() for check in table.checks if not retyped.isdisjoint(check.columns)]
    try:
        bind_checks(trees, table, session.bind_context(()))
    except errors.SqlError as error:
        # It is about the text of the check, not of the statement.
        error.position = None
        raise


def constraint_names(table: Table) -> set[str]:
    """The names of a table's constraints."""
    key = () if table.primary_key is None else (table.primary_key.name,)
    unique = (index.name for index in table.indexes if index.constraint)
    checks = (check.name for check in table.checks)
    return {*key, *unique, *checks, *(each.name for each in table.foreign_keys)}


def _columns_named(tree: exp.Expr, table: Table) -> tuple[int, ...]:
    named = {fold(column.this) for column in tree.find_all(exp.Column)}
    whole_row = any(isinstance(node, exp.Star) for node in tree.find_all(exp.Star)) or table.name in named
    return tuple(column.number for column in table.columns if whole_row or column.name in named)


async def test_checks(session: SessionState, table: Table, rows: pa.Table) -> None:
    """Raise `CheckViolation` for the first of new rows that breaks a check. The columns are the table's, in order."""
    if not table.checks or not rows.num_rows:
        return
    found = await _first_false(session, table, in_order(table), rows)
    if found is not None:
        row, check = found
        raise violation(table, check, row_at(rows, row), session.codecs)


async def breaks_check(session: SessionState, table: Table, check: Check, rows: pa.Table) -> bool:
    """Whether one of the rows breaks a check: for one that is added to a table with rows."""
    return bool(rows.num_rows) and await _first_false(session, table, (check,), rows) is not None


def violated_by_some_row(table: Table, check: Check) -> errors.CheckViolation:
    """The error of adding a check that rows of the table break."""
    return errors.CheckViolation(
        f'check constraint "{check.name}" of relation "{table.name}" is violated by some row',
        schema=table.namespace,
        table=table.name,
        constraint=check.name,
    )


async def _first_false(
    session: SessionState, table: Table, checks: Sequence[Check], rows: pa.Table
) -> tuple[int, Check] | None:
    plan = _plan(session, table, checks)
    outcome = await query_table(session, plan, (), rows)
    first: tuple[int, int] | None = None
    for position in range(len(checks)):
        column = outcome.column(position)
        index = column.index(pa.scalar(False)).as_py()
        if index >= 0 and (first is None or index < first[0]):
            first = (index, position)
    return None if first is None else (first[0], checks[first[1]])


def _plan(session: SessionState, table: Table, checks: Sequence[Check]) -> QueryPlan:
    trees = [check_tree(check.expression).copy() for check in checks]
    return bind_checks(trees, table, session.bind_context(()))
