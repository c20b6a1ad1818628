"""Subqueries and arrays as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql.binding import operators
from sql.binding.coercion import coerce, coerce_all, common_type
from sql.binding.digits import as_one, common_digits
from sql.binding.elements import VECTORS, array_element, array_type
from sql.binding.long_lists import parameter_list
from sql.binding.record_fields import fields_of
from sql.binding.scope import row_of
from sql.binding.sources import output_columns
from sql.binding.tree import only, position_at, refuse
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type
from sql.errors import (
    CannotCoerce,
    DatatypeMismatch,
    IndeterminateDatatype,
    SqlSyntaxError,
)
from storage import types as t
from storage.types import SqlType

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from sql.binding.scope import Scope


def bind_subquery(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """A query that gives one value."""
    query = binding.bind_query(scope, node)
    if len(query.columns) != 1:
        raise SqlSyntaxError("subquery must return only one column", position=position_at(node))
    name, bound = query.columns[0]
    target = t.TEXT if bound.is_unknown else bound.type
    return Bound(f"({query.render((target,))})", target, name, names_strongly=True, scale=bound.digits)


def bind_row_subquery(binding: Binding, scope: Scope, node: exp.Expr, count: int) -> Bound:
    """A query that gives one row of so many columns, for a comparison with a row."""
    query = binding.bind_query(scope, node)
    if len(query.columns) != count:
        words = "many" if len(query.columns) > count else "few"
        raise SqlSyntaxError(f"subquery has too {words} columns", position=position_at(node))
    columns = output_columns(query.columns, query.types, "q")
    row = row_of((f"f{number}", bound) for number, (_, bound) in enumerate(columns, start=1))
    sql = f'(SELECT {row.sql} FROM ({query.render_settled()}) AS "q")'
    return Bound(sql, t.RECORD, "row", names_strongly=True, fields=fields_of(sql, row.fields))


def bind_exists(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """EXISTS."""
    only(node, "this")
    tree = node.this
    if isinstance(tree, exp.Select) and not tree.expressions:
        # It is not asked for its columns, and need not have any.
        tree = tree.copy()
        tree.set("expressions", [exp.Literal.number(1)])
    query = binding.bind_query(scope, tree)
    return Bound(f"EXISTS ({query.render_settled()})", t.BOOLEAN, "exists", names_strongly=True)


def bind_array(binding: Binding, scope: Scope, node: exp.Expr, wanted: SqlType | None = None) -> Bound:
    """ARRAY[…] and ARRAY(query). The items of what is cast to an array of the type `wanted` are cast one by one."""
    only(node, "expressions", "bracket_notation", "value_constructor")
    trees = node.expressions
    if len(trees) == 1 and isinstance(trees[0], exp.Query | exp.Values):
        query = binding.bind_query(scope, trees[0])
        if len(query.columns) != 1:
            raise SqlSyntaxError("subquery must return only one column", position=position_at(node))
        bound = query.columns[0][1]
        element = t.TEXT if bound.is_unknown else bound.type
        listed = f"ARRAY({query.render((element,))})"
        return Bound(listed, array_type(element), "array", names_strongly=True, scale=bound.digits)
    items = [binding.bind(scope, tree) for tree in trees]
    if not items and wanted is None:
        raise IndeterminateDatatype(
            "cannot determine type of empty array",
            hint="Explicitly cast to the desired type, for example ARRAY[]::integer[].",
            position=position_at(node),
        )
    if not items:
        return Bound("[]", t.UNKNOWN, "array", names_strongly=True, constant="{}")
    if wanted is None or any(array_element(item.type) is not None for item in items):
        element = common_type(items, "ARRAY")
        values = coerce_all(binding, items, element)
    else:
        element = SqlType(wanted.oid)
        values = [coerce(binding, item, element, "explicit") for item in items]
    returns = array_type(element)
    if element.oid in (t.RECORD.oid, t.JSON.oid) and element.oid == t.RECORD.oid:
        raise refuse("an array of rows", node)
    values = as_one(values, items)
    parameters = parameter_list(binding, trees, values)
    if parameters is not None and len(parameters[1]) == len(values):
        return Bound(parameters[0], returns, "array", names_strongly=True)
    texts = ", ".join(value.sql for value in values)
    return Bound(
        f"CAST([{texts}] AS {duckdb_type(element)}[])" if element.oid != t.NUMERIC.oid else f"[{texts}]",
        returns,
        "array",
        names_strongly=True,
        scale=common_digits(values),
    )


def bind_bracket(binding: Binding, scope: Scope, node: exp.Expr) -> Bound:
    """A subscript or a slice."""
    only(node, "this", "expressions")
    value = binding.bind(scope, node.this)
    index = node.expressions[0]
    element = array_element(value.type)
    if value.type.oid == t.JSONB.oid and element is None:
        return operators.binary(binding, "->", value, binding.bind(scope, index.expressions[0]))
    if element is None:
        raise DatatypeMismatch(
            f"cannot subscript type {value.type} because it does not support subscripting", position=value.position
        )
    if str(index.this) == "slice":
        low, high = (
            "" if isinstance(tree, exp.Star) else _place(binding, binding.bind(scope, tree))
            for tree in index.expressions  # `*` stands for one that is left out.
        )
        lower = f"greatest({low}, 1)" if low else "1"
        upper = high or f"len({value.sql})"
        sliced = f"({value.sql})[{lower}:{upper}]"
        # DuckDB takes a bound that is NULL for one that is left out.
        unknown = " OR ".join(f"{bound} IS NULL" for bound in (low, high) if bound and not bound[0].isdigit())
        sliced = f"(CASE WHEN {unknown} THEN NULL ELSE {sliced} END)" if unknown else sliced
        return replace(value.computed(sliced, value.type), scale=value.digits)
    at = _place(binding, binding.bind(scope, index.expressions[0]))
    if value.type.oid in VECTORS:
        at = f"({at} + 1)"
    # Counted from its end, as DuckDB would do below 1, there is nothing in PostgreSQL.
    item = value.computed(f"(CASE WHEN {at} > 0 THEN ({value.sql})[{at}] END)", element)
    scale = value.digits if element.oid == t.NUMERIC.oid else None
    return replace(item, scale=scale, fields=fields_of(item.sql, value.fields))


def _place(binding: Binding, subscript: Bound) -> str:
    """A subscript of an array: whatever can be assigned to an integer."""
    try:
        return coerce(binding, subscript, t.INTEGER, "assignment").sql
    except CannotCoerce:
        raise DatatypeMismatch("array subscript must have type integer", position=subscript.position) from None
