"""DROP COLUMN: its indexes and constraints go with it; views that read it keep it, or go with CASCADE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors
from sql.alter.generated import require_undepended
from sql.dependencies import ColumnOf
from sql.index_definition import columns_of
from storage.layout import drop_column

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import DropColumn


def drop(alteration: Alteration, action: DropColumn) -> None:
    """Take the column out of the definition. Raises `UndefinedColumn`, `DependentObjectsStillExist`."""
    table, session = alteration.table, alteration.session
    if action.if_exists and table.column(action.name) is None:
        session.notice(f'column "{action.name}" of relation "{table.name}" does not exist, skipping')
        return
    column = alteration.column(action.name)
    if len(table.columns) == 1:
        raise errors.FeatureNotSupported(f'cannot drop the only column of table "{table.name}"')
    require_undepended(alteration, column)
    alteration.drop(ColumnOf(table, column), cascade=action.cascade)
    table, number = alteration.table, column.number
    in_key = table.primary_key is not None and number in table.primary_key.columns
    without = replace(
        table,
        primary_key=None if in_key else table.primary_key,
        indexes=tuple(index for index in table.indexes if number not in columns_of(index)),
        checks=tuple(check for check in table.checks if number not in check.columns),
        foreign_keys=tuple(each for each in table.foreign_keys if number not in each.columns),
    )
    alteration.table = drop_column(without, number)
