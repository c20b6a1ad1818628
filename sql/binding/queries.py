"""Queries: WITH, set operations, VALUES, parentheses, and SELECT below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.binding.bound_query import BoundQuery
from sql.binding.coercion import coerce, common_type
from sql.binding.digits import DIVISION_SCALE, as_one, common_digits, is_numeric
from sql.binding.directions import direction
from sql.binding.expressions import bind
from sql.binding.jsonb_equality import has_jsonb, order_key, set_operation
from sql.binding.numeric_columns import columns_digits, with_column_digits, with_digits
from sql.binding.ordering import item_meant, limit_offset, with_ties
from sql.binding.orders import require_equality
from sql.binding.parts import marked_part, part_query
from sql.binding.recursion import references_to, require_well_formed
from sql.binding.scope import CommonTable, Scope
from sql.binding.selects import bind_select
from sql.binding.sources import output_columns
from sql.binding.ties import has_ties
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import Bound
from sql.duckdb_types import identifier
from sql.errors import (
    DatatypeMismatch,
    DuplicateAlias,
    FeatureNotSupported,
    InvalidColumnReference,
    InvalidRecursion,
    SqlSyntaxError,
    UndefinedColumn,
)
from storage import types as t
from storage.types import SqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding

__all__ = ["BoundQuery", "bind_query"]


def bind_query(binding: Binding, parent: Scope | None, node: exp.Expr) -> BoundQuery:
    """Bind a query; `parent` is the scope around it. Raises `SqlError`."""
    binding.growth.add_query()
    scope = Scope(parent=parent)
    prefix = bind_with(binding, scope, node)
    query = _body(binding, scope, node)
    if not prefix:
        return query
    announced = query.render_announced
    return BoundQuery(
        query.columns,
        lambda types: prefix + query.render(types),
        None if announced is None else lambda types: prefix + announced(types),
    )


def _body(binding: Binding, scope: Scope, node: exp.Expr) -> BoundQuery:
    match node:
        case exp.Select():
            return bind_select(binding, scope, node)
        case exp.Union() | exp.Intersect() | exp.Except():
            return _set_operation(binding, scope, node)
        case exp.Values():
            return _values(binding, scope, node)
        case exp.Subquery():
            return _parenthesised(binding, scope, node)
        case _:
            raise refuse(f"{node.key.upper()} here", node)


def _parenthesised(binding: Binding, scope: Scope, node: exp.Subquery) -> BoundQuery:
    only(node, "this", "alias", "order", "limit", "offset", "with_", "joins")
    inner = bind_query(binding, scope, node.this)
    behind = _ordered(binding, scope, node, inner)
    if not behind:
        return inner
    return BoundQuery(
        inner.columns, lambda types: f"SELECT * FROM ({inner.render(types)}) AS {binding.fresh('s')}{behind}"
    )


def _ordered(binding: Binding, scope: Scope, node: exp.Expr, query: BoundQuery) -> str:
    """ORDER BY and LIMIT of something of which only the columns' names are known."""
    order = node.args.get("order")
    text = ""
    columns = []
    if order is not None:
        items = []
        for item in order.expressions:
            index = item_meant(item.this, query.columns, "ORDER BY")
            if index is None:
                if isinstance(item.this, exp.Column):
                    raise UndefinedColumn(f'column "{item.this.name}" does not exist', position=position_at(item.this))
                raise refuse("an expression in ORDER BY of UNION, INTERSECT or EXCEPT", item.this)
            sql_type = query.columns[index - 1][1].type
            key = order_key(f"c{index}", sql_type)
            items.append(f"{key if sql_type.oid == t.JSONB.oid else index}{direction(item)}")
            columns.append(f"{key}{direction(item)}")
        text = f" ORDER BY {', '.join(items)}"
    return with_ties(binding, scope, node, columns) + text + limit_offset(binding, scope, node)


def _set_operation(binding: Binding, scope: Scope, node: exp.Expr) -> BoundQuery:
    only(node, "this", "expression", "distinct", "order", "limit", "offset", "with_")
    word = node.key.upper()
    left, right = bind_query(binding, scope, node.this), bind_query(binding, scope, node.args["expression"])
    if len(left.columns) != len(right.columns):
        raise SqlSyntaxError(
            f"each {word} query must have the same number of columns", position=_start(node.args["expression"])
        )
    types = tuple(
        common_type((one, other), word) for (_, one), (_, other) in zip(left.columns, right.columns, strict=True)
    )
    if word != "UNION" or node.args.get("distinct"):
        require_equality(bound for _, bound in left.columns)
    digits = columns_digits(left, right)
    columns = tuple(
        (name, Bound(f"c{number}", sql_type, name, names_strongly=True, scale=scale if is_numeric(sql_type) else None))
        for number, ((name, _), sql_type, scale) in enumerate(zip(left.columns, types, digits, strict=True), start=1)
    )
    every = "" if node.args.get("distinct") else " ALL"
    query = BoundQuery(columns, lambda _types: "")
    behind = _ordered(binding, scope, node, query)

    def render(wanted: Sequence[SqlType]) -> str:
        one, other = (with_digits(binding, query, types, digits) for query in (left, right))
        by_keys = has_jsonb(types)
        sql = (
            set_operation(word, one, other, types, is_all=bool(every))
            if by_keys
            else f"({one}) {word}{every} ({other})"
        )
        # What a window orders is a query of its own, and so is what is ordered by keys.
        is_inner = has_ties(node) or by_keys
        sql = f"SELECT * FROM ({sql}) AS {binding.fresh('s')}{behind}" if is_inner else f"{sql}{behind}"
        return converted(binding, sql, types, wanted)

    return BoundQuery(columns, render)


def _start(node: exp.Expr) -> int | None:
    """Where the first item of a query stands."""
    query = node
    while not isinstance(query, exp.Select) and isinstance(query.this, exp.Expr):
        query = query.this
    return position_at(query.expressions[0]) if query.expressions else position_at(node)


def converted(binding: Binding, sql: str, types: Sequence[SqlType], wanted: Sequence[SqlType]) -> str:
    """The text of a query with its columns cast from their types to others."""
    if tuple(types) == tuple(wanted):
        return sql
    called = binding.fresh("s")
    listed = ", ".join(
        f"{coerce(binding, Bound(f'{called}.c{number}', have), want, 'assignment').sql} AS c{number}"
        for number, (have, want) in enumerate(zip(types, wanted, strict=True), start=1)
    )
    return f"SELECT {listed} FROM ({sql}) AS {called}"


def _values(binding: Binding, scope: Scope, node: exp.Values) -> BoundQuery:
    only(node, "expressions", "alias", "order", "limit", "offset", "with_")
    scope.clause = "VALUES"
    rows = [[bind(binding, scope, item) for item in row.expressions] for row in node.expressions]
    for row in rows:
        if len(row) != len(rows[0]):
            raise SqlSyntaxError("VALUES lists must all be the same length", position=row[0].position)
    columns = tuple(
        (f"column{number}", _values_column([row[number - 1] for row in rows], number))
        for number in range(1, len(rows[0]) + 1)
    )
    behind = _ordered(binding, scope, node, BoundQuery(columns, lambda _types: ""))

    def render(types: Sequence[SqlType]) -> str:
        shown = [
            as_one([coerce(binding, value, wanted, "assignment") for value in values], values)
            for values, wanted in zip(zip(*rows, strict=True), types, strict=True)
        ]
        listed = ", ".join(f"({', '.join(value.sql for value in row)})" for row in zip(*shown, strict=True))
        names = ", ".join(f"c{number}" for number in range(1, len(columns) + 1))
        return f"SELECT {names} FROM (VALUES {listed}) AS {binding.fresh('s')}({names}){behind}"

    return BoundQuery(columns, render)


def _values_column(values: list[Bound], number: int) -> Bound:
    """What the column of a VALUES list is; one that holds only open values stays open."""
    if len(values) == 1:
        return values[0].called(f"column{number}")
    if all(value.is_unknown for value in values):
        return Bound("", SqlType(values[0].type.oid), f"column{number}", constant="")
    together = common_type(values, "VALUES")
    digits = common_digits(values) if is_numeric(together) else None
    return Bound(f"c{number}", together, f"column{number}", scale=digits)


# WITH


def bind_with(binding: Binding, scope: Scope, node: exp.Expr) -> str:
    """Bind the WITH queries of a statement into its scope; returns their text with the space behind it."""
    clause = node.args.get("with_")
    if clause is None:
        return ""
    only(clause, "expressions", "recursive")
    texts: list[str] = []
    recursive = bool(clause.args.get("recursive"))
    for each in clause.expressions:
        only(each, "this", "alias", "materialized")
        name = fold(each.args["alias"].this)
        if name in scope.common:
            raise DuplicateAlias(f'WITH query name "{name}" specified more than once', position=position_at(each))
        texts.append(_common_table(binding, scope, each, name, recursive=recursive))
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(texts)} "


def bind_with_again(binding: Binding, scope: Scope, statement: exp.Expr | None, readers: Sequence[exp.Expr]) -> str:
    """As `bind_with`, for another text of the same statement: empty where nothing in it can read WITH queries."""
    if statement is None or not any(reader.find(exp.Query) is not None for reader in readers):
        return ""
    return bind_with(binding, scope, statement)


def _common_table(binding: Binding, scope: Scope, node: exp.Expr, name: str, *, recursive: bool) -> str:
    alias = node.args["alias"]
    part = marked_part(node)
    if part is not None:
        return _given_table(binding, scope, part, alias, name)
    if isinstance(node.this, exp.Insert | exp.Update | exp.Delete):
        if binding.references is not None:
            raise FeatureNotSupported("views must not contain data-modifying statements in WITH")
        raise FeatureNotSupported(
            "WITH clause containing a data-modifying statement must be at the top level", position=position_at(alias)
        )
    if isinstance(node.this, exp.Merge):
        raise FeatureNotSupported("MERGE not supported in WITH query", position=position_at(alias))
    called = binding.fresh("w")
    if recursive and any(references_to(name, node.this)):
        sql = _recursive(binding, scope, node, name, called)
    else:
        query = binding.bind_query(scope, node.this)
        sql = query.render_settled()
        scope.common[name] = _table_of(query, query.types, called, alias)
    materialized = node.args.get("materialized")
    how = "" if materialized is None else "MATERIALIZED " if materialized else "NOT MATERIALIZED "
    return f"{identifier(called)} AS {how}({sql})"


def _given_table(binding: Binding, scope: Scope, part: int, alias: exp.Expr, name: str) -> str:
    """The rows that a part of the statement has given, as a WITH query."""
    assert binding.context.parts is not None, "only a statement in parts has markers"
    given = binding.context.parts.columns[part]
    called, rows = binding.fresh("w"), binding.scan_part(part)
    columns = [(each.name, Bound("", each.type, each.name)) for each in given]
    scope.common[name] = _common(columns, called, alias)
    return f"{identifier(called)} AS ({part_query(rows, given) if given else 'SELECT 1'})"


def _table_of(query: BoundQuery, types: Sequence[SqlType], called: str, alias: exp.Expr) -> CommonTable:
    return _common(output_columns(query.columns, types, called), called, alias)


def _common(columns: Sequence[tuple[str, Bound]], called: str, alias: exp.Expr) -> CommonTable:
    named = [fold(each) for each in alias.args.get("columns") or ()]
    if len(named) > len(columns):
        raise InvalidColumnReference(
            f'WITH query "{fold(alias.this)}" has {len(columns)} columns available but {len(named)} columns specified',
            position=position_at(alias),
        )
    names = named + [name for name, _ in columns[len(named) :]]
    return CommonTable(
        called,
        tuple(
            (
                name,
                Bound(f"c{number}", bound.type, name, names_strongly=True, scale=bound.digits, fields=bound.fields),
            )
            for number, (name, (_, bound)) in enumerate(zip(names, columns, strict=True), start=1)
        ),
    )


def _recursive(binding: Binding, scope: Scope, node: exp.Expr, name: str, called: str) -> str:
    """`non-recursive UNION [ALL] recursive`: the first part says what the columns are."""
    body = node.this
    if not isinstance(body, exp.Union):
        raise InvalidRecursion(
            f'recursive query "{name}" does not have the form non-recursive-term UNION [ALL] recursive-term',
            position=position_at(node),
        )
    require_well_formed(name, body)
    first = binding.bind_query(scope, body.this)
    types = first.types
    table = _table_of(first, types, called, node.args["alias"])
    scope.common[name] = table
    second = binding.bind_query(scope, body.args["expression"])
    if len(second.columns) != len(first.columns):
        raise SqlSyntaxError("each UNION query must have the same number of columns", position=position_at(node))
    digits = [bound.digits for _, bound in first.columns]
    met = columns_digits(first, second)
    while met != digits:
        # What it computes has more digits than what it begins with. If they become ever more, all get a quotient's.
        is_growing = digits != [bound.digits for _, bound in first.columns]
        digits = [each if each is None else max(each, DIVISION_SCALE) for each in met] if is_growing else met
        scope.common[name] = with_column_digits(table, digits)
        second = binding.bind_query(scope, body.args["expression"])
        met = digits if is_growing else columns_digits(first, second)
    for (column, bound), wanted in zip(second.columns, types, strict=True):
        if not bound.is_unknown and bound.type.oid != wanted.oid:
            raise DatatypeMismatch(
                f'recursive query "{name}" column "{column}" has type {wanted} in non-recursive term '
                f"but type {bound.type} overall",
                hint="Cast the output of the non-recursive term to the correct type.",
            )
    every = "" if body.args.get("distinct") else " ALL"
    one, other = (with_digits(binding, query, types, digits, is_widened=True) for query in (first, second))
    return f"{one} UNION{every} {other}"
