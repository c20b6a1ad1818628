"""The contract of `JobManager`, beside the lifecycle and KILL: pause, resume, retry, wait, keys, listeners, limits."""

from __future__ import annotations

import asyncio

import pytest

from jobs.errors import (
    IdempotencyKeyReused,
    InvalidJobParameters,
    JobFailed,
    ManagerStopped,
    NoSuchJob,
    QueueFull,
    TransientJobError,
    WaitTimedOut,
    WrongJobState,
)
from jobs.outcome import Outcome, Skip
from jobs.record import JobStatus, JobType, Trigger
from tests.jobs.world import ALICE, BOB, START_US, Gate, Scripted, Work, World, advancing, at_once, failing, request

S = JobStatus
DAY_S = 86_400


async def running(world: World, gate: Gate, **fields: object) -> str:
    """The id of a job that waits inside the gate."""
    job_id = (await world.manager.start_job(request(**fields))).record.job_id
    await gate.entered.acquire()
    await world.saw(job_id, S.RUNNING)
    return job_id


# Starting


async def test_the_record_has_what_the_request_says(world: World):
    """Every field of a request is in the record."""
    await world.open(Scripted(at_once), node_id="n1")
    fields = {
        "owner": "bob",
        "namespace": "public",
        "table_name": "t",
        "trigger": Trigger.SCHEDULE,
        "schedule_name": "nightly",
        "parent_job_id": "CO-000000000000",
        "idempotency_key": "k",
        "priority": 7,
        "max_retries": 1,
    }
    record = (await world.manager.start_job(request(**fields))).record
    assert {name: getattr(record, name) for name in fields} == fields
    assert (record.node_id, record.created_at, record.updated_at) == ("n1", START_US, START_US)


async def test_wrong_parameters_are_told_to_who_asks_and_make_no_job(world: World):
    """Parameters of the wrong shape, and types that this server does not run, are refused before a record is made."""
    await world.open(Scripted(at_once))
    with pytest.raises(InvalidJobParameters, match="size"):
        await world.manager.start_job(request(parameters={"name": "x", "size": "many"}))
    with pytest.raises(InvalidJobParameters, match="no backup jobs"):
        await world.manager.start_job(request(job_type=JobType.BACKUP))
    assert world.jobs() == []


async def test_a_key_with_other_parameters_is_an_error(world: World):
    """The same key for something else is refused, and the error names the job that has it."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate, idempotency_key="k")
    with pytest.raises(IdempotencyKeyReused, match='"k"') as caught:
        await world.manager.start_job(request("other", idempotency_key="k"))
    assert job_id in caught.value.hint


async def test_a_users_key_stays_bound_for_3_days(world: World):
    """A key that a user gave leads to its ended job for 3 days, after a restart too; then it makes a new job."""
    await world.open(Scripted(at_once))
    fields = {"idempotency_key": "mine", "idempotency_key_source": "user"}
    first = (await world.manager.start_job(request(**fields))).record.job_id
    await world.ended(first)
    await world.close()
    await world.open(Scripted(at_once))
    world.clock.advance(3 * DAY_S)
    again = await world.manager.start_job(request(**fields))
    assert (again.record.job_id, again.record.status, again.deduplicated) == (first, S.COMPLETED, True)
    with pytest.raises(IdempotencyKeyReused):
        await world.manager.start_job(request("other", **fields))
    world.clock.advance(1)
    later = await world.manager.start_job(request(**fields))
    assert not later.deduplicated
    assert later.record.job_id != first


async def test_priority_goes_first_and_age_decides_among_equals(world: World):
    """Of the waiting jobs the one of the highest priority runs next, and the older one among equals."""
    order: list[str] = []
    gate = Gate()

    async def run(context: object) -> Outcome:
        order.append(context.parameters.name)
        return await gate(context)

    await world.open(Scripted(run), max_concurrent=1)
    await world.manager.start_job(request("first"))
    await gate.entered.acquire()
    for name, priority in (("low", -1), ("a", 0), ("high", 5), ("b", 0)):
        await world.manager.start_job(request(name, priority=priority))
    gate.opened.set()
    for record in world.jobs():
        await world.ended(record.job_id)
    assert order == ["first", "high", "a", "b", "low"]


async def test_a_full_queue_is_told(world: World):
    """Beyond max_active jobs that have not ended a request is refused; a place is free again when one ends."""
    gate = Gate()
    await world.open(Scripted(gate), max_active=2)
    job_id = await running(world, gate)
    await world.manager.start_job(request())
    with pytest.raises(QueueFull, match="2 jobs"):
        await world.manager.start_job(request())
    await world.manager.cancel_job(job_id, ALICE)
    await world.manager.start_job(request())


async def test_ten_thousand_queued_jobs(world: World):
    """Ten thousand jobs wait for four places, can be listed meanwhile, and all run, never more than four at once."""
    gate = Gate()
    body = Scripted(gate)
    await world.open(body, max_concurrent=4)
    started = await asyncio.gather(*(world.manager.start_job(request()) for _ in range(10_000)))
    for _ in range(4):
        await gate.entered.acquire()
    last = started[-1].record.job_id
    assert (await world.manager.get_job_status(last)).status is S.QUEUED
    assert len(await world.manager.list_active_jobs()) == 10_000
    assert (await world.manager.cancel_job(last, ALICE)).status is S.CANCELLED
    gate.opened.set()
    for job in started[:-1]:
        await world.ended(job.record.job_id)
    assert (body.runs, gate.most_inside) == (9_999, 4)
    assert len(world.jobs(statuses=frozenset({S.COMPLETED}))) == 9_999


async def test_nothing_to_do_is_skipped_with_the_reason(world: World):
    """A job whose type says that there is nothing to do ends `skipped` and does no work."""
    body = Scripted(at_once, skip=Skip("nothing to do", {"rows": 0}))
    await world.open(body)
    record = await world.ended((await world.manager.start_job(request())).record.job_id)
    assert (record.status, record.message, record.result) == (S.SKIPPED, "nothing to do", {"rows": 0})
    assert body.runs == 0


async def test_a_job_that_cancels_itself_has_failed(world: World):
    """Work that raises CancelledError without having been told to stop has failed, and does not run for ever."""

    async def run(context: object) -> Outcome:
        raise asyncio.CancelledError

    await world.open(Scripted(run))
    record = await world.ended((await world.manager.start_job(request())).record.job_id)
    assert (record.status, record.message) == (S.FAILED, "the work cancelled itself")


async def test_other_errors_fail_at_once(world: World):
    """An error that is neither marked transient nor an OSError is not retried."""
    body = Scripted(failing(ValueError("bad")))
    await world.open(body)
    record = await world.ended((await world.manager.start_job(request())).record.job_id)
    assert (record.status, record.retry_count, body.runs) == (S.FAILED, 0, 1)


# Pausing, resuming, retrying


async def test_pause_stops_the_work_and_resume_runs_it_again(world: World):
    """A paused job's work has stopped and its place is free; resumed, it is queued and runs as a new attempt."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    job_id = await running(world, gate)
    outcome = await world.manager.pause_job(job_id, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.RUNNING, S.PAUSED)
    assert gate.inside == 0
    other = await running(world, gate)
    outcome = await world.manager.resume_job(job_id, ALICE)
    assert (outcome.previous_status, outcome.status) == (S.PAUSED, S.QUEUED)
    gate.opened.set()
    await world.ended(other)
    record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 0)
    assert [a.outcome for a in world.manager.find_attempts(job_id)] == ["paused", "completed"]
    assert world.story(job_id)[2:] == [S.RUNNING, S.PAUSING, S.PAUSED, S.QUEUED, S.RUNNING, S.COMPLETED]


async def test_a_queued_and_a_retrying_job_are_paused_at_once(world: World):
    """A job that is not running is paused at once, and does not run until it is resumed."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    busy = await running(world, gate)
    queued = (await world.manager.start_job(request())).record.job_id
    assert (await world.manager.pause_job(queued, ALICE)).status is S.PAUSED
    gate.opened.set()
    await world.ended(busy)
    assert (await world.manager.get_job_status(queued)).status is S.PAUSED
    await world.manager.resume_job(queued, ALICE)
    assert (await world.ended(queued)).status is S.COMPLETED


async def test_a_paused_job_stays_paused_over_a_restart(world: World):
    """A restart does not resume what somebody paused, and keeps its key."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate, idempotency_key="k")
    await world.manager.pause_job(job_id, ALICE)
    await world.crash()
    body = Scripted(at_once)
    await world.open(body)
    joined = await world.manager.start_job(request(idempotency_key="k"))
    assert (joined.record.job_id, joined.record.status) == (job_id, S.PAUSED)
    assert body.runs == 0
    await world.manager.resume_job(job_id, ALICE)
    assert (await world.ended(job_id)).status is S.COMPLETED


async def test_what_cannot_be_done_in_a_state_is_an_error_with_a_hint(world: World):
    """Resume of a job that is not paused, retry of one that runs, pause of one that ended: each says what it is."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    for attempt in (world.manager.resume_job, world.manager.retry_job):
        with pytest.raises(WrongJobState) as caught:
            await attempt(job_id, ALICE)
        assert "It is running" in caught.value.hint
    gate.opened.set()
    await world.ended(job_id)
    with pytest.raises(WrongJobState) as caught:
        await world.manager.pause_job(job_id, ALICE)
    assert "It is completed" in caught.value.hint


async def test_retry_skips_the_wait(world: World):
    """RETRY of a job that waits for its retry runs it now."""
    await world.open(Scripted(failing(TransientJobError("busy"))))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.RETRYING)
    outcome = await world.manager.retry_job(job_id, ALICE)
    assert (outcome.job_id, outcome.previous_status) == (job_id, S.RETRYING)
    assert (await world.ended(job_id)).retry_count == 1


async def test_retry_of_a_failed_job_is_a_new_job(world: World):
    """A failed job stays failed; its work is started again as another job, which names it as its parent."""
    await world.open(Scripted(failing(ValueError("bad"))))
    job_id = (await world.manager.start_job(request("sweep"))).record.job_id
    await world.ended(job_id)
    outcome = await world.manager.retry_job(job_id, ALICE)
    assert outcome.previous_status is S.FAILED
    record = await world.ended(outcome.job_id)
    assert (record.parent_job_id, record.message) == (job_id, "did sweep")
    assert (await world.manager.get_job_status(job_id)).status is S.FAILED


async def test_control_needs_permission(world: World):
    """Pause, resume and retry are for those who may kill."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    for attempt in (world.manager.pause_job, world.manager.resume_job, world.manager.retry_job):
        with pytest.raises(NoSuchJob):
            await attempt(job_id, BOB)


# Waiting and listening


async def test_waiting_ends_with_the_job(world: World):
    """`wait_for_job` returns the ended record; for a job that ended before, at once; for an unknown one it raises."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    waiting = [asyncio.create_task(world.manager.wait_for_job(job_id)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    gate.opened.set()
    assert [(await task).status for task in waiting] == [S.COMPLETED] * 3
    assert (await world.manager.wait_for_job(job_id, 0)).status is S.COMPLETED
    with pytest.raises(NoSuchJob):
        await world.manager.wait_for_job("CO-000000000000")


async def test_a_wait_that_times_out_leaves_the_job_alone(world: World):
    """The error has the job's record, so that its id is known; the job goes on."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    waiting = asyncio.create_task(world.manager.wait_for_job(job_id, 30))
    await world.clock.somebody_sleeps_until(START_US + 30_000_000)
    world.clock.advance(30)
    with pytest.raises(WaitTimedOut, match=job_id) as caught:
        await waiting
    assert caught.value.record.status is S.RUNNING
    gate.opened.set()
    assert (await world.ended(job_id)).status is S.COMPLETED


async def test_waiting_for_a_job_that_fails_raises_what_it_failed_of(world: World):
    """The error has the job's record and SQLSTATE."""
    await world.open(Scripted(failing(OSError("disk"))))
    job_id = (await world.manager.start_job(request(max_retries=0))).record.job_id
    with pytest.raises(JobFailed, match="disk") as caught:
        await world.manager.wait_for_job(job_id)
    assert caught.value.sqlstate == "53100"


async def test_whoever_is_told_finds_it_durable(world: World):
    """At each transition that a listener hears, the data folder as it is on disk tells the same."""
    await world.open(Scripted(at_once))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.ended(job_id)
    await world.crash()
    await world.open(Scripted(at_once))
    assert (await world.manager.get_job_status(job_id)).status is S.COMPLETED


async def test_a_listener_that_fails_keeps_nobody_else_from_hearing(world: World):
    """Its error goes to the loop's handler; other listeners hear, and jobs go on."""
    await world.open(Scripted(at_once))
    errors: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(str(context["exception"])))

    def broken(transition: object) -> None:
        raise ValueError("deaf")

    end = world.manager.subscribe(broken)
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.saw(job_id, S.COMPLETED)
    assert errors == ["deaf"] * 4
    end()
    await world.saw((await world.manager.start_job(request())).record.job_id, S.COMPLETED)
    assert len(errors) == 4


async def test_events_tell_the_story_in_order(world: World):
    """Each change of a job is an event with its time and text."""
    await world.open(Scripted(failing(TransientJobError("busy"))))
    job_id = (await world.manager.start_job(request("sweep"))).record.job_id
    async with advancing(world.clock):
        await world.ended(job_id)
    told = [(event.kind, event.message) for event in world.manager.find_events(job_id)]
    assert told == [
        ("new", "sweep"),
        ("queued", None),
        ("running", "attempt 1"),
        ("retrying", "busy"),
        ("running", "attempt 2"),
        ("completed", "did sweep"),
    ]


# Progress


async def test_progress_is_in_memory_and_on_disk_once_a_second(world: World):
    """Progress shows at once, with its ETA; it is written at most once a second, and a crash keeps what was written."""
    gate = Gate()

    async def run(context: object) -> Outcome:
        context.progress(1, 10, "rows", "reading")
        return await gate(context)

    await world.open(Scripted(run))
    job_id = await running(world, gate)
    world.clock.advance(1.5)
    for _ in range(3):
        await asyncio.sleep(0)
    record = await world.manager.get_job_status(job_id)
    assert (record.units_done, record.units_total, record.unit, record.phase) == (1, 10, "rows", "reading")
    assert record.fraction_completed == 0.1
    assert record.eta == START_US + 15_000_000
    await world.crash()
    await world.open(Scripted(at_once), recovery="fail")
    assert (await world.ended(job_id)).units_done == 1


# Starting and stopping the manager


async def test_shutdown_stops_work_that_is_not_waited_for_and_queues_it(world: World):
    """A running job is stopped without being cancelled; it and the waiting ones run when the server is back."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=1)
    job_id = await running(world, gate)
    waiting = (await world.manager.start_job(request())).record.job_id
    await world.manager.stop(300)
    assert gate.inside == 0
    assert world.story(job_id)[-1] is S.QUEUED
    with pytest.raises(ManagerStopped):
        await world.manager.start_job(request())
    await world.close()
    await world.open(Scripted(at_once))
    for stopped in (job_id, waiting):
        assert (await world.ended(stopped)).status is S.COMPLETED
    assert [a.outcome for a in world.manager.find_attempts(job_id)] == ["stopped", "completed"]


async def test_a_retry_is_not_forgotten_over_a_restart(world: World):
    """A job that waited for its retry still does after a crash, and runs at its time."""
    await world.open(Scripted(failing(TransientJobError("busy"))), retry_backoff_ms=60_000)
    job_id = (await world.manager.start_job(request())).record.job_id
    due = (await world.saw(job_id, S.RETRYING)).next_run_at
    await world.crash()
    body = Scripted(at_once)
    await world.open(body)
    await world.clock.somebody_sleeps_until(due)
    assert body.runs == 0
    world.clock.advance(60)
    assert (await world.ended(job_id)).retry_count == 1


async def test_a_job_that_was_being_killed_is_cancelled_after_a_crash(world: World):
    """What had been told to stop has stopped with the server."""
    release = asyncio.Event()
    entered = asyncio.Event()

    async def stubborn(context: object) -> Outcome:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            await release.wait()
        return Outcome("never")

    await world.open(Scripted(stubborn))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    await world.manager.cancel_job(job_id, ALICE, "enough", sync=False)
    # The crash takes its image of the data folder before it lets the loop turn.
    asyncio.get_running_loop().call_soon(release.set)
    await world.crash()
    body = Scripted(at_once)
    await world.open(body)
    record = await world.manager.get_job_status(job_id)
    assert (record.status, record.message) == (S.CANCELLED, "cancelled by alice: enough")
    assert [a.outcome for a in world.manager.find_attempts(job_id)] == ["failed"]
    assert body.runs == 0


async def test_crash_loop(world: World):
    """A job that was running at three crashes is failed with the message `crash loop`."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = await running(world, gate)
    for crashes in (1, 2):
        await world.crash()
        gate = Gate()
        await world.open(Scripted(gate))
        await gate.entered.acquire()
        assert (await world.manager.get_job_status(job_id)).retry_count == crashes
    await world.crash()
    await world.open(Scripted(at_once))
    record = await world.ended(job_id)
    assert (record.status, record.message, record.error_sqlstate) == (S.FAILED, "crash loop", "57P02")


async def test_the_record_survives_as_it_was(world: World):
    """A record read from disk after a restart equals the one that was shown before it."""
    await world.open(Scripted(at_once))
    job_id = (await world.manager.start_job(request(parameters=Work("ünïcode", 3)))).record.job_id
    shown = await world.ended(job_id)
    await world.close()
    await world.open(Scripted(at_once))
    assert await world.manager.get_job_status(job_id) == shown
