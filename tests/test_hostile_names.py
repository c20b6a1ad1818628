"""Whatever a name or a constant holds, it stays that: through definition, hot and cold rows, queries and COPY."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

PIECES = [
    '"', "'", '""', "''", "\n", "\r", "\t", "\\", "\x01", "\x7f", "é", "\u2028", "\u202e", "\ufeff", "\U0001f600", "%s",
    "%", "{0}", "$1", "$p1", "$l1", "$s_now", "$$", "--", "/*", ";", "a", "A", " ", ".", ",", "(", ")", "[", "t1", "r1",
    "_seq", "$segment", "c1", "select", "../x", "/", "'; drop table t; --", '"; attach \'x.db\'; --', "user=admin",
]  # fmt: skip
"""What means something to the parser, to DuckDB, to file systems, to the names that the server makes."""

NAMES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join).filter(lambda n: len(n.encode()) <= 56)


def quoted(name: str) -> str:
    """The name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a constant."""
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("table_type", ["shared", "user"])
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=NAMES)
@example(name='"; drop table t; --')
@example(name="'$p1'\\\n\"t1\"")
@example(name="../../x\u202e/*")
def test_a_hostile_name_is_a_name(server: ServerProcess, table_type: str, name: str) -> None:
    """A schema, a table, columns, a view, an index, a sequence and a check of that name do what they do with others."""
    n, text, other = quoted(name), literal(name), quoted(name + "2")
    with server.connect() as connection:
        columns = f"({n} text PRIMARY KEY, b text DEFAULT {text}, CONSTRAINT {other} CHECK ({n} <> ''))"
        for statement in (
            f"DROP SCHEMA IF EXISTS {n} CASCADE",
            f"CREATE SCHEMA {n}",
            f"CREATE TABLE {n}.{n} {columns} WITH (type = '{table_type}')",
            f"INSERT INTO {n}.{n} VALUES ('1'), ('2'), ({text})",
            f"FLUSH TABLE {n}.{n} WITH (wait)",
            f"INSERT INTO {n}.{n} VALUES ('3')",
            f"DELETE FROM {n}.{n} WHERE {n} = '1'",
            f"ALTER TABLE {n}.{n} ADD COLUMN {other} text DEFAULT {text}",
            f"UPDATE {n}.{n} SET b = b || {text} WHERE {other} = {text} AND {n} = '2'",
            f"CREATE VIEW {n}.{quoted(name + '3')} AS SELECT {n} AS {other}, b AS {n} FROM {n}.{n} WHERE b <> 'x'",
            f"CREATE SEQUENCE {n}.{quoted(name + '4')}",
            f"CREATE INDEX {quoted(name + '5')} ON {n}.{n} (b)",
            f"COMMENT ON COLUMN {n}.{n}.{n} IS {text}",
            f"COMPACT TABLE {n}.{n} WITH (wait)",
        ):
            connection.execute(statement.encode())
        expected = sorted([("2", name * 2), ("3", name), (name, name)])
        found = connection.execute(f"SELECT {n} AS {other}, b FROM {n}.{n}".encode())
        assert found.description is not None
        assert [column.name for column in found.description] == [name + "2", "b"]
        assert sorted(found.fetchall()) == expected
        in_view = connection.execute(f"SELECT * FROM {n}.{quoted(name + '3')} AS {n}".encode()).fetchall()
        assert sorted(in_view) == expected
        by_key = connection.execute(f"SELECT b FROM {n}.{n} WHERE {n} = {text}".encode()).fetchall()
        assert by_key == [(name,)]
        assert connection.execute(f"SELECT nextval({literal(f'{n}.' + quoted(name + '4'))})".encode()).fetchall()
        told = connection.execute(f"SELECT {literal(f'{n}.{n}')}::regclass::text".encode()).fetchone()
        assert told is not None
        again = connection.execute(f"SELECT count(*) FROM {told[0]}".encode()).fetchone()
        assert again == (3,)
        listed = connection.execute("SELECT table_name FROM system.tables WHERE namespace = %s", (name,)).fetchall()
        assert listed == [(name,)]
        for path in connection.execute("SELECT path FROM system.segments").fetchall():
            assert (server.data_dir / path[0]).resolve().is_relative_to(server.data_dir / "cold")
        with connection.cursor().copy(f"COPY {n}.{n} ({n}, b) TO STDOUT (FORMAT csv, HEADER)".encode()) as copy:
            assert len(b"".join(map(bytes, copy))) > len(name)
        connection.execute(f"DROP SCHEMA {n} CASCADE".encode())
