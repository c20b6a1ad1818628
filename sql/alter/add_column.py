"""ADD COLUMN: rows that are there get its default, which is evaluated once unless it is another one for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql import errors
from sql.alter.constraints import add_foreign_key, add_primary_key, add_unique
from sql.binder import bind_insert_source
from sql.checks import define_checks
from sql.defaults import default_tree, is_volatile
from sql.generated_columns import define_generated, generation_tree
from sql.queries import query_table
from sql.sequence_names import sequences_in_default
from sql.table_definition import MAX_COLUMNS, new_column, with_sequences
from storage.catalog_entries import Column, Table
from storage.layout import add_column, encode_missing
from storage.rows import rows_from_table

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import AddColumn
    from sql.session_state import SessionState


async def add(alteration: Alteration, action: AddColumn) -> None:
    """Add the column to the definition. Raises what CREATE TABLE raises for it."""
    definition, table, session = action.column, alteration.table, alteration.session
    if action.if_not_exists and table.column(definition.name) is not None:
        message = f'column "{definition.name}" of relation "{table.name}" already exists, skipping'
        session.notice(message, sqlstate="42701")
        return
    alteration.require_new_name(definition.name, definition.position)
    if len(table.columns) >= MAX_COLUMNS:
        raise errors.TooManyColumns(f"tables can have at most {MAX_COLUMNS} columns")
    column = new_column(session, table.next_column_number, definition, table.name)
    with_column, sequences = with_sequences(session, _beside(table, column), (definition,))
    alteration.sequences += sequences
    with_column = define_generated(session, with_column, (definition,))
    column = with_column.columns[-1]
    volatile = column.default is not None and is_volatile(default_tree(column.default))
    if column.generated is not None:
        alteration.values[column.number] = generation_tree(column)
        session.block.for_writing("ALTER TABLE")
    elif not volatile:
        column = replace(column, missing=await _missing(column, session))
    else:
        _fill(alteration, column)
    alteration.table = add_column(table, column)
    if column.not_null and column.missing is None:
        alteration.not_null.add(column.number)
    checks = define_checks(session, alteration.table, definition.checks)
    alteration.table = replace(alteration.table, checks=(*alteration.table.checks, *checks))
    alteration.checks += checks
    if definition.primary_key:
        add_primary_key(alteration, (column.name,), definition.primary_key_name)
    if definition.unique:
        add_unique(alteration, (column.name,), definition.unique_name)
    for foreign_key in definition.foreign_keys:
        add_foreign_key(alteration, foreign_key)


def _beside(table: Table, column: Column) -> Table:
    """The table with the column, as far as its definition is concerned."""
    return replace(table, columns=(*table.columns, column))


def _fill(alteration: Alteration, column: Column) -> None:
    """Have every row get a value of its own. Raises `FeatureNotSupported` for what a query cannot compute."""
    assert column.default is not None, "what is volatile is there"
    oids = sequences_in_default(column.default)
    if not oids:
        alteration.values[column.number] = default_tree(column.default).copy()
        return
    known = {each.oid: each for each in (*alteration.session.catalog.sequences.values(), *alteration.sequences)}
    sequence = known[oids[0]]
    if column.default != f"nextval('{sequence.oid}'::regclass)":
        raise errors.FeatureNotSupported(
            "ADD COLUMN with a default that computes with nextval() is not supported",
            hint="Add the column, set its default, and UPDATE the rows.",
        )
    alteration.values[column.number] = exp.Null()
    alteration.numbered[column.number] = sequence


async def _missing(column: Column, session: SessionState) -> bytes | None:
    """The value of its default now, for the rows that are there."""
    if column.default is None:
        return None
    alone = Table(0, "", "", "", (Column(1, column.name, column.type),))
    values = exp.Values(expressions=[exp.Tuple(expressions=[default_tree(column.default).copy()])])
    plan = bind_insert_source(values, alone, (0,), {}, session.bind_context(()))
    ((value,),) = rows_from_table(await query_table(session, plan, ()))
    return encode_missing(column.type, value)
