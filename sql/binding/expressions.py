"""Expressions: a handler for each kind of node. A kind without one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding import operators
from sql.binding.call_syntax import (
    bind_at_time_zone,
    bind_call,
    bind_collate,
    bind_extract,
    bind_moment,
    bind_named,
    bind_now,
    bind_overlaps,
    bind_session,
    bind_trim,
    bind_window,
)
from sql.binding.coercion import STRINGS, coerce, coerce_all, common_type, condition
from sql.binding.conditions import (
    bind_between,
    bind_connector,
    bind_distinct_from,
    bind_escape,
    bind_in,
    bind_is,
    bind_like,
    bind_not,
    bind_similar,
)
from sql.binding.constants import number_constant
from sql.binding.digits import as_one, common_digits
from sql.binding.leaves import bind_boolean, bind_column, bind_identifier, bind_literal, bind_null, bind_parameter
from sql.binding.nested import bind_array, bind_bracket, bind_exists, bind_row_subquery, bind_subquery
from sql.binding.quantified import bind_quantified
from sql.binding.record_fields import is_record
from sql.binding.records import as_row, as_text, row_columns
from sql.binding.scope import Scope, row_of
from sql.binding.set_places import bind_single, no_sets
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import UNNAMED, Bound
from sql.errors import (
    QueryCanceled,
    UndefinedColumn,
    WrongObjectType,
)
from sql.type_names import row_type_of, type_of
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.binding.context import Binding


def bind(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """Bind one expression. Raises `SqlError`."""
    if binding.interruption.is_set:
        raise QueryCanceled
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise refuse(f"this expression ({node.key})", node)
    growth = binding.growth
    around = growth.begin()
    grouping = scope.grouping
    met = 0 if grouping is None else len(grouping.loose)
    known = scope.grouped_queries.get(id(node))
    bound = handler(binding, scope, node) if known is None else known[1]
    if scope.clause == "GROUP BY" and isinstance(node, _MAY_HOLD_QUERY):
        scope.grouped_queries[id(node)] = (node, bound)
    growth.end(around, len(bound.sql), len(bound.constant or ""))
    if grouping is None:
        return bound
    if len(grouping.loose) > met and bound.sql in grouping.texts:
        del grouping.loose[met:]
    return grouping.of_group(bound)


_MAY_HOLD_QUERY: Final = (exp.Subquery, exp.Exists, exp.In, exp.Array)


def bind_condition(binding: Binding, scope: Scope, node: exp.Expr, clause: str) -> Bound:
    """Bind a condition: WHERE, HAVING, ON."""
    return condition(binding, bind(binding, scope, node), clause)


def _paren(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this")
    return bind(binding, scope, node.this)


def _tuple(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "expressions")
    fields = [bind(binding, scope, item) for item in node.expressions]
    if all(item.sql and not item.is_unknown for item in fields):
        return row_of((f"f{index}", item) for index, item in enumerate(fields, start=1))
    # Compared with another row, its open fields take their types from there.
    return Bound(
        "", t.RECORD, "row", names_strongly=True, fields=tuple((f"f{i}", f) for i, f in enumerate(fields, start=1))
    )


def _dot(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """`(row).field`."""
    only(node, "this", "expression")
    value = bind(binding, scope, node.this)
    if isinstance(node.expression, exp.Star):
        raise refuse("expanding a row with .* here", node)
    name = fold(node.expression)
    if value.type.oid != t.RECORD.oid:
        raise WrongObjectType(
            f"column notation .{name} applied to type {value.type}, which is not a composite type",
            position=value.position,
        )
    for field, bound in value.fields:
        if field == name:
            return bound.called(name)
    raise UndefinedColumn(f'column "{name}" not found in data type {value.type}', position=position_at(node))


def _cast(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "to")
    assert isinstance(node, exp.Cast)
    row = row_type_of(node)
    if row is not None:
        columns = row_columns(binding, node, *row)
        return as_row(binding, bind(binding, scope, node.this), row[1], columns)
    target = type_of(node)
    if isinstance(node.this, exp.Literal) and not node.this.is_string and target.oid in (t.REAL.oid, t.DOUBLE.oid):
        # Of a number beyond what numeric holds, too.
        value = Bound("", t.UNKNOWN, constant=str(node.this.this))
    elif isinstance(array := node.this.unnest(), exp.Array):
        value = bind_array(binding, scope, array, element_of(target))
    else:
        value = bind(binding, scope, node.this)
    if is_record(value) and target.oid in STRINGS:
        value = as_text(binding, value)
    converted = coerce(binding, value, target, "explicit")
    if value.names_strongly:
        return converted.called(value.name)
    name = target.name if element_of(target) is None else target.name.removeprefix("_")
    return converted.called(name, strongly=False)


def _case(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "ifs", "default")
    with no_sets(scope, "CASE"):
        return _case_of_rows(binding, scope, node)


def _case_of_rows(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    operand = bind(binding, scope, node.this) if node.this is not None else None
    tests = [_when(binding, scope, operand, branch.this) for branch in node.args["ifs"]]
    results = [bind(binding, scope, branch.args["true"]) for branch in node.args["ifs"]]
    default = bind(binding, scope, node.args["default"]) if node.args.get("default") is not None else None
    target = common_type(results if default is None else [default, *results], "CASE")
    given = results if default is None else [*results, default]
    values = as_one(coerce_all(binding, given, target), given)
    parts = [f"WHEN {test} THEN {value.sql}" for test, value in zip(tests, values[: len(tests)], strict=True)]
    otherwise = "" if default is None else f" ELSE {values[-1].sql}"
    name = default.name if default is not None and default.names_strongly else "case"
    sql = f"(CASE {' '.join(parts)}{otherwise} END)"
    return Bound(sql, target, name, names_strongly=name != "case", scale=common_digits(values))


def _when(binding: Binding, scope: Scope, operand: Bound | None, node: exp.Expr) -> str:
    if operand is None:
        return condition(binding, bind_single(binding, scope, node, "CASE/WHEN"), "CASE/WHEN").sql
    return operators.compare(binding, "=", operand, bind(binding, scope, node)).sql


def _operator(symbol: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node, "this", "expression", "safe", "typed", "only_json_types")
        return _apply_operator(binding, scope, symbol, node.this, node.expression)

    return handle


def _path_match(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """`@@`, whose right operand the parser puts first."""
    only(node, "this", "expressions")
    return _apply_operator(binding, scope, "@@", node.expressions[0], node.this)


def _apply_operator(binding: Binding, scope: Scope, symbol: str, left: exp.Expr, right: exp.Expr) -> Bound:
    if isinstance(right, exp.Anonymous) and str(right.this).lower() == "all":
        right = exp.All(this=right.expressions[0])
    if isinstance(right, exp.Any | exp.All):
        return bind_quantified(binding, scope, symbol, left, right)
    one = bind(binding, scope, left)
    if one.type.oid == t.RECORD.oid and isinstance(right, exp.Subquery):
        return operators.binary(binding, symbol, one, bind_row_subquery(binding, scope, right, len(one.fields)))
    return operators.binary(binding, symbol, one, bind(binding, scope, right))


def _named_operator(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """`OPERATOR(pg_catalog.~)`."""
    only(node, "this", "operator", "expression")
    symbol = str(node.args["operator"]).replace(" ", "").removeprefix("pg_catalog.")
    return _apply_operator(binding, scope, "<>" if symbol == "!=" else symbol, node.this, node.expression)


def _negative(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this")
    if isinstance(node.this, exp.Literal) and not node.this.args.get("is_string"):
        sql, sql_type, scale = number_constant(str(node.this.this))
        if str(node.this.this) == "2147483648":
            return Bound("(-2147483648)::INTEGER", t.INTEGER)
        if str(node.this.this) == "9223372036854775808":
            return Bound("(-9223372036854775808)::BIGINT", t.BIGINT)
        return Bound(f"(- {sql})", sql_type, scale=scale)
    return operators.negate(binding, bind(binding, scope, node.this))


def _complement(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this")
    return operators.complement(binding, bind(binding, scope, node.this))


_HANDLERS: Final[dict[type[exp.Expr], Callable[[Binding, Scope, exp.Expr], Bound]]] = {
    exp.Literal: bind_literal,
    exp.Boolean: bind_boolean,
    exp.Null: bind_null,
    exp.Parameter: bind_parameter,
    exp.Column: bind_column,
    exp.Identifier: bind_identifier,
    exp.Paren: _paren,
    exp.Tuple: _tuple,
    exp.Dot: _dot,
    exp.Cast: _cast,
    exp.Case: _case,
    exp.And: bind_connector("AND"),
    exp.Or: bind_connector("OR"),
    exp.Not: bind_not,
    exp.EQ: _operator("="),
    exp.NEQ: _operator("<>"),
    exp.LT: _operator("<"),
    exp.LTE: _operator("<="),
    exp.GT: _operator(">"),
    exp.GTE: _operator(">="),
    exp.Add: _operator("+"),
    exp.Sub: _operator("-"),
    exp.Mul: _operator("*"),
    exp.Div: _operator("/"),
    exp.Mod: _operator("%"),
    exp.Pow: _operator("^"),
    exp.DPipe: _operator("||"),
    exp.BitwiseAnd: _operator("&"),
    exp.BitwiseOr: _operator("|"),
    exp.BitwiseXor: _operator("#"),
    exp.BitwiseLeftShift: _operator("<<"),
    exp.BitwiseRightShift: _operator(">>"),
    exp.RegexpLike: _operator("~"),
    exp.RegexpILike: _operator("~*"),
    exp.JSONExtract: _operator("->"),
    exp.JSONExtractScalar: _operator("->>"),
    exp.JSONBExtract: _operator("#>"),
    exp.JSONBExtractScalar: _operator("#>>"),
    exp.JSONBDeleteAtPath: _operator("#-"),
    exp.JSONBContainsTopKey: _operator("?"),
    exp.JSONBContainsAnyTopKeys: _operator("?|"),
    exp.JSONBContainsAllTopKeys: _operator("?&"),
    exp.JSONBPathExists: _operator("@?"),
    exp.MatchAgainst: _path_match,
    exp.ArrayContainsAll: _operator("@>"),
    exp.ArrayContainedBy: _operator("<@"),
    exp.ArrayOverlaps: _operator("&&"),
    exp.StartsWith: _operator("^@"),
    exp.Operator: _named_operator,
    exp.Like: bind_like,
    exp.ILike: bind_like,
    exp.Escape: bind_escape,
    exp.SimilarTo: bind_similar,
    exp.Sqrt: bind_named("sqrt", "this", called=UNNAMED),
    exp.Cbrt: bind_named("cbrt", "this", called=UNNAMED),
    exp.Overlaps: bind_overlaps,
    exp.Is: bind_is,
    exp.NullSafeEQ: bind_distinct_from,
    exp.NullSafeNEQ: bind_distinct_from,
    exp.Between: bind_between,
    exp.In: bind_in,
    exp.Neg: _negative,
    exp.BitwiseNot: _complement,
    exp.Anonymous: bind_call,
    exp.Filter: bind_call,
    exp.WithinGroup: bind_call,
    exp.Window: bind_window,
    exp.Substring: bind_named("substring", "this", "start", "length"),
    exp.StrPosition: bind_named("position", "this", "substr"),
    exp.Overlay: bind_named("overlay", "this", "expression", "from_", "for_"),
    exp.Trim: bind_trim,
    exp.Extract: bind_extract,
    exp.AtTimeZone: bind_at_time_zone,
    exp.Collate: bind_collate,
    exp.CurrentTimestamp: bind_now,
    exp.CurrentDate: bind_moment(t.DATE, "current_date"),
    exp.Localtimestamp: bind_moment(t.TIMESTAMP, "localtimestamp"),
    exp.Localtime: bind_moment(t.TIME, "localtime"),
    exp.Uuid: bind_session("gen_random_uuid"),
    exp.CurrentUser: bind_session("current_user"),
    exp.SessionUser: bind_session("session_user"),
    exp.CurrentSchema: bind_session("current_schema"),
    exp.CurrentCatalog: bind_session("current_catalog"),
    exp.Subquery: bind_subquery,
    exp.Select: bind_subquery,
    exp.Union: bind_subquery,
    exp.Intersect: bind_subquery,
    exp.Except: bind_subquery,
    exp.Values: bind_subquery,
    exp.Exists: bind_exists,
    exp.Array: bind_array,
    exp.Bracket: bind_bracket,
}
