"""GENERATED ALWAYS AS (expression) STORED: columns that are computed of the other ones whenever a row is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql.binder import bind_generated, require_generation
from sql.errors import GeneratedAlways
from sql.names import fold, is_default
from sql.queries import query_table
from sql.row_checks import check_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from sql.grammar.written_rows import WrittenRows
    from sql.session_state import SessionState
    from sql.table_syntax import ColumnDefinition
    from storage.catalog_entries import Column, Table


def define_generated(session: SessionState, table: Table, definitions: Sequence[ColumnDefinition]) -> Table:
    """The table with the expressions of its generated columns. Raises what PostgreSQL raises for them."""
    texts = {each.name: each.generated.text for each in definitions if each.generated is not None}
    if not texts:
        return table
    columns = tuple(replace(column, generated=texts.get(column.name, column.generated)) for column in table.columns)
    table = replace(table, columns=columns)
    context = session.bind_context(())
    for definition in definitions:
        column = table.column(definition.name)
        if definition.generated is not None and column is not None:
            require_generation(table, column, definition.generated.expression, context)
    return table


def generated_columns(table: Table) -> list[tuple[int, Column]]:
    """The generated columns of a table, with their positions."""
    return [(place, column) for place, column in enumerate(table.columns) if column.generated is not None]


def generation_tree(column: Column) -> exp.Expr:
    """The expression of a generated column."""
    assert column.generated is not None, "others have none"
    return check_tree(column.generated).copy()


def generated_of(table: Table, column: Column) -> list[Column]:
    """The generated columns that are computed of a column."""
    return [each for _, each in generated_columns(table) if column.name in _columns_named(each)]


def _columns_named(column: Column) -> set[str]:
    return {fold(each.this) for each in generation_tree(column).find_all(exp.Column)}


async def with_generated(session: SessionState, table: Table, rows: pa.Table) -> pa.Table:
    """Rows with the values of generated columns; the table's columns, in order, are their first. Raises `SqlError`."""
    places = generated_columns(table)
    if not places or not rows.num_rows:
        return rows
    trees = [(column, generation_tree(column)) for _, column in places]
    plan = bind_generated(table, trees, session.bind_context(()))
    values = await query_table(session, plan, (), rows.select(range(len(table.columns))))
    for (place, _), value in zip(places, values.columns, strict=True):
        rows = rows.set_column(place, rows.field(place), value)
    return rows


def require_not_given(tree: exp.Insert, source: exp.Expr, positions: Sequence[int], table: Table) -> None:
    """Raise `GeneratedAlways` for an INSERT that gives a generated column a value."""
    rows: WrittenRows | None = tree.args.get("rows")
    for index, position in enumerate(positions):
        column = table.columns[position]
        if column.generated is None:
            continue
        later = rows is not None and index < len(rows.columns) and rows.gives(index)
        if later or _gives(source, index):
            raise not_insertable(column)


def not_insertable(column: Column) -> GeneratedAlways:
    """The error of an INSERT that gives a generated column a value."""
    return GeneratedAlways(
        f'cannot insert a non-DEFAULT value into column "{column.name}"',
        detail=f'Column "{column.name}" is a generated column.',
    )


def _gives(source: exp.Expr, index: int) -> bool:
    if isinstance(source, exp.Values):
        rows = (row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions)
        return any(index < len(row) and not is_default(row[index]) for row in rows)
    while isinstance(source, exp.SetOperation | exp.Subquery):
        source = source.this
    listed = source.expressions if isinstance(source, exp.Select) else ()
    return index < len(listed) or not listed or any(item.is_star for item in listed)


def require_not_set(equations: Sequence[exp.Expr], table: Table) -> None:
    """Raise `GeneratedAlways` for a SET of a generated column to anything but DEFAULT."""
    for target, value in _pairs(equations):
        column = table.column(fold(target.this)) if isinstance(target, exp.Column) else None
        if column is not None and column.generated is not None and not is_default(value):
            raise GeneratedAlways(
                f'column "{column.name}" can only be updated to DEFAULT',
                detail=f'Column "{column.name}" is a generated column.',
            )


def _pairs(equations: Sequence[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    for equation in equations:
        if isinstance(equation, exp.EQ) and isinstance(equation.this, exp.Tuple):
            targets, value = equation.this.expressions, equation.expression
            yield from zip(targets, value.expressions or [value] * len(targets), strict=False)
        elif isinstance(equation, exp.EQ):
            yield equation.this, equation.expression
