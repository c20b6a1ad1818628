"""The queries of views: as trees for who binds them, and as text for who asks for a view's definition."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from sql.dialect import parse_script
from sql.names import fold
from sql.relations.identifiers import qualified, quote_identifier
from storage.object_constants import OBJECT_CONSTANT

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from storage.catalog import Catalog
    from storage.catalog_entries import View


@lru_cache(maxsize=1024)
def view_tree(text: str) -> exp.Expr:
    """The tree of a view's text. It is shared: copy before changing it."""
    tree = parse_script(text)[0].tree
    assert isinstance(tree, exp.Expr), "CREATE VIEW took it for a query"
    return tree


def naming_select(tree: exp.Expr) -> exp.Expr | None:
    """The SELECT, at the beginning of a query, that names its columns."""
    while isinstance(tree, exp.SetOperation):
        tree = tree.this
    return tree if isinstance(tree, exp.Select) else None


def named_query(text: str, given: Sequence[str], named: Sequence[str]) -> str:
    """A query whose columns are called `given`, as one whose columns are called `named`."""
    if list(given) == list(named):
        return text
    names = [quote_identifier(name) for name in named]
    listed = ", ".join(f"v.{name}" for name in names)
    if isinstance(view_tree(text), exp.Values):
        # In FROM they could not have an ORDER BY.
        return f"WITH v({', '.join(names)}) AS ({text}) SELECT {listed} FROM v"
    return f"SELECT {listed} FROM ({text}) AS v({', '.join(names)})"


def view_definition(view: View, catalog: Catalog, visible_in: Sequence[str]) -> str:
    """The query of a view, whose columns have the names that they have now, as pg_get_viewdef() gives it.

    Relations of a schema of the search path are named without it in constants.
    """
    select = naming_select(view_tree(view.text))
    items = [] if select is None else select.expressions
    given = [fold(item.args["alias"]) if isinstance(item, exp.Alias) else fold(item.this) for item in items]
    text = named_query(view.text, given, [column.name for column in view.columns])
    return f" {_with_names_of_objects(text, catalog, visible_in)};"


def _with_names_of_objects(text: str, catalog: Catalog, visible_in: Sequence[str]) -> str:
    def named(match: re.Match[str]) -> str:
        relation, namespace = catalog.relation_by_oid(int(match[1])), catalog.namespace_by_oid(int(match[1]))
        if match[2] == "regnamespace" and namespace is not None:
            name = quote_identifier(namespace.name)
        elif match[2] == "regclass" and relation is not None:
            plain = relation.namespace in visible_in
            name = quote_identifier(relation.name) if plain else qualified(relation.namespace, relation.name)
        else:
            return match[0]
        escaped = name.replace("'", "''")
        return f"'{escaped}'::{match[2]}"

    return OBJECT_CONSTANT.sub(named, text)
