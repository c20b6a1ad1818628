"""Functions in FROM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql.binding.arguments import function_name, read_arguments
from sql.binding.calls import apply
from sql.binding.coercion import coerce
from sql.binding.expressions import bind
from sql.binding.from_records import record_source
from sql.binding.intervals import plain_interval
from sql.binding.named_arguments import without_names
from sql.binding.record_functions import RECORD_FUNCTIONS
from sql.binding.scope import Scope, Source
from sql.binding.set_calls import PAIRS, set_call
from sql.binding.signatures import signatures
from sql.binding.tree import fold, only, position_at, refuse
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type, identifier
from sql.token_rewrites import call_of
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from sql.binding.set_calls import SetCall
from sql.binding.sources import renamed


def function_source(binding: Binding, scope: Scope, node: exp.Anonymous, tree: exp.Expr) -> tuple[str, Source]:
    """A function in FROM: its rows are unnested from a list, but for series, which DuckDB makes as it goes."""
    only(node, "this", "expressions")
    alias, ordinality = tree.args.get("alias"), bool(tree.args.get("ordinality"))
    name = function_name(binding, node)
    arguments = read_arguments(without_names(binding, scope, node))
    if arguments.star or arguments.distinct or arguments.order:
        raise refuse(f"this call of {name} in FROM", node)
    scope.clause = "functions in FROM"
    given = [bind(binding, scope, tree) for tree in arguments.trees]
    if name in RECORD_FUNCTIONS:
        return record_source(binding, name, given, node, tree)
    called = binding.fresh("s")
    position = position_at(node)
    visible = fold(alias.this) if alias is not None and alias.this is not None else name
    is_set = any(signature.kind == "set" for signature in signatures().get(name, ()))
    if is_set and name == "unnest" and len(given) > 1:
        lists = [set_call(binding, name, [value], position) for value in given]
        unnested = [Bound(each.rows, each.returns, "unnest", scale=each.digits) for each in lists]
        return _columns(unnested, visible, called, alias, node, ordinality=ordinality)
    if name in PAIRS:
        call = set_call(binding, name, given, position)
        keys, values = call.lists()
        pair = [Bound(keys, t.TEXT, "key"), Bound(values, PAIRS[name], "value")]
        return _columns(pair, visible, called, alias, node, ordinality=ordinality)
    if is_set:
        call = set_call(binding, name, given, position)
        rows = call.rows
        row = Bound(rows, call.returns, scale=call.digits)
        fast = name == "generate_series" and call.returns.oid != t.NUMERIC.oid
        if fast and not ordinality and not any(tree.find(exp.Column) for tree in arguments.trees):
            sql = _series(binding, call, called)
        else:
            numbers = f", generate_subscripts({rows}, 1) AS c2" if ordinality else ""
            sql = f"LATERAL (SELECT unnest({rows}) AS c1{numbers}) AS {identifier(called)}"
    else:
        row = apply(binding, name, given, position)
        numbers = ", CAST(1 AS BIGINT) AS c2" if ordinality else ""
        sql = f"LATERAL (SELECT {row.sql} AS c1{numbers}) AS {identifier(called)}"
    return sql, _source_of(visible, called, row, alias, node, ordinality=ordinality)


def _columns(
    columns: Sequence[Bound],
    visible: str,
    called: str,
    alias: exp.Expr | None,
    node: exp.Anonymous,
    *,
    ordinality: bool,
) -> tuple[str, Source]:
    """Lists side by side, each with the name and type of its column: as many rows as the longest list has."""
    items = [f"unnest({column.sql}) AS c{number}" for number, column in enumerate(columns, start=1)]
    bound = [
        (column.name, replace(column, sql=f"{identifier(called)}.c{number}", names_strongly=True))
        for number, column in enumerate(columns, start=1)
    ]
    if ordinality:
        longest = f"greatest({', '.join(f'len({column.sql})' for column in columns)})"
        items.append(f"unnest(range(1, {longest} + 1)) AS c0")
        bound.append(("ordinality", Bound(f"{identifier(called)}.c0", t.BIGINT, "ordinality", names_strongly=True)))
    sql = f"LATERAL (SELECT {', '.join(items)}) AS {identifier(called)}"
    return sql, Source(visible, renamed(tuple(bound), alias, node))


def _series(binding: Binding, call: SetCall, called: str) -> str:
    """A series as DuckDB makes it, row by row; it knows only 64-bit integers and timestamps."""
    counts = call.returns.oid in (t.INTEGER.oid, t.BIGINT.oid, t.NUMERIC.oid)
    texts = [
        coerce(binding, value, t.BIGINT, "assignment").sql if counts else plain_interval(value.sql)
        for value in call.arguments
    ]
    series = f"generate_series({', '.join(texts)}) AS series(c1)"
    return f"(SELECT CAST(c1 AS {duckdb_type(call.returns)}) AS c1 FROM {series}) AS {identifier(called)}"


def _source_of(
    visible: str, called: str, row: Bound, alias: exp.Expr | None, node: exp.Anonymous, *, ordinality: bool
) -> Source:
    name = "value" if call_of(node)[1].startswith(("json_array_elements", "jsonb_array_elements")) else visible
    column = Bound(f"{identifier(called)}.c1", row.type, name, names_strongly=True, scale=row.digits)
    columns = [(name, column)]
    if ordinality:
        number = Bound(f"{identifier(called)}.c2", t.BIGINT, "ordinality", names_strongly=True)
        columns.append(("ordinality", number))
    return Source(visible, renamed(tuple(columns), alias, node), is_scalar=not ordinality)
