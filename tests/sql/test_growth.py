"""A short statement cannot become a long one: what repeats parts of itself is refused before it takes all memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.errors import sqlstate_of
from sql.binding.growth import QUERIES_MAX
from sql.errors import SqlError
from sql.macro_sizes import SIZE_MAX, expanded_size

if TYPE_CHECKING:
    from tests.sql.queries.world import World

DOUBLED_COLUMNS = ", ".join(["c0 AS (SELECT 1 AS x)"] + [
    f"c{n} AS (SELECT a.*, b.* FROM c{n - 1} a, c{n - 1} b)" for n in range(1, 22)
])  # fmt: skip
DOUBLED_ROWS = ", ".join(
    ["c0 AS (SELECT row(1, 1) AS x)"] + [f"c{n} AS (SELECT row(x, x) AS x FROM c{n - 1})" for n in range(1, 24)]
)


def nested(call: str, depth: int, inner: str) -> str:
    """Calls in each other: `@` is the place of the inner one."""
    for _ in range(depth):
        inner = call.replace("@", inner)
    return inner


@pytest.mark.parametrize(
    ("call", "inner"),
    [
        ("upper(@)", "name"),
        ("@::text::int", "name"),
        ("substr(@, 1, 2)", "name"),
        ("nullif(@, 2)", "1"),
        ("(@ BETWEEN 1 AND 2)::int", "1"),
        ("(row(@, 1) < row(2, 3))::int", "1"),
        ("to_char(@::timestamp, 'YYYY')", "now()"),
        ("(@ - now() + now())", "now()"),
        ("extract(year FROM @::timestamp)::text", "name"),
        ("(SELECT @ GROUP BY 1)", "1"),
    ],
)
def test_calls_in_each_other_are_refused_before_they_take_all_memory(call: str, inner: str, world: World) -> None:
    """Two of them work. Fifty would be a text, or an expression of DuckDB's, of more than there is memory for."""
    world.plan(f"SELECT {nested(call, 2, inner)} FROM people")
    with pytest.raises(SqlError, match="too complex") as refused:
        world.plan(f"SELECT {nested(call, 50, inner)} FROM people")
    assert sqlstate_of(refused.value) == "54001"


@pytest.mark.parametrize("call", ["atanh(@)", "exp(@)", "power(@, 2)", "(@ ^ 2)", "(@ / id)", "sqrt(@ + id)"])
def test_formulas_of_floats_grow_with_their_length(call: str, world: World) -> None:
    """What one test of a value, or one macro, names several times is written once, however deep it is."""
    short, long = (
        expanded_size(world.plan(f"SELECT {nested(call, depth, 'id::float8')} FROM people").sql) for depth in (40, 60)
    )
    assert long < 3 * short


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"WITH {DOUBLED_COLUMNS} SELECT * FROM c21", "target lists can have at most 1664 entries"),
        (f"WITH {DOUBLED_ROWS} SELECT 1 FROM c23", "a row with the rows in it can have at most 5000 fields"),
        (f"SELECT {', '.join(['1'] * 1665)}", "target lists can have at most 1664 entries"),
        (f"SELECT row({', '.join(['1'] * 1665)})", "ROW expressions can have at most 1664 entries"),
    ],
)
def test_columns_that_double_are_refused(query: str, message: str, world: World) -> None:
    """As PostgreSQL does with more than 1664 of them; rows in rows count with all their fields."""
    with pytest.raises(SqlError, match=message) as refused:
        world.plan(query)
    assert sqlstate_of(refused.value) == "54011"


def test_what_is_long_by_itself_is_no_growth(world: World) -> None:
    """Long lists and constants, and many calls side by side, are as long as they were sent."""
    world.plan(f"SELECT ARRAY[{', '.join(map(str, range(5_000)))}]")
    world.plan(f"SELECT id = ANY('{{{', '.join(map(str, range(100_000)))}}}') FROM people")
    world.plan(f"SELECT {nested('lower(@)', 20, repr('x' * 300_000))}")
    world.plan(f"SELECT {', '.join(['upper(substr(name, 1, 2))::text'] * 400)} FROM people")
    world.plan(f"SELECT {nested('(@ + 1)', 150, '1')}, {nested('(@ || name)', 150, 'name')} FROM people")
    cases = " ".join(f"WHEN {number} THEN upper(name)" for number in range(1_000))
    world.plan(f"SELECT CASE id {cases} END FROM people")
    assert QUERIES_MAX > 1_000
    world.plan(" UNION ALL ".join(["SELECT (SELECT count(*) FROM people)"] * 200))


def test_json_is_built_in_depth(world: World) -> None:
    """Objects in objects are no larger for it: each is named once."""
    query = f"SELECT {nested(chr(39).join(('jsonb_build_object(', 'a', ', @)')), 12, 'name')} FROM people WHERE id = 1"
    (row,) = world.run(query).rows
    assert row[0].count('"a"') == 12


def test_macros_are_counted_as_duckdb_writes_them_out() -> None:
    """An argument is counted as often as a macro names it, through the macros that it uses itself."""
    assert expanded_size("SELECT x") == 2
    once, twice = (expanded_size(f"silt_upper({argument})") for argument in ("x", "f(x)"))
    assert twice - once == 3 * 2
    assert expanded_size("silt_json_pairs([1, 2, 3])") - expanded_size("silt_json_pairs([1, 2])") == 1
    assert expanded_size("SELECT 'silt_upper(' || \"silt_upper(\"") == 3
    assert expanded_size(nested("silt_exp(@)", 8, "x")) > SIZE_MAX
