"""The state of a job manager and every change of it. Nothing here waits.

A manager is this, and a way to have it change things: `AsyncioJobManager` does so in whatever task asks,
`ActorJobManager` in one task that owns it. Whoever wants an answer that is durable waits for it outside of this.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog
from msgspec import Struct

from jobs import recovery
from jobs.admission import Admission
from jobs.body import JobBodies
from jobs.clock import SystemClock
from jobs.control import JobControl
from jobs.errors import JobFailed, JobWasCancelled, ManagerStopped, NoSuchJob
from jobs.history import JobHistory
from jobs.listeners import Listeners
from jobs.log import log_change
from jobs.options import JobOptions
from jobs.record import JobStatus
from jobs.request import JobRequest
from jobs.runner import Runner
from jobs.store import JobStore
from jobs.view import JobView
from storage.errors import StorageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from structlog.typing import FilteringBoundLogger

    from jobs.active import ActiveJob
    from jobs.admission import Admissible
    from jobs.body import JobBody
    from jobs.clock import Clock
    from jobs.durable import RecordStorage
    from jobs.events import JobEvent
    from jobs.owner import Owner
    from jobs.permissions import Actor
    from jobs.record import JobId, JobRecord
    from storage.syncer import Commit


class Placed(Struct, frozen=True):
    """A request has its job, once `commit` is durable."""

    show: Callable[[], JobRecord]
    """The record to answer with. For the owner of the jobs to call."""
    commit: Commit | None
    deduplicated: bool


class JobCore:
    """See above. All of it is for the owner of the jobs to call, but `find_jobs`, which reads."""

    def __init__(
        self,
        storage: RecordStorage,
        bodies: Iterable[JobBody[Any]],
        owner: Owner,
        options: JobOptions | None,
        *,
        sqlstate_of: Callable[[BaseException], str],
        log: FilteringBoundLogger | None,
        clock: Clock | None,
        rng: random.Random | None,
    ) -> None:
        self.options = options or JobOptions()
        self.clock: Clock = clock or SystemClock()
        self.bodies = JobBodies(bodies)
        self.store = JobStore(storage, owner, self._changed, self._lost)
        self.history = JobHistory(storage)
        self.listeners = Listeners()
        self.workers = ThreadPoolExecutor(self.options.max_concurrent, thread_name_prefix="siltdb-job")
        self.log: FilteringBoundLogger = log or structlog.get_logger("jobs")
        # Jitter need not be secret.
        rng = rng or random.Random()  # noqa: S311
        self.runner = Runner(
            self.store, self.bodies, self.workers, owner, self.options, self.clock, rng, self.log, sqlstate_of
        )
        self.control = JobControl(self.store, self.history, self.runner, self.clock)
        self._admission = Admission(self.store, self.history, self.bodies, self.options, self.clock)
        self._accepting = False

    def recover(self) -> None:
        """Take up what had not ended, and begin to run jobs."""
        self.history.complete_indexes()
        for job in self.store.load():
            self._recover(job)
        self._accepting = True
        self.runner.open()

    def close(self) -> asyncio.Future[None]:
        """Take no more requests, and stop what a shutdown does not wait for. The future is done when nothing runs."""
        self._accepting = False
        return self.runner.close()

    def admit(self, request: JobRequest) -> Admissible:
        """Check a request. Raises as `JobManager.start_job` does."""
        self._check_accepting()
        return self._admission.check(request)

    def place(self, asked: Admissible) -> Placed | asyncio.Future[None]:
        """Make a job for it, or join one. A future: once that is done, try again. Raises as `start_job` does."""
        self._check_accepting()
        bound = self._admission.bound_job(asked)
        if bound is not None:
            ending = self.store.get(bound.job_id)
            return Placed(lambda: bound, ending.last_commit if ending is not None else None, deduplicated=True)
        holder = self._admission.holder(asked)
        if holder is None:
            return self._make(asked)
        if holder.written.status is JobStatus.CANCELLING:
            # Joined to it, what is asked for would never be done.
            return holder.next_change()
        if self._admission.join(asked, holder):
            self.runner.enqueue(holder)
        return Placed(lambda: holder.shown(self.clock.now_us()), holder.last_commit, deduplicated=True)

    def request_again(self, job_id: JobId, by: Actor) -> tuple[JobStatus, JobRequest | None]:
        """The status of a job, and what starts its work again if it has failed or was cancelled. Raises as `kill`."""
        record = self.control.permitted(job_id, by)
        if record.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
            return record.status, None
        again = JobRequest(
            job_type=record.job_type,
            parameters=self.bodies.of(record.job_type).parse(record.parameters),
            owner=by.name,
            namespace=record.namespace,
            table_name=record.table_name,
            parent_job_id=job_id,
            priority=record.priority,
            max_retries=record.max_retries,
        )
        return record.status, again

    def record(self, job_id: JobId) -> JobRecord:
        """The job as it stands. Raises `NoSuchJob`."""
        job = self.store.get(job_id)
        record = job.shown(self.clock.now_us()) if job is not None else self.history.get(job_id)
        if record is None:
            raise NoSuchJob(job_id)
        return record

    def successful(self, job_id: JobId) -> JobRecord:
        """The record of an ended job. Raises `JobFailed` and `JobWasCancelled`, if it was."""
        record = self.record(job_id)
        if record.status is JobStatus.FAILED:
            raise JobFailed(record)
        if record.status is JobStatus.CANCELLED:
            raise JobWasCancelled(record)
        return record

    def active(self) -> list[JobRecord]:
        """The jobs that have not ended, the oldest first."""
        now_us = self.clock.now_us()
        return sorted((job.shown(now_us) for job in self.store.active()), key=lambda record: record.created_at)

    def view(self) -> JobView:
        """All jobs as they are shown now."""
        now_us = self.clock.now_us()
        return JobView((job.shown(now_us) for job in self.store.active()), self.history)

    def save_progress(self) -> None:
        """Write the progress of running jobs."""
        try:
            self.store.save_progress(self.runner.running(), self.clock.now_us())
        except StorageError as error:
            # Progress is a convenience; the write that matters will fail by itself and be told.
            self.log.warning("progress was not written", error=str(error))

    def _make(self, asked: Admissible) -> Placed:
        job, made, created = self._admission.create(asked)
        self.runner.enqueue(job)
        return Placed(lambda: made, created, deduplicated=False)

    def _recover(self, job: ActiveJob) -> None:
        read, now_us = job.written, self.clock.now_us()
        attempts = list(self.history.attempts(read.job_id)) if read.status.is_at_work else []
        after = recovery.record_after_restart(read, attempts, self.options, now_us)
        if after is not read:
            closed = recovery.attempt_after_restart(attempts[-1], now_us) if attempts else None
            self.store.change(job, read, after, attempt=closed)
        if after.status in (JobStatus.QUEUED, JobStatus.RETRYING):
            self.runner.enqueue(job)

    def _changed(self, before: JobRecord | None, after: JobRecord, event: JobEvent) -> None:
        """A change is durable: from here on it may be told."""
        log_change(self.log, after, event)
        if after.status in (JobStatus.CANCELLING, JobStatus.PAUSING):
            self.runner.stop_work(after.job_id)
        self.listeners.tell(before, after)

    def _lost(self, job: ActiveJob, error: Exception) -> None:
        self.log.error("a change was not made durable", job_id=job.written.job_id, error=str(error))

    def _check_accepting(self) -> None:
        if not self._accepting:
            raise ManagerStopped
