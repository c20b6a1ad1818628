"""Statements about indexes, as the dialect reads them. Frozen values, like those of `sql.statements`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.names import QualifiedName


class IndexElement(Struct, frozen=True):
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


class IndexCondition(Struct, frozen=True):
    """What is behind WHERE, and as it was written."""

    tree: exp.Expr
    text: str


class CreateIndex(Struct, frozen=True):
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


class DropIndex(Struct, frozen=True):
    """DROP INDEX [CONCURRENTLY] [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    names: tuple[QualifiedName, ...]
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False


IndexStatement = CreateIndex | DropIndex
