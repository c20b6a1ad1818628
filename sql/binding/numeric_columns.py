"""Columns of queries that are numerics, with as many digits after the point as another query's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql.binding.digits import common_digits, is_numeric, rescaled, widest
from sql.binding.scope import CommonTable
from sql.binding.values import Bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.bound_query import BoundQuery
    from sql.binding.context import Binding
    from storage.types import SqlType


def columns_digits(one: BoundQuery, other: BoundQuery) -> list[int | None]:
    """As many digits after the point as the column of either query has, where that is known."""
    pairs = zip(one.columns, other.columns, strict=True)
    return [common_digits((left, right)) for (_, left), (_, right) in pairs]


def with_digits(
    binding: Binding,
    query: BoundQuery,
    types: Sequence[SqlType],
    digits: Sequence[int | None],
    *,
    is_widened: bool = False,
) -> str:
    """The text of a query, rendered with these types, whose numerics have so many digits after the point.

    Where they are widened they have 38 digits in all.
    """
    sql = query.render(types)
    called = binding.fresh("s")
    before = [bound for _, bound in query.columns]
    columns = [Bound(f"{called}.c{number}", sql_type) for number, sql_type in enumerate(types, start=1)]
    wide = [
        column
        if not is_numeric(column.type)
        else widest(column, scale)
        if is_widened
        else rescaled(column, scale, bound)
        for column, scale, bound in zip(columns, digits, before, strict=True)
    ]
    if wide == columns:
        return sql
    listed = ", ".join(f"{column.sql} AS c{number}" for number, column in enumerate(wide, start=1))
    return f"SELECT {listed} FROM ({sql}) AS {called}"


def with_column_digits(table: CommonTable, digits: Sequence[int | None]) -> CommonTable:
    """A WITH query whose numerics have so many digits after the point."""
    columns = zip(table.columns, digits, strict=True)
    return CommonTable(
        table.name,
        tuple(
            (name, replace(bound, scale=scale) if is_numeric(bound.type) else bound) for (name, bound), scale in columns
        ),
    )
