"""What a condition says of single columns: its conjuncts that compare one with something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlglot import exp

from sql.binding.scope import resolve
from sql.binding.tree import fold
from sql.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.binding.scope import Scope
    from sql.binding.values import Bound

_OPERATORS: Final[dict[type[exp.Expr], str]] = {exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED: Final = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Comparison(Struct, frozen=True):
    """`column op value` for one of `values`, or, where `is_array`, for an element of the only one."""

    column: exp.Column
    op: str
    values: tuple[exp.Expr, ...]
    is_array: bool = False


def conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that hold for every row for which this one does, and together are the same as it."""
    match tree:
        case exp.And():
            yield from conjuncts(tree.this)
            yield from conjuncts(tree.expression)
        case exp.Paren():
            yield from conjuncts(tree.this)
        case _:
            yield tree


def comparisons(node: exp.Expr) -> Iterator[Comparison]:
    """The comparisons that together are the same as a condition; none where it is of another kind."""
    op = _OPERATORS.get(type(node))
    if op is not None:
        left, right = node.this, node.expression
        if isinstance(left, exp.Column) and isinstance(right, exp.Any):
            if op == "=":
                yield Comparison(left, "=", (_unwrapped(right.this),), is_array=True)
        elif isinstance(left, exp.Column):
            yield Comparison(left, op, (right,))
        elif isinstance(right, exp.Column):
            yield Comparison(right, _MIRRORED[op], (left,))
    elif isinstance(node, exp.Between) and isinstance(node.this, exp.Column) and not node.args.get("symmetric"):
        yield Comparison(node.this, ">=", (node.args["low"],))
        yield Comparison(node.this, "<=", (node.args["high"],))
    elif isinstance(node, exp.In) and isinstance(node.this, exp.Column) and not node.args.get("query"):
        yield Comparison(node.this, "=", tuple(node.expressions))


def _unwrapped(tree: exp.Expr) -> exp.Expr:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def own_column(scope: Scope, column: exp.Column) -> Bound | None:
    """What a column means, if it comes unchanged from a scan of this level of the query.

    A condition says nothing of the rows of the levels around it: they may matter where it is false, too.
    """
    if not isinstance(column.this, exp.Identifier):
        return None
    qualifier = tuple(fold(column.args[part]) for part in ("db", "table") if column.args.get(part))
    try:
        bound = resolve(scope, fold(column.this), qualifier, None)
    except SqlError:
        return None  # A keyword such as CURRENT_USER.
    here = any(own.sql == bound.sql for source in scope.sources for _, own in source.columns)
    return bound if here and (bound.scan or bound.relation) else None
