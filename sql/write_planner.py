"""INSERT, UPDATE and DELETE → plans: the point path where it serves, else a query that gives the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql import errors
from sql.binder import ConflictUpdate, ReturningItems, bind_delete, bind_insert, bind_insert_source, bind_update
from sql.conflict_planner import arbiters_of, plan_point_conflict, updates
from sql.defaults import default_scalar, default_scalars, default_tree, is_volatile
from sql.dialect import parse_insert
from sql.foreign_keys.point import may_be_point
from sql.generated_columns import require_not_given, require_not_set
from sql.identity import identity_columns, require_default, settle_identity
from sql.names import QualifiedName, fold, is_default, position_at, position_of
from sql.plan import DeleteQuery, InsertQuery, OnConflict, Returning, UpdateQuery
from sql.plan_parts import ManyValues
from sql.point import (
    plain_returning,
    plan_insert_values,
    plan_key_delete,
    plan_key_update,
    point_target,
)
from sql.privileges import require_privilege
from sql.resolve import table_for
from sql.written_cells import parameters_of_rows
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sql.grammar.written_rows import WrittenRows
    from sql.plan import InsertValues, KeyDelete, KeyUpdate, QueryPlan
    from sql.point import PointTarget
    from sql.resolve import Action
    from sql.scalar import Scalar
    from sql.session_state import SessionState
    from storage.catalog_entries import Column, Table
    from storage.types import SqlType

    Declared = tuple[SqlType | None, ...]


def plan_insert(tree: exp.Insert, session: SessionState, declared: Declared) -> InsertValues | InsertQuery:
    """The plan of an INSERT."""
    target_tree = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    target = _target(target_tree, session, declared, "insert")
    conflict = tree.args.get("conflict")
    if conflict is not None and updates(conflict):
        require_privilege(session.role, target.table, "UPDATE", "SELECT")
    if tree.args.get("returning") is not None or (conflict is not None and conflict.args.get("conflict_keys")):
        require_privilege(session.role, target.table, "SELECT")
    table = target.table
    named = tree.this.expressions if isinstance(tree.this, exp.Schema) else None
    positions = tuple(range(len(table.columns))) if named is None else _named_positions(named, table)
    source = tree.args.get("expression")
    if source is None:
        source, positions = exp.Values(expressions=[exp.Tuple(expressions=[])]), ()
    require_not_given(tree, source, positions, table)
    source = settle_identity(tree, source, positions, table)
    if isinstance(source, exp.Values):
        rows = tree.args.get("rows")
        if rows is not None:
            many = _plan_many_values(tree, source, rows, positions, target, session)
            return many or plan_insert(parse_insert(rows.text), session, declared)
        positions = _given_positions(source, positions, is_named=named is not None)
        point = _plan_point_insert(tree, source, positions, target, session)
        if point is not None and may_be_point(session.catalog, point):
            return point
        source = _with_defaults(source, positions, table)
        return _plan_insert_query(tree, source, positions, target, session)
    return _plan_insert_query(tree, source, positions, target, session, may_give_fewer=named is None)


def _given_positions(source: exp.Values, positions: tuple[int, ...], *, is_named: bool) -> tuple[int, ...]:
    """Those of the columns for which VALUES has a value: where no columns are named, the last ones may be left out."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
    given = len(rows[0])
    if given > len(positions):
        raise errors.SqlSyntaxError(
            "INSERT has more expressions than target columns", position=position_at(rows[0][len(positions)])
        )
    if given < len(positions) and is_named:
        raise errors.SqlSyntaxError("INSERT has more target columns than expressions")
    _require_even(rows, given)
    return positions[:given]


def _require_even(rows: Iterable[Sequence[exp.Expr]], length: int) -> None:
    for row in rows:
        if len(row) != length:
            raise errors.SqlSyntaxError("VALUES lists must all be the same length", position=position_at(row[0]))


def _plan_many_values(
    tree: exp.Insert,
    sample: exp.Values,
    rows: WrittenRows,
    positions: tuple[int, ...],
    target: PointTarget,
    session: SessionState,
) -> InsertQuery | None:
    """`sample` has the first of the rows. `None` where the types of parameters are not so easily found."""
    table = target.table
    given = _given_positions(sample, positions, is_named=isinstance(tree.this, exp.Schema))
    _require_even([] if rows.uneven is None else [rows.uneven], len(given))
    types = parameters_of_rows(rows, [table.columns[position].type for position in given], target)
    if types is None:
        return None
    own = identity_columns(table, given) if tree.args.get("overriding") == "user" else frozenset[int]()
    defaults = {
        position: default_scalar(column, session) or default_of(table, position)
        for position, column in enumerate(table.columns)
    }
    # Of the queries only RETURNING and DO UPDATE are run, which have no parameters.
    nothing = exp.Values(expressions=[exp.Tuple(expressions=[exp.Null() for _ in given])])
    plan = _plan_insert_query(tree, nothing, given, replace(target, declared=()), session)
    values = ManyValues(rows, given, own, defaults, types)
    return replace(plan, query=replace(plan.query, parameter_types=types), values=values)


def _plan_point_insert(
    tree: exp.Insert, source: exp.Values, positions: tuple[int, ...], target: PointTarget, session: SessionState
) -> InsertValues | None:
    defaults = default_scalars(target.table, session)
    if defaults is None or session.parts is not None:
        return None
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
    plan = plan_insert_values(rows, positions, defaults, _plain_returning(tree, target), target)
    conflict = tree.args.get("conflict")
    if plan is None or conflict is None:
        return plan
    types: list[SqlType | None] = list(plan.parameter_types)
    action = plan_point_conflict(conflict, defaults, target, types)
    if action is None:
        return None
    settled = tuple(t.TEXT if known is None else known for known in types)
    return replace(plan, conflict=action, parameter_types=settled)


def _with_defaults(source: exp.Values, positions: tuple[int, ...], table: Table) -> exp.Values:
    """VALUES with what DEFAULT stands for."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
    written = [
        exp.Tuple(
            expressions=[
                default_of(table, position) if is_default(value) else value
                for position, value in zip(positions, row, strict=True)
            ]
        )
        for row in rows
    ]
    return exp.Values(expressions=written)


def _plan_insert_query(
    tree: exp.Insert,
    source: exp.Expr,
    positions: tuple[int, ...],
    target: PointTarget,
    session: SessionState,
    *,
    may_give_fewer: bool = False,
) -> InsertQuery:
    """`may_give_fewer`: where no columns are named, the last ones that the query does not give get their defaults."""
    table = target.table
    defaults = {
        position: default_of(table, position)
        for position in range(len(table.columns))
        if may_give_fewer or position not in positions
    }
    plain, items = _returning(tree, target)
    context = session.bind_context(target.declared)
    conflict, arbiters, update = tree.args.get("conflict"), None, None
    if conflict is not None:
        arbiters = arbiters_of(conflict, table)
        if updates(conflict):
            conflict = conflict.copy()
            fill_defaults(conflict.expressions, table)
            update = ConflictUpdate(conflict, next(iter(target.names)))
    bound = bind_insert(source, table, positions, defaults, items, update, context, tree)
    action = None if arbiters is None else OnConflict(arbiters, bound.update)
    return InsertQuery(table, bound.query, plain or bound.returning, action)


def plan_update(tree: exp.Update, session: SessionState, declared: Declared) -> KeyUpdate | UpdateQuery:
    """The plan of an UPDATE."""
    target = _target(tree.this, session, declared, "update")
    _require_read(tree, target.table, session)
    table = target.table
    require_default(tree.expressions, table)
    defaults = default_scalars(table, session)
    if session.parts is not None:
        defaults = None
    plan = None if defaults is None else plan_key_update(tree, defaults, _plain_returning(tree, target), target)
    if plan is not None and may_be_point(session.catalog, plan):
        return plan
    tree = tree.copy()
    fill_defaults(tree.expressions, table)
    plain, items = _returning(tree, target)
    query, returning = bind_update(tree, table, items, session.bind_context(declared))
    return UpdateQuery(table, query, plain or returning, _assigned_columns(tree.expressions, table))


def _assigned_columns(equations: Sequence[exp.Expr], table: Table) -> frozenset[int] | None:
    """The numbers of the columns that a SET, which has been bound, names; `None` where there may be others."""
    if any(column.generated is not None for column in table.columns):
        return None
    numbers: set[int] = set()
    for equation in equations:
        targets = equation.this.expressions if isinstance(equation.this, exp.Tuple) else [equation.this]
        for target in targets:
            column = table.column(fold(target.this)) if isinstance(target, exp.Column) else None
            if column is None or target.args.get("table"):
                return None
            numbers.add(column.number)
    return frozenset(numbers)


def fill_defaults(equations: Sequence[exp.Expr], table: Table) -> None:
    """Put what DEFAULT stands for into the equations of a SET. Raises `GeneratedAlways`."""
    require_not_set(equations, table)
    positions = {column.name: position for position, column in enumerate(table.columns)}
    for equation in equations:
        if not isinstance(equation, exp.EQ):
            continue
        if is_default(equation.expression) and isinstance(equation.this, exp.Column):
            position = positions.get(fold(equation.this.this))
            if position is not None:
                equation.set("expression", default_of(table, position))
        elif isinstance(equation.this, exp.Tuple) and equation.expression.expressions:
            pairs = zip(equation.this.expressions, equation.expression.expressions, strict=False)
            for column, value in list(pairs):
                position = positions.get(fold(column.this)) if isinstance(column, exp.Column) else None
                if position is not None and is_default(value):
                    value.replace(default_of(table, position))


def plan_delete(tree: exp.Delete, session: SessionState, declared: Declared) -> KeyDelete | DeleteQuery:
    """The plan of a DELETE."""
    target = _target(tree.this, session, declared, "delete")
    _require_read(tree, target.table, session)
    plan = None if session.parts is not None else plan_key_delete(tree, _plain_returning(tree, target), target)
    if plan is not None and may_be_point(session.catalog, plan):
        return plan
    plain, items = _returning(tree, target)
    query, returning = bind_delete(tree, target.table, items, session.bind_context(declared))
    return DeleteQuery(target.table, query, plain or returning)


def _require_read(tree: exp.Update | exp.Delete, table: Table, session: SessionState) -> None:
    """Raise `InsufficientPrivilege` if the statement reads columns of its target and the role may not."""
    read = [equation.expression for equation in tree.expressions if isinstance(equation, exp.EQ)]
    if isinstance(tree.args.get("where"), exp.Where):
        read.append(tree.args["where"])
    names_columns = any(not is_default(column) for each in read for column in each.find_all(exp.Column))
    if tree.args.get("returning") is not None or names_columns:
        require_privilege(session.role, table, "SELECT")


def _target(tree: exp.Table, session: SessionState, declared: Declared, action: Action) -> PointTarget:
    """The table that a statement writes to. Raises what `table_for` raises."""
    namespace = tree.args.get("db")
    position = position_of(tree) or 0
    table_for(session, QualifiedName(None if namespace is None else fold(namespace), fold(tree.this), position), action)
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
    """What RETURNING gives where that is plain columns; where it is not, one that point plans do not take."""
    clause = tree.args.get("returning")
    if clause is None:
        return None
    return plain_returning(clause.expressions, target) or Returning((), None)


def _returning(tree: exp.Expr, target: PointTarget) -> tuple[Returning | None, ReturningItems | None]:
    """RETURNING of plain columns of the table, or else its items, which are to be bound."""
    clause = tree.args.get("returning")
    if clause is None:
        return None, None
    # With other relations in scope a star is more than the table, and a name may be of any of them.
    joins = tree.args.get("from_") or tree.args.get("using")
    plain = None if joins else plain_returning(clause.expressions, target)
    if plain is not None:
        return plain, None
    return None, ReturningItems(clause.expressions, next(iter(target.names)))


def plan_defaults(
    table: Table, positions: Sequence[int], session: SessionState
) -> tuple[tuple[tuple[int, Scalar], ...], tuple[tuple[int, ...], QueryPlan] | None]:
    """The defaults of columns that a COPY leaves out: as `CopyFrom.defaults` and `CopyFrom.computed` have them."""
    scalars: list[tuple[int, Scalar]] = []
    computed: list[int] = []
    for position in positions:
        scalar = default_scalar(table.columns[position], session)
        if scalar is not None:
            scalars.append((position, scalar))
        else:
            _require_same_for_all_rows(table.columns[position])
            computed.append(position)
    if not computed:
        return tuple(scalars), None
    row = exp.Tuple(expressions=[default_of(table, position) for position in computed])
    others = {position: exp.Null() for position in range(len(table.columns)) if position not in computed}
    context = session.bind_context(())
    query = bind_insert_source(exp.Values(expressions=[row]), table, tuple(computed), others, context)
    return tuple(scalars), (tuple(computed), query)


def _require_same_for_all_rows(column: Column) -> None:
    """COPY computes such a default once: a volatile function would wrongly give every row the same value."""
    assert column.default is not None, "no default is a constant NULL"
    if is_volatile(default_tree(column.default)):
        raise errors.FeatureNotSupported(
            f'COPY cannot compute the default of column "{column.name}" for each row',
            hint="Give the column in the data, or use INSERT.",
        )


def default_of(table: Table, position: int) -> exp.Expr:
    """The tree of a column's default; of NULL where it has none."""
    text = table.columns[position].default
    return exp.Null() if text is None else default_tree(text).copy()
