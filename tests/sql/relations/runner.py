"""Runs one SQL text on DuckDB over the system relations, and on PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from sql.relations.functions import CATALOG_FUNCTIONS, CATALOG_MACROS

if TYPE_CHECKING:
    from sql.relations import RelationContext, Relations

_CALL = re.compile(r"\b(\w+)\(")
_FROM = re.compile(r"\b(?:FROM|JOIN|,)\s+((?:pg|information_schema)\w*)(?:\.(\w+))?")


class Runner:
    """DuckDB with the catalog functions.

    It does what the binder does, for a query that both dialects read alike: it replaces the functions by their macros
    and registers the relations that are read, those of a macro only if its `Function` says so.
    """

    def __init__(self, relations: Relations) -> None:
        self._relations = relations
        self._connection = duckdb.connect()
        for statement in CATALOG_MACROS:
            self._connection.execute(statement)

    def run(self, context: RelationContext, text: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        read: set[tuple[str, str]] = set()

        def macro(call: re.Match[str]) -> str:
            function = CATALOG_FUNCTIONS.get(call[1])
            if function is None:
                return call[0]
            read.update(function.relations)
            return f"{function.duckdb or function.name}("

        def name(found: re.Match[str]) -> str:
            namespace, relation = (found[1], found[2]) if found[2] else ("pg_catalog", found[1])
            read.add((namespace, relation))
            return found[0].replace(f"{namespace}.{relation}", _alias(namespace, relation))

        text = _FROM.sub(name, _CALL.sub(macro, text))
        cursor = self._connection.cursor()
        for namespace, relation in read:
            found = self._relations.find(namespace, relation)
            assert found is not None, relation
            cursor.register(_alias(namespace, relation), found.rows(context))
        return cursor.execute(text).fetchall()


def _alias(namespace: str, name: str) -> str:
    return f"{namespace}_{name}" if namespace == "information_schema" else name
