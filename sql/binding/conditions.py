"""Logic, and tests with a syntax of their own: LIKE, IS, BETWEEN, IN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding import operators
from sql.binding.coercion import coerce, common_type, condition, settled
from sql.binding.quantified import bind_quantified, in_list
from sql.binding.record_fields import is_record
from sql.binding.set_places import bind_single
from sql.binding.short_circuit import connected
from sql.binding.text_operators import like, similar
from sql.binding.tree import only, refuse
from sql.binding.values import Bound
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from sql.binding.short_circuit import Word


def bind_connector(word: Word) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    """AND, OR."""

    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        tests = [condition(binding, bind_single(binding, scope, each, word), word) for each in _operands(node)]
        return Bound(connected(word, [test.sql for test in tests], scope), t.BOOLEAN)

    return handle


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """What a chain of the same connector connects."""
    found: list[exp.Expr] = []
    each = node
    while type(each) is type(node):
        only(each, "this", "expression")
        found.append(each.expression)
        each = each.this
    return [each, *reversed(found)]


def bind_not(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """NOT."""
    only(node, "this")
    value = condition(binding, bind_single(binding, scope, node.this, "NOT"), "NOT")
    return Bound(f"(NOT {value.sql})", t.BOOLEAN)


def bind_like(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """LIKE and ILIKE, also of ANY and ALL."""
    only(node, "this", "expression", "negate")
    insensitive = isinstance(node, exp.ILike)
    negate = bool(node.args.get("negate"))
    if isinstance(node.expression, exp.Any | exp.All):
        symbol = ("!" if negate else "") + ("~~*" if insensitive else "~~")
        return bind_quantified(binding, scope, symbol, node.this, node.expression)
    left, right = binding.bind(scope, node.this), binding.bind(scope, node.expression)
    return _negated(like(binding, left, right, insensitive=insensitive, escape=None), negate=negate)


def bind_escape(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """LIKE … ESCAPE."""
    only(node, "this", "expression")
    inner = node.this
    if isinstance(inner, exp.SimilarTo):
        only(inner, "this", "expression")
        left, right = binding.bind(scope, inner.this), binding.bind(scope, inner.expression)
        return similar(binding, left, right, binding.bind(scope, node.expression))
    if not isinstance(inner, exp.Like | exp.ILike):
        raise refuse("ESCAPE of anything but LIKE", node)
    left, right = binding.bind(scope, inner.this), binding.bind(scope, inner.expression)
    escape = binding.bind(scope, node.expression)
    matched = like(binding, left, right, insensitive=isinstance(inner, exp.ILike), escape=escape)
    return _negated(matched, negate=bool(inner.args.get("negate")))


def bind_similar(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """SIMILAR TO."""
    only(node, "this", "expression")
    return similar(binding, binding.bind(scope, node.this), binding.bind(scope, node.expression), None)


def _negated(bound: Bound, *, negate: bool) -> Bound:
    return Bound(f"(NOT {bound.sql})", t.BOOLEAN) if negate else bound


def bind_is(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """IS [NOT] NULL, TRUE, FALSE."""
    only(node, "this", "expression", "negate")
    value = binding.bind(scope, node.this)
    no = " NOT" if node.args.get("negate") else ""
    if isinstance(node.expression, exp.Null):
        if value.parameter is not None:
            # It says nothing of the parameter's type, which is found elsewhere or not at all.
            return Bound(f"($p{value.parameter} IS{no} NULL)", t.BOOLEAN)
        if value.type.oid == t.RECORD.oid and value.fields:
            tests = " AND ".join(f"{settled(binding, f).sql} IS{no} NULL" for _, f in value.fields)
            return Bound(f"({tests})", t.BOOLEAN)
        return Bound(f"({settled(binding, value).sql} IS{no} NULL)", t.BOOLEAN)
    if isinstance(node.expression, exp.Boolean):
        wanted = "TRUE" if node.expression.this else "FALSE"
        return Bound(f"({condition(binding, value, f'IS {wanted}').sql} IS{no} {wanted})", t.BOOLEAN)
    raise refuse("this form of IS", node)


def bind_distinct_from(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """IS [NOT] DISTINCT FROM."""
    only(node, "this", "expression")
    left, right = binding.bind(scope, node.this), binding.bind(scope, node.expression)
    no = "" if isinstance(node, exp.NullSafeNEQ) else "NOT "
    if is_record(left) and is_record(right):
        pairs = operators.comparable_fields(binding, "=", left, right)
        same = " AND ".join(f"({one.sql} IS NOT DISTINCT FROM {other.sql})" for one, other in pairs)
        return Bound(f"({same})" if no else f"(NOT ({same}))", t.BOOLEAN)
    one, other = operators.comparable(binding, "=", left, right)
    return Bound(f"({one.sql} IS {no}DISTINCT FROM {other.sql})", t.BOOLEAN)


def bind_between(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """BETWEEN [SYMMETRIC]."""
    only(node, "this", "low", "high", "symmetric")
    value = binding.bind(scope, node.this)
    low, high = binding.bind(scope, node.args["low"]), binding.bind(scope, node.args["high"])
    if value.is_unknown:
        value = coerce(binding, value, common_type((low, high), "BETWEEN"))
    inside = _in_range(binding, value, low, high)
    if node.args.get("symmetric"):
        inside = f"({inside} OR {_in_range(binding, value, high, low)})"
    return Bound(inside, t.BOOLEAN)


def _in_range(binding: Binding, value: Bound, low: Bound, high: Bound) -> str:
    above, below = operators.compare(binding, ">=", value, low), operators.compare(binding, "<=", value, high)
    return f"({above.sql} AND {below.sql})"


def bind_in(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """IN."""
    return in_list(binding, scope, node)
