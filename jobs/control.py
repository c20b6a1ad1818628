"""Killing, pausing, resuming and retrying a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from jobs import endings
from jobs.clock import ends_by
from jobs.durable import wait_durable
from jobs.errors import NoSuchJob, NotAllowed, WrongJobState
from jobs.permissions import may_control, may_see
from jobs.record import JobStatus
from jobs.request import ControlOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.active import ActiveJob
    from jobs.clock import Clock
    from jobs.history import JobHistory
    from jobs.permissions import Actor
    from jobs.record import JobId, JobRecord
    from jobs.runner import Runner
    from jobs.store import JobStore

_RUNS_NEXT: Final = "It runs when there is a place for it."


class JobControl:
    """Changes what becomes of active jobs, for those who may. Belongs to the loop.

    Work is told to stop by whoever hears that `cancelling` or `pausing` is durable, not from here: the caller may be
    cancelled while it waits for that.
    """

    def __init__(self, store: JobStore, history: JobHistory, runner: Runner, clock: Clock) -> None:
        self._store = store
        self._history = history
        self._runner = runner
        self._clock = clock

    def permitted(self, job_id: JobId, by: Actor) -> JobRecord:
        """The record of a job, active or ended, that `by` may control. Raises `NoSuchJob` and `NotAllowed`."""
        job = self._store.get(job_id)
        record = job.record if job is not None else self._history.get(job_id)
        if record is None or not may_see(record, by):
            raise NoSuchJob(job_id)
        if not may_control(record, by):
            raise NotAllowed(job_id)
        return record

    async def kill(
        self, job_id: JobId, by: Actor, reason: str | None, *, sync: bool, timeout_s: float
    ) -> ControlOutcome:
        """See `JobManager.cancel_job`."""
        job = self._active(job_id, by, "killed")
        read = job.written
        if read.status.is_terminal:
            # Its end is written and not durable yet, so nobody was told of it: answer as soon as it is.
            return await self._answer(job, job.record.status, has_ended, sync=True, timeout_s=timeout_s)
        if read.status is not JobStatus.CANCELLING:
            self._runner.withdraw(job)
            after = endings.kill_requested(read, by.name, reason, self._clock.now_us())
            told = f"killed by {by.name}" + (f": {reason}" if reason else "")
            await wait_durable(self._store.change(job, read, after, told=told))
        return await self._answer(job, read.status, has_ended, sync=sync, timeout_s=timeout_s)

    async def pause(self, job_id: JobId, by: Actor, *, sync: bool, timeout_s: float) -> ControlOutcome:
        """See `JobManager.pause_job`."""
        job = self._active(job_id, by, "paused")
        read = job.written
        if read.status in (JobStatus.PAUSED, JobStatus.CANCELLING) or read.status.is_terminal:
            raise WrongJobState(read, f'job "{job_id}" cannot be paused', f"It is {read.status}.")
        if read.status is not JobStatus.PAUSING:
            self._runner.withdraw(job)
            now_us = self._clock.now_us()
            is_delayed = read.status is JobStatus.QUEUED and read.next_run_at is not None
            job.delay_left_us = max((read.next_run_at or 0) - now_us, 0) if is_delayed else 0
            after = endings.pause_requested(read, now_us)
            await wait_durable(self._store.change(job, read, after, told=f"paused by {by.name}"))
        return await self._answer(job, read.status, _is_paused_or_ended, sync=sync, timeout_s=timeout_s)

    async def resume(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """See `JobManager.resume_job`."""
        job = self._active(job_id, by, "resumed")
        read = job.written
        if read.status is not JobStatus.PAUSED:
            raise WrongJobState(read, f'job "{job_id}" is not paused', f"It is {read.status}.")
        after = endings.resumed(read, job.delay_left_us, self._clock.now_us())
        job.delay_left_us = 0
        commit = self._store.change(job, read, after, told=f"resumed by {by.name}")
        self._runner.enqueue(job)
        await wait_durable(commit)
        return ControlOutcome(job_id, read.status, JobStatus.QUEUED, _RUNS_NEXT)

    async def retry_now(self, job_id: JobId, by: Actor) -> ControlOutcome:
        """Skip the rest of the wait of a retrying job, or of one that may not leave the queue yet."""
        job = self._active(job_id, by, "retried")
        read = job.written
        if read.next_run_at is None:
            hint = f"It is {read.status}. A job can be retried while it waits for its time, and after it failed."
            raise WrongJobState(read, f'job "{job_id}" cannot be retried now', hint)
        now_us = self._clock.now_us()
        after = msgspec.structs.replace(read, next_run_at=None, updated_at=now_us)
        commit = self._store.change(job, read, after, told=f"wait skipped by {by.name}")
        self._runner.enqueue(job)
        await wait_durable(commit)
        return ControlOutcome(job_id, read.status, read.status, _RUNS_NEXT)

    def _active(self, job_id: JobId, by: Actor, done: str) -> ActiveJob:
        record = self.permitted(job_id, by)
        job = self._store.get(job_id)
        if job is None:
            hint = f"It is {record.status}: a job that has ended cannot be {done}."
            raise WrongJobState(record, f'job "{job_id}" has ended', hint)
        return job

    async def _answer(
        self, job: ActiveJob, before: JobStatus, done: Callable[[JobStatus], bool], *, sync: bool, timeout_s: float
    ) -> ControlOutcome:
        in_time = True
        if sync:
            in_time = await ends_by(self._clock, job.becomes(done), self._clock.now_us() + int(timeout_s * 1e6))
        detail = _detail(job.record, before) if in_time else f"Its work has not stopped within {timeout_s:g} s."
        return ControlOutcome(job.record.job_id, before, job.record.status, detail)


def has_ended(status: JobStatus) -> bool:
    """Whether a job of that status has ended."""
    return status.is_terminal


def _is_paused_or_ended(status: JobStatus) -> bool:
    return status is JobStatus.PAUSED or status.is_terminal


def _detail(record: JobRecord, before: JobStatus) -> str:
    match record.status:
        case JobStatus.CANCELLED | JobStatus.PAUSED:
            return "Its work has stopped." if before.is_at_work else "It was not running."
        case JobStatus.COMPLETED:
            return "It was past its commit point and has completed."
        case JobStatus.CANCELLING | JobStatus.PAUSING:
            return "Its work has been told to stop."
        case _:
            return f"It has {record.status}: {record.message}" if record.status is JobStatus.FAILED else "It has ended."
