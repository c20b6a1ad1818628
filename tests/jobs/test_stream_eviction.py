"""SE jobs: expired rows leave streams, and nothing else does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from jobs.flush import FlushBody
from jobs.record import JobStatus
from jobs.stream_eviction import StreamEvictionBody, stream_eviction_request
from storage.errors import StorageError, TableGone
from storage.keys import KeyKind, key
from tests.jobs.stores import create_table_of_type
from tests.jobs.tables import create_table, drop_table, flush_of, insert, row_ids
from tests.jobs.world import ALICE, World

if TYPE_CHECKING:
    from storage.catalog_entries import Table

S = JobStatus
HOUR_S = 3600


async def stream_with_rows(world: World, rows: int = 10, name: str = "t"):
    """A stream with rows, and a manager that can evict it."""
    storage = world.open_storage()
    table = await create_table_of_type(storage, {"type": "stream", "ttl": "1h"}, name)
    await insert(storage, table, range(rows))
    return table


def index_entries(world: World, table: Table) -> int:
    """How many keys the index has."""
    return sum(1 for _ in world.storage.scan(key(KeyKind.INDEX, table.oid)))


async def test_expired_rows_are_evicted(world: World):
    """They go, with their index entries; what has not expired stays; the record says how many."""
    table = await stream_with_rows(world, 4_500)
    await world.open(StreamEvictionBody(world.storage))
    world.clock.advance(HOUR_S)
    await insert(world.storage, table, [1, 10_000])
    started = await world.manager.start_job(stream_eviction_request(table))
    assert started.record.job_id.startswith("SE-")
    record = await world.ended(started.record.job_id)
    assert (record.status, record.message, record.result) == (S.COMPLETED, "evicted 4500 rows", {"rows": 4_500})
    assert (record.units_done, record.unit) == (4_500, "rows")
    assert row_ids(world.storage, table) == {1: 1, 10_000: 1}
    assert index_entries(world, table) == 2


async def test_nothing_expired_is_skipped(world: World):
    """A job that finds nothing says so."""
    table = await stream_with_rows(world)
    await world.open(StreamEvictionBody(world.storage))
    record = await world.ended((await world.manager.start_job(stream_eviction_request(table))).record.job_id)
    assert (record.status, record.message, record.result) == (S.SKIPPED, "no row has expired", {"rows": 0})


async def test_a_schedule_asks_for_streams_with_something_to_evict(world: World):
    """Only those, by namespace and name where these are given; never other tables."""
    old = await stream_with_rows(world, name="old")
    other = await stream_with_rows(world, name="other")
    await create_table(world.storage, "shared")
    await world.open(body := StreamEvictionBody(world.storage))
    assert list(body.scheduled({})) == []
    world.clock.advance(HOUR_S)
    young = await stream_with_rows(world, name="young")
    names = [request.table_name for request in body.scheduled({"namespace": None})]
    assert names == [old.name, other.name]
    assert [r.table_name for r in body.scheduled({"namespace": "public", "table_name": "old"})] == ["old"]
    assert list(body.scheduled({"namespace": "public", "table_name": young.name})) == []
    for request in body.scheduled({}):
        await world.ended((await world.manager.start_job(request)).record.job_id)
    assert list(body.scheduled({})) == []


async def test_one_eviction_of_a_stream_at_a_time(world: World):
    """Asked for twice it is one job."""
    table = await stream_with_rows(world)
    await world.open(StreamEvictionBody(world.storage))
    world.clock.advance(HOUR_S)
    first, second = [await world.manager.start_job(stream_eviction_request(table)) for _ in range(2)]
    assert (second.record.job_id, second.deduplicated) == (first.record.job_id, True)
    assert first.record.idempotency_key == f"evict-stream-{table.oid}"


@pytest.mark.parametrize("point", ["evict.after_keys", "evict.after_batch"])
async def test_a_crash_in_mid_eviction(world: World, point: str):
    """After a crash at any point expired rows stay out of sight, and the job goes on to its end."""
    table = await stream_with_rows(world, 4_500)
    await world.open(StreamEvictionBody(world.storage))
    world.clock.advance(HOUR_S)
    await insert(world.storage, table, [-1])
    crashed = asyncio.Event()
    image = []

    def crash_here(name: str) -> None:
        if name == point and not crashed.is_set():
            image.append(world.image())
            crashed.set()

    world.disk.reach = crash_here
    job_id = (await world.manager.start_job(stream_eviction_request(table))).record.job_id
    await crashed.wait()
    await world.go_on_with(image[0])
    await world.open(StreamEvictionBody(world.open_storage()))
    assert row_ids(world.storage, table) == {-1: 1}
    assert (await world.ended(job_id)).status in (S.COMPLETED, S.SKIPPED)
    assert row_ids(world.storage, table) == {-1: 1}
    assert index_entries(world, table) == 1


async def test_a_kill_between_two_steps(world: World):
    """Killed before its last step the job is cancelled, and a later one does the rest."""
    table = await stream_with_rows(world, 4_500)
    await world.open(StreamEvictionBody(world.storage))
    world.clock.advance(HOUR_S)
    kills = []

    def kill(name: str) -> None:
        if name == "evict.after_keys" and not kills:
            kills.append(asyncio.ensure_future(world.manager.cancel_job(job_id, ALICE)))

    world.disk.reach = kill
    job_id = (await world.manager.start_job(stream_eviction_request(table, "alice"))).record.job_id
    await world.saw(job_id, S.CANCELLED)
    assert (await kills[0]).status is S.CANCELLED
    record = await world.ended((await world.manager.start_job(stream_eviction_request(table))).record.job_id)
    assert record.result == {"rows": 4_500}
    assert index_entries(world, table) == 0


async def test_what_is_no_stream_is_refused(world: World):
    """Neither a shared table nor one that is not there can be evicted, and no stream can be flushed."""
    stream = await stream_with_rows(world)
    await world.open(StreamEvictionBody(world.storage), FlushBody(world.storage))
    shared = await create_table(world.storage, "shared")
    with pytest.raises(StorageError, match='"shared" is not a stream table'):
        await world.manager.start_job(stream_eviction_request(shared))
    with pytest.raises(StorageError, match='"t" is a stream table: its rows are never flushed'):
        await world.manager.start_job(flush_of(stream))
    assert list(FlushBody(world.storage).scheduled({})) == []
    await drop_table(world.storage, stream)
    with pytest.raises(TableGone):
        await world.manager.start_job(stream_eviction_request(stream))
