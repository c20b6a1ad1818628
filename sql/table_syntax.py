"""Parts of statements that define tables, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.names import QualifiedName
    from sql.sequence_syntax import Identity
    from storage.catalog_entries import ReferentialAction
    from storage.types import SqlType


class CheckDefinition(Struct, frozen=True):
    """CHECK (expression), of a column or of a table."""

    expression: exp.Expr
    text: str
    """The expression as it was written, without the parentheses."""
    name: str | None
    position: int


class GeneratedDefinition(Struct, frozen=True):
    """GENERATED ALWAYS AS (expression) STORED."""

    expression: exp.Expr
    text: str
    """The expression as it was written, without the parentheses."""
    position: int


class ForeignKeyDefinition(Struct, frozen=True):
    """FOREIGN KEY (columns) REFERENCES table [(columns)] …, of a table, or REFERENCES … of a column."""

    columns: tuple[str, ...]
    table: QualifiedName
    referenced_columns: tuple[str, ...] = ()
    """None: those of the primary key."""
    name: str | None = None
    match_full: bool = False
    on_delete: ReferentialAction = "no action"
    on_update: ReferentialAction = "no action"
    set_columns: tuple[str, ...] = ()
    """Those of ON DELETE SET NULL | DEFAULT (columns)."""
    deferrable: bool = False
    deferred: bool = False
    validated: bool = True
    """False: NOT VALID."""


class ColumnDefinition(Struct, frozen=True):
    """A column of CREATE TABLE, or of ALTER TABLE … ADD COLUMN."""

    name: str
    type: SqlType
    not_null: bool
    default: exp.Expr | None
    default_text: str | None
    """The default as it was written."""
    primary_key: bool
    position: int
    primary_key_name: str | None = None
    unique: bool = False
    unique_name: str | None = None
    serial: bool = False
    """Whether its type was written `serial`, or one of its like."""
    identity: Identity | None = None
    checks: tuple[CheckDefinition, ...] = ()
    generated: GeneratedDefinition | None = None
    foreign_keys: tuple[ForeignKeyDefinition, ...] = ()


class LikeClause(Struct, frozen=True):
    """LIKE table [INCLUDING …]: what it brings stands before the column definition at `index`."""

    table: QualifiedName
    including: frozenset[str]
    index: int


class TableConstraint(Struct, frozen=True):
    """PRIMARY KEY or UNIQUE over columns, a CHECK or a FOREIGN KEY, as a table constraint."""

    kind: Literal["primary key", "unique", "check", "foreign key"]
    columns: tuple[str, ...]
    name: str | None
    position: int
    check: CheckDefinition | None = None
    foreign_key: ForeignKeyDefinition | None = None
