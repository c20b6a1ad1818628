"""An item of FROM as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sql.duckdb_types import identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.context import Binding
    from sql.binding.scope import Source


class FromItem(Struct, frozen=True):
    """An item and the names that it puts in scope."""

    sql: str
    source: Source
    before: tuple[str, ...] = ()
    """Items that come before it, which it reads."""
    alone: str = ""
    """The same as one item that reads none, for what stands on the right of a join with a condition."""


def of_lists(
    binding: Binding, lists: Sequence[str], write: Callable[[Sequence[str]], str], source: Source, *, reads: bool
) -> FromItem:
    """An item that unnests lists. `reads` says whether they are computed of what stands before it in FROM.

    Then they are computed in an item of their own: DuckDB joins what is unnested of anything but a column with the
    rows that it comes of by its value, through a hash table, which costs time and the order.
    """
    alone = write(lists)
    if not reads:
        return FromItem(alone, source)
    called = identifier(binding.fresh("l"))
    columns = ", ".join(f"{text} AS l{number}" for number, text in enumerate(lists, start=1))
    names = [f"{called}.l{number}" for number in range(1, len(lists) + 1)]
    return FromItem(write(names), source, (f"LATERAL (SELECT {columns}) AS {called}",), alone)
