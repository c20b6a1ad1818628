"""Jobs created, killed, paused, retried and crashed at random, on both managers, against the model of job_model.py."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs.actor_manager import ActorJobManager
from jobs.asyncio_manager import AsyncioJobManager
from jobs.attempts import AttemptOutcome
from jobs.errors import JobFailed, JobWasCancelled, WaitTimedOut, WrongJobState
from jobs.record import JobStatus
from tests.jobs.job_model import BACKOFF_US, CRASHES_ALLOWED, MAX_CONCURRENT, MAX_RETRIES, ModelJob
from tests.jobs.puppets import Puppetry, WatchedWorld
from tests.jobs.world import ADMIN, Work, request

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from jobs.manager import JobManager
    from jobs.record import JobRecord

S = JobStatus
PATIENCE_S = 60
ODD_S = 0.437_501
"""A time limit at whose end nobody else wakes, such as who writes the progress every second."""
KEYS = (None, "a", "b")
WORK = {key: Work(f"work {key}", 1 + (key == "b")) for key in KEYS}
OPTIONS = {
    "max_concurrent": MAX_CONCURRENT,
    "max_retries": MAX_RETRIES,
    "crashes_allowed": CRASHES_ALLOWED,
    "retry_backoff_ms": BACKOFF_US // 1_000,
}


class JobMachine(RuleBasedStateMachine):
    """Each rule is one thing that somebody does; afterwards the manager must come to what the model says."""

    manager_type: ClassVar[type[JobManager]]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.world = WatchedWorld(Path(self.folder.name) / "data", self.manager_type)
        self.body = Puppetry(self.world.puppets)
        self.jobs: dict[str, ModelJob] = {}
        self.waits: list[tuple[str, asyncio.Task[JobRecord]]] = []

    def run(self, work: Awaitable[Any]) -> Any:
        """Wait for it, not for ever."""

        async def patiently() -> Any:
            async with asyncio.timeout(PATIENCE_S):
                return await work

        return self.loop.run_until_complete(patiently())

    @property
    def now_us(self) -> int:
        """The clock."""
        return self.world.clock.now_us()

    def one_of(self, data: st.DataObject, *statuses: JobStatus) -> ModelJob:
        """A job in one of these states, if there is one, or else any."""
        jobs = list(self.jobs.values())
        return data.draw(st.sampled_from([job for job in jobs if job.status in statuses] or jobs))

    @initialize()
    def open(self) -> None:
        """Start a manager."""
        self.run(self.world.open(self.body, **OPTIONS))

    @rule(key=st.sampled_from(KEYS), priority=st.integers(0, 1), delay_s=st.sampled_from([0, 0, 0, 3]))
    def create(self, key: str | None, priority: int, delay_s: int) -> None:
        """A request: it makes a job, or joins the active one with its key."""
        self.world.clock.advance(0.000_001)
        held = next((job for job in self.jobs.values() if job.is_active and key is not None and job.key == key), None)
        if held is not None and held.status is S.CANCELLING:
            return
        run_after_us = self.now_us + delay_s * 1_000_000
        asked = request(parameters=WORK[key], idempotency_key=key, priority=priority, run_after_us=run_after_us)
        started = self.run(self.world.manager.start_job(asked))
        assert started.deduplicated == (held is not None)
        if held is not None:
            assert started.record.job_id == held.job_id
            held.joined(self.now_us, delay_s * 1_000_000)
            return
        job = ModelJob(started.record.job_id, key, WORK[key].size > 1)
        job.next_run_at = run_after_us if delay_s else None
        self.jobs[job.job_id] = job

    @precondition(lambda self: self.world.puppets.at_work)
    @rule(data=st.data(), command=st.sampled_from(["complete", "transient", "transient", "permanent", "stop"]))
    def work_ends(self, data: st.DataObject, command: str) -> None:
        """Work that goes on comes to an end."""
        job = data.draw(st.sampled_from([job for job in self.jobs.values() if job.status.is_at_work]))
        puppet = self.world.puppets.at_work[job.job_id]
        if command == "stop" and not puppet.told_to_stop:
            return
        puppet.commands.put_nowait(command)
        match command:
            case "complete":
                job.work_completed()
            case "stop":
                job.work_stopped()
            case _:
                job.work_failed(self.now_us, transient=command == "transient")

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), sync=st.booleans())
    def kill(self, data: st.DataObject, sync: bool) -> None:
        """KILL JOB."""
        job = self.one_of(data, S.QUEUED, S.RUNNING, S.RETRYING, S.PAUSED, S.PAUSING, S.CANCELLING)
        if not job.is_active:
            with pytest.raises(WrongJobState):
                self.run(self.world.manager.cancel_job(job.job_id, ADMIN))
            return
        before = job.status
        job.kill(ADMIN.name)
        outcome = self.run(self.controlled(self.world.manager.cancel_job, job, sync))
        assert outcome.previous_status is before
        assert outcome.status is job.status or not sync

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), sync=st.booleans())
    def pause(self, data: st.DataObject, sync: bool) -> None:
        """PAUSE JOB."""
        job = self.one_of(data, S.QUEUED, S.RUNNING, S.RETRYING)
        if not job.is_active or job.status in (S.PAUSED, S.CANCELLING):
            with pytest.raises(WrongJobState):
                self.run(self.world.manager.pause_job(job.job_id, ADMIN))
            return
        job.pause(self.now_us)
        outcome = self.run(self.controlled(self.world.manager.pause_job, job, sync))
        assert outcome.status is job.status or not sync

    async def controlled(self, method: Any, job: ModelJob, sync: bool) -> Any:
        """The outcome; a stubborn job's work is waited for until the time is up."""
        timeout_us = self.now_us + round(ODD_S * 1e6)
        asking = asyncio.create_task(method(job.job_id, ADMIN, sync=sync, timeout_s=ODD_S))
        if sync and job.is_active and job.status is not S.PAUSED:
            await self.world.clock.somebody_sleeps_until(timeout_us)
            self.world.clock.advance(ODD_S)
        return await asking

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        """RESUME JOB."""
        job = self.one_of(data, S.PAUSED)
        if job.status is not S.PAUSED:
            with pytest.raises(WrongJobState):
                self.run(self.world.manager.resume_job(job.job_id, ADMIN))
            return
        self.run(self.world.manager.resume_job(job.job_id, ADMIN))
        job.resume(self.now_us)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """RETRY JOB."""
        job = self.one_of(data, S.RETRYING, S.FAILED, S.CANCELLED)
        if job.status in (S.FAILED, S.CANCELLED):
            self.world.clock.advance(0.000_001)
            outcome = self.run(self.world.manager.retry_job(job.job_id, ADMIN))
            # Its key was the request's: the new job has none.
            self.jobs[outcome.job_id] = ModelJob(outcome.job_id, None, job.stubborn)
        elif job.next_run_at is None:
            with pytest.raises(WrongJobState):
                self.run(self.world.manager.retry_job(job.job_id, ADMIN))
        else:
            self.run(self.world.manager.retry_job(job.job_id, ADMIN))
            job.next_run_at = None

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), at_most_s=st.sampled_from([None, 0]))
    def wait(self, data: st.DataObject, at_most_s: int | None) -> None:
        """WAIT JOB: in the background, or only to look."""
        job = self.one_of(data)
        waiting = self.loop.create_task(self.world.manager.wait_for_job(job.job_id, at_most_s))
        if at_most_s is None:
            self.waits.append((job.job_id, waiting))
        elif job.is_active:
            with pytest.raises(WaitTimedOut):
                self.run(waiting)
        else:
            self.check_wait(job, waiting)

    @rule(seconds=st.sampled_from([0.3, 1, 5]))
    def time_passes(self, seconds: float) -> None:
        """Retries and delayed jobs become due."""
        self.world.clock.advance(seconds)

    @rule(data=st.data(), how=st.sampled_from(["crash", "kill and crash", "restart"]))
    def the_server_ends(self, data: st.DataObject, how: str) -> None:
        """SIGKILL or SIGTERM, and a start from what is on disk."""
        active = [job for job in self.jobs.values() if job.is_active]
        if how == "restart":
            self.run(self.restarted())
            for job in self.jobs.values():
                job.server_restarted()
        elif how == "crash" or not active:
            self.run(self.crashed())
            for job in self.jobs.values():
                job.server_crashed()
        else:
            self.kill_and_crash(data.draw(st.sampled_from(active)), data.draw(st.integers(0, 8)))

    def kill_and_crash(self, job: ModelJob, turns: int) -> None:
        """SIGKILL right after a KILL JOB that nobody answered yet: it has happened, or not; what was told has."""
        told = self.run(self.crashed(job, turns))
        for other in self.jobs.values():
            if other is not job:
                if other.is_eligible(self.now_us) and self.has_begun_unseen(other):
                    other.begin()
                other.server_crashed()
        (found,) = self.world.jobs(job_ids=frozenset({job.job_id}))
        if found.cancel_requested_by is not None:
            job.killed_by = ADMIN.name
            job.status, job.next_run_at = S.CANCELLED, None
            return
        assert told not in (S.CANCELLING, S.CANCELLED)
        job.server_crashed()

    def has_begun_unseen(self, job: ModelJob) -> bool:
        """Whether the crash has ended an attempt of a job that only waited: the kill had freed a place for it."""
        attempts = self.world.manager.find_attempts(job.job_id)
        return sum(each.outcome is not AttemptOutcome.RUNNING for each in attempts) > job.attempts

    async def crashed(self, killed: ModelJob | None = None, turns: int = 0) -> JobStatus | None:
        """Crash, and start again. Returns the last status that was told of the job."""
        for _, waiting in self.waits:
            waiting.cancel()
        self.waits.clear()
        if killed is not None:
            asking = asyncio.create_task(self.world.manager.cancel_job(killed.job_id, ADMIN))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
        told = dict(self.world.last_told)
        # The image of the folder is taken before the loop turns.
        asyncio.get_running_loop().call_soon(self.world.puppets.release)
        await self.world.crash()
        self.world.last_told = told
        if killed is not None:
            waiting = {job.job_id for job in self.jobs.values() if job.is_eligible(self.now_us)}
            self.world.untold |= {killed.job_id, *waiting}
        await self.reopened()
        return None if killed is None else told[killed.job_id].status

    async def restarted(self) -> None:
        """Stop in order, without patience, and start again."""
        self.world.puppets.release()
        for _, waiting in self.waits:
            waiting.cancel()
        self.waits.clear()
        await self.world.close()
        await self.reopened()

    async def reopened(self) -> None:
        """Start a manager on what is there."""
        assert not self.world.puppets.at_work
        self.world.puppets.hold()
        await self.world.open(self.body, **OPTIONS)

    @invariant()
    def the_manager_comes_to_what_the_model_says(self) -> None:
        """And stays there until somebody does something."""
        if self.world.is_open:
            self.run(self.agreed())
            self.check()

    async def agreed(self) -> None:
        """Return when every job is what the model says: which of those that wait get a place is the manager's say."""
        while True:
            records = {record.job_id: record for record in self.world.jobs()}
            for job in self.jobs.values():
                if job.is_eligible(self.now_us) and records[job.job_id].status is S.RUNNING:
                    job.begin()
            at_work = {job.job_id for job in self.jobs.values() if job.status.is_at_work}
            waiting = any(job.is_eligible(self.now_us) for job in self.jobs.values())
            if (
                all(records[job_id].status is job.status for job_id, job in self.jobs.items())
                and at_work == set(self.world.puppets.at_work)
                and not (waiting and len(at_work) < MAX_CONCURRENT)
            ):
                return
            try:
                async with asyncio.timeout(PATIENCE_S / 2):
                    await self.world.something_happens()
            except TimeoutError:
                said = {job_id: record.status for job_id, record in records.items()}
                raise AssertionError(f"{said} is not {self.jobs}") from None

    def check(self) -> None:
        """What must hold whenever nothing happens."""
        assert self.world.wrong == []
        assert self.world.puppets.most_at_work <= MAX_CONCURRENT
        records = {record.job_id: record for record in self.world.jobs()}
        assert set(records) == set(self.jobs), "none is lost and none is there that nobody made"
        for job_id, job in self.jobs.items():
            record = records[job_id]
            assert job.agrees_with(record), f"{record} is not {job}"
            if record.status.is_terminal and job_id not in self.world.untold:
                assert record == self.world.last_told[job_id], "what has ended does not change"
            attempts = list(self.world.manager.find_attempts(job_id))
            assert [attempt.attempt for attempt in attempts] == list(range(1, job.attempts + 1))
            closed = [attempt.outcome is not AttemptOutcome.RUNNING for attempt in attempts]
            assert closed == [True] * (len(attempts) - job.status.is_at_work) + [False] * job.status.is_at_work
        keys = [job.key for job in self.jobs.values() if job.is_active and job.key is not None]
        assert len(keys) == len(set(keys)), "one active job for a key"
        for job_id, waiting in self.waits:
            if self.jobs[job_id].is_active:
                assert not waiting.done()
            else:
                self.check_wait(self.jobs[job_id], waiting)
        self.waits = [(job_id, waiting) for job_id, waiting in self.waits if self.jobs[job_id].is_active]

    def check_wait(self, job: ModelJob, waiting: asyncio.Task[JobRecord]) -> None:
        """Whoever waited for a job that has ended hears how."""
        raised = {S.FAILED: JobFailed, S.CANCELLED: JobWasCancelled}.get(job.status)
        if raised is None:
            assert self.run(waiting).status is job.status
        else:
            with pytest.raises(raised):
                self.run(waiting)

    def teardown(self) -> None:
        """Close everything."""

        async def closed() -> None:
            for _, waiting in self.waits:
                waiting.cancel()
            self.world.puppets.release()
            await self.world.close()

        self.run(closed())
        self.loop.close()
        self.folder.cleanup()


MANAGERS = pytest.mark.parametrize("manager_type", [AsyncioJobManager, ActorJobManager], ids=["asyncio", "actor"])
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def machine_of(manager_type: type[JobManager]) -> type[JobMachine]:
    """The machine on that implementation."""
    return type("Machine", (JobMachine,), {"manager_type": manager_type})


@MANAGERS
def test_jobs_do_what_the_model_says(manager_type: type[JobManager]):
    """Whatever is done to jobs in whatever order, they are what the table of states makes of it."""
    run_state_machine_as_test(
        machine_of(manager_type), settings=settings(SETTINGS, max_examples=25, stateful_step_count=20)
    )


@pytest.mark.long
@pytest.mark.timeout(1_800)
@MANAGERS
def test_jobs_do_what_the_model_says_for_long(manager_type: type[JobManager]):
    """The same, many times, with longer stories."""
    long = settings(SETTINGS, max_examples=600, stateful_step_count=60)
    run_state_machine_as_test(machine_of(manager_type), settings=long)
