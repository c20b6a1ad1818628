"""One query in DuckDB: what a worker thread does of it, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from sql.duckdb_connection import DatabaseError, RegisteredTable, RunningQuery
from sql.duckdb_errors import translate, translate_streamed
from sql.duckdb_types import identifier, parameter_value, session_placeholder, to_stored
from sql.errors import DataCorrupted, InternalError, QueryCanceled
from sql.query_scans import PartScan, RelationScan, RowsScan, TableScan
from sql.relations.relation import Condition, First, Wanted
from sql.scan import scan_cte
from storage.errors import CorruptSegment
from storage.segment_file import verify_file
from storage.snapshot import TableSnapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from sql.duckdb_connection import Cursor
    from sql.errors import SqlError
    from sql.plan import QueryPlan

    class Cursors(Protocol):
        """Where cursors come from and go back to."""

        def take_cursor(self, time_zone: str) -> Cursor:
            """A cursor whose session is in a time zone."""

        def give_back(self, cursor: Cursor, time_zone: str) -> None:
            """The cursor is free."""

        def define_functions(self, sql: str) -> None:
            """Make callable what a query calls."""


RelationRows = Callable[[Wanted], pa.Table]
"""Computes a system relation, in the worker that reads it."""

Source = tuple[TableSnapshot, ...] | RelationRows | pa.Table
"""What a scan of a plan reads: snapshots of one table, at least one, or rows."""

_NAMED: Final = re.compile(r"\$([pl][0-9]+)\b")
"""Parameters, and lists of them, in DuckDB's text."""

BATCH_ROWS: Final = 16_384
"""Rows in a batch of a stream: a few hundred kilobytes, so that a slow client costs little."""


class QueryRun:
    """One query in DuckDB. `next` is called in a worker, one call at a time; `interrupt` from the loop."""

    def __init__(
        self,
        cursors: Cursors,
        plan: QueryPlan,
        sources: Mapping[str, Source],
        parameters: Sequence[object],
        session_values: Mapping[str, object],
    ) -> None:
        self._cursors = cursors
        self._plan = plan
        self._sources = sources
        self._parameters = parameters
        self._session_values = session_values
        self._time_zone = str(session_values.get("time_zone", "UTC"))
        self._cursor: Cursor | None = None
        self._query: RunningQuery | None = None
        self._registered: list[RegisteredTable] = []
        self._interrupted = False
        self.ended = False

    def next(self) -> list[pa.RecordBatch]:
        """The next batches, in most cases one; sets `ended` when there are no more. Raises `SqlError`."""
        try:
            if self._plan.direct is not None:
                return self._read_directly(self._plan.direct)
            if self._query is None:
                self._query = self._open()
            return self._read(self._query)
        except DatabaseError as error:
            raise self._explained(translate(error, self._interrupted)) from None
        except (pa.ArrowException, OSError) as error:
            # DuckDB's errors in mid-stream arrive as Arrow's.
            raise self._explained(translate_streamed(error, self._interrupted)) from None
        except CorruptSegment as error:
            raise DataCorrupted(str(error)) from None

    def _explained(self, error: SqlError) -> SqlError:
        """What DuckDB finds in a damaged file it does not always know for that, nor does it always name the file."""
        if not isinstance(error, InternalError | DataCorrupted):
            return error
        snapshots = (each for source in self._sources.values() if isinstance(source, tuple) for each in source)
        for segment in (segment for snapshot in snapshots for segment in snapshot.segments):
            try:
                verify_file(segment)
            except CorruptSegment as damage:
                return DataCorrupted(str(damage), error.message)
        return error

    def _read_directly(self, columns: Sequence[str]) -> list[pa.RecordBatch]:
        """The result of a query that needs no DuckDB: rows of a system relation that it has been told all about."""
        (scan,) = self._plan.scans
        assert isinstance(scan, RelationScan), scan
        wanted = self._known(scan)
        assert wanted is not None, scan
        source = self._sources[scan.alias]
        rows = source(wanted) if callable(source) else source
        assert isinstance(rows, pa.Table), scan
        for condition in wanted.conditions:
            column = rows.column(condition.column)
            rows = rows.filter(pc.is_in(column, value_set=pa.array(condition.values, column.type)))
        if wanted.first is not None:
            rows = rows.slice(0, wanted.first.count)
        self.ended = True
        names = [column.name for column in self._plan.columns]
        arrays = [rows.column(name) for name in columns]
        return pa.Table.from_arrays(arrays, names).combine_chunks().to_batches()

    def _open(self) -> RunningQuery:
        if self._interrupted:
            raise QueryCanceled
        cursor = self._cursor = self._cursors.take_cursor(self._time_zone)
        sql, ctes = self._plan.sql, []
        for scan in self._plan.scans:
            if isinstance(scan, TableScan):
                ctes.append(self._table_cte(scan, cursor))
                continue
            name, rows = identifier(scan.alias), identifier(self._register(self._rows(scan, cursor), cursor))
            if isinstance(scan, RelationScan) and scan.alias != scan.name and sql.count(name) == 1:
                # It is the one place in FROM that reads it: a third quicker than through an expression of that name.
                sql = sql.replace(name, rows)
            else:
                ctes.append(f"{name} AS NOT MATERIALIZED (SELECT * FROM {rows})")
        if self._interrupted:
            raise QueryCanceled
        bound, sql = self._bound(sql), _with(ctes, sql)
        self._cursors.define_functions(sql)
        return RunningQuery(cursor, sql, bound, BATCH_ROWS)

    def _table_cte(self, scan: TableScan, cursor: Cursor) -> str:
        """The common table expression by whose name the query reads a table."""
        snapshots = self._sources[scan.alias]
        assert isinstance(snapshots, tuple), scan
        return scan_cte(scan, snapshots, self._parameters, partial(self._register, cursor=cursor), self._check)

    def _rows(self, scan: RelationScan | RowsScan | PartScan, cursor: Cursor) -> pa.Table:
        source = self._sources[scan.alias]
        if isinstance(scan, RelationScan) and callable(source):
            source = source(self._wanted(scan, cursor))
        assert isinstance(source, pa.Table), scan
        return source

    def _register(self, table: pa.Table, cursor: Cursor) -> str:
        """Make rows readable for the query. Returns the name."""
        registered = RegisteredTable(cursor, table)
        self._registered.append(registered)
        return registered.name

    def _wanted(self, scan: RelationScan, cursor: Cursor) -> Wanted:
        """What a system relation is to be computed for, with the values that its columns are compared with."""
        known = self._known(scan)
        if known is not None:
            return known
        columns = None if scan.columns is None else frozenset(scan.columns)
        texts = [each.values for each in scan.conditions]
        if scan.first is not None:
            texts.append(f"[{scan.first.count}]")
        sql = f"SELECT {', '.join(f'{text} AS c{number}' for number, text in enumerate(texts))}"
        self._cursors.define_functions(sql)
        row = RunningQuery(cursor, sql, self._bound(sql), 1).next_batch()
        assert row is not None, "it has one row"
        values = list(map(_values_of, row.columns))
        first = None
        if scan.first is not None and (count := values.pop()):
            first = First(count[0], scan.first.column, scan.first.descending)
        conditions = (
            Condition(each.column, each.op, found) for each, found in zip(scan.conditions, values, strict=True)
        )
        return Wanted(columns, tuple(conditions), first, self._check)

    def _known(self, scan: RelationScan) -> Wanted | None:
        """The same where DuckDB need not be asked for any value, which takes a third of a millisecond."""
        known = []
        for each in scan.conditions:
            if each.texts is None:
                return None
            values = (self._parameters[text - 1] if isinstance(text, int) else text for text in each.texts)
            known.append(Condition(each.column, each.op, tuple(value for value in values if value is not None)))
        limit, first = scan.first, None
        if limit is not None:
            if limit.rows is None:
                return None
            first = First(limit.rows, limit.column, limit.descending)
        columns = None if scan.columns is None else frozenset(scan.columns)
        return Wanted(columns, tuple(known), first, self._check)

    def _check(self) -> None:
        if self._interrupted:
            raise QueryCanceled

    def _bound(self, sql: str) -> dict[str, Any]:
        named = set(_NAMED.findall(sql))
        numbers = range(1, len(self._parameters) + 1)
        bound: dict[str, Any] = {f"p{number}": self._value(number) for number in numbers if f"p{number}" in named}
        for place, listed in enumerate(self._plan.parameter_lists, start=1):
            if f"l{place}" in named:
                bound[f"l{place}"] = [self._value(number) for number in listed]
        for name, value in self._session_values.items():
            placeholder = session_placeholder(name)
            if f"${placeholder}" in sql:
                bound[placeholder] = value
        return bound

    def _value(self, number: int) -> Any:  # noqa: ANN401 - whatever its type stores
        return parameter_value(self._parameters[number - 1], self._plan.parameter_types[number - 1])

    def _read(self, query: RunningQuery) -> list[pa.RecordBatch]:
        """One batch; a short one is the last in all likelihood, so that the end is looked for at once."""
        batches: list[pa.RecordBatch] = []
        while not self.ended:
            if self._interrupted:
                raise QueryCanceled
            batch = query.next_batch()
            if batch is None:
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
        cursor, query, self._cursor, self._query = self._cursor, self._query, None, None
        if query is not None and not self.ended:
            query.close()
        self._sources = {}
        self._registered = []
        if cursor is None:
            return
        if self._interrupted or not self.ended:
            cursor.close()
        else:
            self._cursors.give_back(cursor, self._time_zone)


def _values_of(lists: pa.Array[Any]) -> tuple[Any, ...]:
    """The values, as they are stored, of the one list of a column; a NULL equals nothing."""
    values = cast("pa.ListArray[Any]", lists).flatten()
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64())
    return tuple(value for value in values.to_pylist() if value is not None)


def _with(ctes: Sequence[str], sql: str) -> str:
    """The query with the scans as its first common table expressions."""
    if not ctes:
        return sql
    for keyword in ("WITH RECURSIVE ", "WITH "):
        if sql.startswith(keyword):
            return f"{keyword}{', '.join(ctes)}, {sql.removeprefix(keyword)}"
    return f"WITH {', '.join(ctes)} {sql}"
