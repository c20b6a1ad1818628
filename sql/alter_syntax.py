"""ALTER TABLE and its like, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.names import QualifiedName
    from sql.role_syntax import RoleName
    from sql.sequence_syntax import Identity, IdentityKind, SequenceOptions
    from sql.table_syntax import ColumnDefinition, TableConstraint
    from storage.types import SqlType

RelationWord: TypeAlias = Literal["table", "view", "sequence", "index"]
"""What a statement calls the relation that it changes."""


class AddColumn(Struct, frozen=True):
    """ADD [COLUMN] [IF NOT EXISTS] column."""

    column: ColumnDefinition
    if_not_exists: bool = False


class DropColumn(Struct, frozen=True):
    """DROP [COLUMN] [IF EXISTS] name [CASCADE | RESTRICT]."""

    name: str
    if_exists: bool = False
    cascade: bool = False


class SetType(Struct, frozen=True):
    """ALTER [COLUMN] column [SET DATA] TYPE type [USING expression]."""

    column: str
    type: SqlType
    using: exp.Expr | None = None
    position: int | None = None
    """Of the expression."""


class SetDefault(Struct, frozen=True):
    """ALTER [COLUMN] column SET DEFAULT expression; both are `None` for DROP DEFAULT."""

    column: str
    default: exp.Expr | None
    text: str | None
    position: int


class SetNotNull(Struct, frozen=True):
    """ALTER [COLUMN] column SET NOT NULL; `not_null` is false for DROP NOT NULL."""

    column: str
    not_null: bool


class AddIdentity(Struct, frozen=True):
    """ALTER [COLUMN] column ADD GENERATED … AS IDENTITY [(options)]."""

    column: str
    identity: Identity


class SetIdentity(Struct, frozen=True):
    """ALTER [COLUMN] column SET GENERATED …, SET option, RESTART: any of them; `kind` is `None` where it stays."""

    column: str
    kind: IdentityKind | None
    options: SequenceOptions


class DropIdentity(Struct, frozen=True):
    """ALTER [COLUMN] column DROP IDENTITY [IF EXISTS]."""

    column: str
    if_exists: bool = False


class DropExpression(Struct, frozen=True):
    """ALTER [COLUMN] column DROP EXPRESSION [IF EXISTS]."""

    column: str
    if_exists: bool = False


class AddConstraint(Struct, frozen=True):
    """ADD [CONSTRAINT name] PRIMARY KEY (…) and its like."""

    constraint: TableConstraint


class DropConstraint(Struct, frozen=True):
    """DROP CONSTRAINT [IF EXISTS] name [CASCADE | RESTRICT]."""

    name: str
    if_exists: bool = False
    cascade: bool = False


class AlterConstraint(Struct, frozen=True):
    """ALTER CONSTRAINT name [NOT] DEFERRABLE, INITIALLY …: what is not said is not so afterwards."""

    name: str
    deferrable: bool
    deferred: bool


class ValidateConstraint(Struct, frozen=True):
    """VALIDATE CONSTRAINT name."""

    name: str


class SetOptions(Struct, frozen=True):
    """SET (options) | RESET (options). An option that is reset has the value `None`."""

    options: tuple[tuple[str, str | None], ...]


class SetOwner(Struct, frozen=True):
    """OWNER TO role."""

    owner: RoleName


class WithoutEffect(Struct, frozen=True):
    """What changes nothing here and does no harm: a notice says so of `what`. A column or index must be there."""

    what: str
    column: str | None = None
    index: str | None = None


class RenameColumn(Struct, frozen=True):
    """RENAME [COLUMN] name TO new_name."""

    name: str
    new_name: str


class RenameConstraint(Struct, frozen=True):
    """RENAME CONSTRAINT name TO new_name."""

    name: str
    new_name: str


class RenameRelation(Struct, frozen=True):
    """RENAME TO new_name."""

    new_name: str


class SetSchema(Struct, frozen=True):
    """SET SCHEMA namespace."""

    namespace: str


# fmt: off
TableAction: TypeAlias = (
    AddColumn | DropColumn | SetType | SetDefault | SetNotNull | AddIdentity | SetIdentity | DropIdentity
    | DropExpression
    | AddConstraint | DropConstraint | AlterConstraint | ValidateConstraint | SetOptions
    | SetOwner | WithoutEffect
)
# fmt: on
"""What ALTER TABLE does several of at once."""
LoneAction: TypeAlias = RenameColumn | RenameConstraint | RenameRelation | SetSchema
"""What it does alone."""


class AlterTable(Struct, frozen=True):
    """ALTER TABLE [IF EXISTS] [ONLY] t actions."""

    table: QualifiedName
    actions: tuple[TableAction | LoneAction, ...]
    if_exists: bool = False


class AlterRelation(Struct, frozen=True):
    """ALTER VIEW | SEQUENCE | INDEX [IF EXISTS] name, with what these have in common with tables."""

    kind: RelationWord
    name: QualifiedName
    action: RenameColumn | RenameRelation | SetSchema | SetOwner
    if_exists: bool = False


class AlterNamespace(Struct, frozen=True):
    """ALTER SCHEMA | NAMESPACE name RENAME TO new_name | OWNER TO role."""

    name: str
    action: RenameRelation | SetOwner


AlterStatement: TypeAlias = AlterTable | AlterRelation | AlterNamespace
