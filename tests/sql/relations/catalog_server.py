"""The catalogs behind parser, binder and engine, as a session asks them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sql.binder import BindContext, bind_query
from sql.dialect import parse_script
from sql.engine import Engine
from sql.query_scans import RelationScan
from sql.relations.functions import CATALOG_FUNCTIONS, CATALOG_MACROS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sql.relations import RelationContext, Relations


class CatalogServer:
    """Runs a query as a session would, over the sample catalog."""

    def __init__(self, relations: Relations, context: RelationContext, folder: Path) -> None:
        self._relations = relations
        self._context = context
        self._engine = Engine(folder, folder, 1 << 30, threads=1, workers=1, macros=CATALOG_MACROS)
        self._bind_context = BindContext(context.catalog, ("public",), relations, CATALOG_FUNCTIONS)

    def close(self) -> None:
        """Stop the engine."""
        self._engine.close()

    def run(self, text: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of a query."""
        (statement,) = parse_script(text)
        plan = bind_query(statement.tree, self._bind_context)
        sources = {}
        for scan in plan.scans:
            assert isinstance(scan, RelationScan)
            relation = self._relations.find(scan.namespace, scan.name)
            assert relation is not None
            sources[scan.alias] = relation.rows(self._context)
        values = {"time_zone": "UTC", "current_user": "admin", "session_user": "admin"}
        session = {name: values[name] for name in plan.session_values}
        table = asyncio.run(self._engine.table(plan, sources, parameters, session))
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
