"""UC jobs: what dropped users have left in user tables goes when its time has come."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from jobs.flush import FlushBody
from jobs.outcome import Outcome
from jobs.record import JobStatus, JobType
from jobs.request import JobRequest
from jobs.user_cleanup import UserCleanupBody, UserCleanupParameters
from storage.keys import STORE_KINDS, key
from tests.jobs.stores import create_role, create_table_of_type, drop_role, insert_as
from tests.jobs.tables import files, flush_of
from tests.jobs.world import ADMIN, Scripted, request

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.context import JobContext
    from storage.engine import Storage
    from tests.jobs.world import Work, World

S = JobStatus
DAY_S = 86_400


def body_of(storage: Storage) -> UserCleanupBody:
    """The job type, with a retention of 30 days."""
    return UserCleanupBody(storage, 30 * DAY_S)


def cleanup() -> JobRequest:
    """What asks for a cleanup now."""
    return JobRequest(job_type=JobType.USER_CLEANUP, parameters=UserCleanupParameters(), owner="admin")


async def world_with_rows(world: World):
    """Alice and bob have rows in two user tables, hot and cold; alice is dropped. The tables, and alice's stores."""
    storage = world.open_storage()
    await world.open(body_of(storage), FlushBody(storage))
    alice, bob = [await create_role(storage, name) for name in ("alice", "bob")]
    tables = [await create_table_of_type(storage, {"type": "user"}, name) for name in ("t", "u")]
    stores = []
    for table in tables:
        for role in (alice, bob):
            await insert_as(storage, table, role, range(3))
        await world.ended((await world.manager.start_job(flush_of(table))).record.job_id)
        stores.append(await insert_as(storage, table, alice, [10]))
        await insert_as(storage, table, bob, [10])
    await drop_role(storage, alice)
    return tables, stores


def keys_left(storage: Storage, stores: list[int]) -> int:
    """How many keys RocksDB has of the stores."""
    return sum(1 for kind in STORE_KINDS for store in stores for _ in storage.scan(key(kind, store)))


async def test_rows_of_dropped_users_are_removed(world: World):
    """Rows, index and files of a user dropped long ago go, in all tables, and those of others stay."""
    tables, stores = await world_with_rows(world)
    world.clock.advance(30 * DAY_S + 1)
    started = await world.manager.start_job(cleanup())
    assert started.record.job_id.startswith("UC-")
    record = await world.ended(started.record.job_id)
    assert record.status is S.COMPLETED
    assert (record.result["roles"], record.result["rows"], record.result["files"]) == (1, 8, 2)
    assert record.message.startswith("removed 8 rows of 1 dropped user (2 files, ")
    storage = world.storage
    assert keys_left(storage, stores) == 0
    assert storage.dropped_roles() == ()
    assert {path.parent.name for path in files(storage.cold_folder)} == {"user=bob"}
    for table in tables:
        assert [partition.owner for partition in storage.partitions(table.oid)] == ["bob"]
        statistics = storage.table_statistics(table.oid)
        assert (statistics.hot_rows, statistics.cold_rows) == (1, 3)


async def test_a_user_dropped_lately_keeps_its_rows(world: World):
    """Before the retention is over nothing is removed, and no schedule asks for it."""
    tables, _ = await world_with_rows(world)
    world.clock.advance(30 * DAY_S - 1)
    assert list(body_of(world.storage).scheduled({})) == []
    record = await world.ended((await world.manager.start_job(cleanup())).record.job_id)
    assert (record.status, record.message) == (S.SKIPPED, "no rows of dropped users are to be removed")
    assert len(world.storage.partitions(tables[0].oid)) == 2
    assert [role.name for role in world.storage.dropped_roles()] == ["alice"]


async def test_a_schedule_asks_when_something_is_overdue(world: World):
    """A job, and only one, also for a user that has never written anything."""
    storage = world.open_storage()
    await world.open(body := body_of(storage))
    await drop_role(storage, await create_role(storage, "silent"))
    world.clock.advance(31 * DAY_S)
    (request,) = body.scheduled({})
    record = await world.ended((await world.manager.start_job(request)).record.job_id)
    assert (record.status, record.result["roles"]) == (S.COMPLETED, 1)
    assert list(body.scheduled({})) == []


async def test_a_new_user_of_the_same_name_is_another_one(world: World):
    """It sees nothing of the dropped one's rows, and keeps its own."""
    (table, _), (old, _) = await world_with_rows(world)
    storage = world.storage
    again = await create_role(storage, "alice")
    new = await insert_as(storage, table, again, [1])
    assert new != old
    assert storage.snapshot(new).row_count == 1
    world.clock.advance(31 * DAY_S)
    await world.ended((await world.manager.start_job(cleanup())).record.job_id)
    assert storage.partition(table.oid, again.oid) == new
    assert storage.snapshot(new).row_count == 1


async def test_a_reader_keeps_the_files(world: World):
    """Whoever has a snapshot reads on; the file goes with the last one."""
    _, (store, _) = await world_with_rows(world)
    world.clock.advance(31 * DAY_S)
    snapshot = world.storage.snapshot(store)
    path = snapshot.segments[0].path
    await world.ended((await world.manager.start_job(cleanup())).record.job_id)
    assert path.exists()
    assert snapshot.scan().clean[0].path == path
    del snapshot
    assert not path.exists()


async def test_a_kill_leaves_no_file_of_a_store_that_is_gone(world: World):
    """Killed when a store is gone and its files wait for a thread: they go, too, as nobody else would know of them."""
    busy, free = threading.Semaphore(0), threading.Event()
    storage = world.open_storage()
    tables, stores = await world_with_rows(world)
    await world.manager.stop(0)

    def hold(_checkpoint: object) -> None:
        busy.release()
        free.wait()

    async def hold_threads(context: JobContext[Work]) -> Outcome:
        await asyncio.gather(*(context.run_in_worker(hold) for _ in range(2)))
        return Outcome("held")

    await world.open(body_of(storage), Scripted(hold_threads), max_concurrent=2)
    await world.manager.start_job(request())
    for _ in range(2):
        await asyncio.to_thread(busy.acquire)
    world.clock.advance(31 * DAY_S)
    job_id = (await world.manager.start_job(cleanup())).record.job_id
    while keys_left(storage, stores[:1]) and keys_left(storage, stores[1:]):
        await asyncio.sleep(0)
    killing = asyncio.create_task(world.manager.cancel_job(job_id, ADMIN))
    await world.saw(job_id, S.CANCELLING)
    for _ in range(10):
        await asyncio.sleep(0)
    free.set()
    assert (await killing).status is S.CANCELLED
    with_files = {path for table in tables for store in storage.stores(table.oid) for path in paths_of(storage, store)}
    assert set(files(storage.cold_folder)) == with_files


def paths_of(storage: Storage, store_oid: int) -> list[Path]:
    """The files of a row store."""
    return [segment.path for segment in storage.snapshot(store_oid).segments]


@pytest.mark.parametrize("hit", [1, 2])
async def test_a_crash_in_mid_cleanup(world: World, hit: int):
    """After a crash behind the removal of any store the job goes on, and no file is left over."""
    tables, stores = await world_with_rows(world)
    world.clock.advance(31 * DAY_S)
    images, crashed = [], asyncio.Event()

    def crash_here(name: str) -> None:
        if name == "users.after_batch":
            images.append(world.image())
            if len(images) == hit:
                crashed.set()

    world.disk.reach = crash_here
    job_id = (await world.manager.start_job(cleanup())).record.job_id
    await crashed.wait()
    await world.go_on_with(images[hit - 1])
    await world.open(body_of(world.open_storage()))
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert keys_left(world.storage, stores) == 0
    assert world.storage.dropped_roles() == ()
    assert {path.parent.name for path in files(world.storage.cold_folder)} == {"user=bob"}
    assert len(world.storage.partitions(tables[0].oid)) == 1
