"""Planning of point statements: those whose every part is a key, plain columns and small expressions.

Each function answers a plan, or `None` where the statement takes the general path through a query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlglot import exp

from sql.assignment import INTEGERS, TEXTS
from sql.errors import SqlError
from sql.matching import has_elements_to_match, matching, needs_match
from sql.names import QualifiedName, fold, is_default
from sql.plan import InsertValues, KeyDelete, KeyLookup, KeyUpdate, PointKey, Returning
from sql.resolve import find_table
from sql.result import ResultColumn
from sql.row_checks import can_compile_checks
from sql.row_stores import owner_of_rows
from sql.scalar import (
    Constant,
    Converted,
    Matched,
    Scalar,
    ScalarContext,
    build_assigned,
    build_scalar,
    moves_with_time,
)
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.scalar import SequenceOf
    from sql.session_state import SessionState
    from sql.types import Codecs
    from storage.catalog_entries import Role, Table
    from storage.types import SqlType


class PointTarget(Struct, frozen=True):
    """The table of a point statement, and the names by which its columns may be qualified."""

    table: Table
    names: frozenset[str]
    codecs: Codecs
    declared: tuple[SqlType | None, ...]
    """Parameter types that the client declared."""
    owner: Role | None
    """Whose rows it is about, in a user table."""
    reads_rows_of_all: bool
    """Whether it has rows of others, too: then a key is not that of one row."""
    sequence_of: SequenceOf
    """What finds the sequence that an argument of nextval() names."""

    def scalars(self) -> ScalarContext:
        """A fresh context in which expressions over a row of the table are built."""
        columns = {column.name: (position, column.type) for position, column in enumerate(self.table.columns)}
        return ScalarContext(columns, self.codecs, list(self.declared), self.names, sequence_of=self.sequence_of)


def point_target(tree: exp.Table, session: SessionState, declared: tuple[SqlType | None, ...]) -> PointTarget | None:
    """A table by its tree, with its alias, if it is a user table and nothing else is said of it.

    Whether the role may use it is for the caller to ask.
    """
    if not isinstance(tree.this, exp.Identifier) or tree.args.get("catalog"):
        return None
    if any(value for name, value in tree.args.items() if name not in ("this", "db", "alias", "only")):
        return None
    namespace = tree.args.get("db")
    name = QualifiedName(None if namespace is None else fold(namespace), fold(tree.this), 0)
    table = find_table(session, name)
    if table is None:
        return None
    alias = tree.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        return None
    names = frozenset((table.name if alias is None else fold(alias.this),))
    is_split = table.type == "user"
    owner = owner_of_rows(session) if is_split else None
    reads_rows_of_all = is_split and session.role.reads_rows_of_all
    return PointTarget(table, names, session.codecs, declared, owner, reads_rows_of_all, session.sequence_of)


def plan_key_lookup(select: exp.Select, target: PointTarget) -> KeyLookup | None:
    """SELECT columns FROM table WHERE key = value."""
    allowed = {"kind", "expressions", "from_", "where"}
    if any(value for name, value in select.args.items() if name not in allowed):
        return None
    context = target.scalars()
    key = _key_of(select.args.get("where"), target, context)
    items = _plain_columns(select.expressions, target)
    if key is None or items is None:
        return None
    positions, columns = items
    return KeyLookup(target.table, key, positions, columns, _types(context), target.owner)


def plan_insert_values(
    rows: Sequence[Sequence[exp.Expr]],
    positions: Sequence[int],
    defaults: Mapping[int, Scalar],
    returning: Returning | None,
    target: PointTarget,
) -> InsertValues | None:
    """INSERT of rows of expressions for the columns at `positions`; the others get their `defaults`."""
    if returning is not None and returning.positions is None:
        return None
    if not can_compile_checks(target.table, target.codecs):
        return None
    context = target.scalars()
    context.columns = {}
    planned = []
    for row in rows:
        values = dict(defaults)
        for position, tree in zip(positions, row, strict=False):
            if is_default(tree):
                continue
            scalar = build_assigned(tree, target.table.columns[position].type, context)
            if scalar is None:
                return None
            values[position] = scalar
        planned.append(tuple(values[position] for position in range(len(target.table.columns))))
    return InsertValues(target.table, tuple(planned), returning, _types(context), target.owner)


def plan_key_update(
    update: exp.Update, defaults: Mapping[int, Scalar], returning: Returning | None, target: PointTarget
) -> KeyUpdate | None:
    """UPDATE table SET column = expression … WHERE key = value."""
    if update.args.get("from_") or (returning is not None and returning.positions is None):
        return None
    if not can_compile_checks(target.table, target.codecs):
        return None
    context = target.scalars()
    assignments = []
    for equation in update.expressions:
        if not isinstance(equation, exp.EQ) or not isinstance(equation.this, exp.Column):
            return None
        found = context.columns.get(fold(equation.this.this))
        if found is None:
            return None
        position, column_type = found
        if is_default(equation.expression):
            scalar: Scalar | None = defaults[position]
        else:
            scalar = build_assigned(equation.expression, column_type, context)
        if scalar is None:
            return None
        assignments.append((position, scalar))
    if len({position for position, _ in assignments}) != len(assignments):
        return None
    key = _key_of(update.args.get("where"), target, context)
    if key is None:
        return None
    return KeyUpdate(target.table, key, tuple(assignments), returning, _types(context), target.owner)


def plan_key_delete(delete: exp.Delete, returning: Returning | None, target: PointTarget) -> KeyDelete | None:
    """DELETE FROM table WHERE key = value."""
    if delete.args.get("using") or (returning is not None and returning.positions is None):
        return None
    context = target.scalars()
    key = _key_of(delete.args.get("where"), target, context)
    return None if key is None else KeyDelete(target.table, key, returning, _types(context), target.owner)


def plain_returning(items: Sequence[exp.Expr], target: PointTarget) -> Returning | None:
    """RETURNING of plain columns."""
    found = _plain_columns(items, target)
    return None if found is None else Returning(found[1], found[0])


def _types(context: ScalarContext) -> tuple[SqlType, ...]:
    # A parameter that no part of the statement mentions: PostgreSQL settles it as text too.
    return tuple(found if found is not None else t.TEXT for found in context.parameter_types)


def _plain_columns(
    items: Sequence[exp.Expr], target: PointTarget
) -> tuple[tuple[int, ...], tuple[ResultColumn, ...]] | None:
    positions: list[int] = []
    names: list[str] = []
    by_name = {column.name: position for position, column in enumerate(target.table.columns)}
    for item in items:
        tree = item.this if isinstance(item, exp.Alias) else item
        if isinstance(tree, exp.Star) and not any(tree.args.values()):
            positions.extend(range(len(target.table.columns)))
            names.extend(column.name for column in target.table.columns)
            continue
        if not isinstance(tree, exp.Column) or not isinstance(tree.this, exp.Identifier) or tree.args.get("db"):
            return None
        qualifier = tree.args.get("table")
        if qualifier is not None and fold(qualifier) not in target.names:
            return None
        position = by_name.get(fold(tree.this))
        if position is None:
            return None
        positions.append(position)
        names.append(fold(item.args["alias"]) if isinstance(item, exp.Alias) else fold(tree.this))
    columns = tuple(
        ResultColumn(name, column.type, target.table.oid, column.number)
        for name, column in zip(names, (target.table.columns[position] for position in positions), strict=True)
    )
    return tuple(positions), columns


def _key_of(where: exp.Expr | None, target: PointTarget, context: ScalarContext) -> PointKey | None:
    """The key whose columns' equations, and nothing else, are the WHERE."""
    if where is None or target.reads_rows_of_all:
        return None
    found: dict[int, Scalar] = {}
    for equation in where.this.flatten() if isinstance(where.this, exp.And) else (where.this,):
        sides = _sides(equation, target)
        if sides is None:
            return None
        position, tree = sides
        column = target.table.columns[position]
        scalar = build_scalar(tree, context, column.type)
        scalar = None if scalar is None else _comparable(scalar, column.type, target.codecs)
        if scalar is None or column.number in found:
            return None
        found[column.number] = scalar
    return _key_over(found, target.table)


def _key_over(found: Mapping[int, Scalar], table: Table) -> PointKey | None:
    """The key of which these are the columns, by number, with their values."""
    primary_key = table.primary_key
    if primary_key is not None and found.keys() == set(primary_key.columns):
        values = tuple(found[number] for number in primary_key.columns)
        return PointKey(primary_key.name, primary_key.columns, values)
    for index in table.indexes:
        if index.unique and found.keys() == set(index.columns):
            return PointKey(index.name, index.columns, tuple(found[number] for number in index.columns), index.oid)
    return None


def _sides(equation: exp.Expr, target: PointTarget) -> tuple[int, exp.Expr] | None:
    if not isinstance(equation, exp.EQ):
        return None
    by_name = {column.name: position for position, column in enumerate(target.table.columns)}
    for column, value in ((equation.this, equation.expression), (equation.expression, equation.this)):
        if isinstance(column, exp.Column) and not any(value.find_all(exp.Column)):
            qualifier = column.args.get("table")
            position = by_name.get(fold(column.this))
            known = qualifier is None or fold(qualifier) in target.names
            return (position, value) if position is not None and known and not column.args.get("db") else None
    return None


def _comparable(scalar: Scalar, column: SqlType, codecs: Codecs) -> Scalar | None:
    """The scalar for the key column, where comparing means the same as comparing stored values."""
    if isinstance(scalar, Constant) and scalar.value is None:
        return scalar
    if has_elements_to_match(column):
        return None
    if isinstance(scalar, Constant) and scalar.type.oid == t.UNKNOWN.oid:
        text = str(scalar.value)
        if moves_with_time(text, column):
            return None
        try:
            scalar = Constant(column.unmodified, codecs.of_parameter(column.unmodified).parse(text))
        except SqlError:
            # Whoever makes a query of it says where in the text that is.
            return None
    if isinstance(scalar, Converted):
        return None
    same = scalar.type.oid == column.oid
    integers = scalar.type.oid in INTEGERS and column.oid in (*INTEGERS, t.NUMERIC.oid)
    texts = scalar.type.oid in TEXTS - {t.CHAR.oid} and column.oid in TEXTS - {t.CHAR.oid}
    if not (same or integers or texts):
        return None
    return _matched(scalar, column) if needs_match(column) else scalar


def _matched(scalar: Scalar, column: SqlType) -> Scalar | None:
    match = matching(column)
    if match is None:
        return None
    return Constant(column, match(scalar.value)) if isinstance(scalar, Constant) else Matched(column, scalar)
