"""Statements about indexes, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.names import QualifiedName


@dataclass(frozen=True, slots=True)
class IndexElement:
    """What an index is on: a column, or an expression (`column` is `None` then), and how it is ordered."""

    column: str | None
    tree: exp.Expr | None
    text: str
    """The expression as it was written; of a column nothing."""
    descending: bool
    nulls_first: bool
    position: int
    suffix: str = ""
    """COLLATE or an operator class, as it was written."""


@dataclass(frozen=True, slots=True)
class IndexCondition:
    """What is behind WHERE, and as it was written."""

    tree: exp.Expr
    text: str


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """CREATE [UNIQUE] INDEX [CONCURRENTLY] [IF NOT EXISTS] [name] ON table [USING method] (elements) … ."""

    name: str | None
    table: QualifiedName
    elements: tuple[IndexElement, ...]
    method: str
    unique: bool = False
    concurrently: bool = False
    if_not_exists: bool = False
    include: tuple[str, ...] = ()
    where: IndexCondition | None = None
    nulls_not_distinct: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex:
    """DROP INDEX [CONCURRENTLY] [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    names: tuple[QualifiedName, ...]
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False


IndexStatement = CreateIndex | DropIndex
