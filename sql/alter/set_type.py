"""ALTER COLUMN … TYPE: a wider type is a matter of the definition alone; for any other one the rows are rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlglot import exp

from sql import errors
from sql.alter.generated import require_unused
from sql.binding.coercion import can_coerce
from sql.dependencies import ColumnOf, views_on
from sql.relations.identifiers import quote_identifier
from storage import types as t
from storage.layout import can_retype, replace_column, retype_column

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import SetType
    from storage.catalog_entries import Column
    from storage.types import SqlType


_COUNTING: Final = (t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid)


def set_type(alteration: Alteration, action: SetType) -> None:
    """Give the column another type.

    Raises `DatatypeMismatch` where there is no cast that an assignment makes, and `FeatureNotSupported` for a column
    that a view reads.
    """
    column, session = alteration.column(action.column), alteration.session
    if column.number in alteration.retyped:
        raise errors.FeatureNotSupported(f'cannot alter type of column "{column.name}" twice')
    if column.identity is not None and action.type.oid not in _COUNTING:
        raise errors.InvalidParameterValue("identity column type must be smallint, integer, or bigint")
    if action.using is not None and action.using.find(exp.Query) is not None:
        raise errors.FeatureNotSupported("cannot use subquery in transform expression", position=action.position)
    if action.using is None and not can_coerce(column.type, action.type, "assignment"):
        name = quote_identifier(column.name)
        raise errors.DatatypeMismatch(
            f'column "{column.name}" cannot be cast automatically to type {action.type}',
            hint=f'You might need to specify "USING {name}::{action.type}".',
        )
    require_unused(alteration, column)
    _require_unread(alteration, column)
    _require_default_fits(column, action.type)
    alteration.retyped.add(column.number)
    if action.using is None and can_retype(alteration.table, column.number, action.type):
        alteration.table = retype_column(alteration.table, column.number, action.type)
        return
    alteration.table = replace_column(alteration.table, replace(column, type=action.type, missing=None))
    using = action.using
    alteration.values[column.number] = (
        exp.column(exp.to_identifier(column.name, quoted=True)) if using is None else using
    )
    session.block.for_writing("ALTER TABLE")


def _require_unread(alteration: Alteration, column: Column) -> None:
    views = views_on(alteration.session.catalog, ColumnOf(alteration.table, column))
    if views:
        raise errors.FeatureNotSupported(
            "cannot alter type of a column used by a view or rule",
            detail=f'rule _RETURN on view {views[0].name} depends on column "{column.name}"',
        )


def _require_default_fits(column: Column, new_type: SqlType) -> None:
    """Raise `DatatypeMismatch` if the default, which has the old type, is nothing that the new one can have."""
    if column.default is not None and not can_coerce(column.type, new_type, "assignment"):
        raise errors.DatatypeMismatch(
            f'default for column "{column.name}" cannot be cast automatically to type {new_type}'
        )
