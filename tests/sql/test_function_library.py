"""Functions are defined when they are first called: any of them, in any order, by whichever thread comes first."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from sql.binding.macros import BINDER_MACROS
from sql.duckdb_connection import RegisteredTable, RunningQuery
from sql.function_library import FunctionLibrary
from sql.native_casts import NATIVE_CASTS
from sql.native_functions import NATIVE_FUNCTIONS
from sql.relations.functions import CATALOG_MACROS

if TYPE_CHECKING:
    from collections.abc import Iterator

NATIVES = (*NATIVE_CASTS, *NATIVE_FUNCTIONS)
STATEMENTS = (*BINDER_MACROS, *CATALOG_MACROS)
MACROS = sorted({statement.split("(")[0].split()[-1] for statement in STATEMENTS if "CREATE MACRO" in statement})
READERS = 4


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database."""
    with duckdb.connect(":memory:", config={"threads": 2}) as connection:
        yield connection


def _defined(database: duckdb.DuckDBPyConnection) -> set[str]:
    found = database.execute("SELECT function_name FROM duckdb_functions() WHERE function_name LIKE 'silt%'").fetchall()
    return {name for (name,) in found}


def test_every_function_can_be_the_first(database: duckdb.DuckDBPyConnection) -> None:
    """Whatever the order of first calls, each function is there, and no relation that was there for it stays."""
    library = FunctionLibrary(database.cursor(), NATIVES, STATEMENTS)
    assert not _defined(database)
    names = [*(native.name for native in NATIVES), *MACROS]
    random.Random(4).shuffle(names)
    for name in names:
        library.define_for(f"SELECT {name}(x) FROM y")
    assert _defined(database) == set(names)
    assert database.execute("SELECT table_name FROM duckdb_tables()").fetchall() == []


def test_what_is_not_called_is_not_defined(database: duckdb.DuckDBPyConnection) -> None:
    """A macro brings what it calls, and nothing else."""
    library = FunctionLibrary(database.cursor(), NATIVES, STATEMENTS)
    library.define_for("SELECT 1 FROM silt_names")
    assert not _defined(database)
    library.define_for("SELECT silt_text_to_int4('17')")
    assert _defined(database) == {"silt_text_to_int4", "silt_int4_in"}
    assert database.execute("SELECT silt_text_to_int4(' 17')").fetchall() == [(17,)]


def test_a_definition_that_fails_can_be_made_again(database: duckdb.DuckDBPyConnection) -> None:
    """Of what failed nothing stays: neither a table nor a macro that was made before."""
    statements = [
        "CREATE TABLE silt_rows (x INTEGER)",
        "CREATE MACRO silt_one() AS (SELECT x FROM silt_rows)",
        "CREATE MACRO silt_two() AS silt_one() + there.is.no.such_column",
    ]
    library = FunctionLibrary(database.cursor(), (), statements)
    with pytest.raises(duckdb.Error):
        library.define_for("silt_two()")
    assert not _defined(database)
    library.define_for("silt_one()")
    assert _defined(database) == {"silt_one"}


def test_first_calls_by_several_threads_meet(database: duckdb.DuckDBPyConnection) -> None:
    """Threads that call the same functions for the first time, over rows of Arrow, all get their results."""
    library = FunctionLibrary(database.cursor(), NATIVES, STATEMENTS)
    begin = threading.Barrier(READERS)
    casts = ("silt_text_to_int2", "silt_text_to_int4", "silt_text_to_int8", "silt_text_to_oid", "silt_int4_in")

    def read(number: int) -> list[int]:
        cursor = database.cursor()
        begin.wait()
        found = []
        for turn in range(len(casts) * 4):
            rows = RegisteredTable(cursor, pa.table({"x": [" 5", "6"] * 1_000}))
            call = casts[(number + turn) % len(casts)]
            sql = f'SELECT CAST(sum({call}(x)) AS BIGINT) FROM "{rows.name}"'
            library.define_for(sql)
            batch = RunningQuery(cursor, sql, {}, 10).next_batch()
            assert batch is not None
            found.append(batch.column(0)[0].as_py())
        return found

    with ThreadPoolExecutor(READERS) as threads:
        results = list(threads.map(read, range(READERS)))
    assert results == [[11_000] * len(casts) * 4] * READERS
