"""Flush jobs of user tables: many row stores, some a step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from jobs.flush import STEP_STORES_MAX, FlushBody, FlushEstimate, estimate
from jobs.record import JobStatus
from storage.catalog_entries import Role
from tests.jobs.stores import create_table_of_type, insert_as
from tests.jobs.tables import create_table, files, flush_of, insert
from tests.jobs.world import ALICE, World

if TYPE_CHECKING:
    from storage.catalog_entries import Table

S = JobStatus
STORES = 2 * STEP_STORES_MAX + 10
ROLES = [Role(30_000 + number, f"user {number}") for number in range(STORES)]


async def table_of_many(world: World) -> Table:
    """A user table with a row of each of many roles, and a manager that can flush it."""
    storage = world.open_storage()
    table = await create_table_of_type(storage, {"type": "user"})
    transaction = storage.begin()
    for role in ROLES:
        transaction.insert(transaction.partition(table.oid, role), [(1, role.name)])
    done = asyncio.Event()
    storage.commit(transaction).on_done(lambda _commit: done.set())
    await done.wait()
    await world.open(FlushBody(storage))
    return table


def hot_and_cold(world: World, table: Table) -> tuple[int, int]:
    """Rows of the whole table."""
    statistics = world.storage.table_statistics(table.oid)
    return statistics.hot_rows, statistics.cold_rows


async def test_all_stores_are_flushed_by_one_job(world: World):
    """In several steps, with progress over all; the estimate before it was right, and changed nothing."""
    table = await table_of_many(world)
    before = estimate(world.storage, table)
    assert (before.rows, before.files) == (STORES, STORES)
    record = await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
    assert record.message.startswith(f"flushed {STORES} rows into {STORES} segments")
    assert (record.units_done, record.units_total) == (STORES, STORES)
    assert hot_and_cold(world, table) == (0, STORES)
    assert estimate(world.storage, table) == FlushEstimate(0, 0, 0)


async def test_a_request_that_joins_is_covered(world: World):
    """Rows that come to a store that the job has dealt with already are cold when it ends, if it was asked for them."""
    table = await table_of_many(world)
    world.disk.hold_at("flush.before_write")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    await insert_as(world.storage, table, ROLES[0], [2])
    await insert_as(world.storage, table, Role(90_000, "new"), [1])
    joined = await world.manager.start_job(flush_of(table))
    assert joined.record.job_id == job_id
    world.disk.release()
    await world.ended(job_id)
    assert hot_and_cold(world, table) == (0, STORES + 2)
    assert len(world.jobs()) == 1


async def test_a_large_load_that_ends_during_a_flush_is_covered(world: World):
    """Its seqs are lower than those of rows that were flushed before it was committed: it is flushed all the same."""
    storage = world.open_storage()
    table = await create_table(storage)
    await world.open(FlushBody(storage))
    await insert(storage, table, [-1])
    world.disk.hold_at("load.after_slice")
    loading = storage.begin()
    loading.insert(table.oid, [(n, "load") for n in range(6_000)])
    loaded = asyncio.Event()
    storage.commit(loading).on_done(lambda _commit: loaded.set())
    await asyncio.to_thread(world.disk.reached.wait)
    await insert(storage, table, [-2])
    held_load, world.disk.released = world.disk.released, type(world.disk.released)()
    world.disk.hold_at("flush.before_write")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    held_load.set()
    await loaded.wait()
    await world.manager.start_job(flush_of(table))
    world.disk.release()
    await world.ended(job_id)
    assert hot_and_cold(world, table) == (0, 6_002)


@pytest.mark.parametrize("steps", [1, 2])
async def test_a_kill_keeps_the_steps_that_are_done(world: World, steps: int):
    """Killed in a later step the job is cancelled; what earlier ones have settled is cold, and no file is left over."""
    table = await table_of_many(world)
    hits = []

    def kill(name: str) -> None:
        if name == "flush.after_batch":
            hits.append(name)
            if len(hits) == steps:
                kills.append(asyncio.ensure_future(world.manager.cancel_job(job_id, ALICE)))

    kills: list[asyncio.Future[object]] = []
    world.disk.reach = kill
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await world.saw(job_id, S.CANCELLED)
    hot, cold = hot_and_cold(world, table)
    assert hot + cold == STORES
    assert cold == steps * STEP_STORES_MAX == len(files(world.storage.cold_folder))


async def test_a_crash_between_steps(world: World):
    """The job goes on after a restart, and every row is there exactly once."""
    table = await table_of_many(world)
    images = []

    def crash_here(name: str) -> None:
        if name == "flush.after_batch" and not images:
            images.append(world.image())

    world.disk.reach = crash_here
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await world.ended(job_id)
    await world.go_on_with(images[0])
    await world.open(FlushBody(world.open_storage()))
    assert hot_and_cold(world, table)[1] >= STEP_STORES_MAX
    record = await world.ended(job_id)
    assert (record.status, hot_and_cold(world, table)) == (S.COMPLETED, (0, STORES))
    assert len(files(world.storage.cold_folder)) == STORES
