"""Statements about sequences, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from storage.types import SqlType

IdentityKind: TypeAlias = Literal["always", "by default"]
"""GENERATED ALWAYS or BY DEFAULT AS IDENTITY."""


class OwnedBy(Struct, frozen=True):
    """OWNED BY table.column; without a table: OWNED BY NONE."""

    table: QualifiedName | None = None
    column: str = ""


class SequenceOptions(Struct, frozen=True):
    """What is said of a sequence; `None` where nothing is. A bound that is `no` is NO MINVALUE, NO MAXVALUE."""

    type: SqlType | None = None
    increment: int | None = None
    minimum: int | Literal["no"] | None = None
    maximum: int | Literal["no"] | None = None
    start: int | None = None
    restart: int | Literal["start"] | None = None
    """RESTART without a number begins at the start value."""
    cache: int | None = None
    cycle: bool | None = None
    owned_by: OwnedBy | None = None
    name: QualifiedName | None = None
    """SEQUENCE NAME, of an identity column."""


class Identity(Struct, frozen=True):
    """GENERATED … AS IDENTITY [(options)]."""

    kind: IdentityKind
    options: SequenceOptions


class CreateSequence(Struct, frozen=True):
    """CREATE SEQUENCE [IF NOT EXISTS] name options."""

    name: QualifiedName
    options: SequenceOptions
    if_not_exists: bool = False


class AlterSequence(Struct, frozen=True):
    """ALTER SEQUENCE [IF EXISTS] name options. Its name, schema and owner are changed by an `AlterRelation`."""

    name: QualifiedName
    options: SequenceOptions
    if_exists: bool = False


class DropSequence(Struct, frozen=True):
    """DROP SEQUENCE [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    names: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


SequenceStatement: TypeAlias = CreateSequence | AlterSequence | DropSequence
