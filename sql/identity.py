"""Identity columns: which values a statement may give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sql.defaults import default_tree
from sql.errors import FeatureNotSupported, GeneratedAlways
from sql.names import fold, is_default

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.grammar.written_rows import WrittenRows
    from storage.catalog_entries import Column, Table


def settle_identity(tree: exp.Insert, source: exp.Expr, positions: Sequence[int], table: Table) -> exp.Expr:
    """The source of an INSERT with what OVERRIDING USER VALUE puts in the place of values for identity columns.

    Raises `GeneratedAlways` for a value given to a column that is GENERATED ALWAYS.
    """
    overriding = tree.args.get("overriding")
    columns = {index: table.columns[position] for index, position in enumerate(positions)}
    identities = {index: column for index, column in columns.items() if column.identity is not None}
    if not identities or overriding == "system":
        return source
    if overriding == "user":
        return _with_own_values(source, identities)
    for index, column in identities.items():
        if column.identity == "always" and (_gives(source, index) or _gives_later(tree, index)):
            raise GeneratedAlways(
                f'cannot insert a non-DEFAULT value into column "{column.name}"',
                detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.',
                hint="Use OVERRIDING SYSTEM VALUE to override.",
            )
    return source


def require_default(equations: Sequence[exp.Expr], table: Table) -> None:
    """Raise `GeneratedAlways` for a SET of a column that is GENERATED ALWAYS to anything but DEFAULT."""
    for equation in equations:
        if not isinstance(equation, exp.EQ):
            continue
        target, value = equation.this, equation.expression
        targets, values = [target], [value]
        if isinstance(target, exp.Tuple):
            targets = target.expressions
            values = value.expressions or [value] * len(targets)
        for each, given in zip(targets, values, strict=False):
            column = table.column(fold(each.this)) if isinstance(each, exp.Column) else None
            if column is not None and column.identity == "always" and not is_default(given):
                raise GeneratedAlways(
                    f'column "{column.name}" can only be updated to DEFAULT',
                    detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.',
                )


def _gives(source: exp.Expr, index: int) -> bool:
    """Whether a source gives a value for the column at an index."""
    if isinstance(source, exp.Values):
        return any(index < len(row) and not is_default(row[index]) for row in map(_values, source.expressions))
    if isinstance(source, exp.Select) and not any(item.is_star for item in source.expressions):
        return index < len(source.expressions)
    return True


def _gives_later(tree: exp.Insert, index: int) -> bool:
    """Whether one of many rows, of which the source has the first, does."""
    rows: WrittenRows | None = tree.args.get("rows")
    return rows is not None and index < len(rows.columns) and rows.gives(index)


def identity_columns(table: Table, positions: Sequence[int]) -> frozenset[int]:
    """Those of the columns at some positions that are identity columns."""
    return frozenset(position for position in positions if table.columns[position].identity is not None)


def _values(row: exp.Expr) -> list[exp.Expr]:
    return row.expressions if isinstance(row, exp.Tuple) else [row]


def _with_own_values(source: exp.Expr, identities: dict[int, Column]) -> exp.Expr:
    rows = source.expressions if isinstance(source, exp.Values) else [source]
    if not isinstance(source, exp.Values | exp.Select) or any(item.is_star for item in source.expressions):
        raise FeatureNotSupported("OVERRIDING USER VALUE takes VALUES, or a SELECT that lists its columns")
    copied = source.copy()
    rows = copied.expressions if isinstance(copied, exp.Values) else [copied]
    for row in rows:
        values = row.expressions if isinstance(row, exp.Tuple | exp.Select) else [row]
        for index, column in identities.items():
            if index < len(values) and column.default is not None:
                values[index].replace(default_tree(column.default).copy())
    return copied
