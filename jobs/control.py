"""Killing, pausing, resuming and retrying a job: what is decided at once, and how the answer is told afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from jobs import endings
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
    from storage.syncer import Commit

_RUNS_NEXT: Final = "It runs when there is a place for it."


class Decision(Struct, frozen=True):
    """What was decided about a job; it holds once `commit` is durable."""

    job: ActiveJob
    previous_status: JobStatus
    commit: Commit | None
    """`None` when it was durable already."""
    until: Callable[[JobStatus], bool]
    """The status for which a synchronous caller waits."""
    status: JobStatus | None = None
    """The status to tell; `None`: the one that the job is in by then."""

    def outcome(self) -> ControlOutcome:
        """The answer. The owner of the job asks for it, when the status is what was waited for, or waiting was not."""
        record = self.job.record
        if self.status is not None:
            return ControlOutcome(record.job_id, self.previous_status, self.status, _RUNS_NEXT)
        return ControlOutcome(record.job_id, self.previous_status, record.status, _detail(record, self.previous_status))

    def late(self, timeout_s: float) -> ControlOutcome:
        """The answer when the wait for it took too long."""
        detail = f"Its work has not stopped within {timeout_s:g} s."
        return ControlOutcome(self.job.record.job_id, self.previous_status, self.job.record.status, detail)


class JobControl:
    """Changes what becomes of active jobs, for those who may. Belongs to the owner of the jobs; nothing waits.

    Work is told to stop by whoever hears that `cancelling` or `pausing` is durable, not from here: a kill whose caller
    has gone is a kill all the same.
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

    def kill(self, job_id: JobId, by: Actor, reason: str | None) -> Decision:
        """See `JobManager.cancel_job`."""
        job = self._active(job_id, by, "killed")
        read = job.written
        if read.status.is_terminal:
            # Its end is written and not durable yet, so nobody was told of it: answer as soon as it is.
            return Decision(job, job.record.status, job.last_commit, has_ended)
        if read.status is not JobStatus.CANCELLING:
            self._runner.withdraw(job)
            after = endings.kill_requested(read, by.name, reason, self._clock.now_us())
            self._store.change(job, read, after, told=f"killed by {by.name}" + (f": {reason}" if reason else ""))
        return Decision(job, read.status, job.last_commit, has_ended)

    def pause(self, job_id: JobId, by: Actor) -> Decision:
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
            self._store.change(job, read, endings.pause_requested(read, now_us), told=f"paused by {by.name}")
        return Decision(job, read.status, job.last_commit, _is_paused_or_ended)

    def resume(self, job_id: JobId, by: Actor) -> Decision:
        """See `JobManager.resume_job`."""
        job = self._active(job_id, by, "resumed")
        read = job.written
        if read.status is not JobStatus.PAUSED:
            raise WrongJobState(read, f'job "{job_id}" is not paused', f"It is {read.status}.")
        after = endings.resumed(read, job.delay_left_us, self._clock.now_us())
        job.delay_left_us = 0
        return self._into_the_queue(job, after, f"resumed by {by.name}")

    def retry_now(self, job_id: JobId, by: Actor) -> Decision:
        """Skip the rest of the wait of a retrying job, or of one that may not leave the queue yet."""
        job = self._active(job_id, by, "retried")
        read = job.written
        if read.next_run_at is None:
            hint = f"It is {read.status}. A job can be retried while it waits for its time, and after it failed."
            raise WrongJobState(read, f'job "{job_id}" cannot be retried now', hint)
        after = msgspec.structs.replace(read, next_run_at=None, updated_at=self._clock.now_us())
        return self._into_the_queue(job, after, f"wait skipped by {by.name}")

    def _into_the_queue(self, job: ActiveJob, after: JobRecord, told: str) -> Decision:
        read = job.written
        commit = self._store.change(job, read, after, told=told)
        self._runner.enqueue(job)
        return Decision(job, read.status, commit, _is_anything, after.status)

    def _active(self, job_id: JobId, by: Actor, done: str) -> ActiveJob:
        record = self.permitted(job_id, by)
        job = self._store.get(job_id)
        if job is None:
            hint = f"It is {record.status}: a job that has ended cannot be {done}."
            raise WrongJobState(record, f'job "{job_id}" has ended', hint)
        return job


def has_ended(status: JobStatus) -> bool:
    """Whether a job of that status has ended."""
    return status.is_terminal


def _is_paused_or_ended(status: JobStatus) -> bool:
    return status is JobStatus.PAUSED or status.is_terminal


def _is_anything(status: JobStatus) -> bool:
    return True


def _detail(record: JobRecord, before: JobStatus) -> str:
    match record.status:
        case JobStatus.CANCELLED | JobStatus.PAUSED:
            return "Its work has stopped." if before.is_at_work else "It was not running."
        case JobStatus.COMPLETED:
            return "It was past its commit point and has completed."
        case JobStatus.CANCELLING | JobStatus.PAUSING:
            return "Its work has been told to stop."
        case JobStatus.FAILED:
            return f"It has failed: {record.message}"
        case _:
            return "It has ended."
