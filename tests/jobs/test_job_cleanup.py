"""JC: records of ended jobs go, with all that belongs to them, when they are old enough."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from jobs import expiry, keys
from jobs.durable import wait_durable
from jobs.errors import JobCancelled, JobWasCancelled
from jobs.expiry import Retention
from jobs.job_cleanup import JobCleanupBody, JobCleanupParameters
from jobs.record import JobStatus, JobType
from jobs.request import JobRequest
from storage.kv import Put
from storage.stepping import EVERY
from tests.jobs.world import ADMIN, Scripted, World, at_once, failing, request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.record import JobId, JobRecord
    from jobs.request import ControlOutcome
    from storage.kv import Mutation
    from storage.syncer import Commit

S = JobStatus
DAY_S = 86_400.0


def cleanup(world: World) -> JobCleanupBody:
    """The job type, with the retention that the configuration has by default."""
    return JobCleanupBody(world.open_storage(), Retention(), world.clock)


async def cleaned(world: World) -> JobRecord:
    """The record of a cleanup that has ended."""
    started = await world.manager.start_job(
        JobRequest(job_type=JobType.JOB_CLEANUP, parameters=JobCleanupParameters(), owner="system")
    )
    return await world.ended(started.record.job_id)


async def ended_job(world: World, **fields: Any) -> JobId:
    """A job that has ended now."""
    started = await world.manager.start_job(request(**fields))
    return (await world.ended(started.record.job_id)).job_id


def traces_of(world: World, job_id: JobId) -> list[bytes]:
    """Every key in RocksDB that names the job."""
    found = [key for key, _ in world.storage.scan(b"j") if job_id.encode() in key]
    return found + [key for key, value in world.storage.scan(keys.BOUND_PREFIX) if value == job_id.encode()]


async def test_automatic_flush_15_old_records_are_cleaned(world: World) -> None:
    """Ended jobs are removed after 14 days, and failed ones after 30, with attempts, events and index entries."""
    await world.open(Scripted(failing(ValueError("no"))), cleanup(world), max_retries=0)
    failed = await ended_job(world, namespace="public", table_name="t")
    done = await ended_job(world, namespace="public", table_name="t")
    world.clock.advance(13.9 * DAY_S)
    assert (await cleaned(world)).status is S.SKIPPED
    world.clock.advance(0.2 * DAY_S)
    young = await ended_job(world)
    first = await cleaned(world)
    assert first.result == {"jobs": 1, "attempts": 1, "events": 4, "keys": 0}
    assert first.message == "removed 1 job, 1 attempt, 4 events and 0 idempotency keys"
    assert traces_of(world, done) == []
    assert traces_of(world, failed)
    world.clock.advance(16 * DAY_S)
    await cleaned(world)
    assert traces_of(world, failed) == []
    assert {record.job_type for record in world.jobs()} == {JobType.JOB_CLEANUP}
    assert traces_of(world, young) == []


async def test_the_time_of_the_end_counts(world: World) -> None:
    """A job that was made long ago and ended lately is kept."""
    await world.open(Scripted(at_once), cleanup(world))
    started = await world.manager.start_job(request(run_after_us=world.clock.now_us() + int(20 * DAY_S * 1e6)))
    world.clock.advance(20 * DAY_S)
    job_id = (await world.ended(started.record.job_id)).job_id
    assert (await cleaned(world)).status is S.SKIPPED
    assert traces_of(world, job_id)


async def test_active_jobs_are_kept_whatever_their_age(world: World) -> None:
    """A job that waits for its time keeps its record, its events and its key."""
    await world.open(Scripted(at_once), cleanup(world))
    later_us = world.clock.now_us() + int(90 * DAY_S * 1e6)
    started = await world.manager.start_job(
        request(run_after_us=later_us, idempotency_key="k", idempotency_key_source="user")
    )
    world.clock.advance(60 * DAY_S)
    before = traces_of(world, started.record.job_id)
    assert (await cleaned(world)).status is S.SKIPPED
    assert traces_of(world, started.record.job_id) == before


async def test_a_users_key_is_removed_once_it_is_free(world: World) -> None:
    """A key stays bound to its job for 3 days after the job has ended; then nothing of it is left."""
    await world.open(Scripted(at_once), cleanup(world))
    job_id = await ended_job(world, idempotency_key="mine", idempotency_key_source="user")
    world.clock.advance(2.9 * DAY_S)
    await cleaned(world)
    assert world.storage.get(keys.bound_key("alice\0mine")) == job_id.encode()
    world.clock.advance(0.2 * DAY_S)
    assert (await cleaned(world)).result == {"jobs": 0, "attempts": 0, "events": 0, "keys": 1}
    assert world.storage.get(keys.bound_key("alice\0mine")) is None


async def test_many_records_go_in_batches_and_progress_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is one write; together they are everything."""
    monkeypatch.setattr(expiry, "BATCH_JOBS", 3)
    await world.open(Scripted(at_once), cleanup(world))
    for _ in range(10):
        await ended_job(world)
    world.clock.advance(15 * DAY_S)
    record = await cleaned(world)
    assert record.result is not None
    assert record.result["jobs"] == 10
    assert (record.units_done, record.unit) == (10, "jobs")
    assert [job.job_id for job in world.jobs()] == [record.job_id]


class KilledAfterOneBatch:
    """The storage of a cleanup that is killed as soon as it has removed something."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._storage = world.open_storage()
        self.get, self.scan, self.scan_range = self._storage.get, self._storage.scan, self._storage.scan_range
        self.killing: list[asyncio.Task[ControlOutcome]] = []

    def write(self, mutations: Iterable[Mutation]) -> Commit:
        """Write, and have the job killed that writes."""
        (running,) = self._world.jobs(statuses=frozenset({S.RUNNING}))
        commit = self._storage.write(mutations)
        if not self.killing:
            self.killing.append(asyncio.create_task(self._world.manager.cancel_job(running.job_id, ADMIN)))
        return commit


async def test_a_killed_cleanup_leaves_whole_jobs_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill between two batches a job is gone or there with all its entries; the next run ends the work."""
    monkeypatch.setattr(expiry, "BATCH_JOBS", 2)
    storage = KilledAfterOneBatch(world)
    await world.open(Scripted(at_once), JobCleanupBody(storage, Retention(), world.clock))
    ids = [await ended_job(world) for _ in range(6)]
    whole = {job_id: traces_of(world, job_id) for job_id in ids}
    world.clock.advance(15 * DAY_S)
    started = await world.manager.start_job(
        JobRequest(job_type=JobType.JOB_CLEANUP, parameters=JobCleanupParameters(), owner="system")
    )
    with pytest.raises(JobWasCancelled):
        await world.manager.wait_for_job(started.record.job_id)
    left = {job_id: traces for job_id in ids if (traces := traces_of(world, job_id))}
    assert len(left) == 4
    assert left.items() <= whole.items()
    await asyncio.gather(*storage.killing)
    await cleaned(world)
    assert not any(traces_of(world, job_id) for job_id in ids)


async def test_a_schedule_asks_for_one_job(world: World) -> None:
    """Its key keeps two from running at once."""
    body = cleanup(world)
    (asked,) = body.scheduled({})
    assert (asked.job_type, asked.owner) == (JobType.JOB_CLEANUP, "system")
    assert body.idempotency_key(JobCleanupParameters()) == "job-cleanup"


@pytest.mark.parametrize("part", ["count", "keys"])
async def test_reading_of_many_can_be_stopped(world: World, part: str) -> None:
    """A kill is heard of every thousand keys, however many there are, of jobs that are kept, too."""
    storage = world.open_storage()
    prefix = keys.BOUND_PREFIX if part == "keys" else keys.status_prefix(S.COMPLETED)
    await wait_durable(storage.write([Put(prefix + b"%020d" % number, b"FL-x") for number in range(5 * EVERY)]))
    asked: list[None] = []

    def step() -> None:
        asked.append(None)
        if len(asked) == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        if part == "count":
            expiry.count_expired(storage, Retention(), 1 << 62, step)
        else:
            list(expiry.expired_keys(storage, Retention(), world.clock.now_us(), step))
