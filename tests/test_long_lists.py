"""Long lists of constants and parameters mean what short ones do, and take time that grows with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from sql.dialect import LONG_TEXT, parse_script
from sql.grammar.long_lists import read_long_lists
from tests.measuring import assert_measured, measures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess

ROWS = 2_000
LONG = 3_000
"""So long a list is read apart."""
LENGTHS = (10, 200, LONG)
TABLE = "CREATE TABLE listed (id int PRIMARY KEY, s text, n numeric(10,2), d date, f float8)"
FILL = (
    "INSERT INTO listed SELECT i, CASE WHEN i % 7 > 0 THEN 'x' || i END, i / 4.0, date '2000-01-01' + i % 5000, i"
    f" FROM generate_series(1, {ROWS}) AS g(i)"
)
SUMMED = "SELECT count(*), sum(id) FROM listed WHERE"
SHOWN = "SELECT v, count(*), sum(id) FROM (SELECT id, {} AS v FROM listed) AS q GROUP BY v ORDER BY 1"


@pytest.fixture(scope="module")
def both(server: ServerProcess, postgres: str) -> Iterator[tuple[psycopg.Connection[Any], psycopg.Connection[Any]]]:
    """The same table here and in PostgreSQL."""
    with server.connect() as here, psycopg.connect(postgres, autocommit=True) as there:
        for connection in (here, there):
            connection.execute("DROP TABLE IF EXISTS listed")
            connection.execute(TABLE)
            connection.execute(FILL)
        yield here, there


def same(both: tuple[psycopg.Connection[Any], psycopg.Connection[Any]], sql: str, values: list[Any]) -> None:
    """A query gives here what it gives in PostgreSQL."""
    here, there = both
    given = values or None
    assert here.execute(sql, given).fetchall() == there.execute(sql, given).fetchall(), sql[:200]


@pytest.mark.parametrize(
    ("word", "null", "length"),
    [
        *((word, null, length) for word in ("IN", "NOT IN") for null in (False, True) for length in LENGTHS),
        ("IN", False, 20_000),
        ("NOT IN", True, 20_000),
    ],
)
def test_lists(
    both: tuple[psycopg.Connection[Any], psycopg.Connection[Any]], word: str, null: bool, length: int
) -> None:
    """With NULL in the list nothing is outside of it; so with constants, parameters, and both in one list."""
    numbers: list[int | None] = [3 * number for number in range(length)]
    if null:
        numbers[length // 2] = None
    constants = ["NULL" if each is None else str(each) for each in numbers]
    parameters = ["%s"] * length
    mixed = [c if place % 3 else p for place, (c, p) in enumerate(zip(constants, parameters, strict=True))]
    for listed, given in (
        (constants, []),
        (parameters, numbers),
        (mixed, [each for place, each in enumerate(numbers) if not place % 3]),
    ):
        test = f"id {word} ({', '.join(listed)})"
        same(both, f"{SUMMED} {test}", given)
        if length < LONG:
            same(both, f"{SUMMED} NOT ({test}) OR id < 5", given)
    if length >= LONG:
        return
    texts = [None if each is None else f"x{each}" for each in numbers]
    same(both, f"{SUMMED} s {word} ({', '.join(parameters)})", texts)
    same(both, SHOWN.format(f"s {word} ({', '.join('NULL' if c is None else repr(c) for c in texts)})"), [])
    same(both, f"{SUMMED} n {word} ({', '.join(parameters)})", numbers)


@pytest.mark.parametrize("length", [10, 200, 1_000])
@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize("test", ["{} = ANY ({})", "{} <> ALL ({})", "NOT {} = ANY ({})"])
def test_arrays(
    both: tuple[psycopg.Connection[Any], psycopg.Connection[Any]], length: int, null: bool, test: str
) -> None:
    """= ANY and <> ALL of an array as a parameter, and of one written out; in WHERE and as a value."""
    numbers: list[int | None] = [3 * number for number in range(length)]
    if null:
        numbers[length // 2] = None
    constants = ", ".join("NULL" if each is None else str(each) for each in numbers)
    same(both, f"{SUMMED} {test.format('id', '%s')}", [numbers])
    same(both, f"{SUMMED} {test.format('s', '%s')}", [[None if each is None else f"x{each}" for each in numbers]])
    same(both, SHOWN.format(test.format("nullif(id, 6)", f"ARRAY[{constants}]")), [])
    same(both, SHOWN.format(test.format("f", f"ARRAY[{constants}]")), [])
    same(both, f"{SUMMED} {test.format('id', '%s::int[]')}", [None])
    same(both, f"{SUMMED} {test.format('id', '%s::int[]')}", [[]])


def test_values(both: tuple[psycopg.Connection[Any], psycopg.Connection[Any]]) -> None:
    """Rows of VALUES keep their order, whether they are constants or parameters."""
    length = 3_000
    rows = ", ".join(["(%s::int, %s::text)"] * length)
    given = [each for number in range(length) for each in (number * 7 % length, f"t{number}")]
    same(both, f"SELECT * FROM (VALUES {rows}) AS v(a, b) LIMIT 100", given)
    same(both, f"SELECT count(*), sum(a) FROM (VALUES {rows}) AS v(a, b) JOIN listed ON id = a", given)
    constants = ", ".join(f"({number}, 'it''s {number}')" for number in range(length))
    same(both, f"SELECT * FROM (VALUES {constants}) AS v(a, b) WHERE a % 100 = 1", [])


def test_conditions_of_joins_and_changes(both: tuple[psycopg.Connection[Any], psycopg.Connection[Any]]) -> None:
    """A long list stands in ON of an outer join, and says which rows are changed."""
    length = 500
    listed, given = ", ".join(["%s"] * length), list(range(length))
    join = "SELECT count(*), count(b.id) FROM listed a {} JOIN listed b ON a.id = b.id AND a.id + b.id IN ({})"
    for kind in ("LEFT", "FULL"):
        same(both, join.format(kind, listed), given)
    for connection in both:
        connection.execute("DROP TABLE IF EXISTS changed")
        connection.execute("CREATE TABLE changed AS SELECT id, s FROM listed")
        assert connection.execute(f"DELETE FROM changed WHERE id IN ({listed})", given).rowcount == length - 1
        updated = connection.execute("UPDATE changed SET s = 'u' WHERE id = ANY (%s)", [list(range(400, 600))])
        assert updated.rowcount == 100


@measures
def test_time_grows_with_the_list(server: ServerProcess) -> None:
    """Each of 65,535 parameters was looked for in the whole text. The bounds are several times what it takes."""
    with server.connect() as client:
        client.execute("DROP TABLE IF EXISTS timed")
        client.execute("CREATE TABLE timed AS SELECT i AS id FROM generate_series(1, 100000) AS g(i)")
        for length, limit_s in ((3_000, 1.5), (65_535, 25.0)):
            begun_s = server.cpu_s
            found = client.execute(
                f"SELECT count(*) FROM timed WHERE id IN ({', '.join(['%s'] * length)})", list(range(length))
            )
            assert found.fetchone() == (length - 1,)
            used_s = server.cpu_s - begun_s
            assert_measured(used_s < limit_s, used_s)
        begun_s = server.cpu_s
        array = ", ".join(map(str, range(20_000)))
        assert client.execute(f"SELECT count(*) FROM timed WHERE id = ANY (ARRAY[{array}])").fetchone() == (19_999,)
        used_s = server.cpu_s - begun_s
        assert_measured(used_s < 8, used_s)


NUMBERS = ", ".join(map(str, range(2_000)))
CASTS = ",".join(f"${number}::int" for number in range(1, 2_000))
TEXTS = ", ".join(f"'it''s, ({number})'" for number in range(800))
PAIRS = ", ".join(f"({number}, 'a''b', -1.5, null)" for number in range(1_000))


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        (f"SELECT a FROM t WHERE a IN ({NUMBERS}) AND b = 1", True),
        (f"SELECT a FROM t WHERE a NOT IN ( {CASTS} ); SELECT 'x IN (1, 2, 3', b FROM u", True),
        (f'-- a (1,2,3\nSELECT a = ANY (ARRAY[{NUMBERS}]::int[]), /* , */ b IN ({TEXTS}) FROM "a(1,2,"', True),
        (f"SELECT * FROM (VALUES {PAIRS}) AS v (a, b, c, d) WHERE a IN ({NUMBERS})", True),
        (f"VALUES {PAIRS} ORDER BY 1", True),
        (f"SELECT f({NUMBERS})", True),
        (f"SELECT (({NUMBERS}) = (1, 2))", True),
        (f"VALUES {PAIRS}, (upper('a'), 1, 2, 3)", True),
        (f"SELECT a FROM t WHERE a IN ({NUMBERS}, 1 + 1)", False),
        (f"SELECT $$ IN ({NUMBERS})$$", False),
        (f"SELECT E'\\'' , 1 IN ({NUMBERS})", False),
    ],
)
def test_lists_are_read_apart(text: str, is_read: bool) -> None:
    """The tree is the same, with all positions, however it was read."""
    assert len(text) > LONG_TEXT
    lists = read_long_lists(text)
    assert (lists is not None) is is_read
    if lists is not None:
        assert len(lists.text) == len(text)
        assert lists.text.count(",") < text.count(",") / 4
    # Before a constant in dollars nothing is read apart.
    plain = f"{text}; SELECT $$ $$"
    assert read_long_lists(plain) is None
    *expected, _ = parse_script(plain)
    found = parse_script(text)
    assert [each.text for each in found] == [each.text for each in expected]
    for one, other in zip(found, expected, strict=True):
        assert _nodes(one.tree) == _nodes(other.tree)


def _nodes(tree: Any) -> list[tuple[str, Any, Any]]:
    return [(type(node).__name__, node.args.get("this"), node.meta.get("start")) for node in tree.walk()]
