"""DuckDB, locked down: it runs queries over immutable snapshots in worker threads, a batch at a time."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import duckdb
import pyarrow as pa

from sql.binding.macros import BINDER_MACROS
from sql.duckdb_errors import translate
from sql.duckdb_types import identifier, parameter_value, to_stored
from sql.errors import DataCorrupted, FeatureNotSupported, QueryCanceled
from sql.plan import TableScan
from sql.scan import prepare_scan
from storage.errors import CorruptSegment
from storage.snapshot import TableSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from sql.plan import QueryPlan

Source = TableSnapshot | pa.Table
"""What a scan of a plan reads."""

BATCH_ROWS: Final = 16_384
"""Rows in a batch of a stream: a few hundred kilobytes, so that a slow client costs little."""

_INTERRUPT_AGAIN_S: Final = 0.005
"""An interrupt that comes between two calls into DuckDB is lost: it is repeated this often until the thread stops."""


class Engine:
    """The one DuckDB instance. Its tables are none: all data comes with the query.

    `workers` threads wait for DuckDB, which itself computes with `threads` for all queries together.
    `macros` are statements that define functions beside those of `sql.binding.macros`.
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
        for macro in (*BINDER_MACROS, *macros):
            self._connection.execute(macro)
        _lock_down(self._connection, cold_folder, temp_folder, memory_limit_bytes, temp_limit_bytes)
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
        return QueryStream(self, plan, sources, parameters, session_values)

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


class QueryStream:
    """The batches of one query: an asynchronous iterator, read once. Close it when stopping early.

    One batch is computed ahead while the one before is being sent. Cancelling whoever waits for a batch interrupts
    DuckDB and waits until its thread has stopped.
    """

    def __init__(
        self,
        engine: Engine,
        plan: QueryPlan,
        sources: Mapping[str, Source],
        parameters: Sequence[object],
        session_values: Mapping[str, object],
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._run: _Run | None = _Run(engine, plan, sources, parameters, session_values)
        self._ahead: _Reading | None = None
        self._ready: list[pa.RecordBatch] = []

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are announced."""
        return pa.schema([pa.field(column.name, column.type.arrow) for column in self._plan.columns])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> pa.RecordBatch:
        if not self._ready:
            await self._fetch()
        return self._ready.pop(0)

    async def _fetch(self) -> None:
        run = self._run
        if run is None:
            raise StopAsyncIteration
        batches = await self._wait_for(self._ahead or self._start(run))
        self._ahead = None
        if batches:
            self._ready = batches
        if run.ended:
            await self.aclose()
            if not batches:
                raise StopAsyncIteration
        else:
            self._ahead = self._start(run)

    def _start(self, run: _Run) -> _Reading:
        thread = self._engine.executor.submit(run.next)
        return _Reading(thread, asyncio.wrap_future(thread))

    async def _wait_for(self, reading: _Reading) -> list[pa.RecordBatch]:
        try:
            return await asyncio.shield(reading.returned)
        except asyncio.CancelledError:
            self._ahead = reading
            await self.aclose()
            raise
        except BaseException:
            self._ahead = None
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Stop the query if it runs, wait until it has stopped, and let its snapshots go."""
        run, self._run = self._run, None
        ahead, self._ahead = self._ahead, None
        if run is None:
            return
        if ahead is not None and not ahead.thread.cancel():
            await _stop(run, ahead)
        run.close()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A call of `_Run.next` in a worker."""

    thread: Future[list[pa.RecordBatch]]
    """Cancelling this one works only until the call has begun."""
    returned: asyncio.Future[list[pa.RecordBatch]]


async def _stop(run: _Run, reading: _Reading) -> None:
    """Interrupt a thread that is in DuckDB until it returns, whatever else is cancelled meanwhile."""
    cancelled = False
    while not reading.returned.done():
        run.interrupt()
        try:
            await asyncio.wait([reading.returned], timeout=_INTERRUPT_AGAIN_S)
        except asyncio.CancelledError:
            cancelled = True
    # Whatever it raised, the query has been given up.
    await asyncio.gather(reading.returned, return_exceptions=True)
    if cancelled:
        raise asyncio.CancelledError


class _Run:
    """One query in DuckDB. `next` is called in a worker, one call at a time; `interrupt` from the loop."""

    def __init__(
        self,
        engine: Engine,
        plan: QueryPlan,
        sources: Mapping[str, Source],
        parameters: Sequence[object],
        session_values: Mapping[str, object],
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._sources = sources
        self._parameters = parameters
        self._session_values = session_values
        self._time_zone = str(session_values.get("time_zone", "UTC"))
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._reader: pa.RecordBatchReader | None = None
        self._registered: list[str] = []
        self._interrupted = False
        self.ended = False

    def next(self) -> list[pa.RecordBatch]:
        """The next batches, in most cases one; sets `ended` when there are no more. Raises `SqlError`."""
        try:
            if self._reader is None:
                self._reader = self._open()
            return self._read(self._reader)
        except duckdb.Error as error:
            raise translate(error, self._interrupted) from None
        except (pa.ArrowException, OSError) as error:
            # DuckDB's errors in mid-stream arrive as Arrow's.
            raise _from_arrow(error, self._interrupted) from None
        except CorruptSegment as error:
            raise DataCorrupted(str(error)) from None

    def _open(self) -> pa.RecordBatchReader:
        if self._interrupted:
            raise QueryCanceled
        cursor = self._cursor = self._engine.take_cursor(self._time_zone)
        ctes = []
        for scan in self._plan.scans:
            source = self._sources[scan.alias]
            if isinstance(scan, TableScan) and isinstance(source, TableSnapshot):
                prepared = prepare_scan(scan, source, self._parameters)
                ctes.append(prepared.cte)
                for name, table in prepared.registered.items():
                    self._register(cursor, name, table)
            else:
                assert isinstance(source, pa.Table), scan
                self._register(cursor, scan.alias, source)
        relation = cursor.sql(_with(ctes, self._plan.sql), params=self._bound())
        if relation is None:
            raise FeatureNotSupported("the statement gives no rows")
        if self._interrupted:
            raise QueryCanceled
        return cast("pa.RecordBatchReader", relation.to_arrow_reader(BATCH_ROWS))

    def _register(self, cursor: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
        cursor.register(name, table)
        self._registered.append(name)

    def _bound(self) -> dict[str, Any]:
        sql = self._plan.sql
        bound: dict[str, Any] = {
            f"p{number}": parameter_value(value, sql_type)
            for number, (value, sql_type) in enumerate(
                zip(self._parameters, self._plan.parameter_types, strict=True), start=1
            )
            if f"$p{number}" in sql
        }
        for name, value in self._session_values.items():
            placeholder = session_placeholder(name)
            if f"${placeholder}" in sql:
                bound[placeholder] = value
        return bound

    def _read(self, reader: pa.RecordBatchReader) -> list[pa.RecordBatch]:
        """One batch; a short one is the last in all likelihood, so that the end is looked for at once."""
        batches: list[pa.RecordBatch] = []
        while not self.ended:
            if self._interrupted:
                raise QueryCanceled
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                self.ended = True
                break
            if batch.num_rows:
                batches.append(self._stored(batch))
            if batch.num_rows >= BATCH_ROWS:
                break
        return batches

    def _stored(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = self._plan.columns
        arrays = [to_stored(array, column.type.arrow) for array, column in zip(batch.columns, columns, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])

    def interrupt(self) -> None:
        """Make a running `next` stop soon."""
        self._interrupted = True
        cursor = self._cursor
        if cursor is not None:
            cursor.interrupt()

    def close(self) -> None:
        """Free what it holds. No `next` runs any more."""
        cursor, self._cursor, self._reader = self._cursor, None, None
        self._sources = {}
        if cursor is None:
            return
        if self._interrupted or not self.ended:
            cursor.close()
            return
        for name in self._registered:
            cursor.unregister(name)
        self._engine.give_back(cursor, self._time_zone)


def session_placeholder(name: str) -> str:
    """The name of a session value as a parameter: `s_now`; `setting:a.b` → `s_setting_a_b`."""
    return "s_" + "".join(character if character.isalnum() else "_" for character in name)


def _with(ctes: Sequence[str], sql: str) -> str:
    """The query with the scans as its first common table expressions."""
    if not ctes:
        return sql
    for keyword in ("WITH RECURSIVE ", "WITH "):
        if sql.startswith(keyword):
            return f"{keyword}{', '.join(ctes)}, {sql.removeprefix(keyword)}"
    return f"WITH {', '.join(ctes)} {sql}"


def _from_arrow(error: Exception, interrupted: bool) -> Exception:
    text = str(error)
    for name, kind in _DUCKDB_ERRORS:
        at = text.find(name)
        if at >= 0:
            return translate(kind(text[at:]), interrupted)
    return translate(duckdb.Error(text), interrupted)


_DUCKDB_ERRORS: Final[tuple[tuple[str, Callable[[str], duckdb.Error]], ...]] = (
    ("Conversion Error: ", duckdb.ConversionException),
    ("Out of Range Error: ", duckdb.OutOfRangeException),
    ("Invalid Input Error: ", duckdb.InvalidInputException),
    ("Out of Memory Error: ", duckdb.OutOfMemoryException),
    ("IO Error: ", duckdb.IOException),
    ("INTERRUPT Error: ", duckdb.InterruptException),
    ("Not implemented Error: ", duckdb.NotImplementedException),
)

__all__ = ["BATCH_ROWS", "Engine", "QueryStream", "Source", "identifier", "session_placeholder"]
