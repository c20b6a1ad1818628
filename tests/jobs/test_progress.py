"""Progress: what is reported, the speed that it tells, and what a record says of a job's cost."""

from __future__ import annotations

import asyncio
import threading

from jobs.outcome import Outcome
from jobs.progress import Progress
from jobs.record import JobRecord, JobStatus, JobType
from tests.jobs.test_context import burn, wait_for_sample
from tests.jobs.world import ALICE, START_US, FakeClock, Gate, Scripted, World, advancing, request, running
from tests.measuring import assert_measured, measures

S = JobStatus
SECOND_US = 1_000_000


def record(status: JobStatus = S.RUNNING) -> JobRecord:
    """A job's record."""
    return JobRecord(
        job_id="CO-000000000001",
        job_type=JobType.COMPACTION,
        status=status,
        owner="alice",
        max_retries=3,
        node_id="n",
        created_at=1,
        updated_at=1,
    )


def eta_us(progress: Progress, clock: FakeClock, status: JobStatus = S.RUNNING) -> int | None:
    """The ETA that is shown now, from the start of the clock."""
    eta = progress.shown_in(record(status), clock.now_us()).eta
    return None if eta is None else eta - START_US


def test_the_eta_is_that_of_the_rate_so_far():
    """A quarter done in 10 s: 30 s are left. Standing still moves the end away; going on moves it back."""
    clock = FakeClock()
    progress = Progress(clock)
    progress.report(0, 400, "rows")
    assert eta_us(progress, clock) is None
    clock.advance(10)
    progress.report(100, 400)
    assert eta_us(progress, clock) == 40 * SECOND_US
    clock.advance(10)
    assert eta_us(progress, clock) == 80 * SECOND_US
    progress.report(200, 400)
    assert eta_us(progress, clock) == 40 * SECOND_US


def test_another_phase_has_a_rate_of_its_own():
    """A slow first phase does not make the second one seem slow; until something of it is done there is no ETA."""
    clock = FakeClock()
    progress = Progress(clock)
    progress.report(0, 2, "files", "checkpoint")
    clock.advance(100)
    progress.report(0, 100, "files", "copying")
    assert eta_us(progress, clock) is None
    clock.advance(1)
    progress.report(50, 100)
    assert eta_us(progress, clock) == 102 * SECOND_US


def test_work_that_begins_again_has_its_rate_measured_again():
    """Progress that goes back is measured from there."""
    clock = FakeClock()
    progress = Progress(clock)
    progress.report(50, 100, "rows")
    clock.advance(10)
    progress.report(10, 100)
    clock.advance(10)
    progress.report(55, 100)
    assert eta_us(progress, clock) is not None


def test_work_that_is_being_stopped_has_no_eta():
    """A job that is cancelling or pausing will not be done then."""
    clock = FakeClock()
    progress = Progress(clock)
    clock.advance(1)
    progress.report(1, 2)
    assert eta_us(progress, clock) is not None
    for status in (S.CANCELLING, S.PAUSING):
        assert eta_us(progress, clock, status) is None


def test_more_than_all_is_all():
    """A total that was too small does not make a fraction above 1 nor an ETA in the past."""
    clock = FakeClock()
    progress = Progress(clock)
    clock.advance(1)
    progress.report(12, 10)
    assert progress.shown_in(record(), clock.now_us()).fraction_completed == 1.0
    assert eta_us(progress, clock) == SECOND_US


def test_the_fraction_never_falls():
    """Unknown while the total is; when more work turns up it stands still until that is made up for."""
    clock = FakeClock()
    progress = Progress(clock)
    seen = []
    for done, total in ((0, 0), (0, 10), (5, 10), (5, 20), (9, 20), (15, 20), (1, 20)):
        progress.report(done, total, "rows")
        seen.append(progress.shown_in(record(), clock.now_us()).fraction_completed)
    assert seen == [None, 0.0, 0.5, 0.5, 0.5, 0.75, 0.75]


def test_a_clock_that_is_set_back_makes_no_eta_in_the_past():
    """The work did not take less than no time."""
    clock = FakeClock()
    progress = Progress(clock)
    progress.report(0, 10, "rows")
    clock.set(clock.now_us() - 100_000_000)
    progress.report(1, 10)
    assert eta_us(progress, clock) == -100 * SECOND_US


async def test_another_attempt_begins_without_the_progress_of_the_last(world: World):
    """A retried job does not show how far its last attempt came."""
    gate = Gate()

    async def run(context: object) -> Outcome:
        if context.attempt == 1:
            context.progress(9, 10, "rows", "reading")
            raise OSError("disk")
        return await gate(context)

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    assert (await world.saw(job_id, S.RETRYING)).units_done == 9
    async with advancing(world.clock):
        await gate.entered.acquire()
    shown = await world.manager.get_job_status(job_id)
    assert (shown.fraction_completed, shown.units_done, shown.unit, shown.phase) == (None, None, None, None)


async def test_the_end_clears_the_eta_and_keeps_the_rest(world: World):
    """Killed half way: no ETA, half of the units."""
    gate = Gate()

    async def run(context: object) -> Outcome:
        context.progress(0, 10, "rows", "reading")
        context.progress(5, 10)
        return await gate(context)

    await world.open(Scripted(run))
    job_id = await running(world, gate)
    world.clock.advance(5)
    assert (await world.manager.get_job_status(job_id)).eta == START_US + 10 * SECOND_US
    await world.manager.cancel_job(job_id, ALICE)
    ended = await world.manager.get_job_status(job_id)
    assert (ended.eta, ended.units_done, ended.units_total, ended.fraction_completed) == (None, 5, 10, 0.5)


@measures
async def test_cost_is_shown_while_the_job_runs_and_counts_all_attempts(world: World):
    """Processor seconds and memory are real figures: within bounds, seen before the end, and summed over attempts."""
    burnt, go_on = threading.Event(), threading.Event()

    async def run(context: object) -> Outcome:
        def work(checkpoint: object) -> None:
            block = b"x" * (64 << 20)
            burn(0.1)
            wait_for_sample(context._run.usage)
            checkpoint(1, 2)
            del block
            burnt.set()
            go_on.wait()

        await context.run_in_worker(work)
        if context.attempt == 1:
            raise OSError("disk")
        return Outcome("done")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await asyncio.to_thread(burnt.wait)
    shown = await world.manager.get_job_status(job_id)
    assert_measured(0.1 <= shown.cpu_seconds < 2, shown.cpu_seconds)
    assert shown.cpu_seconds == round(shown.cpu_seconds, 6)
    assert_measured(60 << 20 <= shown.peak_memory_bytes < 200 << 20, shown.peak_memory_bytes)
    go_on.set()
    async with advancing(world.clock):
        ended = await world.ended(job_id)
    assert_measured(0.2 <= ended.cpu_seconds < 4, ended.cpu_seconds)
    assert_measured(60 << 20 <= ended.peak_memory_bytes < 200 << 20, ended.peak_memory_bytes)
    assert ended.cpu_seconds > shown.cpu_seconds
