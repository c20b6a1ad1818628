"""The life of a job: the 28 acceptance scenarios of the specification, each under its number."""

from __future__ import annotations

import asyncio
import re

import pytest

from jobs.errors import IdempotentConflict, JobFailed, TransientJobError
from jobs.outcome import Outcome
from jobs.record import JobStatus, JobType, new_job_id
from jobs.recovery import RESTARTED
from tests.jobs.world import ALICE, START_US, Gate, Scripted, Work, World, advancing, at_once, failing, request

S = JobStatus


async def failed_once(world: World, error: Exception, **fields: object) -> str:
    """The id of a job whose first attempt has failed with the error, and which waits for its retry."""
    await world.open(Scripted(failing(error)))
    started = await world.manager.start_job(request(**fields))
    await world.saw(started.record.job_id, S.RETRYING)
    return started.record.job_id


async def test_lifecycle_01_a_new_job_is_new_and_has_a_typed_id(world: World):
    """What start_job returns is status `new`, with the type's prefix and 12 hex digits as id, and can be looked up."""
    await world.open(Scripted(at_once))
    started = await world.manager.start_job(request())
    assert started.record.status is S.NEW
    assert not started.deduplicated
    assert re.fullmatch(r"CO-[0-9a-f]{12}", started.record.job_id)
    assert (await world.manager.get_job_status(started.record.job_id)).job_id == started.record.job_id


async def test_lifecycle_02_new_queued_running_each_logged(world: World):
    """A job passes through new, queued and running, and each is a line of the log with its id."""
    await world.open(Scripted(at_once))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.ended(job_id)
    assert world.story(job_id) == [S.NEW, S.QUEUED, S.RUNNING, S.COMPLETED]
    lines = [line for line in world.lines if line["job_id"] == job_id]
    assert [line["event"].partition(":")[0] for line in lines] == ["new", "queued", "running", "completed"]
    assert {line["level"] for line in lines} == {"info"}


async def test_lifecycle_03_completed_with_its_result_in_message(world: World):
    """A job that has completed says in `message` what it did, and in `result` the same as JSON."""
    await world.open(Scripted(at_once))
    record = await world.ended((await world.manager.start_job(request("sweep"))).record.job_id)
    assert record.status is S.COMPLETED
    assert record.message == "did sweep"
    assert record.result == {"size": 1}
    assert record.finished_at == START_US
    assert record.fraction_completed == 1.0


async def test_lifecycle_04_transient_failure_is_retried(world: World):
    """After a transient failure the job is `retrying`, with the time of its next attempt."""
    job_id = await failed_once(world, TransientJobError("busy"))
    record = await world.manager.get_job_status(job_id)
    assert record.status is S.RETRYING
    assert record.next_run_at is not None
    assert 75_000 <= record.next_run_at - START_US <= 100_000


async def test_lifecycle_05_failed_after_max_retries(world: World):
    """A job that fails each time ends `failed`, after one attempt and max_retries further ones."""
    body = Scripted(failing(*[TransientJobError("busy")] * 10))
    await world.open(body)
    job_id = (await world.manager.start_job(request())).record.job_id
    async with advancing(world.clock):
        record = await world.ended(job_id)
    assert record.status is S.FAILED
    assert body.runs == 4
    assert world.story(job_id).count(S.RETRYING) == 3


@pytest.mark.parametrize("recovery", ["resume", "fail"])
async def test_lifecycle_06_recovery_of_a_running_job(world: World, recovery: str):
    """After a crash a job that was running runs again, or is failed, as configured; its attempt is closed as failed."""
    gate = Gate()
    await world.open(Scripted(gate))
    job_id = (await world.manager.start_job(request())).record.job_id
    await gate.entered.acquire()
    await world.crash()

    await world.open(Scripted(at_once), recovery=recovery)
    record = await world.ended(job_id)
    first = next(world.manager.find_attempts(job_id))
    assert (first.outcome, first.message) == ("failed", RESTARTED)
    if recovery == "resume":
        assert (record.status, record.retry_count) == (S.COMPLETED, 1)
        assert world.story(job_id) == [S.QUEUED, S.RUNNING, S.COMPLETED]
    else:
        assert (record.status, record.message) == (S.FAILED, "Server restarted during execution")


def test_lifecycle_07_every_type_has_its_prefix():
    """Each job type has two letters of its own, and its ids start with them."""
    prefixes = {job_type: new_job_id(job_type)[:3] for job_type in JobType}
    assert prefixes[JobType.FLUSH] == "FL-"
    assert prefixes[JobType.CLEANUP] == "CL-"
    assert len(set(prefixes.values())) == len(JobType)


async def test_lifecycle_08_the_log_tells_the_whole_story(world: World):
    """Every change of a job is logged bound to its id, and so is what its work logs."""

    async def run(context: object) -> Outcome:
        context.log.info("half way")
        raise TransientJobError("busy")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request(max_retries=1))).record.job_id
    async with advancing(world.clock):
        await world.ended(job_id)
    told = [line["event"] for line in world.lines if line.get("job_id") == job_id]
    assert told == [
        "new: work",
        "queued",
        "running: attempt 1",
        "half way",
        "retrying: busy",
        "running: attempt 2",
        "half way",
        "failed: busy",
    ]


async def test_lifecycle_09_max_concurrent_5_of_10(world: World):
    """With max_concurrent 5, five of ten jobs run at once and five wait; in the end all have run."""
    gate = Gate()
    await world.open(Scripted(gate), max_concurrent=5)
    ids = [(await world.manager.start_job(request())).record.job_id for _ in range(10)]
    for _ in range(5):
        await gate.entered.acquire()
    assert len(world.jobs(statuses=frozenset({S.RUNNING}))) == 5
    assert len(world.jobs(statuses=frozenset({S.QUEUED}))) == 5
    gate.opened.set()
    for job_id in ids:
        assert (await world.ended(job_id)).status is S.COMPLETED
    assert gate.most_inside == 5


async def test_lifecycle_10_cancel_cleans_up(world: World):
    """A killed job is `cancelled` only after its work has cleaned up."""
    entered, cleaned = asyncio.Event(), []

    async def run(context: object) -> Outcome:
        try:
            entered.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append((await world.manager.get_job_status(job_id)).status)
        return Outcome("never")

    await world.open(Scripted(run))
    job_id = (await world.manager.start_job(request())).record.job_id
    await entered.wait()
    outcome = await world.manager.cancel_job(job_id, ALICE)
    assert outcome.status is S.CANCELLED
    assert cleaned == [S.CANCELLING]


async def test_lifecycle_11_a_key_is_accepted(world: World):
    """A request may carry an idempotency key, and the record has it."""
    await world.open(Scripted(at_once))
    started = await world.manager.start_job(request(idempotency_key="nightly"))
    assert started.record.idempotency_key == "nightly"


async def test_lifecycle_12_duplicate_while_running(world: World):
    """The same key while its job runs gives that job, or an error where the caller wants one."""
    gate = Gate()
    await world.open(Scripted(gate))
    first = await world.manager.start_job(request(idempotency_key="k"))
    await gate.entered.acquire()
    second = await world.manager.start_job(request(idempotency_key="k"))
    assert second.deduplicated
    assert (second.record.job_id, second.record.status) == (first.record.job_id, S.RUNNING)
    with pytest.raises(IdempotentConflict, match=f"{first.record.job_id}.*running"):
        await world.manager.start_job(request(idempotency_key="k", on_duplicate="raise"))


async def test_lifecycle_13_allowed_again_after_completion(world: World):
    """After the job has ended its key makes a new job."""
    await world.open(Scripted(at_once))
    first = await world.manager.start_job(request(idempotency_key="k"))
    await world.ended(first.record.job_id)
    second = await world.manager.start_job(request(idempotency_key="k"))
    assert not second.deduplicated
    assert second.record.job_id != first.record.job_id


async def test_lifecycle_14_duplicate_while_retrying(world: World):
    """The same key while its job waits for a retry gives that job."""
    job_id = await failed_once(world, TransientJobError("busy"), idempotency_key="k")
    second = await world.manager.start_job(request(idempotency_key="k"))
    assert second.deduplicated
    assert (second.record.job_id, second.record.status) == (job_id, S.RETRYING)


async def test_lifecycle_15_fire_time_keys_prevent_duplicates(world: World):
    """Two requests for one fire time of a schedule are one job; the next fire time makes another."""
    gate = Gate()
    await world.open(Scripted(gate))
    one = await world.manager.start_job(request(idempotency_key="nightly-2026-01-01T02:00Z"))
    same = await world.manager.start_job(request(idempotency_key="nightly-2026-01-01T02:00Z"))
    other = await world.manager.start_job(request(idempotency_key="nightly-2026-01-02T02:00Z"))
    assert same.deduplicated
    assert same.record.job_id == one.record.job_id != other.record.job_id


async def test_lifecycle_16_without_a_key_duplicates_are_allowed(world: World):
    """Requests without a key are jobs of their own, however alike."""
    await world.open(Scripted(at_once))
    ids = {(await world.manager.start_job(request())).record.job_id for _ in range(3)}
    assert len(ids) == 3


async def test_lifecycle_17_success_clears_exception_trace(world: World):
    """A job that failed and then succeeded has neither trace nor SQLSTATE."""
    job_id = await failed_once(world, OSError("disk"))
    assert (await world.manager.get_job_status(job_id)).exception_trace is not None
    async with advancing(world.clock):
        record = await world.ended(job_id)
    assert (record.exception_trace, record.error_sqlstate) == (None, None)
    assert record.message == "did work"


async def test_lifecycle_18_failure_puts_the_error_in_message(world: World):
    """The message of a failed job is its error, with the SQLSTATE beside it."""
    await world.open(Scripted(failing(ValueError("the moon is full"))))
    job_id = (await world.manager.start_job(request())).record.job_id
    with pytest.raises(JobFailed, match="the moon is full") as caught:
        await world.manager.wait_for_job(job_id)
    assert caught.value.record.message == "the moon is full"
    assert caught.value.sqlstate == "XX000"


async def test_lifecycle_19_a_long_trace_is_kept_whole(world: World):
    """A traceback of more than 100 lines is kept to the last one."""
    calls = "\n".join(f"def f{n}():\n    f{n + 1}()" for n in range(60))
    names: dict[str, object] = {}
    exec(calls + "\ndef f60():\n    raise ValueError('deep')", names)

    async def run(context: object) -> Outcome:
        names["f0"]()
        return Outcome("never")

    await world.open(Scripted(run))
    record = await world.ended((await world.manager.start_job(request())).record.job_id)
    lines = record.exception_trace.splitlines()
    assert len(lines) > 60
    assert lines[0] == "Traceback (most recent call last):"
    assert all(any(line.endswith(f"in f{n}") for line in lines) for n in range(61))
    assert lines[-1] == "ValueError: deep"


async def test_lifecycle_19_a_message_of_many_lines_is_kept_whole(world: World):
    """An error whose text has 100 lines keeps all of them, in order."""
    text = "\n".join(f"line {n}" for n in range(100))
    await world.open(Scripted(failing(ValueError(text))))
    record = await world.ended((await world.manager.start_job(request())).record.job_id)
    assert record.message == text
    assert record.exception_trace.rstrip("\n").endswith(text)


async def test_lifecycle_20_retry_updates_message_and_trace(world: World):
    """Message and trace are those of the last attempt that failed."""
    await world.open(Scripted(failing(OSError("first"), OSError("second"))))
    job_id = (await world.manager.start_job(request())).record.job_id
    record = await world.saw(job_id, S.RETRYING)
    assert (record.message, "OSError: first" in record.exception_trace) == ("first", True)
    world.transitions.clear()
    world.clock.advance(1)
    record = await world.saw(job_id, S.RETRYING)
    assert record.message == "second"
    assert "OSError: second" in record.exception_trace
    assert "OSError: first" not in record.exception_trace


async def test_lifecycle_21_querying_failed_jobs_gives_message_and_trace(world: World):
    """A query for failed jobs finds them with message and trace, after a restart too."""
    await world.open(Scripted(failing(ValueError("bad"))))
    job_id = (await world.manager.start_job(request())).record.job_id
    await world.ended(job_id)
    await world.manager.start_job(request())
    await world.close()
    await world.open(Scripted(at_once))
    (record,) = world.jobs(statuses=frozenset({S.FAILED}))
    assert (record.job_id, record.message) == (job_id, "bad")
    assert "ValueError: bad" in record.exception_trace


async def test_lifecycle_22_retry_count_starts_at_0_of_3(world: World):
    """A new job has been retried 0 times and may be retried 3 times."""
    await world.open(Scripted(at_once))
    record = (await world.manager.start_job(request())).record
    assert (record.retry_count, record.max_retries) == (0, 3)


async def test_lifecycle_23_first_failure_counts_1(world: World):
    """The first transient failure makes retry_count 1."""
    job_id = await failed_once(world, TransientJobError("busy"))
    assert (await world.manager.get_job_status(job_id)).retry_count == 1


async def test_lifecycle_24_third_retry_is_allowed(world: World):
    """A job that fails three times and then succeeds completes, with retry_count 3."""
    await world.open(Scripted(failing(*[TransientJobError("busy")] * 3)))
    job_id = (await world.manager.start_job(request())).record.job_id
    async with advancing(world.clock):
        record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.COMPLETED, 3)


async def test_lifecycle_25_failed_at_the_limit(world: World):
    """The failure after the last retry is the end, with retry_count at its limit and one attempt row for each run."""
    await world.open(Scripted(failing(*[TransientJobError("busy")] * 4)))
    job_id = (await world.manager.start_job(request())).record.job_id
    async with advancing(world.clock):
        record = await world.ended(job_id)
    assert (record.status, record.retry_count) == (S.FAILED, 3)
    assert [(a.attempt, a.outcome) for a in world.manager.find_attempts(job_id)] == [
        (number, "failed") for number in (1, 2, 3, 4)
    ]


async def test_lifecycle_26_custom_max_retries_5(world: World):
    """A request may ask for 5 retries and gets them."""
    body = Scripted(failing(*[TransientJobError("busy")] * 9))
    await world.open(body)
    job_id = (await world.manager.start_job(request(max_retries=5))).record.job_id
    async with advancing(world.clock):
        record = await world.ended(job_id)
    assert (record.status, record.retry_count, record.max_retries, body.runs) == (S.FAILED, 5, 5, 6)


async def test_lifecycle_27_parameters_are_a_json_object(world: World):
    """The record has the typed parameters as a JSON object."""
    await world.open(Scripted(at_once))
    record = (await world.manager.start_job(request(parameters=Work("x", 7)))).record
    assert record.parameters == {"name": "x", "size": 7}


async def test_lifecycle_28_read_by_key(world: World):
    """All jobs that had a key are found by it: the active one and those that ended."""
    gate = Gate()
    await world.open(Scripted(gate))
    gate.opened.set()
    ended = (await world.manager.start_job(request(idempotency_key="k"))).record.job_id
    await world.ended(ended)
    gate.opened.clear()
    active = (await world.manager.start_job(request(idempotency_key="k"))).record.job_id
    await world.manager.start_job(request(idempotency_key="other"))
    assert {record.job_id for record in world.jobs(idempotency_key="k")} == {ended, active}
