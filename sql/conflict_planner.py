"""ON CONFLICT: which keys it is about, and what it does in plain cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql import errors
from sql.binding.conflicts import EXCLUDED
from sql.names import fold, is_default, position_at, position_of
from sql.plan_parts import PointConflict
from sql.scalar import ScalarContext, build_assigned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sql.plan_parts import Arbiters
    from sql.point import PointTarget
    from sql.scalar import Scalar
    from storage.catalog_entries import Table
    from storage.types import SqlType


def updates(conflict: exp.OnConflict) -> bool:
    """Whether it says DO UPDATE."""
    return str(conflict.args["action"].this).upper() == "DO UPDATE"


def arbiters_of(conflict: exp.OnConflict, table: Table) -> Arbiters:
    """The keys that it is about, as `sql.plan.Arbiters` has them. Raises `SqlError`."""
    if conflict.args.get("constraint") is not None:
        return (_constraint(fold(conflict.args["constraint"]), table),)
    wanted = conflict.args.get("conflict_keys")
    keys = _keys(table)
    if wanted is None:
        if updates(conflict):
            raise errors.SqlSyntaxError(
                "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                hint="For example, ON CONFLICT (column_name).",
                position=position_of(conflict),
            )
        return tuple(keys)
    numbers = {_column_number(each, table) for each in wanted}
    predicate = conflict.args.get("index_predicate")
    for column in predicate.find_all(exp.Column) if predicate is not None else ():
        _named_column(column, table)
    found = tuple(oid for oid, columns in keys.items() if columns == numbers)
    if not found:
        raise errors.InvalidColumnReference(
            "there is no unique or exclusion constraint matching the ON CONFLICT specification"
        )
    return found


def _keys(table: Table) -> dict[int | None, set[int]]:
    keys: dict[int | None, set[int]] = {}
    if table.primary_key is not None:
        keys[None] = set(table.primary_key.columns)
    keys.update({index.oid: set(index.columns) for index in table.indexes if index.unique})
    return keys


def _constraint(name: str, table: Table) -> int | None:
    if table.primary_key is not None and table.primary_key.name == name:
        return None
    for index in table.indexes:
        if index.constraint and index.name == name:
            return index.oid
    if any(check.name == name for check in table.checks):
        raise errors.InvalidColumnReference("constraint in ON CONFLICT clause has no associated index")
    raise errors.UndefinedObject(f'constraint "{name}" for table "{table.name}" does not exist')


def _column_number(item: exp.Expr, table: Table) -> int | None:
    """The number of the column that an item of the target names; `None` for an expression: no key is made of one."""
    tree = item.this if isinstance(item, exp.Ordered) else item
    for column in tree.find_all(exp.Column):
        number = _named_column(column, table)
        if column is tree:
            return number
    return None


def _named_column(column: exp.Column, table: Table) -> int:
    found = table.column(fold(column.this))
    if found is None:
        raise errors.UndefinedColumn(f'column "{fold(column.this)}" does not exist', position=position_at(column))
    return found.number


def plan_point_conflict(
    conflict: exp.OnConflict, defaults: Mapping[int, Scalar], target: PointTarget, parameters: list[SqlType | None]
) -> PointConflict | None:
    """DO NOTHING, or DO UPDATE SET of expressions that are compiled; `None` where a query does it.

    `parameters` are the types found so far, and get what is found here. The values of a scalar's columns are those of
    the row as it is, and behind it those of the row that was to be inserted.
    """
    arbiters = arbiters_of(conflict, target.table)
    if not updates(conflict):
        return PointConflict(arbiters, None)
    table = target.table
    (alias,) = target.names
    if conflict.args.get("where") is not None or alias == EXCLUDED:
        return None
    # A name alone would be ambiguous: each row has all columns.
    columns = {(alias, column.name): (position, column.type) for position, column in enumerate(table.columns)}
    width = len(table.columns)
    columns |= {(EXCLUDED, name): (position + width, of) for (_, name), (position, of) in columns.items()}
    context = ScalarContext({}, target.codecs, parameters, qualified=columns)
    by_name = {column.name: position for position, column in enumerate(table.columns)}
    assignments: dict[int, Scalar] = {}
    for equation in conflict.expressions:
        if not isinstance(equation, exp.EQ) or not isinstance(equation.this, exp.Column):
            return None
        position = by_name.get(fold(equation.this.this))
        if position is None or position in assignments or equation.this.args.get("table"):
            return None
        if is_default(equation.expression):
            scalar: Scalar | None = defaults[position]
        else:
            scalar = build_assigned(equation.expression, table.columns[position].type, context)
        if scalar is None:
            return None
        assignments[position] = scalar
    return PointConflict(arbiters, tuple(assignments.items()))
