"""Constants, parameters and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.calls import apply
from sql.binding.constants import number_constant
from sql.binding.scope import Scope, find_source, resolve, whole_row
from sql.binding.tree import fold, only, position_at
from sql.binding.values import NULL, Bound
from sql.errors import (
    SqlSyntaxError,
    UndefinedTable,
)
from sql.words import words
from storage import types as t

if TYPE_CHECKING:
    from sql.binding.context import Binding


def bind_literal(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """A number or a string."""
    text = str(node.this)
    if node.args.get("is_string"):
        return Bound("", t.UNKNOWN, constant=text, position=position_at(node))
    sql, sql_type, scale = number_constant(text)
    return Bound(sql, sql_type, scale=scale, position=position_at(node))


def bind_boolean(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """TRUE, FALSE."""
    return Bound("true" if node.this else "false", t.BOOLEAN)


def bind_null(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """NULL."""
    return NULL


def bind_parameter(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """$1."""
    only(node, "this")
    text = str(node.this.this) if isinstance(node.this, exp.Literal) else ""
    position = position_at(node)
    # The position of a parameter is that of its sign.
    position = None if position is None else position - 1
    if not text.isdecimal():
        raise SqlSyntaxError(f'syntax error at or near "{node.this.name}"', position=position)
    number = int(text)
    known = binding.parameter(number, position)
    if known is None:
        return Bound("", t.UNKNOWN, parameter=number, position=position)
    return Bound(binding.parameter_text(number), known, position=position)


_KEYWORDS: Final = words("user current_role current_user session_user current_catalog current_schema")


def bind_column(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """A column, a whole row, or a keyword that looks like one."""
    only(node, "this", "table", "db", "catalog")
    if isinstance(node.this, exp.Star):
        return _row_star(scope, node)
    name = fold(node.this)
    qualifier = tuple(fold(node.args[part]) for part in ("catalog", "db", "table") if node.args.get(part))
    if not qualifier and name in _KEYWORDS and not node.this.args.get("quoted"):
        return apply(binding, name, (), position_at(node))
    first = next(node.args[part] for part in ("catalog", "db", "table", "this") if node.args.get(part))
    if binding.references is not None and not qualifier:
        binding.references.column(scope, node.this, name)
    return resolve(scope, name, qualifier, position_at(first))


def _row_star(scope: Scope, node: exp.Expr) -> Bound:
    qualifier = tuple(fold(node.args[part]) for part in ("db", "table") if node.args.get(part))
    found = find_source(scope, qualifier) if qualifier else None
    if found is None:
        raise UndefinedTable(
            f'missing FROM-clause entry for table "{qualifier[-1] if qualifier else ""}"', position=position_at(node)
        )
    return whole_row(*found)


def bind_identifier(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """A bare name."""
    if binding.references is not None:
        binding.references.column(scope, node, fold(node))
    return resolve(scope, fold(node), (), position_at(node))
