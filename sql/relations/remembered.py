"""Rows that follow from the catalog, the role and the search path alone are computed once, until one of these changes.

A client that looks around asks many queries of the same catalogs in a row, and a catalog of a thousand tables takes
tens of milliseconds to lay out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from sql.acting_role import ActingRole
    from sql.relations.context import RelationContext
    from storage.catalog import Catalog


class _Known(Struct, frozen=True):
    catalog: Catalog
    role: ActingRole
    search_path: tuple[str, ...]
    rows: pa.Table


class Remembered:
    """A function of a context that remembers its last result. It must not look at more of the context than that."""

    def __init__(self, compute: Callable[[RelationContext], pa.Table]) -> None:
        self._compute = compute
        self._known: _Known | None = None

    def __call__(self, context: RelationContext) -> pa.Table:
        """The rows as that session sees them."""
        known = self._known
        # A catalog is immutable and changes by being replaced: the same object says the same.
        if (
            known is None
            or known.catalog is not context.catalog
            or known.role != context.role
            or known.search_path != context.search_path
        ):
            known = _Known(context.catalog, context.role, context.search_path, self._compute(context))
            self._known = known
        return known.rows
