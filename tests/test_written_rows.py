"""VALUES of many rows, read from the text row by row: they mean what the same rows mean to the parser."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sql.grammar.cell_texts import ROWS_A_PIECE
from sql.grammar.written_rows import read_written_insert

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

PADDING = f"/*{' ' * 8192}*/"
"""Makes a text so long that its rows are not parsed as those of a short one."""

PLAIN = {
    "int": ["1", "-5", "'8'"],
    "numeric(8,2)": ["1", "-5.555", "'1.005'"],
    "text": ["'a'", "''", "'it''s'"],
    "date": ["'2020-01-31'", "'2022-05-06'::date"],
    "boolean": ["true", "FALSE", "'t'"],
    "timestamptz": ["'2020-01-31 10:00'", "'2020-01-31 10:00:00.5+02'"],
    "real": ["1", "0.1"],
    "double precision": ["1", "0.25", "0.0"],
    "jsonb": ["""'{"a": [1, "("]}'""", "'null'"],
    "varchar(3)": ["'abc'", "'ü''ß'"],
    "char(3)": ["'a'", "'abc'"],
    "int[]": ["'{1,2}'", "ARRAY[1,2]"],
    "interval": ["'1 day'", "INTERVAL '2' hour"],
    "uuid": ["'00000000-0000-0000-0000-00000000000a'"],
    "bytea": [r"'\x00ff'", r"E'\\x01'"],
}
"""Types, and values that they have."""

ODD = {
    "int": [
        *(
            "- 5",
            "+7",
            "007",
            "2.5",
            "-.5",
            "1e3",
            "' 9 '",
            "'+1'",
            "1+1",
            "(3)",
            "'4'::int",
            "'5'::bigint",
            "'6'::text",
        ),
        *("length('abc')", "99999999999", "'x'", "true", r"E'1\x32'", "2147483648", "-2147483648", "1 -- one\n", "1e"),
    ],
    "numeric(8,2)": [
        *("2.345", "1e-3", ".5", "5.", "'nan'", "1234567", "'1,5'", "'7.777'::numeric", "1/3.0", "'8'::int", "+1.25"),
        *("-'2'", "12345678901234567890", "0x1"),
    ],
    "text": [
        *(
            "'a, (b)'",
            "'--x'",
            "'/*'",
            "'π\n$1'",
            r"E'tab\t\'\u00e9'",
            r"e'\\'",
            r"'a\'",
            "'a' || 'b'",
            "'one'\n 'two'",
        ),
        *(
            "upper('x')",
            "5",
            "'c'::varchar",
            "$$d$$",
            r"U&'\0041'",
            "'f' /* g */",
            "'(', ')'",
            '"h"',
            "CAST(1 AS text)",
        ),
        *(
            "'a' 'b'",
            "'never",
            r"E'\u12'",
            "B'1'",
            "x'1f'",
            "'a'::name",
            "'now'",
            "''''",
            "'''x'",
            "E'''x'",
            "/* /* */ 1",
        ),
    ],
    "date": [
        *("'2020-02-30'", "DATE '2021-03-04'", "date'2021-03-05'", "'Jan 2, 2023'", "'2022-05-06 10:00'::timestamp"),
        *("'0000-01-01'", "'infinity'", "'2022-05-06'::text", "20200101", "'today'", "'2022-5-6'"),
    ],
    "boolean": ["'off'", "1", "'maybe'", "NOT true", "'y'::boolean", "1 = 1"],
    "timestamptz": [
        *(
            "'2020-01-31'",
            "TIMESTAMP '2020-01-31 10:00'",
            "'2020-07-31 10:00'::timestamp with time zone",
            "'x'",
            "now()",
        ),
        *("'now'", "'2020-01-31 10'", "current_timestamp"),
    ],
    "real": ["1e40", "'NaN'", "'-inf'", "0", "1e-50", "16777217", "-1.5"],
    "double precision": ["1e400", "'1e-400'", "9007199254740993", "-0.0"],
    "jsonb": ["'{'", "'1'::jsonb", "'[1]'::json", "1"],
    "varchar(3)": ["'abcd'", "'abc  '", "'abcd'::varchar", "12"],
    "char(3)": ["'abcd'", "'abc  '", "'a'::text"],
    "int[]": ["'{'", "'{1,NULL}'::int[]", "ARRAY[1,'x']", "array[(1), 2]"],
    "interval": ["interval '1:00'", "'x'", "'1'::interval"],
    "uuid": ["'x'", "'{00000000-0000-0000-0000-00000000000A}'::uuid", "gen_random_uuid() IS NULL"],
    "bytea": [r"'\'", "'a'::bytea", r"'\xf'"],
}
"""Others for the same types: written otherwise, expressions, and some that are wrong."""

ANYWHERE = [
    *("NULL", "null", "nULL", "DEFAULT", "dEFAULT", "'", "1,1", "1)(", "(NULL)", "(DEFAULT)", "", "c0", "(SELECT 1)"),
]
SPACES = ["", " ", "\n", "\t ", " -- no ' row (\n", "/* ( ' */"]


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, str]:
    """The columns of a table, and the rows of a VALUES list for it, one value of which may be odd."""
    types = draw(st.lists(st.sampled_from(list(PLAIN)), min_size=1, max_size=3))
    spaces = st.sampled_from(SPACES) if draw(st.booleans()) else st.just("")
    row = st.tuples(*(st.sampled_from([*PLAIN[each], "NULL", "DEFAULT"]) for each in types)).map(list)
    rows = draw(st.lists(row, min_size=1, max_size=5))
    column = draw(st.integers(0, len(types) - 1))
    draw(st.sampled_from(rows))[column] = draw(st.sampled_from([*ODD[types[column]], *ANYWHERE]))
    written = [
        f"{draw(spaces)}({','.join(draw(spaces) + value + draw(spaces) for value in row)}){draw(spaces)}"
        for row in rows
    ]
    return ", ".join(f"c{number} {each}" for number, each in enumerate(types)), ",".join(written)


def outcome(client: psycopg.Connection[Any], text: str) -> list[Any]:
    """The rows that a table has behind an INSERT, or what was wrong with that. Nothing of it stays."""
    client.execute("SAVEPOINT before")
    try:
        client.execute(text)
        return client.execute("SELECT * FROM written").fetchall()
    except psycopg.Error as error:
        at = error.diag.statement_position
        return [error.diag.sqlstate, error.diag.message_primary, at and int(at) - text.index("INSERT")]
    finally:
        client.execute("ROLLBACK TO before")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(statement=statements())
@example(statement=("c0 numeric(8,2), c1 int", "(0x1,1)"))
def test_a_long_text_means_what_a_short_one_means(server: ServerProcess, statement: tuple[str, str]) -> None:
    """Whatever is written in the rows: the same values, or the same error at the same place."""
    columns, rows = statement
    with server.connect() as client, client.transaction(force_rollback=True):
        client.execute(f"CREATE TABLE written ({columns})")
        insert = f"INSERT INTO written VALUES {rows}"
        of_long, of_short = outcome(client, f"{PADDING}{insert}"), outcome(client, insert)
        if of_short[0] == "42804" and of_short[1].startswith("VALUES types"):
            # In PostgreSQL each value has to fit its column, and no other value.
            assert of_long[0] == "42804"
            return
        if of_short[2:] == [None]:
            # The parser's trees do not always say where they stand.
            del of_long[2:], of_short[2:]
        assert repr(of_long) == repr(of_short)


def test_which_texts_are_read_row_by_row() -> None:
    """An INSERT of VALUES and nothing else: whatever could be meant another way is left to the parser."""
    rows = ", ".join(f"({number}, 'it''s', NULL)" for number in range(5))
    for before, behind in [
        ("INSERT INTO t VALUES ", ""),
        ('insert into a."values" as b (x, y, z) values', " ;"),
        ("/* INSERT */ INSERT INTO t OVERRIDING SYSTEM VALUE VALUES", "ON CONFLICT (x) DO UPDATE SET y = excluded.y"),
        ("INSERT INTO t VALUES", " RETURNING *, (SELECT 1) -- all"),
    ]:
        insert = read_written_insert(before + rows + behind)
        assert insert is not None
        columns = [list(column) for column in insert.rows.columns]
        assert columns == [["0", "1", "2", "3", "4"], ["'it''s'"] * 5, ["NULL"] * 5]
        assert not insert.rows.expressions
        assert insert.end == len((before + rows + behind).rstrip("; ").removesuffix(" -- all"))
    for text in [
        f"INSERT INTO t VALUES {rows}; SELECT 1",
        f"INSERT INTO t VALUES {rows} UNION SELECT 1, '', ''",
        f"INSERT INTO t SELECT * FROM (VALUES {rows}) AS v",
        f"WITH w AS (SELECT 1) INSERT INTO t VALUES {rows}",
        f"VALUES {rows}",
        f"INSERT INTO t VALUES {rows}, (1, $1 + 1, 2)",
        f"INSERT INTO t VALUES {rows} RETURNING $1::int",
        f"INSERT INTO t VALUES {rows}, (1, $$a$$, 2)",
        f"INSERT INTO t VALUES {rows}, (1, 2, 3",
        "",
    ]:
        assert read_written_insert(text) is None


def test_many_rows_are_few_objects() -> None:
    """The collector lets go of them, in the thread of the loop as well: a string for each cell took it 60 ms."""
    count = 2 * ROWS_A_PIECE + 1
    insert = read_written_insert(f"INSERT INTO t VALUES {', '.join(f'({number}, NULL)' for number in range(count))}")
    assert insert is not None
    assert len(insert.rows) == count
    ids, nulls = insert.rows.columns
    assert list(ids) == list(map(str, range(count)))
    assert ids.piece(2) == [str(count - 1)]
    assert set(nulls) == {"NULL"}
    objects, of_last = 0, [insert.rows.columns, insert.rows.starts, insert.rows.expressions]
    while of_last:
        objects += len(of_last)
        of_last = [each for each in gc.get_referents(*of_last) if not isinstance(each, type)]
    assert objects < 100


def test_a_nul_is_left_to_the_parser() -> None:
    """It is what separates texts that are kept together."""
    assert read_written_insert("INSERT INTO t VALUES ('a\0b', 1)") is None


def test_parameters_by_the_thousand(server: ServerProcess) -> None:
    """Each has the type of the column in which it stands, of the cast behind it, or the one that was declared."""
    count = 3000
    with server.connect() as client:
        client.execute("CREATE TABLE given (id int PRIMARY KEY, n numeric(8,2), t text, d date)")
        row = "(%s, %s, %s, %s::date)"
        insert = f"INSERT INTO given VALUES {', '.join([row] * count)} ON CONFLICT DO NOTHING RETURNING id"
        values = [
            (number, number + 0.125, None if number % 7 else f"'{number}", "2020-01-31") for number in range(count)
        ]
        given = [value for each in values for value in each]
        assert len(client.execute(insert, given).fetchall()) == count
        assert client.execute(insert, given).fetchall() == []
        found = client.execute("SELECT id, n::text, t, d::text FROM given ORDER BY id").fetchall()
        assert found == [(number, f"{n + 0.005:.2f}", t, d) for number, n, t, d in values]
        with pytest.raises(psycopg.errors.NumericValueOutOfRange):
            client.execute(insert, [*given[:-3], 1e9, *given[-2:]])
        with pytest.raises(psycopg.errors.DatatypeMismatch):
            client.execute(insert, [*given[:-3], True, *given[-2:]])


def test_what_columns_give_by_themselves(server: ServerProcess) -> None:
    """Numbers in the order of the rows, two from one sequence in one row; defaults that take a query; identity."""
    with server.connect() as client:
        client.execute("CREATE SEQUENCE s")
        client.execute(
            "CREATE TABLE by_itself (a int, b int DEFAULT nextval('s'), c text DEFAULT upper('x'), "
            "d int DEFAULT nextval('s'), e int GENERATED ALWAYS AS IDENTITY)"
        )
        rows = ", ".join(f"({number}, {'DEFAULT' if number % 2 else '-1'}, DEFAULT)" for number in range(2000))
        client.execute(f"INSERT INTO by_itself VALUES {rows}")
        expected, last = [], 0
        for number in range(2000):
            b, last = (last + 1, last + 1) if number % 2 else (-1, last)
            last += 1
            expected.append((number, b, "X", last, number + 1))
        assert client.execute("SELECT * FROM by_itself ORDER BY a").fetchall() == expected
        rows = ", ".join(f"({number}, 1, '', 1, {number + 7})" for number in range(1000))
        with pytest.raises(psycopg.errors.GeneratedAlways):
            client.execute(f"INSERT INTO by_itself VALUES (0, 1, '', 1, DEFAULT), {rows}")
        client.execute(f"INSERT INTO by_itself OVERRIDING USER VALUE VALUES {rows}")
        client.execute(f"INSERT INTO by_itself OVERRIDING SYSTEM VALUE VALUES {rows}")
        found = client.execute(
            "SELECT min(e), max(e) FROM by_itself WHERE b = 1 GROUP BY e >= 2000 ORDER BY 1"
        ).fetchall()
        assert found == [(7, 1006), (2001, 3000)]
