"""Jobs that are to start at a time: delayed in the queue, and what that wait survives."""

from __future__ import annotations

import asyncio

import pytest

from jobs.errors import WrongJobState
from jobs.record import JobStatus
from tests.jobs.world import ALICE, START_US, Gate, Scripted, World, at_once, request, running

S = JobStatus
MINUTE_US = 60_000_000


async def delayed(world: World, seconds: float = 60, **fields: object) -> str:
    """The id of a job that may not leave the queue before so many seconds have passed."""
    run_after_us = world.clock.now_us() + round(seconds * 1e6)
    return (await world.manager.start_job(request(run_after_us=run_after_us, **fields))).record.job_id


async def turns(count: int = 20) -> None:
    """Let whoever could do something do it."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_delayed_job_is_queued_until_its_time(world: World):
    """It is `queued` with its `next_run_at`, takes no place, and runs once its time has come."""
    body = Scripted(at_once)
    await world.open(body, max_concurrent=1)
    job_id = await delayed(world)
    record = await world.saw(job_id, S.QUEUED)
    assert record.next_run_at == START_US + MINUTE_US
    other = (await world.manager.start_job(request())).record.job_id
    assert (await world.ended(other)).status is S.COMPLETED
    world.clock.advance(59.9)
    await turns()
    assert (await world.manager.get_job_status(job_id)).status is S.QUEUED
    world.clock.advance(0.1)
    record = await world.ended(job_id)
    assert (record.status, record.started_at, record.next_run_at) == (S.COMPLETED, START_US + MINUTE_US, None)
    assert body.runs == 2


async def test_a_time_that_has_passed_is_no_delay(world: World):
    """A request for a time that has passed runs at once, and shows no `next_run_at`."""
    await world.open(Scripted(at_once))
    started = await world.manager.start_job(request(run_after_us=START_US))
    assert started.record.next_run_at is None
    assert (await world.ended(started.record.job_id)).status is S.COMPLETED


async def test_the_earliest_time_goes_first_whatever_the_order_of_asking(world: World):
    """Delayed jobs run in the order of their times: one asked for later with an earlier time is not kept waiting."""
    order = []

    async def run(context: object) -> object:
        order.append(context.parameters.name)
        return await at_once(context)

    await world.open(Scripted(run))
    ids = [await delayed(world, seconds, name=str(seconds)) for seconds in (30, 10, 20)]
    await world.clock.somebody_sleeps_until(START_US + 10_000_000)
    for seconds in (10, 10, 10):
        world.clock.advance(seconds)
        await turns(50)
    for job_id in ids:
        await world.ended(job_id)
    assert order == ["10", "20", "30"]


@pytest.mark.parametrize("down_s", [10, 3600])
async def test_the_wait_survives_a_crash(world: World, down_s: int):
    """After a crash the job still waits for the same time; if that passed meanwhile it runs at once."""
    await world.open(Scripted(at_once))
    job_id = await delayed(world)
    await world.crash()
    world.clock.advance(down_s)
    body = Scripted(at_once)
    await world.open(body)
    if down_s < 60:
        await world.clock.somebody_sleeps_until(START_US + MINUTE_US)
        assert (await world.manager.get_job_status(job_id)).next_run_at == START_US + MINUTE_US
        assert body.runs == 0
        world.clock.advance(60)
    record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 0)


async def test_kill_of_a_delayed_job_is_at_once_and_for_good(world: World):
    """It ends cancelled, shows no `next_run_at`, and its time passes without a run."""
    body = Scripted(at_once)
    await world.open(body)
    job_id = await delayed(world)
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.QUEUED, S.CANCELLED)
    assert (await world.manager.get_job_status(job_id)).next_run_at is None
    world.clock.advance(3600)
    await turns()
    assert body.runs == 0


async def test_retry_skips_the_delay(world: World):
    """RETRY of a delayed job runs it now; one that does not wait for a time cannot be retried."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    job_id = await delayed(world)
    outcome = await world.manager.retry_job(job_id, ALICE)
    assert (outcome.job_id, outcome.previous_status, outcome.status) == (job_id, S.QUEUED, S.QUEUED)
    await gate.entered.acquire()
    waiting = (await world.manager.start_job(request())).record.job_id
    with pytest.raises(WrongJobState):
        await world.manager.retry_job(waiting, ALICE)
    gate.opened.set()
    record = await world.ended(job_id)
    assert (record.status, record.started_at, record.retry_count) == (S.COMPLETED, START_US, 0)
    told = [event.message for event in world.manager.find_events(job_id)]
    assert "wait skipped by alice" in told


async def test_a_paused_delayed_job_keeps_what_was_left_of_its_delay(world: World):
    """Paused with 40 s to go, it has 40 s to go when it is resumed, over a crash too."""
    body = Scripted(at_once)
    await world.open(body)
    job_id = await delayed(world)
    world.clock.advance(20)
    assert (await world.manager.pause_job(job_id, ALICE)).status is S.PAUSED
    assert (await world.manager.get_job_status(job_id)).next_run_at is None
    world.clock.advance(3600)
    await world.crash()
    await world.open(body)
    await turns()
    assert body.runs == 0
    await world.manager.resume_job(job_id, ALICE)
    due_us = world.clock.now_us() + 40_000_000
    assert (await world.manager.get_job_status(job_id)).next_run_at == due_us
    await world.clock.somebody_sleeps_until(due_us)
    world.clock.advance(40)
    assert (await world.ended(job_id)).status is S.COMPLETED


async def test_asking_again_without_delay_hastens_a_delayed_job(world: World):
    """A request that joins a delayed job is not kept waiting by it; one that may wait longer changes nothing."""
    await world.open(Scripted(at_once))
    job_id = await delayed(world, idempotency_key="k")
    later = await world.manager.start_job(request(idempotency_key="k", run_after_us=START_US + 2 * MINUTE_US))
    assert (later.record.job_id, later.record.next_run_at) == (job_id, START_US + MINUTE_US)
    sooner = await world.manager.start_job(request(idempotency_key="k", run_after_us=START_US + 1_000_000))
    assert (sooner.record.job_id, sooner.record.next_run_at) == (job_id, START_US + 1_000_000)
    assert (await world.manager.start_job(request(idempotency_key="k"))).deduplicated
    assert (await world.ended(job_id)).started_at == START_US


async def test_asking_again_for_a_paused_delayed_job_shortens_what_is_left(world: World):
    """It stays paused, and once resumed waits no longer than who asked last would."""
    await world.open(Scripted(at_once))
    job_id = await delayed(world, idempotency_key="k")
    await world.manager.pause_job(job_id, ALICE)
    assert (await world.manager.start_job(request(idempotency_key="k"))).record.status is S.PAUSED
    await world.manager.resume_job(job_id, ALICE)
    assert (await world.ended(job_id)).started_at == START_US


async def test_a_delayed_job_waits_for_a_place_like_any_other(world: World):
    """When its time comes and all places are taken, it runs as soon as one is free."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    busy = await running(world, gate)
    job_id = await delayed(world, 1)
    world.clock.advance(1)
    await turns()
    assert (await world.manager.get_job_status(job_id)).status is S.QUEUED
    gate.opened.set()
    for ended in (busy, job_id):
        assert (await world.ended(ended)).status is S.COMPLETED
