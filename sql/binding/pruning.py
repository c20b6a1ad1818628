"""Predicates that prune segments: conjuncts of WHERE that compare a column with a constant or a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from sql.binding.scope import resolve
from sql.binding.tree import fold
from sql.errors import SqlError
from sql.plan import ParameterPredicate
from sql.type_names import type_of
from storage import types as t
from storage.snapshot import Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from sql.binding.values import Bound
    from storage.types import SqlType

_OPERATORS: Final[dict[type[exp.Expr], str]] = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED: Final = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_INTEGERS: Final = (t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid)
_ANY_TEXT: Final = (t.TEXT.oid, t.VARCHAR.oid)
_READ: Final = frozenset(
    {*_ANY_TEXT, t.DATE.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid, t.UUID.oid, *_INTEGERS, t.NUMERIC.oid}
)
"""Types whose constants are compared with a segment's statistics. A char(n) is not: its padding does not count."""


def prune(binding: Binding, scope: Scope, condition: exp.Expr) -> None:
    """Tell the scans what the condition says of their columns. It has been bound already, without an error."""
    for node in _conjuncts(condition):
        for op, column, value in _comparisons(node):
            _prune_one(binding, scope, op, column, value)


def _conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    match tree:
        case exp.And():
            yield from _conjuncts(tree.this)
            yield from _conjuncts(tree.expression)
        case exp.Paren():
            yield from _conjuncts(tree.this)
        case _:
            yield tree


def _comparisons(node: exp.Expr) -> Iterator[tuple[str, exp.Column, exp.Expr]]:
    """Each `column op value` that the node says."""
    op = _OPERATORS.get(type(node))
    if op is not None:
        left, right = node.this, node.expression
        if isinstance(left, exp.Column):
            yield op, left, right
        elif isinstance(right, exp.Column):
            yield _MIRRORED[op], right, left
    elif isinstance(node, exp.Between) and isinstance(node.this, exp.Column) and not node.args.get("symmetric"):
        yield ">=", node.this, node.args["low"]
        yield "<=", node.this, node.args["high"]


def _prune_one(binding: Binding, scope: Scope, op: str, column: exp.Column, value: exp.Expr) -> None:
    bound = _column(scope, column)
    if bound is None or bound.type.oid not in _READ:
        return
    if isinstance(value, exp.Parameter) and isinstance(value.this, exp.Literal):
        number = int(str(value.this.this))
        known = binding.parameter(number, None)
        if known is not None and known.oid == bound.type.oid:
            binding.prune(bound.scan, ParameterPredicate(bound.column_number, op, number))
        return
    stored = _stored(binding, value, bound.type)
    if stored is not None:
        binding.prune(bound.scan, Predicate(bound.column_number, op, stored))  # type: ignore[arg-type]  # one of five


def _column(scope: Scope, column: exp.Column) -> Bound | None:
    if not isinstance(column.this, exp.Identifier):
        return None
    qualifier = tuple(fold(column.args[part]) for part in ("db", "table") if column.args.get(part))
    try:
        bound = resolve(scope, fold(column.this), qualifier, None)
    except SqlError:
        return None  # A keyword such as CURRENT_USER.
    return bound if bound.scan else None


def _stored(binding: Binding, value: exp.Expr, target: SqlType) -> Any:  # noqa: ANN401 - whatever the type stores
    """The value of a constant as the column stores it; `None` where it is none, or compares in another way."""
    sign = ""
    if isinstance(value, exp.Neg):
        sign, value = "-", value.this
    if isinstance(value, exp.Cast) and isinstance(value.this, exp.Literal) and not sign:
        if type_of(value) != target or not value.this.args.get("is_string"):
            return None
        value = value.this
    if not isinstance(value, exp.Literal):
        return None
    text = str(value.this)
    is_string = bool(value.args.get("is_string"))
    if not is_string and (target.oid not in (*_INTEGERS, t.NUMERIC.oid) or not text.isdecimal()):
        return None
    if target.oid in _ANY_TEXT:
        return text
    try:
        return binding.context.codecs.of(target).parse(sign + text)
    except SqlError:
        return None  # Out of the type's range: DuckDB compares in a wider one.
