"""The types of parameters, which clients believe: asyncpg encodes by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from sql.binder import bind_insert_source, bind_update
from sql.dialect import parse_script
from sql.errors import AmbiguousParameter, DatatypeMismatch, IndeterminateDatatype
from storage import types as t
from tests.sql.queries.lines import statements

if TYPE_CHECKING:
    from sql.plan import QueryPlan
    from tests.sql.queries.world import Oracle, World


@pytest.mark.parametrize("query", statements("parameters.sql"))
def test_parameters_are_inferred_as_in_postgresql(query: str, world: World, twin: Oracle) -> None:
    """Every parameter has the type that PostgreSQL 15 gives it."""
    assert [known.oid for known in world.plan(query).parameter_types] == twin.parameter_types(query)


def test_what_the_client_declares_stays(world: World) -> None:
    """A declared type is not inferred anew, and an open one beside it is."""
    plan = world.plan("select $1 + 1, $2 = name from people", declared=(t.BIGINT, None))
    assert plan.parameter_types == (t.BIGINT, t.TEXT)


def test_the_first_use_decides(world: World) -> None:
    """A later cast is a cast of that type, as in PostgreSQL."""
    assert world.plan("select $1::int, $1::text").parameter_types == (t.INTEGER,)


def test_uses_that_ask_for_different_types_at_once_are_refused(world: World, twin: Oracle) -> None:
    """42P08 where a parameter would need two types."""
    query = "select ($1, $1) = (1, 'a'::text)"
    with pytest.raises(AmbiguousParameter, match="inconsistent types deduced for parameter \\$1"):
        world.plan(query)
    with pytest.raises(psycopg.errors.AmbiguousParameter):
        twin.parameter_types(query)


def test_a_parameter_that_is_not_used_has_no_type(world: World) -> None:
    """`$2` alone leaves `$1` open."""
    with pytest.raises(IndeterminateDatatype, match="could not determine data type of parameter \\$1"):
        world.plan("select $2::int")


def test_a_test_for_null_leaves_a_parameter_open(world: World) -> None:
    """The common `$1 IS NULL OR column = $1` works: the comparison says the type."""
    plan = world.plan("select id from people where $1 is null or id = $1 order by id")
    assert plan.parameter_types == (t.INTEGER,)
    assert world.run_plan(plan, [2]).rows == [("2",)]
    assert len(world.run_plan(plan, [None]).rows) == 7


def _insert(world: World, sql: str, positions: tuple[int, ...]) -> QueryPlan:
    (statement,) = parse_script(sql)
    defaults = {}
    return bind_insert_source(
        statement.tree.args["expression"], world.tables["people"], positions, defaults, world.context()
    )


@pytest.mark.parametrize(
    "sql",
    [
        "insert into people (id, name, city) values ($1, $2, $3)",
        "insert into people (id, name, city) select $1, $2, $3",
        "insert into people (id, name, city) select * from (values ($1::int, $2::text, $3::varchar)) v",
        "insert into people (id, name, city) values (1, 'a', 'b'), ($1, $2, $3)",
    ],
)
def test_inserted_parameters_take_the_columns_types(sql: str, world: World) -> None:
    """VALUES and a SELECT list give their parameters the target columns' types."""
    types = _insert(world, sql, (0, 1, 3)).parameter_types
    assert [known.oid for known in types] == [t.INTEGER.oid, t.TEXT.oid, t.VARCHAR.oid]


def test_assigned_parameters_take_the_columns_types(world: World) -> None:
    """SET gives its parameters the columns' types."""
    (statement,) = parse_script("update people set score = $1, city = $2 where id = $3")
    plan, _ = bind_update(statement.tree, world.tables["people"], None, world.context())
    assert [known.oid for known in plan.parameter_types] == [t.NUMERIC.oid, t.VARCHAR.oid, t.INTEGER.oid]


def test_an_assignment_without_a_cast_is_refused(world: World) -> None:
    """PostgreSQL's words, and its hint."""
    with pytest.raises(DatatypeMismatch) as caught:
        _insert(world, "insert into people (id) values (true)", (0,))
    assert caught.value.message == 'column "id" is of type integer but expression is of type boolean'
    assert caught.value.hint == "You will need to rewrite or cast the expression."
