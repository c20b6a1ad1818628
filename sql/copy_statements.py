"""COPY: planned here, fed and drained here. The formats are in `sql.copy`, the bytes on the wire are the server's."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import exp

from sql import errors
from sql.binder import bind_query
from sql.bulk_insert import BulkInsert
from sql.copy import BinaryCopyReader, BinaryCopyWriter, CopyChunk, CopyOptions, CopyReader, CopyWriter
from sql.copy.server_file import require_server_files
from sql.copy_files import read_server_file, write_server_file
from sql.foreign_keys.enforcement import WrittenTables
from sql.lock_waits import run_part, run_until_free
from sql.new_rows import settled_rows
from sql.numbering import as_column
from sql.plan import CopyFrom, CopyTo, ServerFile
from sql.queries import query_table, run_query
from sql.resolve import find_relation, table_for
from sql.result import CopyIn, CopyOut
from sql.row_stores import store_to_write
from sql.scalar import compile_scalar, number_alone, numbers_drawn
from sql.write_planner import plan_defaults
from storage.catalog_entries import SequenceGenerator, Table, View
from storage.rows import stored_array
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence

    from sql.names import QualifiedName
    from sql.plan import QueryPlan
    from sql.result import Command, Stream
    from sql.session_state import SessionState
    from sql.statements import CopyStatement
    from storage.catalog_entries import Column

FEED_BYTES = 1 << 20
"""Data is parsed in pieces of about this size: large enough to pay for the hop to a worker."""


def plan_copy(statement: CopyStatement, session: SessionState) -> CopyFrom | CopyTo:
    """The plan of a COPY."""
    file = _server_file(statement, session)
    options = CopyOptions.of(dict(statement.options), to_client=statement.to_client)
    if statement.query is not None:
        tree = statement.query.tree
        if not isinstance(tree, exp.Expr):
            raise errors.FeatureNotSupported("COPY takes a query")
        return CopyTo(bind_query(tree, session.bind_context(())), options, file)
    assert statement.table is not None
    if statement.to_client:
        _require_table(statement.table, session)
        return CopyTo(_whole_table(statement, session), options, file)
    table = table_for(session, statement.table, "copy")
    positions = _positions(table, statement.columns)
    others = tuple(position for position in range(len(table.columns)) if position not in positions)
    defaults, computed = plan_defaults(table, others, session)
    return CopyFrom(table, positions, options, defaults, computed, file)


def _server_file(statement: CopyStatement, session: SessionState) -> ServerFile | None:
    if statement.file is None:
        return None
    folder = require_server_files(session.role, session.shared.copy_folder, writing=statement.to_client)
    return ServerFile(folder, statement.file)


def _require_table(name: QualifiedName, session: SessionState) -> None:
    """Raise `WrongObjectType` for a view or a sequence."""
    relation = find_relation(session, name)
    if isinstance(relation, View):
        raise errors.WrongObjectType(
            f'cannot copy from view "{relation.name}"', hint="Try the COPY (SELECT ...) TO variant."
        )
    if isinstance(relation, SequenceGenerator):
        raise errors.WrongObjectType(f'cannot copy from sequence "{relation.name}"')


def _whole_table(statement: CopyStatement, session: SessionState) -> QueryPlan:
    assert statement.table is not None
    table = find_relation(session, statement.table)
    names = list(statement.columns)
    if isinstance(table, Table):
        for column in table.columns:
            if column.name in names:
                _require_not_generated(column)
        if any(column.generated is not None for column in table.columns):
            names = names or [column.name for column in table.columns if column.generated is None]
    columns: list[exp.Expr] = [exp.column(exp.to_identifier(name, quoted=True)) for name in names]
    columns = columns or [exp.Star()]
    namespace = statement.table.namespace
    source = exp.Table(
        this=exp.to_identifier(statement.table.name, quoted=True),
        db=None if namespace is None else exp.to_identifier(namespace, quoted=True),
    )
    return bind_query(exp.Select(expressions=columns, from_=exp.From(this=source)), session.bind_context(()))


def _positions(table: Table, names: tuple[str, ...]) -> tuple[int, ...]:
    if not names:
        return tuple(position for position, column in enumerate(table.columns) if column.generated is None)
    by_name = {column.name: position for position, column in enumerate(table.columns)}
    positions = []
    for name in names:
        if name not in by_name:
            raise errors.UndefinedColumn(f'column "{name}" of relation "{table.name}" does not exist')
        if by_name[name] in positions:
            raise errors.DuplicateColumn(f'column "{name}" specified more than once')
        _require_not_generated(table.columns[by_name[name]])
        positions.append(by_name[name])
    return tuple(positions)


def _require_not_generated(column: Column) -> None:
    if column.generated is not None:
        raise errors.InvalidColumnReference(
            f'column "{column.name}" is a generated column', detail="Generated columns cannot be used in COPY."
        )


async def copy_from(session: SessionState, plan: CopyFrom) -> CopyIn | Command:
    """Make ready to take a COPY's data; that of a file is read at once.

    Raises `DefinitionChanged` when it should be planned again first.
    """
    transaction = session.block.for_writing("COPY FROM")

    async def lock() -> None:
        transaction.lock_table(plan.table.oid, LockMode.ROW_EXCLUSIVE)

    # Before any data is asked for: once that has come it cannot be read as rows of another definition.
    await run_until_free(session, transaction, lock)
    store_oid = store_to_write(session, transaction, plan.table)
    computed: dict[int, pa.Scalar[Any]] = {}
    if plan.computed is not None:
        positions, query = plan.computed
        row = await query_table(session, query, ())
        computed = {position: row.column(position)[0] for position in positions}
    sink = TableSink(session, plan, store_oid, computed)
    if plan.file is not None:
        return await read_server_file(sink, plan.file)
    return CopyIn(sink, len(plan.positions), binary=plan.options.format == "binary")


def _reader(columns: Sequence[Column], plan: CopyFrom, session: SessionState) -> CopyReader | BinaryCopyReader:
    if plan.options.format == "binary":
        return BinaryCopyReader(columns, session.codecs, plan.table.name)
    codecs = session.codecs_for(column.type for column in columns)
    return CopyReader(columns, plan.options, codecs, plan.table.name)


class TableSink:
    """Parses a COPY's data and inserts its rows into the transaction: all of them, or none."""

    def __init__(
        self, session: SessionState, plan: CopyFrom, store_oid: int, computed: dict[int, pa.Scalar[Any]]
    ) -> None:
        self._session = session
        self._plan = plan
        self._computed = computed
        numbered = [(position, number_alone(scalar)) for position, scalar in plan.defaults]
        self._numbered = [(position, sequence) for position, sequence in numbered if sequence is not None]
        others = [(position, scalar) for position, scalar in plan.defaults if number_alone(scalar) is None]
        self._drawn = numbers_drawn(scalar for _, scalar in others)
        self._generators = [(position, compile_scalar(scalar, session.codecs)) for position, scalar in others]
        columns = [plan.table.columns[position] for position in plan.positions]
        self._reader = _reader(columns, plan, session)
        self._pending = bytearray()
        self._parsing: asyncio.Future[list[pa.Table]] | None = None
        transaction = session.block.for_writing("COPY FROM")
        insert_part = partial(run_part, session, transaction)
        self._rows = BulkInsert(session, transaction, plan.table, store_oid, insert_part)
        self._row_count = 0
        # Its rows come in pieces, and the foreign keys are looked at when all are there.
        self._written = WrittenTables(session, transaction, [plan.table]) if plan.table.foreign_keys else None

    async def write(self, data: bytes) -> None:
        """Take the next bytes; they are parsed in a worker while more arrive. Raises `SqlError` for a bad row."""
        self._pending += data
        if len(self._pending) >= FEED_BYTES:
            await self._take_parsed()
            piece, self._pending = bytes(self._pending), bytearray()
            self._parsing = asyncio.get_running_loop().run_in_executor(None, self._reader.feed, piece)

    async def finish(self) -> str:
        """Parse what is left and insert it. Returns the command tag."""
        await self._take_parsed()
        for parse in (partial(self._reader.feed, bytes(self._pending)), self._reader.finish):
            await self._insert(await asyncio.get_running_loop().run_in_executor(None, parse))
        await self._rows.finish()
        if self._written is not None:
            await self._written.enforce()
        return f"COPY {self._row_count}"

    async def abort(self) -> None:
        """Forget the data. The rows inserted so far go with the statement's transaction."""
        self._pending.clear()
        if self._parsing is not None:
            await asyncio.wait([self._parsing])
        await self._rows.abort()

    async def _take_parsed(self) -> None:
        if self._parsing is not None:
            tables = await self._parsing
            self._parsing = None
            await self._insert(tables)

    async def _insert(self, tables: list[pa.Table]) -> None:
        table = self._plan.table
        for given in tables:
            rows = await self._with_defaults(given)
            rows = await settled_rows(self._session, table, rows)
            await self._rows.insert(rows)
            self._row_count += rows.num_rows

    async def _with_defaults(self, given: pa.Table) -> pa.Table:
        columns, count = self._plan.table.columns, given.num_rows
        arrays: dict[int, Any] = dict(zip(self._plan.positions, given.columns, strict=True))
        for position, scalar in self._computed.items():
            arrays[position] = pa.repeat(scalar, count)  # type: ignore[call-overload]  # the stubs want to know the type
        sequences = self._session.block.sequences
        for position, sequence in self._numbered:
            arrays[position] = as_column(pa.array(await sequences.take(sequence, count)), columns[position].type)
        for sequence, drawn in self._drawn:
            await sequences.reserve(sequence, drawn * count)
        for position, generate in self._generators:
            values = [generate((), (), self._session.block) for _ in range(count)]
            arrays[position] = stored_array(values, columns[position].type.arrow)
        ordered = [arrays[position] for position in range(len(columns))]
        return pa.Table.from_arrays(ordered, names=[column.name for column in columns])


def copy_to(session: SessionState, plan: CopyTo) -> CopyOut | Awaitable[Command]:
    """Start a COPY's query; its rows are formatted as they are asked for, or all at once for a file."""
    copy = _started(session, plan)
    return copy if plan.file is None else write_server_file(copy, plan.file)


def _started(session: SessionState, plan: CopyTo) -> CopyOut:
    stream = run_query(session, plan.query, ())
    columns = plan.query.columns
    if plan.options.format == "binary":
        chunks = _binary_chunks(stream, BinaryCopyWriter(columns, session.codecs))
        return CopyOut(chunks, len(columns), binary=True)
    codecs = session.codecs_for(column.type for column in columns)
    return CopyOut(_lines(stream, CopyWriter(columns, plan.options, codecs)), len(columns))


async def _lines(stream: Stream, writer: CopyWriter) -> AsyncIterator[CopyChunk]:
    header = writer.header()
    if header:
        yield CopyChunk(header, 0)
    async for chunk in _encoded(stream, writer):
        yield chunk


async def _binary_chunks(stream: Stream, writer: BinaryCopyWriter) -> AsyncIterator[CopyChunk]:
    async for chunk in _encoded(stream, writer):
        yield chunk
    yield writer.finish()


async def _encoded(stream: Stream, writer: CopyWriter | BinaryCopyWriter) -> AsyncIterator[CopyChunk]:
    loop = asyncio.get_running_loop()
    async for batch in stream.batches:
        for chunk in await loop.run_in_executor(None, writer.encode, batch):
            yield chunk
