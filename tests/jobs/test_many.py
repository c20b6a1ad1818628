"""Thousands of jobs at once."""

from __future__ import annotations

import asyncio
import gc
import time

import pytest

from jobs.record import JobStatus
from jobs.usage import resident_bytes
from tests.jobs.world import ALICE, Gate, Scripted, World, request
from tests.measuring import assert_measured, measures

S = JobStatus
BYTES_A_JOB = 30_000


@measures
@pytest.mark.parametrize("jobs", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
async def test_thousands_of_queued_jobs_with_max_concurrent_4(world: World, jobs: int):
    """They wait for four places, cheaply; are listed and killed at once; the rest run in order, four at a time.

    The bounds are of processor time, and wide: what they exclude is work for each job that grows with the number of
    jobs.
    """
    killing = jobs * 19 // 20
    order: list[str] = []
    gate = Gate()

    async def run(context: object) -> object:
        order.append(context.parameters.name)
        return await gate(context)

    await world.open(Scripted(run), max_concurrent=4)
    gc.collect()
    used = resident_bytes()
    started = await asyncio.gather(*(world.manager.start_job(request(f"{n}", priority=n % 2)) for n in range(jobs)))
    assert (resident_bytes() - used) / jobs < BYTES_A_JOB
    ids = [job.record.job_id for job in started]
    for _ in range(4):
        await gate.entered.acquire()

    began_s = time.process_time()
    assert len(await world.manager.list_active_jobs()) == jobs
    assert len(world.jobs(statuses=frozenset({S.RUNNING}))) == 4
    listed_s = time.process_time() - began_s
    assert_measured(listed_s < 1, listed_s)

    last = ids[-1]
    began_s = time.process_time()
    outcome = await world.manager.cancel_job(last, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.QUEUED, S.CANCELLED)
    killed_s = time.process_time() - began_s
    assert_measured(killed_s < 0.5, killed_s)

    waiting = [job_id for job_id in ids[:-1] if (await world.manager.get_job_status(job_id)).status is S.QUEUED]
    killed = await asyncio.gather(*(world.manager.cancel_job(job_id, ALICE) for job_id in waiting[:killing]))
    assert {outcome.status for outcome in killed} == {S.CANCELLED}
    gate.opened.set()
    gone = {last, *waiting[:killing]}
    left = [job_id for job_id in ids if job_id not in gone]
    for job_id in left:
        assert (await world.ended(job_id)).status is S.COMPLETED
    assert gate.most_inside == 4
    waited = set(waiting)
    began = [name for name in order if ids[int(name)] in waited]
    # Work begins when its record is durable: of the four at once, one may be told so a moment before another.
    expected = sorted(began, key=lambda name: (-(int(name) % 2), int(name)))
    place = {name: index for index, name in enumerate(expected)}
    assert all(abs(place[name] - index) < 4 for index, name in enumerate(began)), "by priority, then by age"
    assert len(world.jobs(statuses=frozenset({S.CANCELLED}))) == killing + 1
    assert await world.manager.list_active_jobs() == []
