"""The query behind an ALTER TABLE that makes every row anew: each row as it was, and what its columns will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.coercion import can_coerce, coerce
from sql.binding.expressions import bind
from sql.binding.scope import Scope
from sql.binding.sources import scan_source
from sql.binding.values import NULL, Bound
from sql.binding.writes import stored_item
from sql.errors import DatatypeMismatch
from sql.scan import SEQ

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp

    from sql.binding.context import Binding
    from storage.catalog_entries import Column, Table


def rewrite_source(binding: Binding, before: Table, after: Table, values: Mapping[int, exp.Expr]) -> str:
    """`_seq` of each row, and the columns of `after`: as `values` has them by number, or else as they were.

    Raises `DatatypeMismatch` for an expression that an assignment does not cast to the type of its column.
    """
    scope = Scope()
    scope.clause = "transform expressions"
    sql, source = scan_source(binding, before, before.name, before.namespace)
    scope.add(source)
    numbers = {column.number: bound for column, (_, bound) in zip(before.columns, source.columns, strict=True)}
    listed = [f"{sql}.{SEQ} AS {SEQ}"]
    for column in after.columns:
        tree = values.get(column.number)
        value = numbers.get(column.number, NULL) if tree is None else bind(binding, scope, tree)
        fitting = _fitting(binding, value, column)
        listed.append(stored_item(fitting, column))
    return f"SELECT {', '.join(listed)} FROM {sql}"


def _fitting(binding: Binding, value: Bound, column: Column) -> Bound:
    if not can_coerce(value.type, column.type, "assignment"):
        raise DatatypeMismatch(
            f'result of USING clause for column "{column.name}" cannot be cast automatically to type {column.type}',
            hint="You might need to add an explicit cast.",
        )
    return coerce(binding, value, column.type, "assignment")
