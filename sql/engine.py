"""DuckDB, locked down: it runs queries over immutable snapshots in worker threads, a batch at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from sql.binding.macros import BINDER_MACROS
from sql.duckdb_errors import translate
from sql.function_library import FunctionLibrary, Native
from sql.native_casts import NATIVE_CASTS
from sql.native_functions import NATIVE_FUNCTIONS
from sql.query_run import QueryRun, Source
from sql.query_stream import QueryStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sql.plan import QueryPlan

__all__ = ["Engine", "QueryStream", "Source"]


class Engine:
    """The one DuckDB instance. Its tables are none: all data comes with the query.

    `workers` threads wait for DuckDB, which itself computes with `threads` for all queries together.
    `macros` are statements that define functions beside those of `sql.binding.macros`: see `sql.function_library`.
    """

    def __init__(
        self,
        cold_folder: Path,
        temp_folder: Path,
        memory_limit_bytes: int,
        threads: int,
        workers: int,
        macros: Iterable[str] = (),
        temp_limit_bytes: int = 16 << 30,
    ) -> None:
        self._connection = duckdb.connect(":memory:", config={"threads": threads})
        _lock_down(self._connection, cold_folder, temp_folder, memory_limit_bytes, temp_limit_bytes)
        natives: tuple[Native, ...] = (*NATIVE_CASTS, *NATIVE_FUNCTIONS)
        self._functions = FunctionLibrary(self._connection.cursor(), natives, (*BINDER_MACROS, *macros))
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="query")
        self._idle: dict[str, list[duckdb.DuckDBPyConnection]] = {}

    def close(self) -> None:
        """Stop. Streams must have been closed before."""
        self._executor.shutdown(cancel_futures=True)
        for cursors in self._idle.values():
            for cursor in cursors:
                cursor.close()
        self._connection.close()

    def stream(
        self,
        plan: QueryPlan,
        sources: Mapping[str, Source],
        parameters: Sequence[object],
        session_values: Mapping[str, object],
    ) -> QueryStream:
        """A query that starts with the first batch asked for. `parameters` are stored values of the plan's types."""
        run = QueryRun(self, plan, sources, parameters, session_values)
        return QueryStream(run, plan.columns, self._executor)

    async def table(
        self,
        plan: QueryPlan,
        sources: Mapping[str, Source],
        parameters: Sequence[object],
        session_values: Mapping[str, object],
    ) -> pa.Table:
        """The whole of a small result."""
        stream = self.stream(plan, sources, parameters, session_values)
        try:
            batches = [batch async for batch in stream]
        finally:
            await stream.aclose()
        return pa.Table.from_batches(batches, schema=batches[0].schema if batches else stream.schema)

    def describe(self, sql: str) -> list[tuple[str, str]]:
        """Names and DuckDB types of a query's columns, bound and not run. For tests and for looking into a plan."""
        cursor = self._connection.cursor()
        self._functions.define_for(sql)
        try:
            relation = cursor.sql(sql)
            return list(zip(relation.columns, map(str, relation.types), strict=True))
        except duckdb.Error as error:
            raise translate(error) from None
        finally:
            cursor.close()

    def take_cursor(self, time_zone: str) -> duckdb.DuckDBPyConnection:
        """A cursor whose session is in a time zone. Any thread may call it."""
        cursors = self._idle.get(time_zone)
        if cursors:
            return cursors.pop()
        cursor = self._connection.cursor()
        cursor.execute("SET TimeZone = $zone", {"zone": time_zone})
        return cursor

    def give_back(self, cursor: duckdb.DuckDBPyConnection, time_zone: str) -> None:
        """The cursor is free, and nothing is registered with it. Any thread may call it."""
        self._idle.setdefault(time_zone, []).append(cursor)

    def define_functions(self, sql: str) -> None:
        """Make callable what a query calls. In a worker."""
        self._functions.define_for(sql)

    @property
    def executor(self) -> ThreadPoolExecutor:
        """Where queries wait for DuckDB."""
        return self._executor


def _lock_down(
    connection: duckdb.DuckDBPyConnection, cold_folder: Path, temp_folder: Path, memory_limit: int, temp_limit: int
) -> None:
    """PostgreSQL's semantics, limits, and then no way out; the order matters, since each step takes freedom away."""
    settings: dict[str, object] = {
        "integer_division": True,
        "default_null_order": "nulls_last_on_asc_first_on_desc",
        "temp_directory": str(temp_folder),
        "max_temp_directory_size": f"{temp_limit}B",
        "memory_limit": f"{memory_limit}B",
        "allowed_directories": [str(cold_folder)],
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
        "allowed_configs": ["TimeZone"],
        "enable_external_access": False,
        "lock_configuration": True,
    }
    for name, value in settings.items():
        connection.execute(f"SET GLOBAL {name} = $value", {"value": value})
