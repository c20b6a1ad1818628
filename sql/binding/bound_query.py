"""What binding makes of a query: its columns, and its text once their types are settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sql.duckdb_types import as_stored, duckdb_type
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.values import Bound
    from storage.types import SqlType


def announced_column(text: str, sql_type: SqlType) -> str:
    """An expression as exactly what DuckDB shall give for its type."""
    element = element_of(sql_type) or sql_type
    if element.oid in (t.NUMERIC.oid, t.RECORD.oid) and element.modifier < 4:
        return text  # Each with the digits that it has.
    return as_stored(f"CAST({text} AS {duckdb_type(sql_type)})", sql_type)


class BoundQuery(Struct, frozen=True):
    """A query. In its text the columns are called `c1` … `cN`, whatever their names are."""

    columns: tuple[tuple[str, Bound], ...]
    """Names and expressions; one of type UNKNOWN takes the type that it is rendered with."""
    render: Callable[[Sequence[SqlType]], str]
    """The text, with the columns as these types: each must be reachable by an assignment cast."""
    render_announced: Callable[[Sequence[SqlType]], str] | None = None
    """The same with each column cast to exactly what DuckDB shall give, where the query itself can do that."""
    plain_columns: tuple[int, ...] | None = None
    """Where the columns are only those of one system relation, and that has been told all else: their numbers in it."""

    @property
    def types(self) -> tuple[SqlType, ...]:
        """The types of the columns where nothing else is asked for: what is open is text."""
        return tuple(t.TEXT if bound.is_unknown else bound.type for _, bound in self.columns)

    def announced(self) -> str:
        """The text of a whole statement: columns come out in exactly the types that are announced to the client."""
        # What is announced of an interval is not what it is sorted and told apart by.
        has_interval = any((element_of(each) or each).oid == t.INTERVAL.oid for each in self.types)
        if self.render_announced is not None and not has_interval:
            return self.render_announced(self.types)
        listed = ", ".join(
            f"{announced_column(f'q.c{number}', sql_type)} AS c{number}"
            for number, sql_type in enumerate(self.types, start=1)
        )
        return f"SELECT {listed} FROM ({self.render_settled()}) AS q"

    def render_settled(self) -> str:
        """The text with the columns' own types."""
        return self.render(self.types)
