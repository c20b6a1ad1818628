"""SET DEFAULT, DROP DEFAULT: for rows to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors
from sql.defaults import canonical_default
from sql.table_syntax import ColumnDefinition

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import SetDefault


def set_default(alteration: Alteration, action: SetDefault) -> None:
    """Give the column another default, or none. Raises what CREATE TABLE raises for it."""
    column = alteration.column(action.column)
    if column.identity is not None:
        raise errors.SqlSyntaxError(
            f'column "{column.name}" of relation "{alteration.table.name}" is an identity column',
            hint=None if action.default is not None else "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.",
        )
    if column.generated is not None:
        drops = action.default is None
        raise errors.SqlSyntaxError(
            f'column "{column.name}" of relation "{alteration.table.name}" is a generated column',
            hint="Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead." if drops else None,
        )
    definition = ColumnDefinition(column.name, column.type, False, action.default, action.text, False, action.position)
    alteration.put_column(replace(column, default=canonical_default(definition, alteration.session)))
