"""ORDER BY, DISTINCT ON and LIMIT: what an item means, and its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.coercion import coerce, settled
from sql.binding.directions import direction
from sql.binding.expressions import bind
from sql.binding.jsonb_equality import equality_key, order_key
from sql.binding.orders import require_order
from sql.binding.scope import Scope
from sql.binding.ties import has_ties, ties
from sql.binding.tree import fold, only, position_at, refuse
from sql.duckdb_types import duckdb_type
from sql.errors import AmbiguousColumn, InvalidColumnReference, SqlSyntaxError
from sql.native.errors import InvalidRowCountInLimit, InvalidRowCountInOffset
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from sql.binding.values import Bound


CONSTANTS: Final = (exp.Literal, exp.Boolean, exp.Null)
"""What stands for a position, or is an error."""


def item_meant(tree: exp.Expr, items: Sequence[tuple[str, Bound]], clause: str) -> int | None:
    """Which column of the result a position or a bare name means, from 1; `None` where the tree is an expression.

    Raises `SqlSyntaxError`, `InvalidColumnReference` and `AmbiguousColumn`.
    """
    if isinstance(tree, CONSTANTS):
        if tree.args.get("is_string") or not str(tree.this).isdecimal():
            raise SqlSyntaxError(f"non-integer constant in {clause}", position=position_at(tree))
        number = int(str(tree.this))
        if not 1 <= number <= len(items):
            raise InvalidColumnReference(
                f"{clause} position {number} is not in select list", position=position_at(tree)
            )
        return number
    if isinstance(tree, exp.Column) and not tree.args.get("table") and isinstance(tree.this, exp.Identifier):
        name = fold(tree.this)
        found = [index for index, (column, _) in enumerate(items, start=1) if column == name]
        if len({items[index - 1][1].sql for index in found}) > 1:
            raise AmbiguousColumn(f'{clause} "{name}" is ambiguous', position=position_at(tree))
        return found[0] if found else None
    return None


def order_by(
    binding: Binding, scope: Scope, order: exp.Expr | None, items: Sequence[tuple[str, Bound]], *, distinct: bool
) -> str:
    """The text of an ORDER BY, with positions for what is in the select list."""
    if order is None:
        return ""
    only(order, "expressions")
    return " ORDER BY " + ", ".join(
        _order_item(binding, scope, item, items, distinct=distinct) for item in order.expressions
    )


def _order_item(
    binding: Binding, scope: Scope, item: exp.Expr, items: Sequence[tuple[str, Bound]], *, distinct: bool
) -> str:
    if not isinstance(item, exp.Ordered):
        raise refuse("this item in ORDER BY", item)
    index = item_meant(item.this, items, "ORDER BY")
    if index is None:
        bound = settled(binding, bind(binding, scope, item.this))
        index = next((i for i, (_, other) in enumerate(items, start=1) if other.sql == bound.sql), None)
        if index is None:
            if distinct:
                raise InvalidColumnReference(
                    "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    position=position_at(item.this),
                )
            require_order([bound])
            return _sortable(bound) + direction(item)
    require_order([items[index - 1][1]])
    if items[index - 1][1].type.oid == t.JSONB.oid:
        # What is distinct is ordered as a query of its own.
        text = order_key(f"c{index}", t.JSONB) if distinct else _sortable(items[index - 1][1])
        return text + direction(item)
    return f"{index}{direction(item)}"


def _sortable(bound: Bound) -> str:
    if bound.type.oid == t.JSONB.oid:
        return order_key(bound.sql, bound.type)
    # A bare number would be taken for a position.
    return f"({bound.sql})" if bound.sql.isdecimal() else _no_literal(bound.sql, bound)


def _no_literal(sql: str, bound: Bound) -> str:
    """A key that is a constant as DuckDB takes one: it refuses to order by what has no effect."""
    return f"CAST({sql} AS {duckdb_type(bound.type)})" if _LITERAL.fullmatch(sql) else sql


_LITERAL: Final = re.compile(r"'(?:[^']|'')*'|true|false")


def distinct_on(
    binding: Binding, scope: Scope, tree: exp.Expr, items: Sequence[tuple[str, Bound]], order: exp.Expr | None
) -> str:
    """DISTINCT ON (…): an ORDER BY has to begin with the same. Raises `InvalidColumnReference`."""
    trees = tree.expressions if isinstance(tree, exp.Tuple) else [tree]
    texts, keys = [], []
    for each in trees:
        inner = each.this if isinstance(each, exp.Paren) else each
        index = item_meant(inner, items, "DISTINCT ON")
        bound = settled(binding, items[index - 1][1] if index is not None else bind(binding, scope, inner))
        texts.append(bound.sql)
        keys.append(_no_literal(equality_key(bound.sql, bound.type), bound))
    for item in order.expressions[: len(texts)] if order is not None else ():
        index = item_meant(item.this, items, "ORDER BY")
        bound = items[index - 1][1] if index is not None else bind(binding, scope, item.this)
        if settled(binding, bound).sql not in texts:
            raise InvalidColumnReference(
                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions", position=position_at(tree)
            )
    return f"DISTINCT ON ({', '.join(keys)}) "


def limit_offset(binding: Binding, scope: Scope, node: exp.Expr) -> str:
    """LIMIT and OFFSET, FETCH FIRST."""
    text = ""
    limit = node.args.get("limit")
    if isinstance(limit, exp.Fetch):
        only(limit, "count", "direction", "limit_options")
        options = limit.args.get("limit_options")
        if options is not None and options.args.get("percent"):
            raise refuse("FETCH … PERCENT", limit)
        if not has_ties(node):
            text += _count(binding, scope, limit.args.get("count") or exp.Literal.number(1), "LIMIT")
    elif limit is not None:
        only(limit, "expression")
        text += _count(binding, scope, limit.expression, "LIMIT")
    offset = node.args.get("offset")
    if offset is not None:
        only(offset, "expression")
        text += _count(binding, scope, offset.expression, "OFFSET")
    return text


def with_ties(binding: Binding, scope: Scope, node: exp.Expr, order: Sequence[str]) -> str:
    """What FETCH FIRST … WITH TIES says of rows in that order; empty without it."""
    if not has_ties(node):
        return ""
    count = node.args["limit"].args.get("count") or exp.Literal.number(1)
    offset = node.args.get("offset")
    texts = [_count(binding, scope, tree, "") for tree in (count, *(() if offset is None else (offset.expression,)))]
    return ties(order, texts[0].strip() or "CAST(NULL AS BIGINT)", "".join(texts[1:]).strip())


def order_expressions(binding: Binding, scope: Scope, order: exp.Expr, items: Sequence[tuple[str, Bound]]) -> list[str]:
    """The items of an ORDER BY as expressions, none by its position, for a window."""
    texts = []
    for item in order.expressions:
        index = item_meant(item.this, items, "ORDER BY")
        bound = bind(binding, scope, item.this) if index is None else items[index - 1][1]
        texts.append(_sortable(settled(binding, bound)) + direction(item))
    return texts


def _count(binding: Binding, scope: Scope, tree: exp.Expr, word: str) -> str:
    if (isinstance(tree, exp.Var | exp.Column) and tree.name.upper() == "ALL") or isinstance(tree, exp.Null):
        return ""
    if tree.find(exp.Column) is not None:
        raise InvalidColumnReference(f"argument of {word} must not contain variables", position=position_at(tree))
    if isinstance(tree, exp.Neg) and isinstance(tree.this, exp.Literal) and str(tree.this.this).strip("0."):
        raise InvalidRowCountInOffset if word == "OFFSET" else InvalidRowCountInLimit
    return f" {word} {count_text(binding, scope, tree)}"


def count_text(binding: Binding, scope: Scope, tree: exp.Expr) -> str:
    """The text of a number of rows."""
    return coerce(binding, bind(binding, Scope(parent=scope), tree), t.BIGINT, "assignment").sql
