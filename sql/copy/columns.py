"""The columns that a COPY reads or writes: a table's, or a query's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from storage.types import SqlType


class CopyColumn(Protocol):
    """What COPY knows of a column."""

    @property
    def name(self) -> str:
        """Its name, for headers and errors."""

    @property
    def type(self) -> SqlType:
        """Its type."""
