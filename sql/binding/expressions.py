"""Expressions: a handler for each kind of node. A kind without one is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding import operators
from sql.binding.calls import CallBinder, Clauses, apply
from sql.binding.coercion import coerce, common_type, condition, settled
from sql.binding.constants import number_constant
from sql.binding.elements import VECTORS, array_element
from sql.binding.quantified import bind_in, bind_quantified
from sql.binding.scope import Scope, find_source, resolve, row_of
from sql.binding.special import SPECIAL
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import NULL, Bound
from sql.duckdb_types import duckdb_type
from sql.errors import (
    DatatypeMismatch,
    SqlSyntaxError,
    UndefinedColumn,
    UndefinedObject,
    UndefinedTable,
    WrongObjectType,
)
from sql.token_rewrites import call_of
from sql.type_names import type_of
from sql.words import words
from storage import types as t
from storage.types import SqlType, array_of, element_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.binding.context import Binding


def bind(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """Bind one expression. Raises `SqlError`."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise refuse(f"this expression ({node.key})", node)
    grouping = scope.grouping
    if grouping is None:
        return handler(binding, scope, node)
    met = len(grouping.loose)
    bound = handler(binding, scope, node)
    if len(grouping.loose) > met and bound.sql in grouping.texts:
        del grouping.loose[met:]
    return bound


def bind_condition(binding: Binding, scope: Scope, node: exp.Expr, clause: str) -> Bound:
    """Bind a condition: WHERE, HAVING, ON."""
    return condition(binding, bind(binding, scope, node), clause)


# Leaves


def _literal(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    text = str(node.this)
    if node.args.get("is_string"):
        return Bound("", t.UNKNOWN, constant=text, position=position_at(node))
    sql, sql_type, scale = number_constant(text)
    return Bound(sql, sql_type, scale=scale, position=position_at(node))


def _boolean(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    return Bound("true" if node.this else "false", t.BOOLEAN)


def _null(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    return NULL


def _parameter(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
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


def _column(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "table", "db", "catalog")
    if isinstance(node.this, exp.Star):
        return _row_star(scope, node)
    name = fold(node.this)
    qualifier = tuple(fold(node.args[part]) for part in ("catalog", "db", "table") if node.args.get(part))
    if not qualifier and name in _KEYWORDS and not node.this.args.get("quoted"):
        return apply(binding, name, (), position_at(node))
    first = next(node.args[part] for part in ("catalog", "db", "table", "this") if node.args.get(part))
    return resolve(scope, name, qualifier, position_at(first))


def _row_star(scope: Scope, node: exp.Expr) -> Bound:
    qualifier = tuple(fold(node.args[part]) for part in ("db", "table") if node.args.get(part))
    found = find_source(scope, qualifier) if qualifier else None
    if found is None:
        raise UndefinedTable(
            f'missing FROM-clause entry for table "{qualifier[-1] if qualifier else ""}"', position=position_at(node)
        )
    return row_of(found[1].columns)


def _identifier(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    return resolve(scope, fold(node), (), position_at(node))


# Structure


def _paren(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this")
    return bind(binding, scope, node.this)


def _tuple(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "expressions")
    fields = [bind(binding, scope, item) for item in node.expressions]
    if all(not item.is_unknown for item in fields):
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
        raise refuse("expanding a row with .*", node)
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
    target = type_of(node)
    value = bind(binding, scope, node.this)
    converted = coerce(binding, value, target, "explicit")
    if value.names_strongly:
        return converted.called(value.name)
    name = target.name if element_of(target) is None else target.name.removeprefix("_")
    return converted.called(name, strongly=False)


def _case(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "ifs", "default")
    operand = bind(binding, scope, node.this) if node.this is not None else None
    tests = [_when(binding, scope, operand, branch.this) for branch in node.args["ifs"]]
    results = [bind(binding, scope, branch.args["true"]) for branch in node.args["ifs"]]
    default = bind(binding, scope, node.args["default"]) if node.args.get("default") is not None else None
    target = common_type(results if default is None else [default, *results], "CASE")
    parts = [
        f"WHEN {test} THEN {coerce(binding, result, target).sql}" for test, result in zip(tests, results, strict=True)
    ]
    otherwise = "" if default is None else f" ELSE {coerce(binding, default, target).sql}"
    name = default.name if default is not None and default.names_strongly else "case"
    return Bound(f"(CASE {' '.join(parts)}{otherwise} END)", target, name, names_strongly=name != "case")


def _when(binding: Binding, scope: Scope, operand: Bound | None, node: exp.Expr) -> str:
    value = bind(binding, scope, node)
    if operand is None:
        return condition(binding, value, "CASE/WHEN").sql
    return operators.compare(binding, "=", operand, value).sql


# Logic and comparison


def _connector(word: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node, "this", "expression")
        left = bind_condition(binding, scope, node.this, word)
        right = bind_condition(binding, scope, node.expression, word)
        return Bound(f"({left.sql} {word} {right.sql})", t.BOOLEAN)

    return handle


def _not(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this")
    return Bound(f"(NOT {bind_condition(binding, scope, node.this, 'NOT').sql})", t.BOOLEAN)


def _operator(symbol: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node, "this", "expression", "safe", "typed", "only_json_types")
        return _apply_operator(binding, scope, symbol, node.this, node.expression)

    return handle


def _apply_operator(binding: Binding, scope: Scope, symbol: str, left: exp.Expr, right: exp.Expr) -> Bound:
    if isinstance(right, exp.Anonymous) and str(right.this).lower() == "all":
        right = exp.All(this=right.expressions[0])
    if isinstance(right, exp.Any | exp.All):
        return bind_quantified(binding, scope, bind, symbol, left, right)
    return operators.binary(binding, symbol, bind(binding, scope, left), bind(binding, scope, right))


def _named_operator(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """`OPERATOR(pg_catalog.~)`."""
    only(node, "this", "operator", "expression")
    symbol = str(node.args["operator"]).replace(" ", "").removeprefix("pg_catalog.")
    return _apply_operator(binding, scope, "<>" if symbol == "!=" else symbol, node.this, node.expression)


def _like(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression", "negate")
    insensitive = isinstance(node, exp.ILike)
    negate = bool(node.args.get("negate"))
    if isinstance(node.expression, exp.Any | exp.All):
        symbol = ("!" if negate else "") + ("~~*" if insensitive else "~~")
        return bind_quantified(binding, scope, bind, symbol, node.this, node.expression)
    left, right = bind(binding, scope, node.this), bind(binding, scope, node.expression)
    return _negated(operators.like(binding, left, right, insensitive=insensitive, escape=None), negate=negate)


def _escape(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression")
    inner = node.this
    if not isinstance(inner, exp.Like | exp.ILike):
        raise refuse("ESCAPE of anything but LIKE", node)
    left, right = bind(binding, scope, inner.this), bind(binding, scope, inner.expression)
    escape = bind(binding, scope, node.expression)
    matched = operators.like(binding, left, right, insensitive=isinstance(inner, exp.ILike), escape=escape)
    return _negated(matched, negate=bool(inner.args.get("negate")))


def _similar(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression")
    left = coerce(binding, bind(binding, scope, node.this), t.TEXT)
    right = coerce(binding, bind(binding, scope, node.expression), t.TEXT)
    # Of SQL's patterns only % and _ differ from a regular expression that must match the whole.
    pattern = f"replace(replace({right.sql}, '%', '.*'), '_', '.')"
    return Bound(f"regexp_full_match({left.sql}, {pattern}, 's')", t.BOOLEAN)


def _negated(bound: Bound, *, negate: bool) -> Bound:
    return Bound(f"(NOT {bound.sql})", t.BOOLEAN) if negate else bound


def _is(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression", "negate")
    value = bind(binding, scope, node.this)
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


def _distinct_from(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression")
    left, right = bind(binding, scope, node.this), bind(binding, scope, node.expression)
    one, other = operators.comparable(binding, "=", left, right)
    no = "" if isinstance(node, exp.NullSafeNEQ) else "NOT "
    return Bound(f"({one.sql} IS {no}DISTINCT FROM {other.sql})", t.BOOLEAN)


def _between(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "low", "high", "symmetric")
    value = bind(binding, scope, node.this)
    low, high = bind(binding, scope, node.args["low"]), bind(binding, scope, node.args["high"])
    if value.is_unknown:
        value = coerce(binding, value, common_type((low, high), "BETWEEN"))
    inside = _in_range(binding, value, low, high)
    if node.args.get("symmetric"):
        inside = f"({inside} OR {_in_range(binding, value, high, low)})"
    return Bound(inside, t.BOOLEAN)


def _in_range(binding: Binding, value: Bound, low: Bound, high: Bound) -> str:
    above, below = operators.compare(binding, ">=", value, low), operators.compare(binding, "<=", value, high)
    return f"({above.sql} AND {below.sql})"


def _in(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    return bind_in(binding, scope, bind, node)


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


# Calls


def _call(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
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
    if clauses == Clauses():
        if str(node.this).lower() == "row":
            return _tuple(binding, scope, exp.Tuple(expressions=node.expressions))
        special = SPECIAL.get(call_of(node)[1])
        if special is not None:
            return special(binding, [bind(binding, scope, item) for item in node.expressions], position_at(node))
    return CallBinder(binding, scope, lambda tree: bind(binding, scope, tree)).call(node, clauses)


def _window(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "partition_by", "order", "spec", "alias", "over")
    return _call_with(binding, scope, node.this, Clauses(window=node))


def _named(name: str, *arguments: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    """A node of sqlglot's own for a call with a syntax of its own."""

    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node, *arguments)
        given = [bind(binding, scope, node.args[key]) for key in arguments if node.args.get(key) is not None]
        return apply(binding, name, given, position_at(node)).called(name)

    return handle


def _trim(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression", "position")
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "btrim")
    trees = [node.this] if node.expression is None else [node.this, node.expression]
    return apply(binding, name, [bind(binding, scope, tree) for tree in trees], position_at(node))


_WHOLE_PARTS: Final = 0
_PART_DIGITS: Final = {"second": 6, "seconds": 6, "epoch": 6, "milliseconds": 3, "julian": 6}


def _extract(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression")
    unit = str(node.this.name if isinstance(node.this, exp.Expr) else node.this).lower()
    value = bind(binding, scope, node.expression)
    part = apply(binding, "date_part", [Bound("", t.UNKNOWN, constant=unit), value], position_at(node))
    digits = _PART_DIGITS.get(unit, _WHOLE_PARTS)
    return Bound(f"CAST({part.sql} AS DECIMAL(38,{digits}))", t.NUMERIC, "extract", names_strongly=True)


def _at_time_zone(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "zone")
    zone, value = bind(binding, scope, node.args["zone"]), bind(binding, scope, node.this)
    if value.type.oid == t.DATE.oid:
        value = coerce(binding, value, t.TIMESTAMPTZ)
    return apply(binding, "timezone", [zone, value], position_at(node))


def _collate(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expression")
    named = node.expression
    name = fold(named.this if isinstance(named, exp.Column) else named)
    if name not in ("C", "POSIX", "default", "ucs_basic"):
        raise UndefinedObject(f'collation "{name}" for encoding "UTF8" does not exist', position=position_at(named))
    return bind(binding, scope, node.this)


# The session


def _moment(sql_type: SqlType, name: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node, "this")
        start = f"make_timestamptz(CAST({binding.session_value('now')} AS BIGINT))"
        sql = start if sql_type.oid == t.TIMESTAMPTZ.oid else f"CAST({start} AS {duckdb_type(sql_type)})"
        if sql_type.oid == t.TIME.oid:
            sql = f"CAST(CAST({start} AS TIMESTAMP) AS TIME)"
        bound = Bound(sql, sql_type, name, names_strongly=True)
        if node.this is None:
            return bound
        digits = int(str(node.this.this)) if isinstance(node.this, exp.Literal) else 6
        return coerce(binding, bound, SqlType(sql_type.oid, min(digits, 6)), "explicit").called(name)

    return handle


def _now(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    name = "now" if node.meta.get("start") is not None else "current_timestamp"
    return _moment(t.TIMESTAMPTZ, name)(binding, scope, node)


def _session(name: str) -> Callable[[Binding, Scope, exp.Expr], Bound]:
    def handle(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
        only(node)
        return apply(binding, name, (), position_at(node))

    return handle


# Subqueries and arrays


def _subquery(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    query = binding.bind_query(binding, scope, node)
    if len(query.columns) != 1:
        raise SqlSyntaxError("subquery must return only one column", position=position_at(node))
    name, bound = query.columns[0]
    target = t.TEXT if bound.is_unknown else bound.type
    return Bound(f"({query.render((target,))})", target, name, names_strongly=True)


def _exists(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this")
    query = binding.bind_query(binding, scope, node.this)
    return Bound(f"EXISTS ({query.render_settled()})", t.BOOLEAN, "exists", names_strongly=True)


def _array(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "expressions", "bracket_notation", "value_constructor")
    trees = node.expressions
    if len(trees) == 1 and isinstance(trees[0], exp.Query):
        query = binding.bind_query(binding, scope, trees[0])
        if len(query.columns) != 1:
            raise SqlSyntaxError("subquery must return only one column", position=position_at(node))
        bound = query.columns[0][1]
        element = t.TEXT if bound.is_unknown else bound.type
        return Bound(f"ARRAY({query.render((element,))})", array_of(SqlType(element.oid)), "array", names_strongly=True)
    items = [bind(binding, scope, tree) for tree in trees]
    if not items:
        return Bound("[]", t.UNKNOWN, "array", names_strongly=True, constant="{}")
    element = common_type(items, "ARRAY")
    if array_element(element) is not None:
        raise refuse("an array of more than one dimension", node)
    if element.oid in (t.RECORD.oid, t.JSON.oid) and element.oid == t.RECORD.oid:
        raise refuse("an array of rows", node)
    texts = ", ".join(coerce(binding, item, element).sql for item in items)
    return Bound(
        f"CAST([{texts}] AS {duckdb_type(element)}[])" if element.oid != t.NUMERIC.oid else f"[{texts}]",
        array_of(SqlType(element.oid)),
        "array",
        names_strongly=True,
    )


def _bracket(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    only(node, "this", "expressions")
    value = bind(binding, scope, node.this)
    index = node.expressions[0]
    element = array_element(value.type)
    if value.type.oid == t.JSONB.oid and element is None:
        return operators.binary(binding, "->", value, bind(binding, scope, index.expressions[0]))
    if element is None:
        raise DatatypeMismatch(
            f"cannot subscript type {value.type} because it does not support subscripting", position=value.position
        )
    if str(index.this) == "slice":
        low, high = (
            "NULL" if isinstance(tree, exp.Null) else coerce(binding, bind(binding, scope, tree), t.INTEGER).sql
            for tree in index.expressions
        )
        lower = "1" if low == "NULL" else f"greatest({low}, 1)"
        upper = f"len({value.sql})" if high == "NULL" else high
        return value.computed(f"({value.sql})[{lower}:{upper}]", value.type)
    at = coerce(binding, bind(binding, scope, index.expressions[0]), t.INTEGER).sql
    if value.type.oid in VECTORS:
        at = f"({at} + 1)"
    # Counted from its end, as DuckDB would do below 1, there is nothing in PostgreSQL.
    return value.computed(f"(CASE WHEN {at} > 0 THEN ({value.sql})[{at}] END)", element)


_HANDLERS: Final[dict[type[exp.Expr], Callable[[Binding, Scope, exp.Expr], Bound]]] = {
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Parameter: _parameter,
    exp.Column: _column,
    exp.Identifier: _identifier,
    exp.Paren: _paren,
    exp.Tuple: _tuple,
    exp.Dot: _dot,
    exp.Cast: _cast,
    exp.Case: _case,
    exp.And: _connector("AND"),
    exp.Or: _connector("OR"),
    exp.Not: _not,
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
    exp.JSONBContainsTopKey: _operator("?"),
    exp.JSONBContainsAnyTopKeys: _operator("?|"),
    exp.JSONBContainsAllTopKeys: _operator("?&"),
    exp.ArrayContainsAll: _operator("@>"),
    exp.ArrayContainedBy: _operator("<@"),
    exp.ArrayOverlaps: _operator("&&"),
    exp.StartsWith: _operator("^@"),
    exp.Operator: _named_operator,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Escape: _escape,
    exp.SimilarTo: _similar,
    exp.Is: _is,
    exp.NullSafeEQ: _distinct_from,
    exp.NullSafeNEQ: _distinct_from,
    exp.Between: _between,
    exp.In: _in,
    exp.Neg: _negative,
    exp.BitwiseNot: _complement,
    exp.Anonymous: _call,
    exp.Filter: _call,
    exp.WithinGroup: _call,
    exp.Window: _window,
    exp.Substring: _named("substring", "this", "start", "length"),
    exp.StrPosition: _named("position", "this", "substr"),
    exp.Overlay: _named("overlay", "this", "expression", "from_", "for_"),
    exp.Trim: _trim,
    exp.Extract: _extract,
    exp.AtTimeZone: _at_time_zone,
    exp.Collate: _collate,
    exp.CurrentTimestamp: _now,
    exp.CurrentDate: _moment(t.DATE, "current_date"),
    exp.Localtimestamp: _moment(t.TIMESTAMP, "localtimestamp"),
    exp.Localtime: _moment(t.TIME, "localtime"),
    exp.Uuid: _session("gen_random_uuid"),
    exp.CurrentUser: _session("current_user"),
    exp.SessionUser: _session("session_user"),
    exp.CurrentSchema: _session("current_schema"),
    exp.CurrentCatalog: _session("current_catalog"),
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Union: _subquery,
    exp.Intersect: _subquery,
    exp.Except: _subquery,
    exp.Values: _subquery,
    exp.Exists: _exists,
    exp.Array: _array,
    exp.Bracket: _bracket,
}
