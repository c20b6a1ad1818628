"""What a job's work gets from its context: threads that stop, progress, cost."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from jobs.errors import JobCancelled
from jobs.outcome import Outcome
from jobs.record import JobStatus
from jobs.usage import SAMPLE_INTERVAL_S, SharedCpu, Usage
from tests.jobs.world import ALICE, Scripted, World, request
from tests.measuring import assert_measured, measures

S = JobStatus


async def result_of(world: World, run: object) -> object:
    """The record of a job with that work."""
    await world.open(Scripted(run))
    return await world.ended((await world.manager.start_job(request())).record.job_id)


async def test_a_worker_runs_in_a_thread_and_gives_its_result(world: World):
    """`run_in_worker` calls the function in another thread and returns what it returns."""

    async def run(context: object) -> Outcome:
        thread = await context.run_in_worker(lambda checkpoint: threading.current_thread())
        assert thread is not threading.current_thread()
        return Outcome(thread.name)

    assert (await result_of(world, run)).message.startswith("siltdb-job")


async def test_an_error_of_the_thread_is_the_jobs(world: World):
    """What the thread raises fails the job, with the thread's frames in the trace."""

    def breaks_in_the_thread(checkpoint: object) -> None:
        raise ValueError("bad")

    async def run(context: object) -> Outcome:
        await context.run_in_worker(breaks_in_the_thread)
        return Outcome("never")

    record = await result_of(world, run)
    assert (record.status, record.message) == (S.FAILED, "bad")
    assert "breaks_in_the_thread" in record.exception_trace


async def test_checkpoints_of_a_thread_are_progress(world: World):
    """What the thread reports is the job's progress, in the unit that the job gave."""

    async def run(context: object) -> Outcome:
        context.progress(0, 4, "files", "copying")
        await context.run_in_worker(lambda checkpoint: checkpoint(3, 4))
        shown = await world.manager.get_job_status(context.job_id)
        assert (shown.units_done, shown.units_total, shown.unit, shown.phase) == (3, 4, "files", "copying")
        return Outcome("copied")

    assert (await result_of(world, run)).status is S.COMPLETED


async def test_a_checkpoint_on_the_loop_stops_work_that_swallowed_its_cancellation(world: World):
    """`checkpoint` lets others run and raises once the job is killed, even for work that ignored the cancellation."""

    async def run(context: object) -> Outcome:
        entered.set()
        while True:
            try:
                await context.checkpoint()
            except asyncio.CancelledError:
                continue

    entered = asyncio.Event()
    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    assert (await world.manager.cancel_job(job_id, ALICE)).status is S.CANCELLED


async def test_a_thread_that_fails_while_it_stops_is_heard_of(world: World):
    """When a thread ends in an error of its own after the kill, the cancelled job's record has that error."""
    entered, look = threading.Event(), threading.Event()

    def work(checkpoint: object) -> None:
        entered.set()
        look.wait()
        try:
            checkpoint(1, 2)
        except JobCancelled:
            raise OSError("cannot remove the temporary file") from None

    async def run(context: object) -> Outcome:
        await context.run_in_worker(work)
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await asyncio.to_thread(entered.wait)
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await world.saw(job_id, S.CANCELLING)
    look.set()
    await kill
    record = await world.manager.get_job_status(job_id)
    assert record.status is S.CANCELLED
    assert "cannot remove the temporary file" in record.message


async def test_a_worker_that_is_given_up_on_by_the_work_itself_stops_alone(world: World):
    """Work may leave a thread by a timeout of its own: the thread stops at its checkpoint, the job goes on."""
    entered = threading.Event()
    stopped = []

    def work(checkpoint: object) -> None:
        entered.set()
        try:
            while True:
                checkpoint(0, 1)
        except JobCancelled:
            stopped.append(True)
            raise

    async def run(context: object) -> Outcome:
        leaving = asyncio.create_task(context.run_in_worker(work))
        await asyncio.to_thread(entered.wait)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return Outcome(await context.run_in_worker(lambda checkpoint: checkpoint(1, 1) or "went on"))

    record = await result_of(world, run)
    assert (record.status, record.message, stopped) == (S.COMPLETED, "went on", [True])


def burn(seconds: float) -> None:
    """Use a processor."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@measures
def test_processor_time_is_that_of_the_work_and_of_threads_that_it_starts():
    """A worker is charged what it and its helpers burn, and nothing for what came before."""
    cpu = SharedCpu()
    usage = Usage(cpu)

    def work() -> None:
        burn(0.05)
        with usage.at_work():
            helper = threading.Thread(target=burn, args=(0.1,))
            helper.start()
            helper.join()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert_measured(0.1 <= usage.cpu_seconds < 0.15, usage.cpu_seconds)


@measures
def test_processor_time_is_divided_among_those_at_work():
    """Two at work at the same time are charged together what was spent once."""
    cpu = SharedCpu()
    first, second = Usage(cpu), Usage(cpu)

    def work() -> None:
        with first.at_work(), second.at_work():
            burn(0.1)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    charged_s = (first.cpu_seconds, second.cpu_seconds)
    assert_measured(charged_s[0] == pytest.approx(charged_s[1], rel=0.1), charged_s)
    assert_measured(0.1 <= sum(charged_s) < 0.15, charged_s)


@measures
def test_peak_memory_is_what_the_work_added():
    """Memory that is taken between two samples raises the peak by about as much; giving it back does not lower it."""
    usage = Usage(SharedCpu())
    with usage.at_work():
        block = b"x" * (64 << 20)
        wait_for_sample(usage)
        assert_measured(usage.peak_memory_bytes >= 60 << 20, usage.peak_memory_bytes)
        peak = usage.peak_memory_bytes
        del block
        wait_for_sample(usage)
    assert usage.peak_memory_bytes >= peak


def wait_for_sample(usage: Usage) -> None:
    """Have the usage sampled, not earlier than it may be."""
    burn(2 * SAMPLE_INTERVAL_S)
    usage.sample_memory()
