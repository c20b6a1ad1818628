"""Generated columns in ALTER TABLE: what their expressions name stays as it is, until they are made ordinary ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql.errors import DependentObjectsStillExist, FeatureNotSupported, WrongState
from sql.generated_columns import generated_of

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import DropExpression
    from storage.catalog_entries import Column


def drop_expression(alteration: Alteration, action: DropExpression) -> None:
    """Make a generated column an ordinary one, which keeps its values. Raises `WrongState` for another column."""
    column = alteration.column(action.column)
    if column.generated is not None:
        alteration.put_column(replace(column, generated=None))
        return
    message = f'column "{column.name}" of relation "{alteration.table.name}" is not a stored generated column'
    if not action.if_exists:
        raise WrongState(message)
    alteration.session.notice(f"{message}, skipping")


def require_undepended(alteration: Alteration, column: Column) -> None:
    """Raise `DependentObjectsStillExist` for a column that is to be dropped, and of which others are generated."""
    table = alteration.table
    for each in generated_of(table, column):
        raise DependentObjectsStillExist(
            f"cannot drop column {column.name} of table {table.name} because other objects depend on it",
            detail=f"column {each.name} of table {table.name} depends on column {column.name} of table {table.name}",
            hint="Drop the generated column first, or its expression.",
        )


def require_unused(alteration: Alteration, column: Column) -> None:
    """Raise `FeatureNotSupported` for a column that is to get another type, and of which others are generated."""
    if column.generated is not None:
        raise FeatureNotSupported("changing the type of a generated column is not supported")
    for each in generated_of(alteration.table, column):
        raise FeatureNotSupported(
            "cannot alter type of a column used by a generated column",
            detail=f'Column "{column.name}" is used by generated column "{each.name}".',
        )
