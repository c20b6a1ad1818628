"""A parsed query → `QueryPlan`: the only place where text for DuckDB comes from. The work is done in `sql.binding`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding import sources
from sql.binding.bound_query import announced_column
from sql.binding.coercion import assign, coerce
from sql.binding.context import BindContext, Binding
from sql.binding.expressions import bind as bind_expression
from sql.binding.queries import bind_query as bind_query_in
from sql.binding.scope import Scope, Source
from sql.binding.selects import bind_item
from sql.binding.values import Bound
from sql.binding.writes import delete_source, insert_source, update_source
from sql.errors import FeatureNotSupported
from sql.plan import QueryPlan
from sql.result import ResultColumn
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot import exp

    from storage.catalog_entries import Table
    from storage.types import SqlType

__all__ = [
    "BindContext",
    "bind_delete_source",
    "bind_expressions",
    "bind_insert_source",
    "bind_query",
    "bind_rows_query",
    "bind_update_source",
]


def bind_query(tree: exp.Expr, context: BindContext) -> QueryPlan:
    """The plan of SELECT, VALUES or a set operation. Raises `SqlError` as PostgreSQL would."""
    binding = Binding(context, bind_expression, bind_query_in)
    query = bind_query_in(binding, None, tree)
    types = query.types
    sql = query.announced()
    columns = [
        (name, Bound(bound.sql, sql_type, table_oid=bound.table_oid, column_number=bound.column_number))
        for (name, bound), sql_type in zip(query.columns, types, strict=True)
    ]
    return _plan(binding, sql, columns)


def bind_rows_query(select_list: Sequence[exp.Expr], table: Table, alias: str, context: BindContext) -> QueryPlan:
    """The plan of a RETURNING over rows that the executor hands in, which have the table's columns."""
    binding = Binding(context, bind_expression, bind_query_in)
    rows = binding.scan_rows()
    scope = Scope()
    scope.add(Source(alias, sources.rows_columns(table, rows)))
    items = [item for tree in select_list for item in bind_item(binding, scope, tree)]
    typed = [(name, coerce(binding, bound, t.TEXT) if bound.is_unknown else bound) for name, bound in items]
    return _plan(binding, f'SELECT {_announced_list(typed)} FROM "{rows}"', typed)


def bind_insert_source(
    source: exp.Expr,
    table: Table,
    positions: Sequence[int],
    defaults: Mapping[int, exp.Expr],
    context: BindContext,
) -> QueryPlan:
    """The plan that gives every column of a table, in order, cast as an assignment casts.

    The columns at `positions` come from the query `source`, the others from the expressions `defaults`; a column in
    neither is NULL. The last of `positions` may be in `defaults`, too: of these the query may give fewer. Raises
    `DatatypeMismatch` where PostgreSQL has no assignment cast.
    """
    binding = Binding(context, bind_expression, bind_query_in)
    sql = insert_source(binding, source, table, positions, defaults)
    return _table_plan(binding, sql, table, with_seq=False)


def bind_update_source(tree: exp.Update, table: Table, context: BindContext) -> QueryPlan:
    """The plan that gives `_seq` of each row that an UPDATE changes, and then all columns as they will be."""
    binding = Binding(context, bind_expression, bind_query_in)
    return _table_plan(binding, update_source(binding, tree, table), table, with_seq=True)


def bind_delete_source(tree: exp.Delete, table: Table, context: BindContext) -> QueryPlan:
    """The plan that gives `_seq` of each row that a DELETE removes; with RETURNING all its columns, too."""
    binding = Binding(context, bind_expression, bind_query_in)
    sql = delete_source(binding, tree, table)
    if tree.args.get("returning") is not None:
        return _table_plan(binding, sql, table, with_seq=True)
    return _plan(binding, sql, [("_seq", Bound("", t.BIGINT))])


def bind_expressions(trees: Sequence[exp.Expr], types: Sequence[SqlType], context: BindContext) -> QueryPlan:
    """The plan of one row: expressions without a table, as values of these types (assignment casts)."""
    binding = Binding(context, bind_expression, bind_query_in)
    scope = Scope()
    values = []
    for number, (tree, wanted) in enumerate(zip(trees, types, strict=True), start=1):
        bound = bind_item(binding, scope, tree)[0][1]
        values.append((bound.name, assign(binding, bound, wanted, f"column{number}")))
    return _plan(binding, f"SELECT {_announced_list(values)}", values)


def _announced_list(values: Sequence[tuple[str, Bound]]) -> str:
    return ", ".join(
        f"{announced_column(bound.sql, bound.type)} AS c{number}" for number, (_, bound) in enumerate(values, start=1)
    )


def _table_plan(binding: Binding, sql: str, table: Table, *, with_seq: bool) -> QueryPlan:
    columns = [
        (column.name, Bound("", column.type, table_oid=table.oid, column_number=column.number))
        for column in table.columns
    ]
    return _plan(binding, sql, [("_seq", Bound("", t.BIGINT)), *columns] if with_seq else columns)


def _plan(binding: Binding, sql: str, columns: Sequence[tuple[str, Bound]]) -> QueryPlan:
    for _, bound in columns:
        if bound.type.oid == t.RECORD.oid:
            raise FeatureNotSupported("a row as one value of a result is not supported", position=bound.position)
    described = tuple(ResultColumn(name, bound.type, bound.table_oid, bound.column_number) for name, bound in columns)
    types = binding.parameter_types()
    return QueryPlan(sql, binding.scans(sql), types, binding.session_values, described)
