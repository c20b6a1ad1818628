"""What binding makes of a query: its columns, and its text once their types are settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.values import Bound
    from storage.types import SqlType


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """A query. In its text the columns are called `c1` … `cN`, whatever their names are."""

    columns: tuple[tuple[str, Bound], ...]
    """Names and expressions; one of type UNKNOWN takes the type that it is rendered with."""
    render: Callable[[Sequence[SqlType]], str]
    """The text, with the columns as these types: each must be reachable by an assignment cast."""

    @property
    def types(self) -> tuple[SqlType, ...]:
        """The types of the columns where nothing else is asked for: what is open is text."""
        return tuple(t.TEXT if bound.is_unknown else bound.type for _, bound in self.columns)

    def render_settled(self) -> str:
        """The text with the columns' own types."""
        return self.render(self.types)
