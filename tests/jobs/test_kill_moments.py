"""KILL at the worst moments: what is being taken back, and between its record and the work's hearing of it."""

from __future__ import annotations

import asyncio
import threading

from jobs.attempts import AttemptOutcome
from jobs.outcome import Outcome
from jobs.record import JobStatus
from tests.jobs.world import ALICE, Scripted, World, request

S = JobStatus


async def test_a_kill_does_not_keep_what_was_done_from_being_taken_back(world: World):
    """The commit fails, and its undo waits for a thread when the kill comes: it is done before `cancelled` is told."""
    busy, free = threading.Event(), threading.Event()
    undone = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_checkpoint: object) -> None:
        busy.set()
        free.wait()

    def refused(_mutations: object) -> None:
        refusing.set()
        raise ValueError("not any more")

    async def run(context: object) -> Outcome:
        holding = asyncio.create_task(context.run_in_worker(hold))
        await asyncio.to_thread(busy.wait)
        try:
            await context.commit_point(Outcome("done"), refused, lambda: loop.call_soon_threadsafe(undone.set))
        finally:
            await holding
        return Outcome("never")

    refusing = asyncio.Event()
    await world.open(Scripted(run), max_concurrent=1)
    job_id = (await world.manager.start_job(request())).record.job_id
    await refusing.wait()
    killing = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await world.saw(job_id, S.CANCELLING)
    for _ in range(10):
        await asyncio.sleep(0)
    free.set()
    await killing
    assert undone.is_set()


async def test_work_that_hears_of_its_kill_at_its_commit_point_has_merely_stopped(world: World):
    """The kill is written and not durable yet: work at its commit point stops, which is no error of its own."""
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def run(context: object) -> Outcome:
        entered.set()
        await go_on.wait()
        await context.commit_point(Outcome("done"), world.storage.write)
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    killing = asyncio.create_task(world.manager.cancel_job(job_id, ALICE, "enough"))
    go_on.set()
    assert (await killing).status is S.CANCELLED
    record = await world.manager.get_job_status(job_id)
    assert (record.message, record.exception_trace) == ("cancelled by alice: enough", None)
    (attempt,) = world.manager.find_attempts(job_id)
    assert attempt.outcome is AttemptOutcome.CANCELLED


async def test_no_part_is_written_after_a_kill(world: World):
    """What is committed part by part stops with the kill, durable or not, and takes back what it had ready."""
    entered, go_on = asyncio.Event(), asyncio.Event()
    written: list[object] = []
    undone = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write(mutations: tuple[object, ...]) -> object:
        written.append(mutations)
        return world.storage.write(mutations)

    async def run(context: object) -> Outcome:
        entered.set()
        await go_on.wait()
        await context.commit_part(write, lambda: loop.call_soon_threadsafe(undone.set))
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    killing = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    go_on.set()
    assert (await killing).status is S.CANCELLED
    await undone.wait()
    assert written == []
