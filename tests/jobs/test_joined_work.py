"""Requests that join a job while it works: whatever the moment, what they ask for is done before it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jobs.outcome import Outcome
from jobs.record import JobStatus
from storage.kv import Put
from tests.jobs.world import ALICE, Scripted, Work, World, request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jobs.context import JobContext

S = JobStatus


class Growing(Scripted):
    """Work that can be asked for more while it is active."""

    def coalesce(self, active: Work, asked: Work) -> Work:
        """The larger one."""
        return max(active, asked, key=lambda work: work.size)


async def ask(world: World, size: int) -> str:
    """The id of the job that does that much."""
    started = await world.manager.start_job(request(parameters=Work(size=size), idempotency_key="k"))
    return started.record.job_id


def work_that_is_joined(world: World, run: Callable[[JobContext, int], Awaitable[Outcome]]) -> Growing:
    """Work that looks at its parameters, and then, the first time, another request for more joins it."""

    async def looked(context: JobContext) -> Outcome:
        size = context.parameters.size
        if size == 1:
            await ask(world, 2)
        return await run(context, size)

    return Growing(looked)


async def test_work_that_was_asked_for_more_since_it_looked_runs_again(world: World):
    """Its first end is none: the same attempt runs the work again, with what is asked now."""

    async def run(context: JobContext, size: int) -> Outcome:
        return Outcome(f"did {size}")

    body = work_that_is_joined(world, run)
    await world.open(body)
    job_id = await ask(world, 1)
    record = await world.ended(job_id)
    assert (record.status, record.message, body.runs) == (S.COMPLETED, "did 2", 2)
    assert [attempt.outcome for attempt in world.manager.find_attempts(job_id)] == ["completed"]


async def test_a_commit_point_that_covers_too_little_writes_a_part(world: World):
    """What was done is written, the job is not settled by it, and the work is told that there is more."""
    settled = []

    async def run(context: JobContext, size: int) -> Outcome:
        key = b"\xffdone" + bytes([size])
        outcome = Outcome(f"did {size}")
        settled.append(
            await context.commit_point(outcome, lambda mutations: world.storage.write((*mutations, Put(key, b""))))
        )
        return outcome

    await world.open(work_that_is_joined(world, run))
    record = await world.ended(await ask(world, 1))
    assert (record.status, record.message, settled) == (S.COMPLETED, "did 2", [False, True])
    assert world.storage.get(b"\xffdone\x01") is not None
    assert world.storage.get(b"\xffdone\x02") is not None


async def test_work_that_ends_while_it_is_paused_and_asked_for_more_is_not_complete(world: World):
    """Work that came to its end in spite of being told to pause has not done what joined it: it is paused."""
    entered, let_through = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext) -> Outcome:
        size = context.parameters.size
        entered.set()
        while not let_through.is_set():
            try:
                await let_through.wait()
            except asyncio.CancelledError:
                continue
        return Outcome(f"did {size}")

    await world.open(Growing(run))
    job_id = await ask(world, 1)
    await entered.wait()
    await ask(world, 2)
    await world.manager.pause_job(job_id, ALICE, sync=False)
    let_through.set()
    await world.saw(job_id, S.PAUSED)
    await world.manager.resume_job(job_id, ALICE)
    assert (await world.ended(job_id)).message == "did 2"
