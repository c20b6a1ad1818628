"""IN, ANY and ALL: a value against a list, an array or a subquery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql.binding import operators
from sql.binding.coercion import coerce, common_type
from sql.binding.digits import common_digits, is_numeric, rescaled
from sql.binding.elements import array_element
from sql.binding.jsonb_equality import keyed
from sql.binding.long_lists import is_long_array, parameter_list, takes_tables
from sql.binding.numeric_columns import with_digits
from sql.binding.short_circuit import connected, only_truth_counts
from sql.binding.sources import output_columns
from sql.binding.tree import only, position_at, query_in, refuse
from sql.binding.values import Bound
from sql.duckdb_types import identifier
from sql.errors import DatatypeMismatch, SqlSyntaxError, WrongObjectType
from storage import types as t
from storage.types import SqlType, array_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.bound_query import BoundQuery
    from sql.binding.context import Binding
    from sql.binding.scope import Scope


def in_list(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """`x IN (…)`."""
    only(node, "this", "expressions", "query")
    left = binding.bind(scope, node.this)
    query = node.args.get("query")
    if query is None and len(node.expressions) == 1:
        query = query_in(node.expressions[0])
    if query is not None:
        return _in_query(binding, scope, left, query)
    items = [binding.bind(scope, item) for item in node.expressions]
    if left.is_unknown:
        left = coerce(binding, left, common_type(items, "IN"))
    if left.type.oid == t.RECORD.oid:
        tests = [operators.compare(binding, "=", left, item).sql for item in items]
        return Bound(f"({' OR '.join(tests)})", t.BOOLEAN)
    pairs = [operators.comparable(binding, "=", left, item) for item in items]
    listed = parameter_list(binding, node.expressions, [other for _, other in pairs]) if takes_tables(scope) else None
    if listed is not None and len({one.sql for one, _ in pairs}) == 1:
        found = f"({pairs[0][0].sql} IN (SELECT unnest({listed[0]})))"
        others = [pair for place, pair in enumerate(pairs) if place not in listed[1]]
        return Bound(f"({found} OR {_among(others, scope)})" if others else found, t.BOOLEAN)
    return Bound(_among(pairs, scope), t.BOOLEAN)


def _among(pairs: Sequence[tuple[Bound, Bound]], scope: Scope) -> str:
    separate = connected("OR", [f"({one.sql} = {other.sql})" for one, other in pairs], scope)
    if len({one.sql for one, _ in pairs}) == 1 and not separate.startswith("(CASE"):
        listed = ", ".join(other.sql for _, other in pairs)
        return f"({pairs[0][0].sql} IN ({listed}))"
    return separate


def _in_query(binding: Binding, scope: Scope, left: Bound, tree: exp.Expr) -> Bound:
    query = binding.bind_query(scope, tree)
    lefts = [bound for _, bound in left.fields] if left.type.oid == t.RECORD.oid else [left]
    if len(query.columns) != len(lefts):
        words = "many" if len(query.columns) > len(lefts) else "few"
        raise SqlSyntaxError(f"subquery has too {words} columns", position=position_at(tree))
    ones, types = _comparable_columns(binding, "=", lefts, [bound for _, bound in query.columns])
    if len(ones) == 1:
        one, sql = _of_one_scale(binding, ones[0], query, types)
        return Bound(f"({one} IN ({keyed(sql, types, binding.fresh('q'))}))", t.BOOLEAN)
    called = binding.fresh("q")
    equal = " AND ".join(f"({one.sql} = {called}.c{number})" for number, one in enumerate(ones, start=1))
    rows = f"({keyed(query.render(types), types, binding.fresh('q'))}) AS {called}"
    # DuckDB's own comparison of rows takes NULL for a value.
    found = f"(EXISTS (SELECT 1 FROM {rows} WHERE {equal}))"
    if only_truth_counts(tree):
        return Bound(found, t.BOOLEAN)
    nulls = (
        " OR ".join(f"{called}.c{number} IS NULL" for number in range(1, len(ones) + 1)),
        " OR ".join(f"{one.sql} IS NULL" for one in ones),
    )
    # Few rows have such fields: apart from the others they are compared one with each.
    unknown = " OR ".join(f"EXISTS (SELECT 1 FROM {rows} WHERE ({each}) AND ({equal}) IS NULL)" for each in nulls)
    return Bound(f"(CASE WHEN {found} THEN true WHEN {unknown} THEN NULL ELSE false END)", t.BOOLEAN)


def _comparable_columns(
    binding: Binding, symbol: str, lefts: Sequence[Bound], columns: Sequence[Bound]
) -> tuple[list[Bound], tuple[SqlType, ...]]:
    ones, types = [], []
    for left, column in zip(lefts, columns, strict=True):
        if column.is_unknown:
            wanted = t.TEXT if left.is_unknown else SqlType(left.type.oid)
            ones.append(coerce(binding, left, wanted))
            types.append(wanted)
        else:
            one, other = operators.comparable(binding, symbol, left, column)
            ones.append(one)
            types.append(other.type)
    return ones, tuple(types)


def bind_quantified(binding: Binding, scope: Scope, symbol: str, left_tree: exp.Expr, node: exp.Expr) -> Bound:
    """`x op ANY (…)`, `x op ALL (…)`."""
    only(node, "this")
    is_any = isinstance(node, exp.Any)
    left = binding.bind(scope, left_tree)
    inner = node.this
    query = query_in(inner)
    if query is not None:
        return _against_query(binding, scope, symbol, left, query, is_any=is_any)
    while isinstance(inner, exp.Paren):
        inner = inner.this
    values = binding.bind(scope, inner)
    if values.is_unknown:
        element = t.TEXT if left.is_unknown else SqlType(left.type.oid)
        values = coerce(binding, values, array_of(element))
    found = array_element(values.type)
    if found is None:
        raise WrongObjectType("op ANY/ALL (array) requires array on right side", position=position_at(inner))
    # The same expression has the same text: so what is grouped by is known again. A lambda within has another name.
    name = f"element{left.sql.count('lambda ')}"
    # DuckDB has no subqueries in lambdas.
    operand = f"operand{left.sql.count('lambda ')}" if "SELECT " in left.sql else None
    tested = left if operand is None else replace(left, sql=operand)
    test = operators.binary(binding, symbol, tested, Bound(name, found))
    if test.type.oid != t.BOOLEAN.oid:
        raise WrongObjectType("op ANY/ALL (array) requires operator to yield boolean", position=left.position)
    is_equality = (symbol, is_any) in (("=", True), ("<>", False)) and left.type.oid != t.RECORD.oid
    if is_equality and takes_tables(scope) and is_long_array(inner) and not is_numeric(found):
        # Under a name that is always the same, so that what is grouped by is known again.
        one, other = operators.comparable(binding, symbol, left, Bound("item", found))
        return _among_elements(values.sql, one.sql, other.sql, node)
    results = f"list_transform({values.sql}, lambda {name}: {test.sql})"
    if operand is not None:
        results = f"list_transform([{left.sql}], lambda {operand}: {results})[1]"
    if is_any:
        return Bound(f"(CASE WHEN len({values.sql}) = 0 THEN false ELSE silt_any({results}) END)", t.BOOLEAN)
    return Bound(f"(CASE WHEN len({values.sql}) = 0 THEN true ELSE silt_all({results}) END)", t.BOOLEAN)


def _among_elements(array: str, one: str, other: str, node: exp.Expr) -> Bound:
    """`one` = ANY or <> ALL of an array, looked up in a table of what each `item` of it is compared as: `other`."""
    found = f"({one} IN (SELECT {other} FROM (SELECT unnest({array}) AS item)))"
    if isinstance(node, exp.All):
        found = f"(NOT {found})"
    is_array = isinstance(node.this, exp.Array)
    if is_array or (isinstance(node, exp.Any) and node.parent is not None and only_truth_counts(node.parent)):
        return Bound(found, t.BOOLEAN)
    # Of no array nothing is known.
    return Bound(f"(CASE WHEN {array} IS NULL THEN NULL ELSE {found} END)", t.BOOLEAN)


def _against_query(binding: Binding, scope: Scope, symbol: str, left: Bound, tree: exp.Expr, *, is_any: bool) -> Bound:
    if left.type.oid == t.RECORD.oid:
        if (symbol, is_any) not in (("=", True), ("<>", False)):
            raise refuse(f"row {symbol} {'ANY' if is_any else 'ALL'} (query)", tree)
        found = _in_query(binding, scope, left, tree)
        return found if is_any else Bound(f"(NOT {found.sql})", t.BOOLEAN)
    query = binding.bind_query(scope, tree)
    if len(query.columns) != 1:
        raise SqlSyntaxError("subquery has too many columns", position=position_at(tree))
    if symbol not in operators.COMPARISONS:
        return _tested_rows(binding, symbol, left, query, is_any=is_any)
    ones, types = _comparable_columns(binding, symbol, [left], [query.columns[0][1]])
    word = "ANY" if is_any else "ALL"
    one, sql = _of_one_scale(binding, ones[0], query, types)
    sql = keyed(sql, types, binding.fresh("q"), is_equality=symbol in ("=", "<>"))
    return Bound(f"({one} {symbol} {word} ({sql}))", t.BOOLEAN)


def _tested_rows(binding: Binding, symbol: str, left: Bound, query: BoundQuery, *, is_any: bool) -> Bound:
    """`x ~ ANY (query)` and its like: DuckDB has ANY and ALL of comparisons only."""
    called = binding.fresh("q")
    _, column = output_columns(query.columns, query.types, called)[0]
    test = operators.binary(binding, symbol, left, column)
    if test.type.oid != t.BOOLEAN.oid:
        words = f"row comparison operator must yield type boolean, not type {test.type}"
        raise DatatypeMismatch(words, position=left.position)
    decided = f"bool_or({test.sql})" if is_any else f"NOT bool_and({test.sql})"
    decides, otherwise = ("true", "false") if is_any else ("false", "true")
    found = f"CASE WHEN {decided} THEN {decides} WHEN count(*) = count({test.sql}) THEN {otherwise} END"
    return Bound(f"(SELECT {found} FROM ({query.render_settled()}) AS {identifier(called)})", t.BOOLEAN)


def _of_one_scale(binding: Binding, one: Bound, query: BoundQuery, types: tuple[SqlType, ...]) -> tuple[str, str]:
    """A value, and a query of a column that it is compared with: as numerics with as many digits after the point."""
    column = query.columns[0][1]
    digits = common_digits((one, column)) if is_numeric(types[0]) else None
    return rescaled(one, digits, one).sql, with_digits(binding, query, types, (digits,))
