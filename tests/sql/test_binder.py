"""Queries must mean what they mean in PostgreSQL: names, types and values of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sql.errors import UndefinedColumn
from sql.query_scans import ParameterPredicate, RelationScan, TableScan
from storage import types as t
from storage.snapshot import Predicate
from tests.sql.queries.lines import statements

if TYPE_CHECKING:
    from sql.plan import QueryPlan
    from tests.sql.queries.world import Oracle, World


@pytest.mark.parametrize("query", statements("same.sql"))
def test_a_query_gives_what_postgresql_gives(query: str, world: World, twin: Oracle) -> None:
    """Column names, type oids and values as text are those of PostgreSQL 15."""
    assert world.run(query) == twin.run(query)


@pytest.mark.parametrize(
    ("query", "here", "there"),
    [
        ("select 1 / 3.0", "0.3333333333333333", "0.33333333333333333333"),
        ("select 2.5 union all select 1 order by 1", "1.0", "1"),
        ("select lower('ÉA')", "éa", "Éa"),
        ("select 1.5::numeric", "1.5", "1.5"),
    ],
)
def test_a_known_difference_is_what_it_is_said_to_be(
    query: str, here: str, there: str, world: World, twin: Oracle
) -> None:
    """The differences that docs/compatibility.md lists are these, and no larger."""
    assert world.run(query).rows[0] == (here,)
    assert twin.run(query).rows[0] == (there,)


def _table_scan(plan: QueryPlan) -> TableScan:
    (scan,) = [scan for scan in plan.scans if isinstance(scan, TableScan)]
    return scan


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("id = 3", (Predicate(1, "=", 3),)),
        ("3 < id and name = 'a'", (Predicate(1, ">", 3), Predicate(2, "=", "a"))),
        ("id between 2 and 4", (Predicate(1, ">=", 2), Predicate(1, "<=", 4))),
        ("(id >= -1) and age is null", (Predicate(1, ">=", -1),)),
        ("id = $1", (ParameterPredicate(1, "=", 1),)),
        ("id = 1 or id = 2", ()),
        ("not id = 1", ()),
        ("id + 1 = 2", ()),
        ("id = 1.5", ()),
        ("id = age", ()),
    ],
)
def test_conjuncts_prune_the_scan(condition: str, expected: tuple[object, ...], world: World) -> None:
    """Comparisons of a column with a constant or parameter that must hold reach the scan; nothing else does."""
    plan = world.plan(f"select name from people where {condition}")
    assert _table_scan(plan).predicates == expected


def test_a_subquery_prunes_its_own_scan(world: World) -> None:
    """A predicate goes to the table that it is about, although another of the same name is around it."""
    plan = world.plan("select id from people where exists (select 1 from people where id = 1) and id = 2")
    predicates = [scan.predicates for scan in plan.scans if isinstance(scan, TableScan)]
    assert sorted(predicates, key=str) == [(Predicate(1, "=", 1),), (Predicate(1, "=", 2),)]


def test_columns_of_tables_keep_their_origin(world: World) -> None:
    """A plain column says its table, number and modifier, also through subqueries; an expression says nothing."""
    people = world.tables["people"]
    plan = world.plan("select city, upper(city) from (select city from people) x")
    plain, computed = plan.columns
    assert (plain.table_oid, plain.column_number, plain.type) == (people.oid, 4, t.varchar(20))
    assert (computed.table_oid, computed.column_number, computed.type) == (0, 0, t.TEXT)


def test_the_hidden_column_is_out_of_reach(world: World) -> None:
    """`_seq` is a column that does not exist, whoever asks."""
    for query in ("select _seq from people", "select people._seq from people", "select * from people where _seq > 0"):
        with pytest.raises(UndefinedColumn):
            world.plan(query)
    assert "_seq" not in world.plan("select p.*, row_to_json(p) from people p").sql


def test_session_values_are_named_and_not_written_in(world: World) -> None:
    """A cached plan serves every session: what differs between them is a parameter."""
    plan = world.plan("select current_user, now(), current_date")
    assert {"current_user", "now", "time_zone"} <= set(plan.session_values)
    assert "admin" not in plan.sql


def test_catalog_functions_bring_their_relations(world: World) -> None:
    """What a macro reads is scanned under its own name."""
    plan = world.plan("select 'people'::regclass")
    (scan,) = [scan for scan in plan.scans if isinstance(scan, RelationScan)]
    assert scan.alias == scan.name == "silt_names"


def test_rows_split_between_hot_and_cold_are_one_table(world: World) -> None:
    """The world's `people` has a segment with a dead row and hot rows beside it: each row is seen once."""
    parts = world.storage.snapshot(world.tables["people"].oid).scan()
    assert parts.dirty
    assert parts.hot is not None
    assert world.run("select count(*), count(distinct id), sum(id) from people").rows == [("7", "7", "28")]


def test_a_scan_gives_only_the_columns_that_are_read(world: World) -> None:
    """What a query does not name is neither converted nor bound."""
    assert _table_scan(world.plan("select upper(name) from people where age > 1")).columns == (2, 3)
    assert _table_scan(world.plan("select count(*) from people")).columns == ()
    assert _table_scan(world.plan("select * from people")).columns == (1, 2, 3, 4, 5)
