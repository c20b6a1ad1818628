"""INSERT, UPDATE and DELETE → plans: the point path where it serves, else a query that gives the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sqlglot import exp

from sql import errors
from sql.binder import bind_delete_source, bind_insert_source, bind_rows_query, bind_update_source
from sql.defaults import default_scalar, default_scalars, default_tree
from sql.names import QualifiedName, fold, position_at, position_of
from sql.plan import DeleteQuery, InsertQuery, Returning, UpdateQuery
from sql.point import (
    is_default,
    plain_returning,
    plan_insert_values,
    plan_key_delete,
    plan_key_update,
    point_target,
)
from sql.resolve import table_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.plan import InsertValues, KeyDelete, KeyUpdate, QueryPlan
    from sql.point import PointTarget
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from storage.catalog_entries import Column, Table
    from storage.types import SqlType

    Declared = tuple[SqlType | None, ...]

W = TypeVar("W", InsertQuery, UpdateQuery, DeleteQuery)

VOLATILE = frozenset(("random", "clock_timestamp", "timeofday", "gen_random_uuid", "nextval", "setseed"))


def plan_insert(tree: exp.Insert, session: SessionState, declared: Declared) -> InsertValues | InsertQuery:
    """The plan of an INSERT."""
    if tree.args.get("conflict") is not None:
        raise errors.FeatureNotSupported("INSERT ... ON CONFLICT is not supported")
    target_tree = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    target = _target(target_tree, session, declared)
    table = target.table
    named = tree.this.expressions if isinstance(tree.this, exp.Schema) else None
    positions = tuple(range(len(table.columns))) if named is None else _named_positions(named, table)
    returning = _plain_returning(tree, target)
    source = tree.args.get("expression")
    if isinstance(source, exp.Values):
        plan = _plan_values(source, positions, named is not None, returning, target, session)
        return _returning_rows(plan, tree, target, session) if isinstance(plan, InsertQuery) else plan
    if source is None:
        defaults = default_scalars(table, session.codecs)
        point = None if defaults is None else plan_insert_values([[]], (), defaults, returning, target)
        if point is not None:
            return point
        source = exp.Values(expressions=[exp.Tuple(expressions=[])])
        positions = ()
    query = _insert_source(source, positions, table, session, declared, may_give_fewer=named is None)
    return _returning_rows(InsertQuery(table, query, returning), tree, target, session)


def _plan_values(
    source: exp.Values,
    positions: tuple[int, ...],
    named: bool,
    returning: Returning | None,
    target: PointTarget,
    session: SessionState,
) -> InsertValues | InsertQuery:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
    table = target.table
    for row in rows:
        if len(row) != len(rows[0]):
            raise errors.SqlSyntaxError("VALUES lists must all be the same length", position=position_at(row[0]))
    given = len(rows[0])
    if given > len(positions):
        raise errors.SqlSyntaxError(
            "INSERT has more expressions than target columns", position=position_at(rows[0][len(positions)])
        )
    if given < len(positions) and named:
        raise errors.SqlSyntaxError("INSERT has more target columns than expressions")
    positions = positions[:given]
    defaults = default_scalars(table, session.codecs)
    if defaults is not None:
        plan = plan_insert_values(rows, positions, defaults, returning, target)
        if plan is not None:
            return plan
    written = [
        exp.Tuple(
            expressions=[
                _default_of(table, position) if is_default(value) else value
                for position, value in zip(positions, row, strict=True)
            ]
        )
        for row in rows
    ]
    values = exp.Values(expressions=written)
    return InsertQuery(table, _insert_source(values, positions, table, session, target.declared), returning)


def _insert_source(
    source: exp.Expr,
    positions: tuple[int, ...],
    table: Table,
    session: SessionState,
    declared: Declared,
    *,
    may_give_fewer: bool = False,
) -> QueryPlan:
    """`may_give_fewer`: where no columns are named, the last ones that the query does not give get their defaults."""
    defaults = {
        position: _default_of(table, position)
        for position in range(len(table.columns))
        if may_give_fewer or position not in positions
    }
    return bind_insert_source(source, table, positions, defaults, session.bind_context(declared))


def plan_update(tree: exp.Update, session: SessionState, declared: Declared) -> KeyUpdate | UpdateQuery:
    """The plan of an UPDATE."""
    target = _target(tree.this, session, declared)
    table = target.table
    returning = _plain_returning(tree, target)
    defaults = default_scalars(table, session.codecs)
    plan = None if defaults is None else plan_key_update(tree, defaults, returning, target)
    if plan is not None:
        return plan
    tree = tree.copy()
    positions = {column.name: position for position, column in enumerate(table.columns)}
    for equation in tree.expressions:
        if isinstance(equation, exp.EQ) and is_default(equation.expression):
            position = positions.get(fold(equation.this.this))
            if position is not None:
                equation.set("expression", _default_of(table, position))
    query = bind_update_source(tree, table, session.bind_context(declared))
    return _returning_rows(UpdateQuery(table, query, returning), tree, target, session)


def plan_delete(tree: exp.Delete, session: SessionState, declared: Declared) -> KeyDelete | DeleteQuery:
    """The plan of a DELETE."""
    target = _target(tree.this, session, declared)
    returning = _plain_returning(tree, target)
    plan = plan_key_delete(tree, returning, target)
    if plan is not None:
        return plan
    query = bind_delete_source(tree, target.table, session.bind_context(declared))
    return _returning_rows(DeleteQuery(target.table, query, returning), tree, target, session)


def _target(tree: exp.Table, session: SessionState, declared: Declared) -> PointTarget:
    """The table that a statement writes to. Raises what `table_for` raises."""
    namespace = tree.args.get("db")
    position = position_of(tree) or 0
    table_for(
        session, QualifiedName(None if namespace is None else fold(namespace), fold(tree.this), position), "write"
    )
    target = point_target(tree, session, declared)
    if target is None:
        raise errors.FeatureNotSupported("this form of a target table is not supported", position=position)
    return target


def _named_positions(names: Sequence[exp.Expr], table: Table) -> tuple[int, ...]:
    by_name = {column.name: position for position, column in enumerate(table.columns)}
    positions: list[int] = []
    for identifier in names:
        name = fold(identifier)
        position = by_name.get(name)
        if position is None:
            raise errors.UndefinedColumn(
                f'column "{name}" of relation "{table.name}" does not exist', position=position_of(identifier)
            )
        if position in positions:
            raise errors.DuplicateColumn(f'column "{name}" specified more than once', position=position_of(identifier))
        positions.append(position)
    return tuple(positions)


def _plain_returning(tree: exp.Expr, target: PointTarget) -> Returning | None:
    """What RETURNING gives where that is plain columns; where it is not, one that `_returning_rows` completes."""
    clause = tree.args.get("returning")
    if clause is None:
        return None
    return plain_returning(clause.expressions, target) or Returning((), None)


def _returning_rows(plan: W, tree: exp.Expr, target: PointTarget, session: SessionState) -> W:
    """The plan with the query of its RETURNING, which takes the same parameters."""
    if plan.returning is None or plan.returning.positions is not None:
        return plan
    context = session.bind_context(plan.query.parameter_types)
    items = tree.args["returning"].expressions
    query = bind_rows_query(items, target.table, next(iter(target.names)), context)
    return replace(plan, returning=Returning(query.columns, None, query))


def plan_defaults(
    table: Table, positions: Sequence[int], session: SessionState
) -> tuple[tuple[tuple[int, Scalar], ...], tuple[tuple[int, ...], QueryPlan] | None]:
    """The defaults of columns that a COPY leaves out: as `CopyFrom.defaults` and `CopyFrom.computed` have them."""
    scalars: list[tuple[int, Scalar]] = []
    computed: list[int] = []
    for position in positions:
        scalar = default_scalar(table.columns[position], session.codecs)
        if scalar is not None:
            scalars.append((position, scalar))
        else:
            _require_same_for_all_rows(table.columns[position])
            computed.append(position)
    if not computed:
        return tuple(scalars), None
    row = exp.Tuple(expressions=[_default_of(table, position) for position in computed])
    others = {position: exp.Null() for position in range(len(table.columns)) if position not in computed}
    context = session.bind_context(())
    query = bind_insert_source(exp.Values(expressions=[row]), table, tuple(computed), others, context)
    return tuple(scalars), (tuple(computed), query)


def _require_same_for_all_rows(column: Column) -> None:
    """COPY computes such a default once: a volatile function would wrongly give every row the same value."""
    assert column.default is not None, "no default is a constant NULL"
    for call in default_tree(column.default).find_all(exp.Anonymous):
        if call.name.lower() in VOLATILE:
            raise errors.FeatureNotSupported(
                f'COPY cannot compute the default of column "{column.name}" for each row',
                hint="Give the column in the data, or use INSERT.",
            )


def _default_of(table: Table, position: int) -> exp.Expr:
    text = table.columns[position].default
    return exp.Null() if text is None else default_tree(text).copy()
