"""Conditions that a system relation is computed with: what WHERE says of its columns, before any row is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding import operators
from sql.binding.coercion import coerce
from sql.binding.elements import array_element
from sql.binding.values import Bound
from sql.token_rewrites import call_of
from sql.type_names import type_of
from storage import types as t
from storage.types import SqlType, array_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sql.binding.conjuncts import Comparison
    from sql.binding.context import Binding
    from sql.binding.scope import Scope

_FIXED: Final = (
    exp.Literal, exp.Parameter, exp.Null, exp.Paren, exp.Cast, exp.DataType, exp.Neg, exp.Add, exp.Sub, exp.Array,
    exp.CurrentTimestamp, exp.Anonymous,
)  # fmt: skip
_PLAIN: Final = (
    t.TEXT, t.VARCHAR, t.TIMESTAMPTZ, t.TIMESTAMP, t.DATE, t.INTERVAL, t.SMALLINT, t.INTEGER, t.BIGINT,
)  # fmt: skip
_CAST_TO: Final = frozenset({each.oid for each in _PLAIN} | {array_of(SqlType(each.oid)).oid for each in _PLAIN})
"""Types whose casts read no relation."""
_FIXED_CALLS: Final = frozenset({"now", "transaction_timestamp", "statement_timestamp"})


def push_down(binding: Binding, scope: Scope, column: Bound, comparison: Comparison) -> bool:
    """Tell the relation of a comparison with what does not depend on any row; false where it does.

    It was bound before, without an error.
    """
    if not all(map(is_fixed, comparison.values)):
        return False
    bound = [binding.bind(scope, value) for value in comparison.values]
    values = _array(binding, column, bound[0]) if comparison.is_array else _list(binding, column, comparison.op, bound)
    if values is not None:
        texts = None if comparison.is_array or column.type != t.TEXT else _texts(comparison.values, bound)
        binding.restrict(column.relation, column.column_number, comparison.op, values, texts)
    return values is not None


def is_fixed(tree: exp.Expr) -> bool:
    """Whether it has one value for all rows, and computing it once more changes nothing."""
    if isinstance(tree, exp.Anonymous) and call_of(tree) not in {(None, name) for name in _FIXED_CALLS}:
        return False
    if isinstance(tree, exp.Cast):
        return type_of(tree).oid in _CAST_TO and is_fixed(tree.this)
    return isinstance(tree, _FIXED) and all(map(is_fixed, tree.iter_expressions()))


def _list(binding: Binding, column: Bound, op: str, values: list[Bound]) -> str | None:
    texts = []
    for value in values:
        one, other = operators.comparable(binding, op, column, value)
        if one.sql != column.sql:
            return None  # The column itself would have to be converted first.
        texts.append(other.sql)
    return f"[{', '.join(texts)}]"


def _texts(trees: Iterable[exp.Expr], values: Iterable[Bound]) -> tuple[str | int, ...] | None:
    """The values where each is a text constant, or a parameter of type text: its number."""
    texts: list[str | int] = []
    for tree, value in zip(trees, values, strict=True):
        if value.constant is not None:
            texts.append(value.constant)
        elif isinstance(tree, exp.Parameter) and value.type == t.TEXT:
            texts.append(int(tree.name))
        else:
            return None
    return tuple(texts)


def _array(binding: Binding, column: Bound, value: Bound) -> str | None:
    if value.is_unknown:
        value = coerce(binding, value, array_of(SqlType(column.type.oid)))
    element = array_element(value.type)
    if element is None:
        return None
    one, other = operators.comparable(binding, "=", column, Bound("e", element))
    return value.sql if (one.sql, other.sql) == (column.sql, "e") else None
