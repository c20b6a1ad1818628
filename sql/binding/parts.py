"""Statements in parts: WITH queries, and subqueries, that are run by themselves before the rest reads their rows.

The planner puts a marker into the place of each; here it becomes a query of the rows that the executor hands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from sqlglot import exp

from sql.binding.parameters import Parameters
from sql.duckdb_types import from_stored, identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.result import ResultColumn

_PART: Final = "part"


class StatementParts(Struct, frozen=True):
    """What the parts of a statement share while it is planned: parameters, and the columns of each part so far."""

    parameters: Parameters = field(default_factory=Parameters)
    columns: list[tuple[ResultColumn, ...]] = field(default_factory=list)
    """Of a part that gives no rows there are none."""


def marker_of(part: int, alias: exp.TableAlias) -> exp.CTE:
    """The WITH query that stands for a part of the statement."""
    marker = exp.CTE(this=exp.Null(), alias=alias.copy())
    marker.meta[_PART] = part
    return marker


def marked_part(node: exp.Expr) -> int | None:
    """The part for which a WITH query stands, if it is such a marker."""
    found: int | None = node.meta.get(_PART) if node._meta else None
    return found


def part_query(rows: str, columns: Sequence[ResultColumn]) -> str:
    """The query of the rows that a part has given, which are there as `rows`, as they are stored."""
    listed = ", ".join(
        f"{from_stored(f'{identifier(rows)}.c{number}', column.type)} AS c{number}"
        for number, column in enumerate(columns, start=1)
    )
    return f"SELECT {listed} FROM {identifier(rows)}"
