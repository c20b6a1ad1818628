"""Generated columns as a query over rows that the executor hands in: their values, from the other columns of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding.coercion import assign, check_assignable
from sql.binding.scope import Scope, Source
from sql.binding.sources import rows_columns
from sql.binding.tree import fold, position_at
from sql.binding.volatility import is_immutable
from sql.binding.writes import stored_item
from sql.duckdb_types import identifier
from sql.errors import DatatypeMismatch, FeatureNotSupported, InvalidObjectDefinition, UndefinedParameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from storage.catalog_entries import Column, Table


def generated_values(binding: Binding, table: Table, columns: Sequence[tuple[Column, exp.Expr]]) -> str:
    """The text of a query that gives these columns of each row, in order, by their expressions."""
    rows, scope = _rows(binding, table)
    listed = [
        stored_item(assign(binding, binding.bind(scope, tree), column.type, column.name), column)
        for column, tree in columns
    ]
    return f"SELECT {', '.join(listed)} FROM {identifier(rows)}"


def check_generation(binding: Binding, table: Table, column: Column, tree: exp.Expr) -> None:
    """Raise what PostgreSQL raises for an expression that cannot be that of a generated column."""
    _, scope = _rows(binding, table)
    query, parameter = tree.find(exp.Query), tree.find(exp.Parameter)
    if query is not None:
        raise FeatureNotSupported("cannot use subquery in column generation expression", position=position_at(query))
    if parameter is not None:
        raise UndefinedParameter(f"there is no parameter ${parameter.name}", position=position_at(parameter))
    for named in tree.find_all(exp.Column):
        found = None if isinstance(named.this, exp.Star) else table.column(fold(named.this))
        if found is not None and found.generated is not None:
            raise InvalidObjectDefinition(
                f'cannot use generated column "{found.name}" in column generation expression',
                detail="A generated column cannot reference another generated column.",
                position=position_at(named),
            )
    bound = binding.bind(scope, tree)
    for named in tree.find_all(exp.Column):
        if isinstance(named.this, exp.Star) or table.column(fold(named.this)) is None:
            raise FeatureNotSupported(
                "the whole row in a generation expression is not supported", position=position_at(named)
            )
    try:
        check_assignable(bound, column.type, column.name)
        assign(binding, bound, column.type, column.name)
    except DatatypeMismatch:
        raise DatatypeMismatch(
            f'column "{column.name}" is of type {column.type} but default expression is of type {bound.type}',
            hint="You will need to rewrite or cast the expression.",
        ) from None
    if not is_immutable(binding, scope, tree):
        raise InvalidObjectDefinition("generation expression is not immutable")


def _rows(binding: Binding, table: Table) -> tuple[str, Scope]:
    rows = binding.scan_rows()
    scope = Scope()
    scope.clause = "column generation expressions"
    scope.add(Source(table.name, rows_columns(table, rows)))
    return rows, scope
