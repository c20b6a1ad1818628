"""The queries behind INSERT, UPDATE and DELETE: which rows they name, and what they make of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlglot import exp

from sql.binder import ReturningItems, bind_delete, bind_expressions, bind_insert_source, bind_update
from sql.dialect import parse_expression, parse_script
from sql.errors import SqlError, SqlSyntaxError, StringDataRightTruncation, UndefinedColumn
from storage import types as t
from storage.catalog_entries import Column
from storage.rows import rows_from_table
from tests.sql.queries.world import SESSION_VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from sql.plan import QueryPlan
    from tests.sql.queries.world import World


def _tree(sql: str) -> exp.Expr:
    (statement,) = parse_script(sql)
    assert isinstance(statement.tree, exp.Expr)
    return statement.tree


def _run(world: World, plan: QueryPlan, parameters: Sequence[object] = (), rows: pa.Table | None = None) -> pa.Table:
    sources = world.sources(plan)
    for scan in plan.scans:
        sources.setdefault(scan.alias, rows)
    return asyncio.run(world.engine.table(plan, sources, parameters, SESSION_VALUES))


def _update(world: World, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
    tree = _tree(sql)
    assert isinstance(tree, exp.Update)
    table = _run(world, bind_update(tree, world.tables["people"], None, world.context())[0], parameters)
    assert table.column_names == ["_seq", "id", "name", "age", "city", "score"]
    seqs = table.column("_seq").to_pylist()
    assert len(set(seqs)) == len(seqs)
    return sorted(rows_from_table(table.drop_columns(["_seq"])))


def test_an_update_gives_every_column_of_the_rows_it_changes(world: World) -> None:
    """The assigned ones new, cast as an assignment casts; the others as they were, hot or cold."""
    rows = _update(world, "update people set age = age + 1, city = 5 where id in (1, 4)")
    assert [row[:4] for row in rows] == [(1, "ann", 31, "5"), (4, "dan", 42, "5")]


def test_an_update_may_join(world: World) -> None:
    """A row that several of FROM's rows match is changed once."""
    rows = _update(world, "update people p set name = v.note from visits v where v.person = p.id and p.id < 3")
    assert [row[0] for row in rows] == [1, 2]
    assert rows[1][1] == "a%b_c"


def test_an_update_takes_rows_of_values_and_parameters(world: World) -> None:
    """`(a, b) = (…)`, and a parameter as a stored value."""
    rows = _update(world, "update people set (name, age) = ('x', $1) where id = $2", [7, 3])
    assert rows == [(3, "x", 7, None, None)]


def test_a_delete_names_the_rows_it_removes(world: World) -> None:
    """Only `_seq`; with RETURNING the columns, too; once, however many rows of USING match."""
    people = world.tables["people"]
    tree = _tree("delete from people using visits v where v.person = people.id")
    assert isinstance(tree, exp.Delete)
    table = _run(world, bind_delete(tree, people, None, world.context())[0])
    assert table.column_names == ["_seq"]
    assert table.num_rows == 3
    tree = _tree("delete from people where name = 'gus' returning id")
    assert isinstance(tree, exp.Delete)
    table = _run(world, bind_delete(tree, people, None, world.context())[0])
    assert table.column("name").to_pylist() == ["gus"]


def test_an_insert_gives_every_column_of_the_table(world: World) -> None:
    """Those of the query where they belong, the defaults of others, and NULL for the rest."""
    source = _tree("insert into people (name, id) select note, id + 100 from visits where note is not null").args
    plan = bind_insert_source(
        source["expression"], world.tables["people"], (1, 0), {3: parse_expression("'de' || 'fault'")}, world.context()
    )
    rows = sorted(rows_from_table(_run(world, plan)))
    assert rows[0] == (110, "first", None, "default", None)
    assert [column.type for column in plan.columns] == [column.type for column in world.tables["people"].columns]


def test_an_insert_of_nothing_but_defaults(world: World) -> None:
    """DEFAULT VALUES is a row of the defaults."""
    nothing = exp.Values(expressions=[exp.Tuple(expressions=[])])
    plan = bind_insert_source(nothing, world.tables["nothing"], (), {0: parse_expression("7")}, world.context())
    assert rows_from_table(_run(world, plan)) == [(7, None)]


def test_an_insert_may_give_fewer_columns_where_the_others_have_defaults(world: World) -> None:
    """What the query does not give comes from the defaults; where columns are named it has to give all of them."""
    people = world.tables["people"]
    source = _tree("insert into people select 7, 'gus'").args["expression"]
    positions = tuple(range(len(people.columns)))
    defaults = {position: parse_expression("'de' || 'fault'" if position == 3 else "NULL") for position in positions}
    plan = bind_insert_source(source, people, positions, defaults, world.context())
    assert rows_from_table(_run(world, plan)) == [(7, "gus", None, "default", None)]
    with pytest.raises(SqlSyntaxError, match="INSERT has more target columns than expressions"):
        bind_insert_source(source, people, positions, {}, world.context())


def test_too_long_a_value_is_refused_and_spaces_are_cut(world: World) -> None:
    """An assignment to a varchar(n) does not cut letters; an explicit cast does."""
    people = world.tables["people"]

    def insert(value: str) -> pa.Table:
        source = _tree(f"insert into people (id, city) values (1, {value})").args["expression"]
        return _run(world, bind_insert_source(source, people, (0, 3), {}, world.context()))

    with pytest.raises(StringDataRightTruncation, match="value too long for type character varying\\(20\\)"):
        insert("'" + "x" * 21 + "'")
    assert insert("'" + "x" * 20 + "   '").column("city").to_pylist() == ["x" * 20]
    assert insert("'" + "x" * 21 + "'::varchar(20)").column("city").to_pylist() == ["x" * 20]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("update people set nope = 1", 'column "nope" of relation "people" does not exist'),
        ("update people set age = 1, age = 2", 'multiple assignments to same column "age"'),
        ("update people set age = true", 'column "age" is of type integer but expression is of type boolean'),
        ("update people set (age, name) = (1, 2, 3)", "number of columns does not match number of values"),
        ("update people set age = sum(age)", "aggregate functions are not allowed in UPDATE"),
        ("update people set age = _seq", 'column "_seq" does not exist'),
    ],
)
def test_a_wrong_update_is_refused_in_postgresqls_words(sql: str, message: str, world: World) -> None:
    """The first thing wrong is named."""
    with pytest.raises(SqlError) as caught:
        _update(world, sql)
    assert caught.value.message == message


def test_returning_over_rows_handed_in(world: World) -> None:
    """Expressions over the written rows, under the table's name or alias, in stored values."""
    people = world.tables["people"]
    rows = _run(world, world.plan("select * from people where id < 3 order by id"))
    tree = _tree("delete from people p returning p.id * 2 as twice, upper(name), p.*")
    assert isinstance(tree, exp.Delete)
    items = ReturningItems(tree.args["returning"].expressions, "p")
    returning = bind_delete(tree, people, items, world.context())[1]
    assert returning is not None
    plan = returning.query
    assert plan is not None
    assert [column.name for column in plan.columns][:3] == ["twice", "upper", "id"]
    assert rows_from_table(_run(world, plan, rows=rows))[0][:3] == (2, "ANN", 1)
    with pytest.raises(UndefinedColumn):
        bind_delete(tree, people, ReturningItems([parse_expression("nope")], "p"), world.context())


def test_returning_names_the_other_relations(world: World) -> None:
    """The query gives what RETURNING needs of them behind the table's columns, and nothing more."""
    people = world.tables["people"]
    tree = _tree("update people p set age = 1 from visits v where v.person = p.id returning p.age, v.note || '!'")
    assert isinstance(tree, exp.Update)
    items = ReturningItems(tree.args["returning"].expressions, "p")
    plan, returning = bind_update(tree, people, items, world.context())
    assert len(plan.columns) == 1 + len(people.columns) + 1
    assert returning is not None
    assert returning.query is not None
    rows = _run(world, plan).drop_columns(["_seq"])
    returned = rows_from_table(_run(world, returning.query, rows=rows))
    assert {row[0] for row in returned} == {1}
    assert all(str(row[1]).endswith("!") for row in returned if row[1] is not None)


def test_expressions_as_one_row(world: World) -> None:
    """What expressions among many values are evaluated by: each as the type of its column."""
    trees = [parse_expression("1 + 1"), parse_expression("'2024-02-29'"), parse_expression("null")]
    columns = [Column(number, f"c{number}", each) for number, each in enumerate([t.BIGINT, t.DATE, t.TEXT], 1)]
    plan = bind_expressions(trees, columns, world.context())
    assert rows_from_table(_run(world, plan)) == [(2, 19782, None)]
