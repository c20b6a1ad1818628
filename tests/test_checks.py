"""CHECK constraints: the same outcome by both ways of testing them, and by every way of writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server_process import ServerProcess


@pytest.fixture
def connection(server: ServerProcess) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection with a schema of its own."""
    with server.connect(autocommit=True) as opened:
        opened.execute("CREATE SCHEMA c")
        opened.execute("SET search_path = c")
        yield opened
        opened.execute("DROP SCHEMA c CASCADE")


CONDITIONS = (
    "i > 3",
    "i <> 5 AND i < 8",
    "i IS NULL OR i BETWEEN 2 AND 6",
    "NOT (i = 4)",
    "i IN (1, 2, 3, 9)",
    "i + 1 < 7",
    "f <= 0.5",
    "f > i",
    "n >= 2.5",
    "n <> i",
    "s > 'm'",
    "s || 'x' = 'ax'",
    "b",
    "NOT b OR i > 5",
    "d < '2024-01-01'",
    "i IS NOT NULL AND s IS NOT NULL",
)
ROWS = "(1, 0.5, 2.5, 'a', true, '2023-12-31'), (5, 'NaN', 5, 'n', false, '2024-01-01'), (9, -1, 0, '', true, '1999-01-01'), (NULL, NULL, NULL, NULL, NULL, NULL), (4, 'Infinity', 99.99, 'zz', false, '2030-06-01')"  # noqa: E501 - a table


@pytest.mark.parametrize("condition", CONDITIONS)
def test_compiled_and_queried_checks_agree(connection: psycopg.Connection[tuple[object, ...]], condition: str) -> None:
    """A condition tested row by row lets in what the same condition, tested by a query, lets in: as a WHERE would."""
    columns = "i int, f double precision, n numeric(6, 2), s text, b boolean, d date"
    connection.execute(f"CREATE TABLE whole ({columns})")
    connection.execute(f"INSERT INTO whole VALUES {ROWS}")
    connection.execute(f"CREATE TABLE compiled ({columns}, CHECK ({condition}))")
    connection.execute(f"CREATE TABLE queried ({columns}, CHECK (({condition}) AND length('') = 0))")
    expected = connection.execute(f"SELECT * FROM whole WHERE ({condition}) IS NOT false ORDER BY s").fetchall()
    for table in ("compiled", "queried"):
        for row in ROWS.removeprefix("(").removesuffix(")").split("), ("):
            try:
                connection.execute(f"INSERT INTO {table} VALUES ({row})")
            except psycopg.errors.CheckViolation:
                continue
        assert str(connection.execute(f"SELECT * FROM {table} ORDER BY s").fetchall()) == str(expected)


@pytest.mark.parametrize("check", ["v < 100", "v < 100 AND length('') = 0"])
def test_every_way_of_writing_is_tested(connection: psycopg.Connection[tuple[object, ...]], check: str) -> None:
    """Hot rows and cold ones: UPDATE by key and by query, ON CONFLICT, MERGE, INSERT … SELECT, COPY, many rows."""
    connection.execute(f"CREATE TABLE t (id int PRIMARY KEY, v int CONSTRAINT small CHECK ({check}))")
    connection.execute("INSERT INTO t SELECT g, g FROM generate_series(1, 50) g")
    connection.execute("FLUSH TABLE t WITH (wait)")
    connection.execute("INSERT INTO t VALUES (51, 51)")
    for statement in (
        "INSERT INTO t VALUES (60, 100)",
        "INSERT INTO t SELECT g, g FROM generate_series(60, 20000) g",
        "UPDATE t SET v = 100 WHERE id = 5",
        "UPDATE t SET v = v + 60",
        "INSERT INTO t VALUES (5, 1) ON CONFLICT (id) DO UPDATE SET v = 100",
        "INSERT INTO t VALUES (5, 100) ON CONFLICT DO NOTHING",
        "INSERT INTO t SELECT 5, 1 ON CONFLICT (id) DO UPDATE SET v = excluded.v + 99",
        "MERGE INTO t USING (VALUES (5)) s (id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 100",
        "MERGE INTO t USING (VALUES (60)) s (id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id, 100)",
    ):
        with pytest.raises(psycopg.errors.CheckViolation) as violation:
            connection.execute(statement)
        assert violation.value.diag.constraint_name == "small", statement
    with pytest.raises(psycopg.errors.CheckViolation), connection.cursor().copy("COPY t FROM STDIN") as copy:
        copy.write("70\t1\n71\t100\n")
    assert connection.execute("SELECT count(*), sum(v) FROM t").fetchone() == (51, 51 * 52 // 2)


@pytest.mark.parametrize(
    ("check", "sqlstate", "message"),
    [
        ("a > (SELECT 1)", "0A000", "cannot use subquery in check constraint"),
        ("row_number() OVER () > 1", "42P20", "window functions are not allowed in check constraints"),
        ("a", "42804", "argument of CHECK must be type boolean, not type integer"),
        ("nextval('x') > 1", "0A000", "nextval() is not supported here"),
    ],
)
def test_what_cannot_be_a_check(
    connection: psycopg.Connection[tuple[object, ...]], check: str, sqlstate: str, message: str
) -> None:
    """PostgreSQL's errors; nothing is made."""
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(f"CREATE TABLE t (a int CHECK ({check}))")
    assert (refused.value.sqlstate, refused.value.diag.message_primary) == (sqlstate, message)


@pytest.mark.parametrize("definition", ["a int, EXCLUDE (a WITH =)", "a int CHECK (a > 0) NOT VALID"])
def test_what_is_not_enforced_is_refused(connection: psycopg.Connection[tuple[object, ...]], definition: str) -> None:
    """Never recorded and ignored."""
    with pytest.raises((psycopg.errors.FeatureNotSupported, psycopg.errors.SyntaxError)):
        connection.execute(f"CREATE TABLE t ({definition})")
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM t")
