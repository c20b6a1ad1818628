"""The engine: streams in constant memory, stops when told, holds what it reads, and speaks of errors in SQL's words."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from sql import errors
from sql.engine import Engine
from sql.plan import QueryPlan
from sql.query_run import BATCH_ROWS
from sql.query_scans import RowsScan
from sql.result import ResultColumn
from storage import types as t
from tests.sql.queries.loop import asynchronous
from tests.sql.queries.world import SESSION_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.types import SqlType
    from tests.sql.queries.world import World

UTC = {"time_zone": "UTC"}
ENDLESS = "SELECT count(*) FROM range(10000000000) AS a(i), range(10000000) AS b(j) WHERE a.i % 7 = b.j % 5"


def _plan(sql: str, *types: SqlType) -> QueryPlan:
    columns = tuple(ResultColumn(f"c{number}", sql_type) for number, sql_type in enumerate(types, start=1))
    return QueryPlan(sql, (), (), ("time_zone",), columns)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine of its own."""
    (tmp_path / "cold").mkdir()
    (tmp_path / "temp").mkdir()
    engine = Engine(tmp_path / "cold", tmp_path / "temp", 256 << 20, 2, 2)
    yield engine
    engine.close()


@asynchronous
async def test_values_come_back_as_they_are_stored(engine: Engine) -> None:
    """Intervals, uuids, zoned timestamps and lists of them arrive in the Arrow types of storage."""
    plan = _plan(
        "SELECT INTERVAL '14 months 3 days 5 microseconds', CAST('11111111-2222-3333-4444-555555555555' AS UUID), "
        "[INTERVAL '1 day', NULL], CAST(NULL AS INTERVAL), 1.50, CAST('2020-06-01 00:00:00' AS TIMESTAMPTZ)",
        t.INTERVAL,
        t.UUID,
        t.array_of(t.INTERVAL),
        t.INTERVAL,
        t.NUMERIC,
        t.TIMESTAMPTZ,
    )
    table = await engine.table(plan, {}, (), {"time_zone": "Europe/Paris"})
    assert [field.type for field in table.schema][:4] == [column.type.arrow for column in plan.columns][:4]
    interval, uuid, intervals, nothing, number, moment = (column[0].as_py() for column in table.columns)
    assert interval == {"months": 14, "days": 3, "micros": 5}
    assert uuid.hex == "11111111222233334444555555555555"
    assert intervals == [{"months": 0, "days": 1, "micros": 0}, None]
    assert nothing is None
    assert str(number) == "1.50"
    assert moment.isoformat() == "2020-05-31T22:00:00+00:00"


@asynchronous
async def test_a_stream_gives_batches_and_ends(engine: Engine) -> None:
    """All rows come, in batches of bounded size, and then it is over for good."""
    stream = engine.stream(_plan("SELECT i FROM range(100000) AS r(i)", t.BIGINT), {}, (), UTC)
    sizes = [batch.num_rows async for batch in stream]
    assert sum(sizes) == 100_000
    assert max(sizes) <= 2 * BATCH_ROWS
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


@asynchronous
async def test_an_empty_result_still_has_its_columns(engine: Engine) -> None:
    """No batch, but a schema."""
    table = await engine.table(_plan("SELECT 1 AS i WHERE false", t.INTEGER), {}, (), UTC)
    assert (table.num_rows, table.schema.names) == (0, ["c1"])


@asynchronous
async def test_a_stream_computes_only_what_is_asked_for(engine: Engine) -> None:
    """Of a result of fifty million rows little memory is held after the first batch."""
    before = pa.total_allocated_bytes()
    stream = engine.stream(_plan("SELECT i, i * 2 FROM range(50000000) AS r(i)", t.BIGINT, t.BIGINT), {}, (), UTC)
    batch = await anext(stream)
    assert batch.num_rows > 0
    assert pa.total_allocated_bytes() - before < 64 << 20
    await stream.aclose()


@asynchronous
async def test_cancelling_waits_until_the_thread_has_stopped(engine: Engine) -> None:
    """After the cancellation has been seen, no worker is busy with the query any more: another query runs at once."""
    for _ in range(3):  # There are two workers: a leaked one would show.
        task = asyncio.create_task(anext(engine.stream(_plan(ENDLESS, t.BIGINT), {}, (), UTC)))
        # Only then it has asked for a worker.
        await asyncio.sleep(0)
        await _begun(engine)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    table = await engine.table(_plan("SELECT 7 AS i", t.INTEGER), {}, (), UTC)
    assert table.column(0).to_pylist() == [7]


async def _begun(engine: Engine) -> None:
    """Until a worker has taken the query."""
    while engine.executor._work_queue.qsize():
        await asyncio.sleep(0)


@asynchronous
async def test_closing_stops_what_is_computed_ahead(engine: Engine) -> None:
    """Whoever has seen enough closes the stream; twice does no harm."""
    stream = engine.stream(_plan("SELECT i FROM range(50000000) AS r(i)", t.BIGINT), {}, (), UTC)
    await anext(stream)
    await stream.aclose()
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


@asynchronous
async def test_a_stream_lets_its_sources_go_when_it_ends(engine: Engine) -> None:
    """A snapshot keeps files alive, so nothing may hold it longer than the query."""
    table = pa.table({"id": [1, 2, 3]})
    seen = weakref.ref(table)
    plan = QueryPlan('SELECT id FROM "n1"', (RowsScan("n1"),), (), (), (ResultColumn("id", t.BIGINT),))
    stream = engine.stream(plan, {"n1": table}, (), UTC)
    del table
    assert [batch.num_rows async for batch in stream] == [3]
    gc.collect()
    assert seen() is None


@asynchronous
async def test_time_zones_of_sessions_do_not_meet(engine: Engine) -> None:
    """Two queries at once, each in its session's zone."""
    plan = _plan("SELECT CAST(CAST('2020-01-01 00:00:00+00' AS TIMESTAMPTZ) AS VARCHAR)", t.TEXT)
    zones = ["UTC", "America/New_York", "UTC", "Asia/Tokyo"]
    tables = await asyncio.gather(*(engine.table(plan, {}, (), {"time_zone": zone}) for zone in zones))
    assert [table.column(0)[0].as_py() for table in tables] == [
        "2020-01-01 00:00:00+00",
        "2019-12-31 19:00:00-05",
        "2020-01-01 00:00:00+00",
        "2020-01-01 09:00:00+09",
    ]


@pytest.mark.parametrize(
    ("sql", "error", "message"),
    [
        ("SELECT 1 // (i - 50000) FROM range(100000) AS r(i)", errors.DivisionByZero, "division by zero"),
        (
            "SELECT CAST('x' || i AS INTEGER) FROM range(10) AS r(i)",
            errors.InvalidTextRepresentation,
            'invalid input syntax for type integer: "x0"',
        ),
        (
            "SELECT CAST(i AS SMALLINT) FROM range(99999) AS r(i)",
            errors.NumericValueOutOfRange,
            "smallint out of range",
        ),
        (
            "SELECT CAST(2147483647 AS INTEGER) + CAST(1 AS INTEGER)",
            errors.NumericValueOutOfRange,
            "integer out of range",
        ),
        (
            "SELECT (SELECT i FROM range(2) AS r(i))",
            errors.CardinalityViolation,
            "more than one row returned by a subq",
        ),
        ("SELECT error('SQLSTATE 22001: value too long')", errors.StringDataRightTruncation, "value too long"),
        ("SELECT nosuch", errors.FeatureNotSupported, "nosuch"),
    ],
)
@asynchronous
async def test_errors_are_in_sqls_words(engine: Engine, sql: str, error: type[errors.SqlError], message: str) -> None:
    """Whether they come at the start or in mid-stream."""
    with pytest.raises(error) as caught:
        await engine.table(_plan(sql, t.BIGINT), {}, (), UTC)
    assert message in caught.value.message


@asynchronous
async def test_too_large_a_query_runs_out_of_memory_and_not_the_server(tmp_path: Path) -> None:
    """What fits neither in memory nor in the temporary folder is 53200, and the engine lives on."""
    (tmp_path / "cold").mkdir()
    (tmp_path / "temp").mkdir()
    engine = Engine(tmp_path / "cold", tmp_path / "temp", 64 << 20, 2, 2, temp_limit_bytes=1 << 20)
    try:
        large = "SELECT count(*) FROM (SELECT i, count(*) FROM range(30000000) AS r(i) GROUP BY i) AS q"
        with pytest.raises(errors.OutOfMemory):
            await engine.table(_plan(large, t.BIGINT), {}, (), UTC)
        assert (await engine.table(_plan("SELECT 1", t.INTEGER), {}, (), UTC)).num_rows == 1
    finally:
        engine.close()


@asynchronous
async def test_a_missing_segment_is_corruption_and_names_the_file(world: World) -> None:
    """XX001 with the path, and not an internal error."""
    people = world.tables["kinds"]
    plan = world.plan("select count(*) from kinds where s is not null")
    snapshot = world.storage.snapshot(people.oid)
    (segment,) = snapshot.segments
    hidden = segment.path.with_suffix(".hidden")
    segment.path.rename(hidden)
    try:
        with pytest.raises(errors.DataCorrupted) as caught:
            await world.engine.table(plan, {plan.scans[0].alias: (snapshot,)}, (), SESSION_VALUES)
    finally:
        hidden.rename(segment.path)
    assert segment.path.name in f"{caught.value.message}{caught.value.detail}"


def test_parameters_arrive_as_stored_values(world: World) -> None:
    """Each type's stored value goes in and comes out the same."""
    codecs = world.codecs
    for text, sql_type in [
        ("t", t.BOOLEAN),
        ("-5", t.SMALLINT),
        ("9223372036854775807", t.BIGINT),
        ("1.25", t.DOUBLE),
        ("12.340", t.numeric(10, 3)),
        ("it's", t.TEXT),
        ("\\x00ff", t.BYTEA),
        ("2024-02-29", t.DATE),
        ("13:14:15.5", t.TIME),
        ("1969-12-31 23:59:59.5", t.TIMESTAMP),
        ("2024-02-29 13:14:15+00", t.TIMESTAMPTZ),
        ("1 year 2 mons 3 days 04:05:06.7", t.INTERVAL),
        ("11111111-2222-3333-4444-555555555555", t.UUID),
        ('{"a": 1}', t.JSONB),
        ("{1,NULL,3}", t.array_of(t.INTEGER)),
    ]:
        value = codecs.of(sql_type).parse(text)
        result = world.run(f"select $1::{sql_type}, $2::{sql_type} is null", [value, None])
        assert result.rows == [(text, "t")], sql_type
