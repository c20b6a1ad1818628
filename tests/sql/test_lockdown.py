"""No text that a client writes may reach files, settings or the engine's own functions.

Two walls: the binder lets only known functions and relations through, and the engine is locked down behind it. Each
escape is tried on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from sqlglot import exp

from server.errors import sqlstate_of
from sql.dialect import parse_script
from sql.engine import Engine
from sql.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sql.queries.world import World


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_csv_auto('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('/etc/passwd')",
        "select * from read_json('/etc/passwd')",
        "select * from read_parquet('/etc/passwd')",
        "select * from parquet_scan('x.parquet')",
        "select * from parquet_metadata('x.parquet')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from glob('/*')",
        "select * from 'x.parquet'",
        "select * from '/etc/passwd'",
        'select * from "/etc/passwd"',
        'select * from "x.csv"',
        "select * from query('select 1')",
        "select * from query_table('people')",
        "select * from json_execute_serialized_sql('x')",
        "select json_serialize_sql('select 1')",
        "select getenv('HOME')",
        "select * from duckdb_settings()",
        "select * from duckdb_secrets()",
        "select * from duckdb_tables()",
        "select * from pragma_version()",
        "select * from pragma_table_info('people')",
        "select * from range(10)",
        "select * from information_schema.duckdb",
        "select pg_read_file('/etc/passwd')",
        "select pg_ls_dir('/')",
        "select lo_import('/etc/passwd')",
        "select getvariable('x')",
        "select in_search_path('a', 'b')",
        "select nextval('x')",
        "select write_log('x')",
        "select error('x')",
        "select list_transform([1], x -> x)",
        "select struct_pack(a := 1)",
        "select silt_text_to_list('{}')",
        "select silt_regclass_in('people')",
        "select * from silt_names",
        "select * from pg_silt.silt_names",
        "select * from t1",
        "select * from t1_hot",
        "select * from main.people",
        "select * from temp.people",
        "select main.abs(1)",
        "select system.main.abs(1)",
        "select * from people, read_csv('/etc/passwd')",
        "select (select count(*) from glob('/*'))",
        "with x as (select * from read_text('/etc/passwd')) select * from x",
        "select * from people where exists (select 1 from read_text('/etc/passwd'))",
        "select * from people order by getenv('HOME')",
        "values (getenv('HOME'))",
    ],
)
def test_an_escape_is_a_name_that_does_not_exist(query: str, world: World) -> None:
    """The binder knows no such function or relation, wherever it stands."""
    with pytest.raises(SqlError) as caught:
        world.plan(query)
    assert sqlstate_of(caught.value) in ("42883", "42P01", "3F000", "0A000", "42601", "42703")


@pytest.mark.parametrize(
    "statement",
    [
        "copy people to '/tmp/x'",
        "attach '/tmp/x.db'",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "export database '/tmp/x'",
        "import database '/tmp/x'",
        "create macro m(x) as x",
        "create secret s (type s3)",
        "use main",
        "detach main",
        "call pragma_version()",
        "describe people",
        "summarize people",
        "from people",
        "pivot people on id",
        "checkpoint main",
    ],
)
def test_a_statement_of_the_engine_is_no_statement_here(statement: str, world: World) -> None:
    """Either it is a syntax error, or it becomes a value of our own that never reaches DuckDB."""
    assert _reads_as(statement) in ("syntax error", "own statement")


def _reads_as(statement: str) -> str:
    try:
        (parsed,) = parse_script(statement)
    except SqlError as error:
        return "syntax error" if sqlstate_of(error) == "42601" else sqlstate_of(error)
    return "a tree" if isinstance(parsed.tree, exp.Expr) else "own statement"


@pytest.mark.parametrize("text", ["'", "''", '"', "a'; drop table t; --", "\\", "$1", "{0}", "{s}", "\x01", "%s"])
def test_constants_and_names_are_quoted_anew(text: str, world: World) -> None:
    """Whatever a constant or a name holds, it stays a constant or a name."""
    literal, name = text.replace("'", "''"), text.replace('"', '""')
    result = world.run(f"""select '{literal}' as "{name}", concat('{literal}', 'x') from people where id = 1""")
    assert result.names[0] == text
    assert result.rows == [(text, text + "x")]


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor of an engine: what someone has who got past the binder."""
    (tmp_path / "cold").mkdir()
    (tmp_path / "temp").mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    engine = Engine(tmp_path / "cold", tmp_path / "temp", 128 << 20, 1, 1)
    yield engine.take_cursor("UTC")
    engine.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_csv('{folder}/cold/../secret.csv')",
        "SELECT * FROM glob('{folder}/*') LIMIT 1 OFFSET 0",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE '{folder}/dump'",
        "SET enable_external_access = true",
        "SET GLOBAL allowed_directories = ['/']",
        "SET memory_limit = '100GB'",
        "SET threads = 64",
        "RESET lock_configuration",
        "SET python_enable_replacements = true",
        "CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
        "CREATE PERSISTENT SECRET s (TYPE s3)",
        "SELECT * FROM locked",
    ],
)
def test_the_engine_holds_by_itself(statement: str, locked: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Without the binder, too, there is no way to a file outside the cold folder, or to a setting."""
    with pytest.raises(duckdb.Error):
        rows = locked.execute(statement.format(folder=tmp_path)).fetchall()
        assert not rows, rows
        raise duckdb.Error("nothing was found")  # glob() may answer, with nothing.
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "x.db").exists()


def test_only_the_time_zone_can_be_set(locked: duckdb.DuckDBPyConnection) -> None:
    """It is what a session needs, and nothing else is."""
    locked.execute("SET TimeZone = 'Europe/Paris'")
    assert locked.execute("SELECT current_setting('TimeZone')").fetchone() == ("Europe/Paris",)
    assert locked.execute("SELECT current_setting('lock_configuration')").fetchone() == (True,)
