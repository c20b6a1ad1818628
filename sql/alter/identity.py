"""ALTER COLUMN … ADD GENERATED, SET GENERATED, RESTART and DROP IDENTITY: the sequence behind an identity column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql.dependencies import Drop
from sql.errors import WrongState
from sql.sequence_names import default_of_sequence
from sql.sequence_rules import with_options
from sql.sequences import restarted, sequence_of_column

if TYPE_CHECKING:
    from sql.alter.alteration import Alteration
    from sql.alter_syntax import AddIdentity, DropIdentity, SetIdentity
    from storage.catalog_entries import Column, SequenceGenerator


def add_identity(alteration: Alteration, action: AddIdentity) -> None:
    """Make a column an identity column. Raises `WrongState` where PostgreSQL does."""
    column, table = alteration.column(action.column), alteration.table
    where = f'column "{column.name}" of relation "{table.name}"'
    if column.identity is not None:
        raise WrongState(f"{where} is already an identity column")
    if column.default is not None:
        raise WrongState(f"{where} already has a default value")
    if not column.not_null:
        raise WrongState(f"{where} must be declared NOT NULL before identity can be added")
    options = action.identity.options
    made = sequence_of_column(alteration.session, table, column, options, {table.name}, identity=True)
    alteration.sequences.append(made)
    alteration.put_column(replace(column, default=default_of_sequence(made), identity=action.identity.kind))


def set_identity(alteration: Alteration, action: SetIdentity) -> None:
    """Change how an identity column gets its numbers. Raises `WrongState` for another column."""
    column = alteration.column(action.column)
    sequence = _sequence(alteration, column)
    if sequence is None:
        raise _no_identity(alteration, column)
    if action.kind is not None:
        alteration.put_column(replace(column, identity=action.kind))
    session, options = alteration.session, action.options
    changed = with_options(sequence, options, session.shared.storage.sequences.value(sequence).last, identity=True)
    if options.restart is not None:
        changed = restarted(session, changed, None if options.restart == "start" else options.restart)
    if changed != sequence:
        alteration.sequences.append(changed)


def drop_identity(alteration: Alteration, action: DropIdentity) -> None:
    """Make an identity column an ordinary one; its sequence goes. Raises `WrongState` for another column."""
    column = alteration.column(action.column)
    sequence = _sequence(alteration, column)
    if sequence is None:
        error = _no_identity(alteration, column)
        if not action.if_exists:
            raise error
        alteration.session.notice(f"{error.message}, skipping")
        return
    alteration.drops.append(Drop((sequence,), (), ()))
    alteration.put_column(replace(column, default=None, identity=None))


def _sequence(alteration: Alteration, column: Column) -> SequenceGenerator | None:
    if column.identity is None:
        return None
    at = (alteration.table.oid, column.number)
    known = {each.oid: each for each in (*alteration.session.catalog.sequences.values(), *alteration.sequences)}
    return next((each for each in known.values() if each.owned_by == at), None)


def _no_identity(alteration: Alteration, column: Column) -> WrongState:
    return WrongState(f'column "{column.name}" of relation "{alteration.table.name}" is not an identity column')
