"""What users of other systems complain of, and what jobs.md says of the system of the seeds: a test for each."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from jobs.errors import JobWasCancelled, StaleWrite, TransientJobError, WaitTimedOut
from jobs.flush import FlushBody
from jobs.outcome import Outcome
from jobs.record import JobStatus
from tests.jobs.tables import create_table, files, flush_of, hot_rows, insert_many
from tests.jobs.world import ADMIN, ALICE, START_US, Gate, Scripted, World, failing, request, running

if TYPE_CHECKING:
    from jobs.context import JobContext
    from tests.jobs.world import Work

S = JobStatus


class Stubborn:
    """Work in a thread that looks at its checkpoint only when it is let."""

    def __init__(self) -> None:
        self.entered, self.look = threading.Event(), threading.Event()
        self.at_work = False

    async def __call__(self, context: JobContext[Work]) -> Outcome:
        """The work."""
        await context.run_in_worker(self._work)
        return Outcome("done in spite of it")

    def _work(self, checkpoint: object) -> None:
        self.at_work = True
        self.entered.set()
        self.look.wait()
        try:
            checkpoint(1, 2)
        finally:
            self.at_work = False


async def test_kill_does_not_merely_edit_the_row(world: World):
    """The seeds' KILL writes `cancelled` and the work runs on: here the row says so only when the work has stopped."""
    work = Stubborn()
    await world.open(Scripted(work))
    job_id = (await world.manager.start_job(request())).record.job_id
    await asyncio.to_thread(work.entered.wait)
    killing = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await world.saw(job_id, S.CANCELLING)
    assert work.at_work
    assert (await world.manager.get_job_status(job_id)).status is S.CANCELLING
    work.look.set()
    assert (await killing).status is S.CANCELLED
    assert not work.at_work


async def test_cancelled_is_not_overwritten_with_completed(world: World):
    """Work that was killed, or given up on, cannot settle the job: the row stays what it was decided to be."""
    contexts = []

    async def run(context: JobContext[Work]) -> Outcome:
        contexts.append(context)
        await asyncio.Event().wait()
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.RUNNING)
    await world.manager.cancel_job(job_id, ALICE)
    cancelled = await world.manager.get_job_status(job_id)
    with pytest.raises(StaleWrite):
        await contexts[0].commit_point(Outcome("late"), world.storage.write)
    assert await world.manager.get_job_status(job_id) == cancelled
    await world.crash()
    await world.open(Scripted(run))
    assert await world.manager.get_job_status(job_id) == cancelled


async def test_retries_are_taken(world: World):
    """The seeds count retries and never take them: here the time is told, comes, and the work runs again."""
    body = Scripted(failing(TransientJobError("busy")))
    await world.open(body)
    job_id = (await world.manager.start_job(request())).record.job_id
    due_us = (await world.saw(job_id, S.RETRYING)).next_run_at
    await world.clock.somebody_sleeps_until(due_us)
    world.clock.advance((due_us - START_US) / 1e6)
    assert (await world.ended(job_id)).status is S.COMPLETED
    assert body.runs == 2


async def test_a_cancel_does_not_hang(world: World):
    """KILL of work that does not stop answers when its time is up, and says what state the job is in."""
    work = Stubborn()
    await world.open(Scripted(work))
    job_id = (await world.manager.start_job(request())).record.job_id
    await asyncio.to_thread(work.entered.wait)
    killing = asyncio.create_task(world.manager.cancel_job(job_id, ALICE, timeout_s=10))
    await world.clock.somebody_sleeps_until(START_US + 10_000_000)
    world.clock.advance(10)
    outcome = await killing
    assert (outcome.status, outcome.detail) == (S.CANCELLING, "Its work has not stopped within 10 s.")
    work.look.set()
    await world.saw(job_id, S.CANCELLED)


async def test_a_cancel_does_not_lie_about_what_is_left(world: World):
    """`cancelled` of a flush means: its files are gone, its rows are there, nothing of it goes on."""
    storage = world.open_storage()
    table = await create_table(storage)
    await insert_many(storage, table, range(1_000))
    await world.open(FlushBody(storage))
    world.disk.hold_at("flush.after_temporary_file")
    job_id = (await world.manager.start_job(flush_of(table))).record.job_id
    await asyncio.to_thread(world.disk.reached.wait)
    assert files(storage.cold_folder) != []
    killing = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await world.saw(job_id, S.CANCELLING)
    world.disk.release()
    assert (await killing).status is S.CANCELLED
    assert (files(storage.cold_folder), hot_rows(storage, table)) == ([], 1_000)


async def test_a_cancel_that_comes_too_late_says_so(world: World):
    """Past its commit point a job completes, and KILL answers that, not `cancelled`."""
    committed, go_on = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext[Work]) -> Outcome:
        outcome = Outcome("committed")
        await context.commit_point(outcome, lambda mutations: _then(committed, world.storage.write(mutations)))
        await go_on.wait()
        return outcome

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await committed.wait()
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert (outcome.status, outcome.detail) == (S.COMPLETED, "It was past its commit point and has completed.")
    go_on.set()


def _then(event: asyncio.Event, commit: object) -> object:
    event.set()
    return commit


async def test_the_reason_is_shown(world: World):
    """Who killed it, when and why is in the record, in its events, and in what a waiter is told."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    waiting = asyncio.create_task(world.manager.wait_for_job(job_id))
    await world.manager.cancel_job(job_id, ADMIN, "the disk is needed")
    with pytest.raises(JobWasCancelled, match="cancelled by admin: the disk is needed"):
        await waiting
    record = await world.manager.get_job_status(job_id)
    assert (record.cancel_requested_by, record.cancel_reason) == ("admin", "the disk is needed")
    assert record.cancel_requested_at == START_US
    told = [event.message for event in world.manager.find_events(job_id)]
    assert "killed by admin: the disk is needed" in told


async def test_progress_is_not_zero_until_done(world: World):
    """While a thread works, its share, units and ETA are those of the last checkpoint."""
    at, go_on = threading.Semaphore(0), threading.Semaphore(0)

    async def run(context: JobContext[Work]) -> Outcome:
        context.progress(0, 4, "files", "copying")

        def work(checkpoint: object) -> None:
            for done in (1, 2, 3):
                checkpoint(done, 4)
                at.release()
                go_on.acquire()

        await context.run_in_worker(work)
        return Outcome("copied")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    seen = []
    for _ in range(3):
        await asyncio.to_thread(at.acquire)
        world.clock.advance(1)
        shown = await world.manager.get_job_status(job_id)
        seen.append((shown.fraction_completed, shown.units_done, shown.eta is not None))
        go_on.release()
    assert seen == [(0.25, 1, True), (0.5, 2, True), (0.75, 3, True)]
    assert (await world.ended(job_id)).fraction_completed == 1.0


async def test_there_is_a_handle_after_a_timeout(world: World):
    """A wait that times out names the job, which goes on, and can be waited for and killed by that name."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    with pytest.raises(WaitTimedOut, match=job_id) as caught:
        await world.manager.wait_for_job(job_id, 0)
    gate.opened.set()
    assert (await world.manager.wait_for_job(caught.value.record.job_id)).status is S.COMPLETED
