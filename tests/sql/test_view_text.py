"""The text that a view keeps means what its query meant: tried on every query that is compared with PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from sqlglot import exp

from sql.dialect import parse_script
from sql.errors import UndefinedParameter
from sql.relations.view_definitions import view_definition
from sql.view_text import ViewDefinition, define_view
from storage.catalog import Catalog
from storage.catalog_entries import View
from tests.sql.queries.lines import statements

if TYPE_CHECKING:
    from tests.sql.queries.world import World

QUERIES = [
    query
    for query in statements("same.sql")
    if "natural join" not in query
    and isinstance(parse_script(query)[0].tree, exp.Select | exp.SetOperation | exp.Values | exp.Subquery)
]


def define(query: str, names: tuple[str, ...], world: World) -> ViewDefinition:
    """The definition of a view of a query that stands behind something else in what the client sent."""
    script = f"select 1; {query}"
    return define_view(parse_script(script)[1], names, world.context())


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_kept(query: str, world: World) -> None:
    """Its text has no star, names every column, and makes the same text of itself, under any search path."""
    count = len(world.plan(query).columns)
    names = tuple(f"n{number}" for number in range(1, count + 1))
    kept = define(query, names, world)
    assert [column.name for column in kept.columns] == list(names)
    world_context = replace(world.context(), search_path=())
    again = define_view(parse_script(kept.text)[0], (), world_context)
    assert again.text == kept.text
    assert again.columns == kept.columns
    assert again.uses == kept.uses


@pytest.mark.parametrize("query", QUERIES)
def test_a_definition_has_the_columns_of_its_view(query: str, world: World) -> None:
    """What pg_get_viewdef() gives names the columns as the view does, also once they are renamed."""
    count = len(world.plan(query).columns)
    kept = define(query, tuple(f"n{number}" for number in range(1, count + 1)), world)
    renamed = tuple(replace(column, name=column.name.replace("n", "Renamed ")) for column in kept.columns)
    for columns in (kept.columns, renamed):
        text = view_definition(View(1, "public", "v", "admin", kept.text, columns), Catalog(), ())
        plan = world.plan(text.removesuffix(";"))
        assert [column.name for column in plan.columns] == [column.name for column in columns]
        assert [column.type for column in plan.columns] == [column.type for column in columns]


def test_a_view_has_no_parameters(world: World) -> None:
    """$1 means nothing where there is nobody to give it."""
    with pytest.raises(UndefinedParameter):
        define("select $1", (), world)
