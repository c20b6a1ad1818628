"""SET NOT NULL, once no row has a NULL there; DROP NOT NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import SetNotNull


def set_not_null(alteration: Alteration, action: SetNotNull) -> None:
    """Change the column. Raises `InvalidTableDefinition` for DROP NOT NULL of what is in the primary key."""
    table, column = alteration.table, alteration.column(action.column)
    if action.not_null:
        if not column.not_null:
            alteration.not_null.add(column.number)
    else:
        if table.primary_key is not None and column.number in table.primary_key.columns:
            raise errors.InvalidTableDefinition(f'column "{column.name}" is in a primary key')
        if column.identity is not None:
            raise errors.SqlSyntaxError(f'column "{column.name}" of relation "{table.name}" is an identity column')
        alteration.not_null.discard(column.number)
    alteration.put_column(replace(column, not_null=action.not_null))
