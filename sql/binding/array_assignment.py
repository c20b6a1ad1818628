"""SET of one element of an array: `SET a[2] = 5`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from sqlglot import exp

from sql.binding.coercion import assign, coerce
from sql.binding.expressions import bind
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from sql.errors import DatatypeMismatch
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from storage.catalog_entries import Column


def is_element(target: exp.Expr) -> TypeGuard[exp.Bracket]:
    """Whether an item of SET names one element of an array."""
    return isinstance(target, exp.Bracket) and str(target.expressions[0].this) != "slice"


def with_element(
    binding: Binding, scope: Scope, target: exp.Bracket, value: exp.Expr, column: Column, current: Bound | None
) -> Bound:
    """The array that the column gets: `current`, or what it is now, with another element."""
    element = element_of(column.type)
    if element is None:
        raise DatatypeMismatch(
            f"cannot subscript type {column.type} because it does not support subscripting",
        )
    array = current or bind(binding, scope, target.this)
    at = coerce(binding, bind(binding, scope, target.expressions[0].expressions[0]), t.INTEGER, "assignment")
    item = assign(binding, bind(binding, scope, value), element, column.name)
    stored = f"CAST({item.sql} AS {duckdb_type(element)})"
    return Bound(f"silt_array_set({array.sql}, {at.sql}, {stored})", column.type)
