"""LIMIT, for a system relation: where only its first rows can matter, no more of them need be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.conjuncts import own_column
from sql.binding.ordering import count_text, item_meant
from sql.binding.pushdown import is_fixed
from sql.binding.signatures import signatures
from sql.token_rewrites import call_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from sql.binding.values import Bound

_OF_ALL_ROWS: Final = ("joins", "group", "having", "distinct", "windows")
"""Clauses for which other rows matter than those that are given."""


_NOT_PLAIN: Final = (*_OF_ALL_ROWS, "order", "offset", "with_")


def push_limit(binding: Binding, scope: Scope, node: exp.Select, items: Sequence[tuple[str, Bound]]) -> bool:
    """Tell the only relation of a SELECT that only the first rows matter, if that is so.

    The relation has been told all that WHERE says. Whether it knows, as a constant, how many rows matter.
    """
    limit, offset, order = (node.args.get(name) for name in ("limit", "offset", "order"))
    alias = _only_relation(scope)
    if not isinstance(limit, exp.Limit) or alias is None or any(node.args.get(name) for name in _OF_ALL_ROWS):
        return False
    counts = [limit.expression, *([offset.expression] if offset is not None else [])]
    if scope.grouping is not None or not all(map(is_fixed, counts)) or not all(map(_is_of_one_row, node.expressions)):
        return False
    column, descending = None, False
    if order is not None:
        first = order.expressions[0]
        found = _ordered_by(scope, first.this, items)
        if found is None or found.relation != alias:
            return False
        column, descending = found.column_number, bool(first.args.get("desc"))
    count = " + ".join(count_text(binding, scope, each) for each in counts)
    is_constant = all(isinstance(each, exp.Literal) and each.name.isdecimal() for each in counts)
    rows = sum(int(each.name) for each in counts) if is_constant else None
    binding.limit_relation(alias, count, rows, column, descending=descending)
    return is_constant


def plain_columns(scope: Scope, node: exp.Select, items: Sequence[tuple[str, Bound]]) -> tuple[int, ...] | None:
    """The numbers of the columns where a SELECT gives nothing but columns of one source, and no order."""
    if scope.grouping is not None or len(scope.sources) != 1 or any(node.args.get(name) for name in _NOT_PLAIN):
        return None
    own = {bound.sql for _, bound in scope.sources[0].columns if bound.column_number and bound.sql.endswith('"')}
    return tuple(bound.column_number for _, bound in items) if all(bound.sql in own for _, bound in items) else None


def _only_relation(scope: Scope) -> str | None:
    if len(scope.sources) != 1:
        return None
    aliases = {bound.relation for _, bound in scope.sources[0].columns} - {""}
    return aliases.pop() if len(aliases) == 1 else None


def _is_of_one_row(tree: exp.Expr) -> bool:
    """Whether an item gives one value for each row, which depends on no other row."""
    if tree.find(exp.Window, exp.Query, exp.AggFunc) is not None:
        return False
    kinds = {
        signature.kind for call in tree.find_all(exp.Anonymous) for signature in signatures().get(call_of(call)[1], ())
    }
    return kinds <= {"scalar"}


def _ordered_by(scope: Scope, tree: exp.Expr, items: Sequence[tuple[str, Bound]]) -> Bound | None:
    """The column of the relation that comes first in ORDER BY."""
    index = item_meant(tree, items, "ORDER BY")
    if index is not None:
        return items[index - 1][1] if items[index - 1][1].relation else None
    return own_column(scope, tree) if isinstance(tree, exp.Column) else None
