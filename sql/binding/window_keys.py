"""What the rows of a window are divided and ordered by, as DuckDB takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.binding.macros import RAISING_MACROS
from sql.binding.quiet import quiet

if TYPE_CHECKING:
    from sql.binding.scope import Scope


def window_key(scope: Scope, sql: str) -> str:
    """A key that raises nothing. What the query is grouped by keeps its text, by which DuckDB knows it."""
    grouping = scope.grouping
    grouped = () if grouping is None else {*grouping.texts, *grouping.shown.values()}
    return quiet(sql, RAISING_MACROS, [text for text in grouped if quiet(text, RAISING_MACROS) != text])
