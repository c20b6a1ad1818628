"""KILL: in every state, by whom, and what it promises."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jobs.errors import JobWasCancelled, NoSuchJob, NotAllowed, StaleWrite, TransientJobError, WrongJobState
from jobs.outcome import Outcome
from jobs.permissions import Actor
from jobs.record import JobStatus
from storage.kv import Put
from tests.jobs.world import ADMIN, ALICE, BOB, START_US, Gate, Scripted, World, at_once, failing, request, stubborn_job

S = JobStatus


async def test_a_queued_job_is_cancelled_at_once_and_never_runs(world: World):
    """Killing a job that waits for a place ends it; it does not run when there is a place."""
    gate = Gate()
    body = Scripted(gate)
    await world.open(body, max_concurrent=1)
    await world.manager.start_job(request())
    waiting = (await world.manager.start_job(request())).record.job_id
    outcome = await world.manager.cancel_job(waiting, ALICE, "not needed")
    assert (outcome.previous_status, outcome.status) == (S.QUEUED, S.CANCELLED)
    last = (await world.manager.start_job(request())).record.job_id
    gate.opened.set()
    await world.ended(last)
    assert body.runs == 2
    assert world.story(waiting) == [S.NEW, S.QUEUED, S.CANCELLED]


async def test_a_retrying_job_is_cancelled_at_once_and_never_runs_again(world: World):
    """Killing a job that waits for its retry ends it, and its time passes without another attempt."""
    body = Scripted(failing(*[TransientJobError("busy")] * 9))
    await world.open(body)
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.RETRYING)
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.RETRYING, S.CANCELLED)
    world.clock.advance(3600)
    await world.ended((await world.manager.start_job(request(max_retries=0))).record.job_id)
    assert body.runs == 2
    assert (await world.manager.get_job_status(job_id)).next_run_at is None


async def test_a_paused_job_is_cancelled_at_once(world: World):
    """Killing a paused job ends it."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = (await world.manager.start_job(request())).record.job_id
    await gate.entered.acquire()
    await world.manager.pause_job(job_id, ALICE)
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.PAUSED, S.CANCELLED)


async def test_a_running_job_records_who_when_and_why_before_it_stops(world: World):
    """`cancelling` with who, when and why is durable and told before the work notices."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = (await world.manager.start_job(request())).record.job_id
    await gate.entered.acquire()
    outcome = await world.manager.cancel_job(job_id, ADMIN, "too slow")
    assert (outcome.previous_status, outcome.status) == (S.RUNNING, S.CANCELLED)
    assert world.story(job_id)[-2:] == [S.CANCELLING, S.CANCELLED]
    record = await world.saw(job_id, S.CANCELLING)
    assert (record.cancel_requested_by, record.cancel_reason) == ("admin", "too slow")
    assert record.cancel_requested_at == START_US
    ended = await world.manager.get_job_status(job_id)
    assert ended.message == "cancelled by admin: too slow"
    assert ended.finished_at is not None
    with pytest.raises(JobWasCancelled, match="too slow"):
        await world.manager.wait_for_job(job_id)


async def test_async_answers_before_the_work_has_stopped(world: World):
    """Without SYNC the answer is `cancelling`, and the job is `cancelled` later."""
    job_id, release = await stubborn_job(world)
    outcome = await world.manager.cancel_job(job_id, ALICE, sync=False)
    assert outcome.status is S.CANCELLING
    release.set()
    assert (await world.saw(job_id, S.CANCELLED)).status is S.CANCELLED


async def test_a_timeout_tells_the_state_that_the_job_is_in(world: World):
    """SYNC waits at most its timeout, and then says that the job is still cancelling; a second KILL waits again."""
    job_id, release = await stubborn_job(world)
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE, timeout_s=5))
    await world.clock.somebody_sleeps_until(START_US + 5_000_000)
    await world.saw(job_id, S.CANCELLING)
    await asyncio.sleep(0)
    world.clock.advance(5)
    outcome = await kill
    assert (outcome.status, outcome.detail) == (S.CANCELLING, "Its work has not stopped within 5 s.")
    again = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await asyncio.sleep(0)
    release.set()
    outcome = await again
    assert (outcome.previous_status, outcome.status) == (S.CANCELLING, S.CANCELLED)


async def test_a_thread_is_waited_for_until_its_checkpoint(world: World):
    """A thread that does not look at its checkpoint keeps the job `cancelling`; `cancelled` comes after it stopped."""
    entered, look = threading.Event(), threading.Event()
    stopped: list[bool] = []

    async def run(context: object) -> Outcome:
        def work(checkpoint: object) -> None:
            entered.set()
            look.wait()
            try:
                checkpoint(1, 2)
            finally:
                stopped.append(True)

        await context.run_in_worker(work)
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await asyncio.to_thread(entered.wait)
    await world.manager.cancel_job(job_id, ALICE, sync=False)
    for _ in range(20):
        await asyncio.sleep(0)
    assert (await world.manager.get_job_status(job_id)).status is S.CANCELLING
    assert stopped == []
    look.set()
    await world.saw(job_id, S.CANCELLED)
    assert stopped == [True]


async def test_what_a_thread_finished_in_spite_of_the_kill_is_undone(world: World):
    """A thread that gets to its end after the kill has its result taken back before the job is `cancelled`."""
    entered, finish = threading.Event(), threading.Event()
    undone: list[str] = []

    async def run(context: object) -> Outcome:
        def work(checkpoint: object) -> str:
            entered.set()
            finish.wait()
            return "temporary file"

        await context.run_in_worker(work, undo=undone.append)
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await asyncio.to_thread(entered.wait)
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await world.saw(job_id, S.CANCELLING)
    finish.set()
    assert (await kill).status is S.CANCELLED
    assert undone == ["temporary file"]


async def test_an_error_while_stopping_is_told(world: World):
    """A killed job whose work ends in an error is cancelled, and the error is in its record."""
    entered = asyncio.Event()

    async def run(context: object) -> Outcome:
        try:
            entered.set()
            await asyncio.Event().wait()
        finally:
            raise OSError("cannot remove the temporary file")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    await world.manager.cancel_job(job_id, ALICE)
    record = await world.manager.get_job_status(job_id)
    assert record.status is S.CANCELLED
    assert "cannot remove the temporary file" in record.message
    assert "OSError" in record.exception_trace


async def test_a_kill_after_the_commit_point_comes_too_late_and_says_so(world: World):
    """Once the work is settled in its own batch a kill answers `completed`, even before that batch is durable."""
    outcomes = []

    async def run(context: object) -> Outcome:
        def write(mutations: tuple[object, ...]) -> object:
            commit = world.storage.write((*mutations, Put(b"js-test", b"work")))
            outcomes.append(asyncio.create_task(world.manager.cancel_job(context.job_id, ALICE)))
            return commit

        await context.commit_point(Outcome("settled", {"rows": 1}), write)
        return Outcome("ignored")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request(idempotency_key="k"))).record.job_id
    record = await world.ended(job_id)
    outcome = await outcomes[0]
    assert (record.status, record.message, record.result) == (S.COMPLETED, "settled", {"rows": 1})
    assert (outcome.previous_status, outcome.status) == (S.RUNNING, S.COMPLETED)
    assert "commit point" in outcome.detail
    assert world.storage.get(b"js-test") == b"work"


async def test_a_kill_before_the_commit_point_keeps_it_from_committing(world: World):
    """Work that reaches its commit point after the kill was recorded does not commit, and is cancelled."""
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def run(context: object) -> Outcome:
        entered.set()
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            await context.commit_point(Outcome("settled"), world.storage.write)
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert outcome.status is S.CANCELLED


async def test_a_commit_that_raises_leaves_the_job_running(world: World):
    """When the work's own batch cannot be written the job is not settled, and its error is handled as any other."""

    async def run(context: object) -> Outcome:
        if context.attempt > 1:
            return Outcome("second attempt")

        def write(mutations: tuple[object, ...]) -> object:
            raise TransientJobError("busy")

        await context.commit_point(Outcome("settled"), write)
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.RETRYING)
    world.clock.advance(1)
    assert (await world.ended(job_id)).message == "second attempt"


async def test_an_ended_job_cannot_be_killed(world: World):
    """KILL of a job that has ended is an error with a hint that says how it ended."""
    await world.open(Scripted(at_once))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.ended(job_id)
    with pytest.raises(WrongJobState) as caught:
        await world.manager.cancel_job(job_id, ALICE)
    assert "completed" in caught.value.hint


async def test_permissions_are_checked(world: World):
    """Strangers are told that the job does not exist; viewers may not kill it; operators may."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = (await world.manager.start_job(request())).record.job_id
    await gate.entered.acquire()
    with pytest.raises(NoSuchJob):
        await world.manager.cancel_job(job_id, BOB)
    with pytest.raises(NotAllowed):
        await world.manager.cancel_job(job_id, Actor("eve", member_of=frozenset({"job_viewer"})))
    operator = Actor("olga", member_of=frozenset({"job_operator"}))
    assert (await world.manager.cancel_job(job_id, operator)).status is S.CANCELLED
    with pytest.raises(NoSuchJob):
        await world.manager.cancel_job(job_id, BOB)


async def test_a_kill_whose_caller_gives_up_still_kills(world: World):
    """When the client that killed a job goes away in the middle, the work is stopped all the same."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = (await world.manager.start_job(request())).record.job_id
    await gate.entered.acquire()
    kill = asyncio.create_task(world.manager.cancel_job(job_id, ALICE))
    await asyncio.sleep(0)
    kill.cancel()
    assert (await world.saw(job_id, S.CANCELLED)).status is S.CANCELLED


async def test_a_request_does_not_join_a_job_that_is_being_killed(world: World):
    """What is asked for while a job with the key is being killed becomes a new job, made when the old one has ended."""
    entered, release = asyncio.Semaphore(0), asyncio.Event()

    async def run(context: object) -> Outcome:
        entered.release()
        if context.parameters.name == "second":
            return Outcome("done")
        try:
            await asyncio.Event().wait()
        finally:
            await release.wait()
        return Outcome("never")

    await world.open(Scripted(run))
    first = (await world.manager.start_job(request("first", idempotency_key="k"))).record.job_id
    await entered.acquire()
    await world.manager.cancel_job(first, ALICE, sync=False)
    asking = asyncio.create_task(world.manager.start_job(request("second", idempotency_key="k")))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not asking.done()
    release.set()
    second = await asking
    assert not second.deduplicated
    assert world.story(first)[-1] is S.CANCELLED
    assert (await world.ended(second.record.job_id)).message == "done"


async def test_a_late_worker_cannot_overwrite_what_others_decided(world: World):
    """An attempt that was given up on cannot settle the job."""
    contexts = []

    async def run(context: object) -> Outcome:
        contexts.append(context)
        if context.attempt == 1:
            raise TransientJobError("lost")
        return Outcome("the second attempt")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.RETRYING)
    with pytest.raises(StaleWrite):
        await contexts[0].commit_point(Outcome("the first attempt"), world.storage.write)
    world.clock.advance(1)
    await world.ended(job_id)
    with pytest.raises(StaleWrite):
        await contexts[0].commit_point(Outcome("the first attempt"), world.storage.write)
    assert (await world.manager.get_job_status(job_id)).message == "the second attempt"
