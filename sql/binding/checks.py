"""CHECK constraints as a query over rows that the executor hands in: a boolean for each constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding.expressions import bind_condition
from sql.binding.scope import Scope, Source
from sql.binding.sources import rows_columns
from sql.binding.tree import position_at
from sql.duckdb_types import identifier
from sql.errors import FeatureNotSupported, UndefinedParameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from storage.catalog_entries import Table


def check_conditions(binding: Binding, trees: Sequence[exp.Expr], table: Table) -> tuple[str, int]:
    """The text of a query that gives of each row, in order, whether each of the conditions holds, and their number.

    Raises what PostgreSQL raises for an expression that cannot be a check.
    """
    rows = binding.scan_rows()
    scope = Scope()
    scope.clause = "check constraints"
    scope.add(Source(table.name, rows_columns(table, rows)))
    for tree in trees:
        _require_plain(tree)
    listed = [f"{bind_condition(binding, scope, tree, 'CHECK').sql} AS c{n}" for n, tree in enumerate(trees, start=1)]
    return f"SELECT {', '.join(listed)} FROM {identifier(rows)}", len(listed)


def _require_plain(tree: exp.Expr) -> None:
    query = tree.find(exp.Query)
    if query is not None:
        raise FeatureNotSupported("cannot use subquery in check constraint", position=position_at(query))
    parameter = tree.find(exp.Parameter)
    if parameter is not None:
        raise UndefinedParameter(f"there is no parameter ${parameter.name}", position=position_at(parameter))
