"""Parts of plans that hold no query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp

    from sql.grammar.written_rows import WrittenRows
    from sql.scalar import Scalar
    from storage.catalog_entries import Table
    from storage.types import SqlType

Arbiters = tuple[int | None, ...]
"""The keys of a table that ON CONFLICT is about: `None` is the primary key, others are known by their index's oid."""


class PointConflict(Struct, frozen=True):
    """ON CONFLICT without a query. `assignments`: (position, scalar) pairs of DO UPDATE; `None`: DO NOTHING.

    The scalars are over the values of the row that is there, and behind them those of the row that was to be inserted.
    """

    arbiters: Arbiters
    assignments: tuple[tuple[int, Scalar], ...] | None


class ManyValues(Struct, frozen=True):
    """VALUES of many rows, for the columns at `positions`; the others get their `defaults`.

    A default is a tree where only a query can evaluate it. `own_values`: columns that get theirs whatever is written.
    """

    rows: WrittenRows
    positions: tuple[int, ...]
    own_values: frozenset[int]
    defaults: Mapping[int, Scalar | exp.Expr]
    parameter_types: tuple[SqlType, ...]


class KeptRows(Struct, frozen=True):
    """How many of the rows that count are wanted: no call is made for more."""

    limit: Scalar | None
    offset: Scalar | None


class RowLock(Struct, frozen=True):
    """What SELECT … FOR UPDATE locks: rows of a table, which FROM calls `relation`; and what it does if they are."""

    table: Table
    relation: str
    policy: Literal["wait", "nowait", "skip"]
