"""Starting jobs: what the record gets, keys, priorities, limits, and how jobs end by themselves."""

from __future__ import annotations

import asyncio

import pytest

from jobs.errors import (
    IdempotencyKeyReused,
    InvalidJobParameters,
    QueueFull,
)
from jobs.outcome import Outcome, Skip
from jobs.record import JobStatus, JobType, Trigger
from tests.jobs.world import (
    ALICE,
    START_US,
    Gate,
    Scripted,
    Work,
    World,
    at_once,
    failing,
    request,
    running,
)

S = JobStatus
DAY_S = 86_400


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


class Named(Scripted):
    """Jobs that derive a key from their name."""

    def idempotency_key(self, parameters: Work) -> str:
        """The name."""
        return parameters.name


async def test_a_users_key_is_never_taken_for_a_derived_one(world: World):
    """Who gives the key that another job will derive does not keep that one from being made, and is found by it."""
    await world.open(Named(Gate()))
    users = {"idempotency_key": "other", "idempotency_key_source": "user"}
    first = await world.manager.start_job(request("one", **users))
    other = await world.manager.start_job(request("other"))
    assert not other.deduplicated
    assert {first.record.idempotency_key, other.record.idempotency_key} == {"other"}
    again = await world.manager.start_job(request("one", **users))
    assert (again.record.job_id, again.deduplicated) == (first.record.job_id, True)
    with pytest.raises(IdempotencyKeyReused, match='key "other" was used'):
        await world.manager.start_job(request("three", **users))


async def test_a_users_key_is_its_own(world: World):
    """Two roles that give the same key know nothing of each other's jobs, active or ended, after a restart too."""
    gate = Gate()
    await world.open(Scripted(gate))
    fields = {"idempotency_key": "nightly", "idempotency_key_source": "user"}
    alices = await world.manager.start_job(request("hers", owner="alice", **fields))
    bobs = await world.manager.start_job(request("his", owner="bob", **fields))
    assert not bobs.deduplicated
    assert {alices.record.idempotency_key, bobs.record.idempotency_key} == {"nightly"}
    gate.opened.set()
    for started in (alices, bobs):
        await world.ended(started.record.job_id)
    await world.close()
    await world.open(Scripted(at_once))
    again = await world.manager.start_job(request("his", owner="bob", **fields))
    assert (again.record.job_id, again.deduplicated) == (bobs.record.job_id, True)
    with pytest.raises(IdempotencyKeyReused, match='key "nightly" was used') as reused:
        await world.manager.start_job(request("hers", owner="bob", **fields))
    assert bobs.record.job_id in reused.value.hint


async def test_a_request_that_joins_hastens_the_job_to_its_own_priority(world: World):
    """Asked for again with a higher priority a waiting job goes before others; a lower one changes nothing."""
    gate = Gate()
    await world.open(Named(gate), max_concurrent=1)
    await running(world, gate, parameters=Work("first"))
    ids = [(await world.manager.start_job(request(name))).record.job_id for name in ("a", "b")]
    for priority in (7, 3):
        joined = await world.manager.start_job(request("b", priority=priority))
        assert (joined.record.job_id, joined.deduplicated) == (ids[1], True)
    assert (await world.manager.get_job_status(ids[1])).priority == 7
    gate.opened.set()
    for job_id in ids:
        await world.ended(job_id)
    begun = [told.record.job_id for told in world.transitions if told.record.status is S.RUNNING]
    assert begun[1:] == [ids[1], ids[0]]


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
