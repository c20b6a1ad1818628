"""A parsed query → `QueryPlan`: the only place where text for DuckDB comes from. The work is done in `sql.binding`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sql.binding.bound_query import announced_column
from sql.binding.checks import check_conditions
from sql.binding.coercion import assign
from sql.binding.conflicts import conflict_source, place_column
from sql.binding.context import BindContext, Binding
from sql.binding.expressions import bind as bind_expression
from sql.binding.generated_values import check_generation, generated_values
from sql.binding.index_expressions import check_index_parts
from sql.binding.locked_rows import LockedRows, hidden_items, locked_rows
from sql.binding.merge import merge_source
from sql.binding.queries import bind_query as bind_query_in
from sql.binding.record_results import shown
from sql.binding.returning import bind_returning
from sql.binding.rewrites import rewrite_source
from sql.binding.scope import Scope
from sql.binding.selects import bind_item
from sql.binding.values import Bound
from sql.binding.writes import delete_source, insert_source, update_source
from sql.duckdb_types import identifier
from sql.errors import FeatureNotSupported
from sql.macro_sizes import require_moderate
from sql.plan import QueryPlan, Returning
from sql.query_scans import RelationScan
from sql.result import ResultColumn
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot import exp

    from sql.binding.returning import BoundReturning
    from sql.binding.writes import ChangeSource
    from sql.merge_syntax import Merge
    from sql.plan import Numbered
    from storage.catalog_entries import Column, Table

__all__ = [
    "BindContext",
    "BoundInsert",
    "ConflictUpdate",
    "ReturningItems",
    "bind_checks",
    "bind_delete",
    "bind_expressions",
    "bind_generated",
    "bind_insert",
    "bind_insert_source",
    "bind_locking_query",
    "bind_merge",
    "bind_query",
    "bind_rewrite_source",
    "bind_update",
    "require_generation",
]


def bind_query(tree: exp.Expr, context: BindContext) -> QueryPlan:
    """The plan of SELECT, VALUES or a set operation. Raises `SqlError` as PostgreSQL would."""
    binding = Binding(context, bind_expression, bind_query_in)
    query = bind_query_in(binding, None, tree)
    types = query.types
    sql = shown(binding, query)
    columns = [
        (name, Bound(bound.sql, sql_type, table_oid=bound.table_oid, column_number=bound.column_number))
        for (name, bound), sql_type in zip(query.columns, types, strict=True)
    ]
    plan = _described(binding, sql, columns)
    return plan if query.plain_columns is None else replace(plan, direct=_direct(plan, query.plain_columns, context))


def _direct(plan: QueryPlan, numbers: Sequence[int], context: BindContext) -> tuple[str, ...] | None:
    """The columns that a system relation gives as the result, where its conditions are equalities with known texts."""
    scan = plan.scans[0] if len(plan.scans) == 1 else None
    if plan.numbered or not isinstance(scan, RelationScan):
        return None
    if any(each.texts is None or each.op != "=" for each in scan.conditions):
        return None
    relation = context.relations.find(scan.namespace, scan.name)
    return None if relation is None else tuple(relation.columns[number - 1].name for number in numbers)


def bind_locking_query(tree: exp.Select, context: BindContext, limit: str) -> tuple[QueryPlan, list[LockedRows]]:
    """The plan of SELECT … FOR UPDATE, with the seqs of the rows that it locks behind its columns.

    `limit` is the text of one more LIMIT, where the statement has none.
    """
    binding = Binding(context, bind_expression, bind_query_in)
    locked: list[LockedRows] = []

    def hidden(scope: Scope) -> list[tuple[str, Bound]]:
        locked.extend(locked_rows(binding, scope, tree))
        return hidden_items(scope, locked)

    binding.hidden = (tree, hidden)
    query = bind_query_in(binding, None, tree)
    columns = [
        (name, replace(bound, sql="", type=sql_type))
        for (name, bound), sql_type in zip(query.columns, query.types, strict=True)
    ]
    return _plan(binding, query.announced() + limit, columns), locked


def bind_merge(
    merge: Merge, table: Table, defaults: Mapping[int, exp.Expr], context: BindContext
) -> tuple[QueryPlan, tuple[tuple[int, Numbered], ...]]:
    """The plan of a MERGE's query, and the columns that take numbers of sequences: see `plan.MergeQuery`."""
    binding = Binding(context, bind_expression, bind_query_in)
    sql, numbered = merge_source(binding, merge, table, defaults)
    columns = [("_seq", Bound("", t.BIGINT)), ("action", Bound("", t.INTEGER)), *_columns_of(table)]
    return _plan(binding, sql, columns), numbered


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
    return _plan(binding, insert_source(binding, source, table, positions, defaults), _columns_of(table))


class BoundInsert(Struct, frozen=True):
    """The queries of an INSERT: the new rows, what DO UPDATE makes of those that are there, and RETURNING."""

    query: QueryPlan
    update: QueryPlan | None
    returning: Returning | None


def bind_insert(
    source: exp.Expr,
    table: Table,
    positions: Sequence[int],
    defaults: Mapping[int, exp.Expr],
    returning: ReturningItems | None,
    update: ConflictUpdate | None,
    context: BindContext,
    statement: exp.Insert,
) -> BoundInsert:
    """As `bind_insert_source`, with WITH, with the DO UPDATE of ON CONFLICT, and with RETURNING."""
    binding = Binding(context, bind_expression, bind_query_in)
    sql = insert_source(binding, source, table, positions, defaults, statement)
    beside = binding.beside()
    update_sql = "" if update is None else conflict_source(beside, update.conflict, table, update.alias, statement)
    returned, bound = _bind_returning(binding, returning, table, None, statement)
    query = _plan(binding, sql, _columns_of(table))
    changes = None if update is None else _plan(beside, update_sql, [place_column(), *_columns_of(table)])
    return BoundInsert(query, changes, _returning(binding, returned, bound))


class ConflictUpdate(Struct, frozen=True):
    """An ON CONFLICT DO UPDATE, and what it calls the table."""

    conflict: exp.OnConflict
    alias: str


def bind_update(
    tree: exp.Update, table: Table, returning: ReturningItems | None, context: BindContext
) -> tuple[QueryPlan, Returning | None]:
    """The plan that gives `_seq` of each row that an UPDATE changes, and then all columns as they will be.

    With RETURNING there are, behind these, the columns that it needs of the other relations.
    """
    binding = Binding(context, bind_expression, bind_query_in)
    return _bind_change(binding, update_source(binding, tree, table), table, _columns_of(table), returning, tree)


def bind_delete(
    tree: exp.Delete, table: Table, returning: ReturningItems | None, context: BindContext
) -> tuple[QueryPlan, Returning | None]:
    """The plan that gives `_seq` of each row that a DELETE removes.

    With RETURNING its columns come next, and behind these the columns that it needs of the other relations.
    """
    binding = Binding(context, bind_expression, bind_query_in)
    columns = () if tree.args.get("returning") is None else _columns_of(table)
    return _bind_change(binding, delete_source(binding, tree, table), table, columns, returning, tree)


def _bind_change(
    binding: Binding,
    source: ChangeSource,
    table: Table,
    columns: Sequence[tuple[str, Bound]],
    returning: ReturningItems | None,
    statement: exp.Expr,
) -> tuple[QueryPlan, Returning | None]:
    returned, bound = _bind_returning(binding, returning, table, source.scope, statement)
    carried = () if bound is None else bound.carried
    listed = "".join(f", {announced_column(each.sql, each.type)} AS {identifier(name)}" for name, each in carried)
    query = _plan(binding, source.sql(listed), [("_seq", Bound("", t.BIGINT)), *columns, *carried])
    return query, _returning(binding, returned, bound)


class ReturningItems(Struct, frozen=True):
    """The items of a RETURNING, and what they call the table that is changed."""

    items: Sequence[exp.Expr]
    alias: str


def _bind_returning(
    binding: Binding, returning: ReturningItems | None, table: Table, around: Scope | None, statement: exp.Expr
) -> tuple[Binding, BoundReturning | None]:
    beside = binding.beside()
    if returning is None:
        return beside, None
    return beside, bind_returning(beside, returning.items, table, returning.alias, around, statement)


def _returning(binding: Binding, returned: Binding, bound: BoundReturning | None) -> Returning | None:
    if bound is None:
        return None
    query = _described(returned, bound.sql, bound.columns)
    assert query.parameter_types == binding.parameter_types(), "both are texts of one statement"
    return Returning(query.columns, None, query)


def bind_rewrite_source(before: Table, after: Table, values: Mapping[int, exp.Expr], context: BindContext) -> QueryPlan:
    """The plan that gives `_seq` of each row of a table, and all columns as another definition has them.

    `values` are expressions over the row as it is, by the numbers of the columns that they are for.
    """
    binding = Binding(context, bind_expression, bind_query_in)
    sql = rewrite_source(binding, before, after, values)
    return _plan(binding, sql, [("_seq", Bound("", t.BIGINT)), *_columns_of(after)])


def bind_checks(trees: Sequence[exp.Expr], table: Table, context: BindContext) -> QueryPlan:
    """The plan that tells of handed-in rows of a table, in order, whether each of these conditions holds."""
    binding = Binding(context, bind_expression, bind_query_in)
    sql, count = check_conditions(binding, trees, table)
    return _plan(binding, sql, [(f"c{number}", Bound("", t.BOOLEAN)) for number in range(1, count + 1)])


def bind_index_parts(
    expressions: Sequence[exp.Expr], condition: exp.Expr | None, table: Table, context: BindContext
) -> list[str]:
    """What an index on expressions would call them. Raises what PostgreSQL raises for those, and for its condition."""
    return check_index_parts(Binding(context, bind_expression, bind_query_in), table, expressions, condition)


def bind_generated(table: Table, columns: Sequence[tuple[Column, exp.Expr]], context: BindContext) -> QueryPlan:
    """The plan that gives generated columns of handed-in rows of a table, in order, by their expressions."""
    binding = Binding(context, bind_expression, bind_query_in)
    sql = generated_values(binding, table, columns)
    return _plan(binding, sql, [(column.name, Bound("", column.type)) for column, _ in columns])


def require_generation(table: Table, column: Column, tree: exp.Expr, context: BindContext) -> None:
    """Raise what PostgreSQL raises for an expression that cannot be that of a generated column."""
    check_generation(Binding(context, bind_expression, bind_query_in), table, column, tree)


def bind_expressions(trees: Sequence[exp.Expr], columns: Sequence[Column], context: BindContext) -> QueryPlan:
    """The plan of one row: expressions without a table, as values for these columns (assignment casts)."""
    binding = Binding(context, bind_expression, bind_query_in)
    scope = Scope()
    values = []
    for tree, column in zip(trees, columns, strict=True):
        bound = bind_item(binding, scope, tree)[0][1]
        values.append((bound.name, assign(binding, bound, column.type, column.name)))
    return _plan(binding, f"SELECT {_announced_list(values)}", values)


def _announced_list(values: Sequence[tuple[str, Bound]]) -> str:
    return ", ".join(
        f"{announced_column(bound.sql, bound.type)} AS c{number}" for number, (_, bound) in enumerate(values, start=1)
    )


def _columns_of(table: Table) -> list[tuple[str, Bound]]:
    return [
        (column.name, Bound("", column.type, table_oid=table.oid, column_number=column.number))
        for column in table.columns
    ]


def _plan(binding: Binding, sql: str, columns: Sequence[tuple[str, Bound]]) -> QueryPlan:
    for _, bound in columns:
        if bound.type.oid == t.RECORD.oid:
            raise FeatureNotSupported("a row as one value of a result is not supported here", position=bound.position)
    return _described(binding, sql, columns)


def _described(binding: Binding, sql: str, columns: Sequence[tuple[str, Bound]]) -> QueryPlan:
    require_moderate(sql)
    described = tuple(ResultColumn(name, bound.type, bound.table_oid, bound.column_number) for name, bound in columns)
    types = binding.parameter_types()
    numbered, lists = tuple(binding.numbered), binding.parameter_lists
    return QueryPlan(sql, binding.scans(sql), types, binding.session_values, described, numbered, parameter_lists=lists)
