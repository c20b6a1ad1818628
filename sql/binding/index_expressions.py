"""What an index is on, besides columns: expressions of a table's rows, and a condition on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding.expressions import bind_condition
from sql.binding.scope import Scope, Source
from sql.binding.sources import rows_columns
from sql.binding.tree import fold, position_at
from sql.binding.volatility import is_immutable
from sql.errors import FeatureNotSupported, InvalidObjectDefinition, UndefinedObject, UndefinedParameter
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from storage.catalog_entries import Table


def check_index_parts(
    binding: Binding, table: Table, expressions: Sequence[exp.Expr], condition: exp.Expr | None
) -> list[str]:
    """What PostgreSQL would call columns that have these expressions.

    Raises what it raises for what cannot be an index's expression, or its condition.
    """
    scope = Scope()
    scope.add(Source(table.name, rows_columns(table, binding.scan_rows())))
    names = []
    for tree in expressions:
        _require_plain(tree, scope, "index expression")
        bound = binding.bind(scope, tree)
        if bound.type.oid == t.UNKNOWN.oid:
            raise UndefinedObject(
                'data type unknown has no default operator class for access method "btree"',
                hint="You must specify an operator class for the index or define a default operator class "
                "for the data type.",
            )
        _require_immutable(tree, scope, binding, "index expression", table)
        names.append(bound.name)
    if condition is not None:
        _require_plain(condition, scope, "index predicate")
        bind_condition(binding, scope, condition, "WHERE")
        _require_immutable(condition, scope, binding, "index predicate", table)
    return names


def _require_plain(tree: exp.Expr, scope: Scope, what: str) -> None:
    query = tree.find(exp.Query)
    if query is not None:
        raise FeatureNotSupported(f"cannot use subquery in {what}", position=position_at(query))
    parameter = tree.find(exp.Parameter)
    if parameter is not None:
        sign_end = position_at(parameter.this)
        position = None if sign_end is None else sign_end - 1
        raise UndefinedParameter(f"there is no parameter ${parameter.name}", position=position)
    scope.clause = f"{what}s"


def _require_immutable(tree: exp.Expr, scope: Scope, binding: Binding, what: str, table: Table) -> None:
    if not is_immutable(binding, scope, tree):
        raise InvalidObjectDefinition(f"functions in {what} must be marked IMMUTABLE")
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star) or table.column(fold(column.this)) is None:
            raise FeatureNotSupported(f"the whole row in an {what} is not supported", position=position_at(column))
