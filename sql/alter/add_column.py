"""ADD COLUMN: rows that are there get its default, which is evaluated once unless it is another one for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import errors
from sql.binder import bind_insert_source
from sql.defaults import check_default, default_tree
from sql.queries import query_table
from sql.table_definition import MAX_COLUMNS
from storage.catalog_entries import Column, Table
from storage.layout import add_column, encode_missing
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import AddColumn
    from sql.session_state import SessionState

_VOLATILE: Final = frozenset(("random", "clock_timestamp", "timeofday", "gen_random_uuid", "nextval", "setseed"))


async def add(alteration: Alteration, action: AddColumn) -> None:
    """Add the column to the definition. Raises what CREATE TABLE raises for it."""
    definition, table = action.column, alteration.table
    if action.if_not_exists and table.column(definition.name) is not None:
        message = f'column "{definition.name}" of relation "{table.name}" already exists, skipping'
        alteration.session.notice(message, sqlstate="42701")
        return
    alteration.require_new_name(definition.name, definition.position)
    if len(table.columns) >= MAX_COLUMNS:
        raise errors.TooManyColumns(f"tables can have at most {MAX_COLUMNS} columns")
    if definition.unique or definition.primary_key:
        raise errors.FeatureNotSupported(
            "ADD COLUMN with PRIMARY KEY or UNIQUE is not supported",
            hint="Add the column first, and the constraint then.",
            position=definition.position,
        )
    check_default(definition, alteration.session)
    column = Column(
        table.next_column_number, definition.name, definition.type, definition.not_null, definition.default_text
    )
    volatile = column.default is not None and is_volatile(default_tree(column.default))
    missing = None if volatile else await _missing(column, alteration.session)
    alteration.table = add_column(table, _with_missing(column, missing))
    if volatile:
        assert column.default is not None
        alteration.values[column.number] = default_tree(column.default).copy()
    if column.not_null and (volatile or missing is None):
        alteration.not_null.add(column.number)


def is_volatile(tree: exp.Expr) -> bool:
    """Whether an expression may have another value for each row."""
    if tree.find(exp.Uuid) is not None:
        return True
    return any(call.name.lower() in _VOLATILE for call in tree.find_all(exp.Anonymous))


async def _missing(column: Column, session: SessionState) -> bytes | None:
    """The value of its default now, for the rows that are there."""
    if column.default is None:
        return None
    alone = Table(0, "", "", "", (Column(1, column.name, column.type),))
    values = exp.Values(expressions=[exp.Tuple(expressions=[default_tree(column.default).copy()])])
    plan = bind_insert_source(values, alone, (0,), {}, session.bind_context(()))
    ((value,),) = rows_from_table(await query_table(session, plan, ()))
    return encode_missing(column.type, value)


def _with_missing(column: Column, missing: bytes | None) -> Column:
    return Column(column.number, column.name, column.type, column.not_null, column.default, missing)
