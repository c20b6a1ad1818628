"""Calls as the tree has them: with clauses around them, or with a syntax of their own."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql.binding.calls import CallBinder, Clauses, apply
from sql.binding.coercion import TEXTUAL, coerce
from sql.binding.named_arguments import without_names
from sql.binding.set_places import no_sets
from sql.binding.special import SPECIAL
from sql.binding.time_parts import extract, overlaps, timezone
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import Bound
from sql.binding.variadic import is_variadic, variadic_call
from sql.duckdb_types import duckdb_type
from sql.errors import DatatypeMismatch, SqlSyntaxError, UndefinedFunction, UndefinedObject
from sql.token_rewrites import call_of
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.binding.context import Binding
    from sql.binding.scope import Scope


def bind_call(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """A call, with FILTER and WITHIN GROUP if they are there."""
    return _call_with(binding, scope, node, Clauses())


def _call_with(binding: Binding, scope: Scope, node: exp.Expr, clauses: Clauses) -> Bound:
    if isinstance(node, exp.Filter):
        only(node, "this", "expression")
        return _call_with(binding, scope, node.this, replace(clauses, filter=node.expression.this))
    if isinstance(node, exp.WithinGroup):
        only(node, "this", "expression")
        return _call_with(binding, scope, node.this, replace(clauses, within=node.expression))
    if not isinstance(node, exp.Anonymous):
        raise refuse(f"{node.key} with FILTER, WITHIN GROUP or OVER", node)
    node = without_names(binding, scope, node)
    if clauses == Clauses():
        if is_variadic(node):
            return variadic_call(binding, scope, node)
        if str(node.this).lower() == "row":
            return binding.bind(scope, exp.Tuple(expressions=node.expressions))
        name = call_of(node)[1]
        special = SPECIAL.get(name)
        if special is not None:
            with no_sets(scope, "COALESCE") if name == "coalesce" else nullcontext():
                given = [binding.bind(scope, item) for item in node.expressions]
            return special(binding, given, position_at(node))
    return CallBinder(binding, scope, lambda tree: binding.bind(scope, tree)).call(node, clauses)


def bind_window(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """A call with OVER."""
    only(node, "this", "partition_by", "order", "spec", "alias", "over")
    return _call_with(binding, scope, node.this, Clauses(window=node))


def bind_named(name: str, *arguments: str, called: str = "") -> Callable[[Binding, Scope, exp.Expr], Bound]:
    """A node of sqlglot's own for a call with a syntax of its own."""

    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node, *arguments)
        given = [binding.bind(scope, node.args[key]) for key in arguments if node.args.get(key) is not None]
        return apply(binding, name, given, position_at(node)).called(called or name, strongly=not called)

    return handle


def bind_trim(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """TRIM([side] [characters] FROM text)."""
    only(node, "this", "expression", "position")
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "btrim")
    trees = [node.this] if node.expression is None else [node.this, node.expression]
    return apply(binding, name, [binding.bind(scope, tree) for tree in trees], position_at(node))


def bind_extract(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """EXTRACT(part FROM value)."""
    only(node, "this", "expression")
    unit = str(node.this.name if isinstance(node.this, exp.Expr) else node.this)
    return extract(binding, unit, binding.bind(scope, node.expression), position_at(node))


def bind_overlaps(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """(start, end) OVERLAPS (start, end)."""
    only(node, "this", "expression")
    pairs = [
        [binding.bind(scope, item) for item in (side.expressions if isinstance(side, exp.Tuple) else ())]
        for side in (node.this, node.expression)
    ]
    if any(len(pair) != 2 for pair in pairs):
        raise SqlSyntaxError("wrong number of parameters on a side of OVERLAPS expression", position=position_at(node))
    return overlaps(binding, pairs[0], pairs[1], position_at(node))


def bind_at_time_zone(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """AT TIME ZONE."""
    only(node, "this", "zone")
    zone, value = binding.bind(scope, node.args["zone"]), binding.bind(scope, node.this)
    if value.type.oid == t.DATE.oid:
        value = coerce(binding, value, t.TIMESTAMPTZ)
    return timezone(binding, [zone, value], position_at(node))


def bind_collate(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """COLLATE: only orders by bytes are there, so that it changes nothing."""
    only(node, "this", "expression")
    named = node.expression
    name = fold(named.this if isinstance(named, exp.Column) else named)
    if name not in ("C", "POSIX", "default", "ucs_basic"):
        raise UndefinedObject(f'collation "{name}" for encoding "UTF8" does not exist', position=position_at(named))
    bound = binding.bind(scope, node.this)
    if not bound.is_unknown and (element_of(bound.type) or bound.type).oid not in TEXTUAL:
        raise DatatypeMismatch(f"collations are not supported by type {bound.type}", position=position_at(node))
    return bound


def bind_moment(sql_type: SqlType, name: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    """CURRENT_DATE and its like: the start of the transaction as a type."""

    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node, "this")
        start = f"make_timestamptz(CAST({binding.session_value('now')} AS BIGINT))"
        sql = start if sql_type.oid == t.TIMESTAMPTZ.oid else f"CAST({start} AS {duckdb_type(sql_type)})"
        if sql_type.oid == t.TIME.oid:
            sql = f"CAST(CAST({start} AS TIMESTAMP) AS TIME)"
        bound = Bound(sql, sql_type, name, names_strongly=True)
        if node.this is None:
            return bound
        if isinstance(node.this, exp.Literal) and node.this.is_string:
            raise UndefinedFunction(f"function {name}(unknown) does not exist", position=position_at(node))
        digits = int(str(node.this.this)) if isinstance(node.this, exp.Literal) else 6
        return coerce(binding, bound, SqlType(sql_type.oid, min(digits, 6)), "explicit").called(name)

    return handle


def bind_now(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """now() and CURRENT_TIMESTAMP."""
    name = "now" if node.meta.get("start") is not None else "current_timestamp"
    return bind_moment(t.TIMESTAMPTZ, name)(binding, scope, node)


def bind_session(name: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    """CURRENT_USER and its like."""

    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node)
        return apply(binding, name, (), position_at(node))

    return handle
