"""Small conditions over stored values, for checks on the paths that avoid DuckDB.

As with `sql.scalar`, whose expressions they compare: `build_condition` answers `None` for what is not known here, and
the general path is taken. A condition is true, false, or, as SQL has it, neither (`None`).
"""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from sqlglot import exp

from sql.assignment import INTEGERS, TEXTS
from sql.scalar import Constant, build_scalar, compile_scalar, convert
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.scalar import Environment, Scalar, ScalarContext
    from sql.types import Codecs

    Holds = Callable[[Sequence[object], Environment], bool | None]

_ORDERED: Final = frozenset({t.DATE.oid, t.TIME.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid, t.BOOLEAN.oid, t.UUID.oid})
"""Types whose stored values compare as the values do, with those of the same type."""
_EXACT: Final = frozenset({*INTEGERS, t.NUMERIC.oid})
_FLOATS: Final = frozenset({t.REAL.oid, t.DOUBLE.oid})

_COMPARISONS: Final[dict[type[exp.Expr], Callable[[Any, Any], bool]]] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
}


class Comparison(Struct, frozen=True):
    """Two operands, whose values compare in Python as SQL compares them."""

    compare: Callable[[Any, Any], bool]
    left: Scalar
    right: Scalar
    as_floats: bool


class IsNull(Struct, frozen=True):
    """IS NULL."""

    operand: Scalar


class Negation(Struct, frozen=True):
    """NOT."""

    condition: Condition


class Junction(Struct, frozen=True):
    """AND, or OR, of conditions."""

    conditions: tuple[Condition, ...]
    is_and: bool


class Truth(Struct, frozen=True):
    """A value of type boolean as a condition."""

    operand: Scalar


Condition = Comparison | IsNull | Negation | Junction | Truth


def build_condition(tree: exp.Expr, context: ScalarContext) -> Condition | None:
    """The condition as data; `None` where it takes the general path. Raises `SqlError` for a bad constant."""
    match tree:
        case exp.Paren():
            return build_condition(tree.this, context)
        case exp.And() | exp.Or():
            return _junction([tree.this, tree.expression], context, is_and=isinstance(tree, exp.And))
        case exp.Not():
            inner = build_condition(tree.this, context)
            return None if inner is None else Negation(inner)
        case exp.Is() if isinstance(tree.expression, exp.Null):
            operand = build_scalar(tree.this, context, t.TEXT)
            if operand is None:
                return None
            return Negation(IsNull(operand)) if tree.args.get("negate") else IsNull(operand)
        case exp.Expr() if tree.args.get("negate"):
            return None
        case exp.Between() if not tree.args.get("symmetric"):
            low = exp.GTE(this=tree.this, expression=tree.args["low"])
            high = exp.LTE(this=tree.this, expression=tree.args["high"])
            return _junction([low, high], context, is_and=True)
        case exp.In() if tree.expressions and not tree.args.get("query"):
            return _junction([exp.EQ(this=tree.this, expression=e) for e in tree.expressions], context, is_and=False)
        case exp.Column() | exp.Boolean():
            operand = build_scalar(tree, context, t.BOOLEAN)
            return Truth(operand) if operand is not None and operand.type.oid == t.BOOLEAN.oid else None
        case _:
            return _comparison(tree, context)


def _junction(trees: list[exp.Expr], context: ScalarContext, *, is_and: bool) -> Junction | None:
    built = [build_condition(tree, context) for tree in trees]
    known = tuple(condition for condition in built if condition is not None)
    return Junction(known, is_and) if len(known) == len(built) else None


def _comparison(tree: exp.Expr, context: ScalarContext) -> Comparison | None:
    compare = _COMPARISONS.get(type(tree))
    if compare is None:
        return None
    left = build_scalar(tree.this, context, t.TEXT)
    right = None if left is None else build_scalar(tree.expression, context, left.type)
    if left is None or right is None:
        return None
    if _is_open(left):
        left = convert(left, right.type, context.codecs)
    elif _is_open(right):
        right = convert(right, t.SqlType(left.type.oid), context.codecs)
    if left is None or right is None:
        return None
    one, other = left.type.oid, right.type.oid
    comparable = {one, other} <= _EXACT or {one, other} <= TEXTS - {t.CHAR.oid} or (one == other and one in _ORDERED)
    as_floats = {one, other} <= _EXACT | _FLOATS and not {one, other} <= _EXACT and t.REAL.oid not in (one, other)
    return Comparison(compare, left, right, as_floats) if comparable or as_floats else None


def _is_open(scalar: Scalar) -> bool:
    return isinstance(scalar, Constant) and (scalar.type.oid == t.UNKNOWN.oid or scalar.value is None)


def compile_condition(condition: Condition, codecs: Codecs) -> Holds:
    """The closure that tells of a row whether the condition holds."""
    match condition:
        case Comparison():
            return _compile_comparison(condition, codecs)
        case IsNull(operand):
            value = compile_scalar(operand, codecs)
            return lambda row, env: value((), row, env) is None
        case Negation(inner):
            holds = compile_condition(inner, codecs)
            return lambda row, env: None if (found := holds(row, env)) is None else not found
        case Junction(conditions, is_and):
            return _compile_junction([compile_condition(each, codecs) for each in conditions], decides=not is_and)
        case Truth(operand):
            value = compile_scalar(operand, codecs)
            return lambda row, env: _truth(value((), row, env))


def _truth(value: object) -> bool | None:
    return None if value is None else bool(value)


def _compile_comparison(condition: Comparison, codecs: Codecs) -> Holds:
    left, right = compile_scalar(condition.left, codecs), compile_scalar(condition.right, codecs)
    compare, as_floats = condition.compare, condition.as_floats

    def holds(row: Sequence[object], env: Environment) -> bool | None:
        one, other = left((), row, env), right((), row, env)
        if one is None or other is None:
            return None
        if as_floats:
            return compare(_float_order(one), _float_order(other))
        return compare(one, other)

    return holds


def _float_order(value: object) -> tuple[bool, float]:
    """What sorts as PostgreSQL sorts floats: NaN equals itself and is above all others."""
    assert isinstance(value, int | float | Decimal)
    number = float(value)
    return (True, 0.0) if number != number else (False, number)


def _compile_junction(conditions: Sequence[Holds], *, decides: bool) -> Holds:
    """`decides`: the outcome of one that settles the whole: false for AND, true for OR."""

    def holds(row: Sequence[object], env: Environment) -> bool | None:
        outcome: bool | None = not decides
        for condition in conditions:
            found = condition(row, env)
            if found is decides:
                return decides
            if found is None:
                outcome = None
        return outcome

    return holds
