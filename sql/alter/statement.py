"""ALTER TABLE: the table is found and locked, its actions are gone through, and what they come to is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sql import alter_syntax as syntax
from sql import errors
from sql.alter import (
    add_column,
    constraints,
    drop_column,
    generated,
    identity,
    moving,
    renaming,
    set_default,
    set_not_null,
    set_type,
)
from sql.alter.alteration import Alteration
from sql.alter.carrying_out import carry_out
from sql.alter.namespaces import alter_namespace
from sql.alter.relations import alter_relation, relation_to_alter
from sql.lock_waits import run_until_free
from sql.result import Command
from sql.table_options import changed_options
from storage.catalog_entries import Table, View
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from storage.catalog_entries import SequenceGenerator

_ORDER: Final = (
    (syntax.DropColumn, syntax.DropConstraint),
    (syntax.SetType,),
    (syntax.AddColumn,),
    (syntax.SetDefault, syntax.SetNotNull),
    (syntax.AddConstraint,),
)
"""As PostgreSQL does them, whatever their order in the statement (ATPrepCmd's passes); the others come last."""


async def alter(statement: syntax.AlterStatement, session: SessionState) -> Command:
    """Run ALTER TABLE, VIEW, SEQUENCE, INDEX or SCHEMA, in the session's transaction.

    Raises `DefinitionChanged` where it should be begun again.
    """
    command = f"ALTER {_kind(statement).upper()}"
    transaction = session.block.for_writing(command)
    told = len(session.notices)

    async def attempt() -> Command:
        del session.notices[told:]
        match statement:
            case syntax.AlterTable():
                await _alter_table(statement, session)
            case syntax.AlterRelation():
                alter_relation(statement, session)
            case syntax.AlterNamespace():
                alter_namespace(statement, session)
        return Command(command)

    return await run_until_free(session, transaction, attempt)


def _kind(statement: syntax.AlterStatement) -> str:
    match statement:
        case syntax.AlterTable():
            return "table"
        case syntax.AlterRelation(kind):
            return kind
        case syntax.AlterNamespace():
            return "schema"


async def _alter_table(statement: syntax.AlterTable, session: SessionState) -> None:
    relation = relation_to_alter(statement.table, session, if_exists=statement.if_exists)
    if relation is None:
        return
    if not isinstance(relation, Table):
        _alter_other(statement, relation, session)
        return
    transaction = session.block.for_writing("ALTER TABLE")
    transaction.lock_table(relation.oid, LockMode.ACCESS_EXCLUSIVE)
    alteration = Alteration(session, relation, relation)
    for action in sorted(statement.actions, key=_place):
        try:
            await _act(alteration, action)
        except errors.SqlError as error:
            if not isinstance(action, syntax.SetType):
                # As in PostgreSQL, which has the statement's text no more when it does these.
                error.position = None
            raise
    await carry_out(alteration, transaction)


def _place(action: syntax.TableAction | syntax.LoneAction) -> int:
    match action:
        case syntax.SetDefault(default=None) | syntax.SetNotNull(not_null=False):
            return 0
        case syntax.AddConstraint(constraint) if constraint.foreign_key is not None:
            # It may refer to a key of the table that the same statement adds.
            return len(_ORDER)
    return next((place for place, kinds in enumerate(_ORDER) if isinstance(action, kinds)), len(_ORDER) + 1)


async def _act(alteration: Alteration, action: syntax.TableAction | syntax.LoneAction) -> None:
    session = alteration.session
    match action:
        case syntax.AddColumn():
            await add_column.add(alteration, action)
        case syntax.DropColumn():
            drop_column.drop(alteration, action)
        case syntax.SetType():
            set_type.set_type(alteration, action)
        case syntax.SetDefault():
            set_default.set_default(alteration, action)
        case syntax.SetNotNull():
            set_not_null.set_not_null(alteration, action)
        case syntax.AddIdentity():
            identity.add_identity(alteration, action)
        case syntax.SetIdentity():
            identity.set_identity(alteration, action)
        case syntax.DropIdentity():
            identity.drop_identity(alteration, action)
        case syntax.DropExpression():
            generated.drop_expression(alteration, action)
        case syntax.AddConstraint():
            constraints.add_constraint(alteration, action)
        case syntax.DropConstraint():
            constraints.drop_constraint(alteration, action)
        case syntax.AlterConstraint():
            constraints.alter_constraint(alteration, action)
        case syntax.ValidateConstraint():
            constraints.validate_constraint(alteration, action)
        case syntax.RenameConstraint():
            constraints.rename_constraint(alteration, action)
        case syntax.RenameColumn():
            renaming.rename(alteration, action)
        case syntax.RenameRelation(new_name):
            alteration.table = moving.renamed(renaming.of_renamed(alteration.table, new_name), new_name, session)
        case syntax.SetSchema(namespace):
            alteration.table = moving.moved(alteration.table, namespace, session)
        case syntax.SetOwner():
            alteration.table = moving.given(alteration.table, action, session)
        case syntax.SetOptions(options):
            changed = changed_options(alteration.table.options, dict(options), session.notice)
            alteration.table = replace(alteration.table, options=changed)
        case syntax.WithoutEffect():
            _without_effect(alteration, action)


def _without_effect(alteration: Alteration, action: syntax.WithoutEffect) -> None:
    table = alteration.table
    if action.column is not None:
        alteration.column(action.column)
    if action.index is not None and all(name != action.index for _, name in table.index_names):
        raise errors.UndefinedObject(f'index "{action.index}" for table "{table.name}" does not exist')
    alteration.session.notice(f"{action.what} has no effect")


def _alter_other(statement: syntax.AlterTable, relation: View | SequenceGenerator, session: SessionState) -> None:
    """ALTER TABLE of a view or sequence does what these have in common with tables."""
    (*_, action) = statement.actions
    if len(statement.actions) == 1 and isinstance(
        action, syntax.RenameColumn | syntax.RenameRelation | syntax.SetSchema | syntax.SetOwner
    ):
        kind: syntax.RelationWord = "view" if isinstance(relation, View) else "sequence"
        alter_relation(syntax.AlterRelation(kind, statement.table, action), session)
        return
    what = _CALLED.get(type(statement.actions[0]), "")
    raise errors.WrongObjectType(
        f'ALTER action {what} cannot be performed on relation "{relation.name}"',
        detail=f"This operation is not supported for {'views' if isinstance(relation, View) else 'sequences'}.",
    )


_CALLED: Final = {
    syntax.AddColumn: "ADD COLUMN",
    syntax.DropColumn: "DROP COLUMN",
    syntax.SetType: "ALTER COLUMN ... SET DATA TYPE",
    syntax.SetDefault: "ALTER COLUMN ... SET DEFAULT",
    syntax.SetNotNull: "ALTER COLUMN ... SET NOT NULL",
    syntax.AddConstraint: "ADD CONSTRAINT",
    syntax.DropConstraint: "DROP CONSTRAINT",
    syntax.AlterConstraint: "ALTER CONSTRAINT",
    syntax.ValidateConstraint: "VALIDATE CONSTRAINT",
    syntax.RenameConstraint: "RENAME CONSTRAINT",
    syntax.SetOptions: "SET",
    syntax.WithoutEffect: "SET",
}
