"""Statements about sequences, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from storage.types import SqlType

IdentityKind: TypeAlias = Literal["always", "by default"]
"""GENERATED ALWAYS or BY DEFAULT AS IDENTITY."""


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """OWNED BY table.column; without a table: OWNED BY NONE."""

    table: QualifiedName | None = None
    column: str = ""


@dataclass(frozen=True, slots=True)
class SequenceOptions:
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


@dataclass(frozen=True, slots=True)
class Identity:
    """GENERATED … AS IDENTITY [(options)]."""

    kind: IdentityKind
    options: SequenceOptions


@dataclass(frozen=True, slots=True)
class CreateSequence:
    """CREATE SEQUENCE [IF NOT EXISTS] name options."""

    name: QualifiedName
    options: SequenceOptions
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterSequence:
    """ALTER SEQUENCE [IF EXISTS] name options. Its name, schema and owner are changed by an `AlterRelation`."""

    name: QualifiedName
    options: SequenceOptions
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropSequence:
    """DROP SEQUENCE [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    names: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


SequenceStatement: TypeAlias = CreateSequence | AlterSequence | DropSequence
