"""Names of catalog objects as a session reads and writes them: by its transaction's catalog and its search path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.relations.object_names import ObjectNames

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.relations.registry import Relations
    from storage.catalog import Catalog
    from storage.types import SqlType

    View = Callable[[], tuple[Catalog, tuple[str, ...]]]
    """The catalog that a session sees now, and its search path."""


class SessionNames:
    """Whoever asks is told what holds at that moment: it may be long after the statement was planned."""

    def __init__(self, view: View, relations: Relations) -> None:
        self._view = view
        self._relations = relations
        self._known: ObjectNames | None = None

    def name_of(self, oid: int, sql_type: SqlType) -> str:
        """What the output function of a type writes."""
        return self._current().name_of(oid, sql_type)

    def oid_of(self, text: str, sql_type: SqlType) -> int:
        """What the input function of a type reads that is no number. Raises `SqlError` where nothing has the name."""
        return self._current().oid_of(text, sql_type)

    def _current(self) -> ObjectNames:
        catalog, path = self._view()
        known = self._known
        # A catalog changes by being replaced.
        if known is None or known.catalog is not catalog or known.search_path != path:
            known = self._known = ObjectNames(catalog, path, self._relations.all())
        return known
